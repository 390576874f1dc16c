// Emits the interfaces of a message and the functions that make them with defaults.

import type { StructModel } from './model.ts';
import { isStruct } from './model.ts';
import {
  defaultCondition,
  defaultText,
  fieldTypeText,
  functionText,
  structTypeText,
  versionCondition,
} from './text.ts';

/** One interface; each field says in which versions it is on the wire when that is not all. */
export function emitInterface(struct: StructModel, intro: string): string {
  const parameter = struct.hasRecords ? '<R extends RecordsSource = RecordsSource>' : '';
  const lines = [`/** ${intro} */`, `export interface ${struct.name}${parameter} extends Tagged {`];
  for (const field of struct.fields) {
    const notes = [];
    const condition = versionCondition(field.range, struct.range);
    if (condition !== undefined) notes.push(rangeText(field.range, struct.range));
    if (field.tag !== undefined) notes.push(`tag ${field.tag}`);
    if (field.default !== undefined) notes.push(`default ${defaultText(field)}`);
    if (notes.length > 0) lines.push(`  /** ${capital(notes.join('; '))}. */`);
    lines.push(`  ${field.name}: ${fieldTypeText(field)};`);
  }
  lines.push('}', '');
  return lines.join('\n');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function rangeText(range: { min: number; max: number }, within: { max: number }): string {
  if (range.min === range.max) return `version ${range.min} only`;
  return range.max >= within.max
    ? `from version ${range.min}`
    : `versions ${range.min} to ${range.max}`;
}

/** `createX`: every field at its default, then what is given. */
export function emitCreate(struct: StructModel): string {
  const type = structTypeText(struct);
  const fields = struct.fields.map((field) => `  ${field.name}: ${defaultText(field)},`);
  const doc = `/** A {@link ${struct.name}} with every field at its default, except for those given. */\n`;
  const head = `export function create${struct.name}(init?: Partial<${type}>): ${type}`;
  return doc + functionText(head, ['return {', ...fields, '  ...init,', '};']);
}

/** `isDefaultX`, wanted for structs that are tagged fields: at their default they are not sent. */
export function emitIsDefault(struct: StructModel): string {
  const head = `function isDefault${struct.name}(value: ${structTypeText(struct)}): boolean`;
  const conditions = [
    ...struct.fields.map(defaultCondition),
    'value.unknownTaggedFields === undefined',
  ];
  const lines = conditions.map((condition, index) => {
    const last = index + 1 === conditions.length;
    return `  ${condition}${last ? '' : ' &&'}`;
  });
  return functionText(head, ['return (', ...lines, ');']);
}

/** The structs among these whose default must be told from other values. */
export function structsComparedToDefault(structs: readonly StructModel[]): Set<StructModel> {
  const compared = new Set<StructModel>();
  for (const struct of structs)
    for (const field of struct.fields)
      if (isStruct(field.type) && field.type.kind === 'struct' && field.default === undefined) {
        const absent = versionCondition(field.range, struct.range) !== undefined;
        if (field.tag !== undefined || (absent && !field.ignorable)) compared.add(field.type.of);
      }
  return compared;
}
