// Emits the functions that tell how many bytes a struct takes, which also refuse what a version cannot carry.

import { tagsVersion } from './emit-decode.ts';
import type { FieldModel, StructModel } from './model.ts';
import { flexibleRange } from './model.ts';
import {
  fixedBytes,
  flexibleText,
  functionText,
  negated,
  notDefaultText,
  structTypeText,
  versionArgument,
  versionCondition,
  versionParameter,
  withFlexible,
} from './text.ts';

/** `sizeX`, and `sizeXTags` when the struct has tagged fields. */
export function emitSize(struct: StructModel, codec: string | undefined): string[] {
  const always = struct.plain.filter(
    (field) =>
      versionCondition(field.range, struct.range) === undefined && fieldBytes(field) !== undefined,
  );
  const start = always.reduce((sum, field) => sum + fieldBytes(field)!, 0);
  const body = [`let size = ${start};`];
  for (const field of struct.plain)
    if (!always.includes(field)) body.push(...sizeLines(struct, field));
  for (const field of struct.tagged) body.push(...refusedTag(struct, field));
  const flexible = flexibleText(struct);
  if (flexible !== 'false') {
    const guard = flexible === 'true' ? '' : 'if (flexible) ';
    body.push(
      struct.tagged.length > 0
        ? `${guard}size += size${struct.name}Tags(value${tagsVersion(struct, ', version')});`
        : `${guard}size += emptyTaggedSectionSize(value.unknownTaggedFields);`,
    );
  }
  body.push('return size;');
  const check = codec === undefined ? [] : [`requireVersion(${codec}, version);`];
  const parameter = codec === undefined ? versionParameter(struct) : ', version: number';
  const result = body.length === 2 ? [`return ${start};`] : body;
  const functions = [
    functionText(
      `function size${struct.name}(value: ${structTypeText(struct)}${parameter}): number`,
      [...check, ...withFlexible(struct, result)],
    ),
  ];
  if (struct.tagged.length > 0) functions.push(emitSizeTags(struct));
  return functions;
}

/** Bytes of a field that always takes the same; `undefined` for others. */
function fieldBytes({ type }: FieldModel): number | undefined {
  return type.kind === 'primitive' ? fixedBytes(type.of) : undefined;
}

function sizeLines(struct: StructModel, field: FieldModel): string[] {
  const condition = versionCondition(field.range, struct.range);
  const add = `size += ${sizeText(field, flexibleText(struct, field), `value.${field.name}`)};`;
  if (condition === undefined) return [add];
  const lines = [`if (${condition}) ${add}`];
  if (!field.ignorable) lines.push(`else if (${notDefaultText(field)}) ${refuse(struct, field)}`);
  return lines;
}

function refuse(struct: StructModel, field: FieldModel): string {
  return `refuseField('${struct.name}.${field.name}', version);`;
}

/** A tagged field that must not be dropped, where the version does not have it. */
function refusedTag(struct: StructModel, field: FieldModel): string[] {
  const condition = versionCondition(field.range, struct.range);
  if (condition === undefined || field.ignorable) return [];
  return [
    `if (${negated(condition)} && ${bracketed(notDefaultText(field))}) ${refuse(struct, field)}`,
  ];
}

function bracketed(condition: string): string {
  return condition.includes('||') ? `(${condition})` : condition;
}

/** The bytes of a field's value; null that the version does not allow is refused. */
export function sizeText(field: FieldModel, flexible: string, value: string): string {
  const { type, nullable, range } = field;
  const condition = nullable === undefined ? undefined : versionCondition(nullable, range);
  const checked =
    condition === undefined
      ? value
      : `${condition} ? ${value} : notNull(${value}, '${field.name}')`;
  switch (type.kind) {
    case 'primitive': {
      const bytes = fixedBytes(type.of);
      return bytes === undefined ? `${type.of}Size(${checked}, ${flexible})` : String(bytes);
    }
    case 'primitives': {
      const bytes = fixedBytes(type.of);
      return bytes === undefined
        ? `${type.of}ArraySize(${checked}, ${flexible})`
        : `fixedArraySize(${checked}, ${bytes}, ${flexible})`;
    }
    case 'struct': {
      const size = `size${type.of.name}(${value}${versionArgument(type.of)})`;
      return nullable === undefined ? size : `${value} === null ? 1 : 1 + ${size}`;
    }
    case 'structs':
      return `size${type.of.name}Array(${checked}${versionArgument(type.of)})`;
  }
}

/** Whether a tagged field is sent: its version has it and it is not at its default. */
export function taggedCondition(struct: StructModel, field: FieldModel): string {
  const condition = versionCondition(field.range, flexibleRange(struct));
  const different = notDefaultText(field);
  return condition === undefined ? different : `${condition} && ${bracketed(different)}`;
}

function emitSizeTags(struct: StructModel): string {
  const body = [
    'const unknown = value.unknownTaggedFields;',
    'let count = unknown === undefined ? 0 : unknown.length;',
    'let size = unknownTaggedFieldsSize(unknown);',
  ];
  for (const field of struct.tagged)
    body.push(
      `if (${taggedCondition(struct, field)}) {`,
      '  count += 1;',
      `  size += taggedFieldSize(${field.tag}, ${sizeText(field, 'true', `value.${field.name}`)});`,
      '}',
    );
  body.push('return uvarintSize(count) + size;');
  const head = `function size${struct.name}Tags(value: ${structTypeText(struct)}${tagsVersion(struct, ', version: number')}): number`;
  return functionText(head, body);
}

/** `sizeXArray`. */
export function emitSizeArray(struct: StructModel, nullable: boolean): string {
  const flexible = flexibleText(struct);
  const compact = flexible === 'flexible' ? `version >= ${struct.flexibleFrom}` : flexible;
  const type = `readonly ${structTypeText(struct)}[]${nullable ? ' | null' : ''}`;
  const nullSize = flexible === 'true' ? '1' : flexible === 'false' ? '4' : `${compact} ? 1 : 4`;
  return functionText(
    `function size${struct.name}Array(array: ${type}${versionParameter(struct)}): number`,
    [
      ...(nullable ? [`if (array === null) return ${nullSize};`] : []),
      `let size = arrayLengthSize(array.length, ${compact});`,
      `for (const value of array) size += size${struct.name}(value${versionArgument(struct)});`,
      'return size;',
    ],
  );
}

/** `splicedX`: the bytes of records that become segments of their own; only for structs with records. */
export function emitSpliced(struct: StructModel): string {
  const body = ['let bytes = 0;'];
  for (const field of struct.fields) {
    const value = `value.${field.name}`;
    const { type } = field;
    if (type.kind === 'primitive' && type.of === 'records')
      body.push(`bytes += splicedBytes(${value});`);
    if (type.kind === 'structs' && type.of.hasRecords)
      body.push(`for (const each of ${value}) bytes += spliced${type.of.name}(each);`);
  }
  body.push('return bytes;');
  return functionText(`function spliced${struct.name}(value: ${struct.name}): number`, body);
}
