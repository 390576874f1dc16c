// Pieces of TypeScript that all emitters use: conditions on the version, names of functions, default values.

import { capitalised } from './names.ts';
import type { FieldModel, Range, StructModel } from './model.ts';
import { covers, FIXED_BYTES } from './model.ts';

/** The condition under which a version of `within` lies in `range`; `undefined` when it always does. */
export function versionCondition(range: Range, within: Range): string | undefined {
  if (covers(range, within)) return undefined;
  if (range.min === range.max && range.max < within.max && range.min > within.min)
    return `version === ${range.min}`;
  const conditions = [];
  if (range.min > within.min) conditions.push(`version >= ${range.min}`);
  if (range.max < within.max) conditions.push(`version <= ${range.max}`);
  return conditions.join(' && ');
}

/** The opposite of a condition on the version. */
export function negated(condition: string): string {
  if (condition.includes('&&')) return `!(${condition})`;
  if (condition.includes('===')) return condition.replace('===', '!==');
  return condition.includes('>=') ? condition.replace('>=', '<') : condition.replace('<=', '>');
}

/** Whether versions are flexible: `'true'`, `'false'`, or the name of the constant that says it. */
export function flexibleText(struct: StructModel, field?: FieldModel): string {
  if (field?.neverCompact === true) return 'false';
  const range = field?.range ?? struct.range;
  if (struct.flexibleFrom <= range.min) return 'true';
  return struct.flexibleFrom > range.max ? 'false' : 'flexible';
}

/** Adds the line that defines `flexible` when the body mentions it. */
export function withFlexible(struct: StructModel, body: readonly string[]): string[] {
  const used = body.some((line) => /\bflexible\b/.test(line));
  return used ? [`const flexible = version >= ${struct.flexibleFrom};`, ...body] : [...body];
}

/** `, version` where the struct's functions want it. */
export function versionArgument(struct: StructModel): string {
  return struct.needsVersion ? ', version' : '';
}

/** `, version: number` where the struct's functions want it. */
export function versionParameter(struct: StructModel): string {
  return struct.needsVersion ? ', version: number' : '';
}

/** A function: its head, and its body indented once. */
export function functionText(head: string, body: readonly string[]): string {
  return [`${head} {`, ...body.map(indent), '}', ''].join('\n');
}

export function indent(line: string): string {
  return line === '' ? '' : `  ${line}`;
}

/** The TypeScript type of a field; `records` names the type parameter of structs that hold records. */
export function fieldTypeText(field: FieldModel): string {
  const text = valueTypeText(field);
  return field.nullable === undefined ? text : `${text} | null`;
}

function valueTypeText({ type }: FieldModel): string {
  switch (type.kind) {
    case 'primitive':
      return primitiveTypeText(type.of);
    case 'primitives':
      return `${primitiveTypeText(type.of)}[]`;
    case 'struct':
      return structTypeText(type.of, 'R');
    case 'structs':
      return `${structTypeText(type.of, 'R')}[]`;
  }
}

/** A struct's type; those with records take what stands for the records. */
export function structTypeText(struct: StructModel, records?: string): string {
  return struct.hasRecords && records !== undefined ? `${struct.name}<${records}>` : struct.name;
}

function primitiveTypeText(primitive: string): string {
  switch (primitive) {
    case 'bool':
      return 'boolean';
    case 'wideInt64':
      return 'bigint';
    case 'uuid':
      return 'Uuid';
    case 'string':
      return 'string';
    case 'bytes':
      return 'Buffer';
    case 'records':
      return 'R';
    default:
      return 'number';
  }
}

/** The value of a field that is absent, as an expression. */
export function defaultText(field: FieldModel): string {
  const { type } = field;
  if (field.default !== undefined) return literalText(field.default);
  switch (type.kind) {
    case 'primitives':
    case 'structs':
      return '[]';
    case 'struct':
      return `create${type.of.name}()`;
    case 'primitive':
      break;
  }
  switch (type.of) {
    case 'bool':
      return 'false';
    case 'string':
      return "''";
    case 'uuid':
      return 'ZERO_UUID';
    case 'bytes':
      return 'EMPTY_BYTES';
    case 'records':
      return field.nullable === undefined ? 'EMPTY_BYTES' : 'null';
    case 'wideInt64':
      return '0n';
    default:
      return '0';
  }
}

function literalText(value: number | bigint | string | boolean | null): string {
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** The condition under which a field is at its default. */
export function defaultCondition(field: FieldModel): string {
  const value = `value.${field.name}`;
  const notNull = field.nullable === undefined ? '' : `${value} !== null && `;
  if (isEmptyByDefault(field)) return `${notNull}${value}.length === 0`;
  if (isStructByDefault(field)) return `${notNull}${isDefaultCall(field)}`;
  return `${value} === ${defaultText(field)}`;
}

/** The condition under which a field is not at its default. */
export function notDefaultText(field: FieldModel): string {
  const value = `value.${field.name}`;
  // Null differs from the empty value that stands for "nothing given".
  const orNull = field.nullable === undefined ? '' : `${value} === null || `;
  if (isEmptyByDefault(field)) return `${orNull}${value}.length > 0`;
  if (isStructByDefault(field)) return `${orNull}!${isDefaultCall(field)}`;
  return `${value} !== ${defaultText(field)}`;
}

function isEmptyByDefault(field: FieldModel): boolean {
  const { kind } = field.type;
  const holdsMany = kind === 'primitives' || kind === 'structs' || isBytes(field);
  return holdsMany && field.default === undefined;
}

function isStructByDefault(field: FieldModel): boolean {
  return field.type.kind === 'struct' && field.default === undefined;
}

function isDefaultCall({ name, type }: FieldModel): string {
  return type.kind === 'struct' ? `isDefault${type.of.name}(value.${name})` : '';
}

function isBytes({ type }: FieldModel): boolean {
  return type.kind === 'primitive' && type.of === 'bytes';
}

/** The part of a function's name that tells a primitive type: `int32` → `Int32`. */
export function primitiveName(primitive: string): string {
  return capitalised(primitive);
}

export function fixedBytes(primitive: string): number | undefined {
  return (FIXED_BYTES as Record<string, number | undefined>)[primitive];
}
