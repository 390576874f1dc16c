// Emits the functions that write a struct, field by field in the order of the wire.

import { tagsVersion } from './emit-decode.ts';
import { sizeText, taggedCondition } from './emit-size.ts';
import type { FieldModel, StructModel } from './model.ts';
import { covers } from './model.ts';
import {
  fixedBytes,
  flexibleText,
  functionText,
  primitiveName,
  structTypeText,
  versionArgument,
  versionCondition,
  versionParameter,
  withFlexible,
} from './text.ts';

/** `encodeX`, and `encodeXTags` when the struct has tagged fields. */
export function emitEncode(struct: StructModel, codec: string | undefined): string[] {
  const body: string[] = [];
  for (const field of struct.plain) {
    const condition = versionCondition(field.range, struct.range);
    const lines = writeLines(field, flexibleText(struct, field));
    if (condition === undefined) body.push(...lines);
    else if (lines.length === 1) body.push(`if (${condition}) ${lines[0]}`);
    else body.push(`if (${condition}) {`, ...lines.map((line) => `  ${line}`), '}');
  }
  const flexible = flexibleText(struct);
  if (flexible !== 'false') {
    const guard = flexible === 'true' ? '' : 'if (flexible) ';
    body.push(
      struct.tagged.length > 0
        ? `${guard}encode${struct.name}Tags(writer, value${tagsVersion(struct, ', version')});`
        : `${guard}writer.unknownTaggedSection(value.unknownTaggedFields);`,
    );
  }
  const check = codec === undefined ? [] : [`requireVersion(${codec}, version);`];
  const parameter = codec === undefined ? versionParameter(struct) : ', version: number';
  const head = `function encode${struct.name}(writer: Writer, value: ${structTypeText(struct)}${parameter}): void`;
  const functions = [functionText(head, [...check, ...withFlexible(struct, body)])];
  if (struct.tagged.length > 0) functions.push(emitEncodeTags(struct));
  return functions;
}

function writeLines(field: FieldModel, flexible: string): string[] {
  const value = `value.${field.name}`;
  const { type, nullable } = field;
  switch (type.kind) {
    case 'primitive': {
      const compact = fixedBytes(type.of) === undefined ? `, ${flexible}` : '';
      return [`writer.${type.of}(${value}${compact});`];
    }
    case 'primitives':
      return [`writeArray(writer, ${value}, ${flexible}, ${elementWriter(type.of, flexible)});`];
    case 'structs':
      return [`encode${type.of.name}Array(writer, ${value}${versionArgument(type.of)});`];
    case 'struct': {
      const write = `encode${type.of.name}(writer, ${value}${versionArgument(type.of)});`;
      if (nullable === undefined) return [write];
      const present = field.tag === undefined ? 'structPresent' : 'taggedStructPresent';
      return [`writer.${present}(${value} !== null);`, `if (${value} !== null) ${write}`];
    }
  }
}

function elementWriter(primitive: string, flexible: string): string {
  if (primitive === 'string' || primitive === 'bytes')
    return flexible === 'flexible'
      ? `flexible ? writeCompact${primitiveName(primitive)} : write${primitiveName(primitive)}`
      : `write${flexible === 'true' ? 'Compact' : ''}${primitiveName(primitive)}`;
  return `write${primitiveName(primitive)}`;
}

function emitEncodeTags(struct: StructModel): string {
  const body = [
    'const unknown = value.unknownTaggedFields;',
    'let count = unknown === undefined ? 0 : unknown.length;',
  ];
  for (const field of struct.tagged)
    body.push(`if (${taggedCondition(struct, field)}) count += 1;`);
  body.push('writer.uvarint(count);');
  let next = 0;
  let previous: FieldModel | undefined;
  for (const field of struct.tagged) {
    // Unknown fields go between the known ones by their tag; mostly there is no room for one.
    if (mayHaveUnknownBefore(struct, field, previous)) {
      body.push(`writer.unknownTaggedFields(unknown, ${next}, ${field.tag});`);
      next = field.tag!;
    }
    body.push(
      `if (${taggedCondition(struct, field)}) {`,
      `  writer.taggedField(${field.tag}, ${sizeText(field, 'true', `value.${field.name}`)});`,
      ...writeLines(field, 'true').map((line) => `  ${line}`),
      '}',
    );
    previous = field;
  }
  body.push(`writer.unknownTaggedFields(unknown, ${next}, Infinity);`);
  const head = `function encode${struct.name}Tags(writer: Writer, value: ${structTypeText(struct)}${tagsVersion(struct, ', version: number')}): void`;
  return functionText(head, body);
}

function mayHaveUnknownBefore(
  struct: StructModel,
  field: FieldModel,
  previous: FieldModel | undefined,
): boolean {
  if (previous === undefined) return field.tag! > 0;
  const adjacent = previous.tag! + 1 === field.tag;
  return !adjacent || !covers(previous.range, field.range);
}

/** `encodeXArray`. */
export function emitEncodeArray(struct: StructModel, nullable: boolean): string {
  const flexible = flexibleText(struct);
  const compact = flexible === 'flexible' ? `version >= ${struct.flexibleFrom}` : flexible;
  const type = `readonly ${structTypeText(struct)}[]${nullable ? ' | null' : ''}`;
  return functionText(
    `function encode${struct.name}Array(writer: Writer, array: ${type}${versionParameter(struct)}): void`,
    [
      ...(nullable
        ? ['if (array === null) {', `  writer.nullArray(${compact});`, '  return;', '}']
        : []),
      `writer.arrayLength(array.length, ${compact});`,
      `for (const value of array) encode${struct.name}(writer, value${versionArgument(struct)});`,
    ],
  );
}
