// Emits the functions that read a struct. Fields are written as one object literal in the order of the wire, which
// JavaScript evaluates from top to bottom; tagged fields follow in a loop.

import type { FieldModel, StructModel } from './model.ts';
import { flexibleRange, isStruct } from './model.ts';
import {
  defaultText,
  fixedBytes,
  flexibleText,
  functionText,
  negated,
  primitiveName,
  structTypeText,
  versionArgument,
  versionCondition,
  versionParameter,
  withFlexible,
} from './text.ts';

/** `decodeX`, and `decodeXTags` when the struct has tagged fields. */
export function emitDecode(struct: StructModel, codec: string | undefined): string[] {
  const type = structTypeText(struct, 'Buffer');
  const body = [`const value: ${type} = {`];
  for (const field of struct.plain) body.push(`  ${field.name}: ${readOrDefault(struct, field)},`);
  for (const field of struct.tagged) body.push(`  ${field.name}: ${defaultText(field)},`);
  body.push('};');
  const flexible = flexibleText(struct);
  if (flexible !== 'false') {
    const guard = flexible === 'true' ? '' : 'if (flexible) ';
    body.push(
      struct.tagged.length > 0
        ? `${guard}decode${struct.name}Tags(reader, value${tagsVersion(struct, ', version')});`
        : `${guard}reader.unknownTaggedSection(value);`,
    );
  }
  body.push('return value;');
  const check = codec === undefined ? [] : [`requireVersion(${codec}, version);`];
  const parameter = codec === undefined ? versionParameter(struct) : ', version: number';
  const functions = [
    functionText(`function decode${struct.name}(reader: Reader${parameter}): ${type}`, [
      ...check,
      ...withFlexible(struct, body),
    ]),
  ];
  if (struct.tagged.length > 0) functions.push(emitDecodeTags(struct, type));
  return functions;
}

/** The version is passed to `decodeXTags` only where one of the tagged fields asks for it. */
export function tagsVersion(struct: StructModel, text: string): string {
  const asked = struct.tagged.some(
    (field) =>
      versionCondition(field.range, flexibleRange(struct)) !== undefined ||
      (isStruct(field.type) && field.type.of.needsVersion),
  );
  return asked ? text : '';
}

function emitDecodeTags(struct: StructModel, type: string): string {
  const branches = struct.tagged.map((field, index) => {
    const condition = versionCondition(field.range, flexibleRange(struct));
    const test = `tag === ${field.tag}${condition === undefined ? '' : ` && ${condition}`}`;
    const read = readText(field, 'true');
    return `  ${index === 0 ? 'if' : 'else if'} (${test}) value.${field.name} = ${read};`;
  });
  return functionText(
    `function decode${struct.name}Tags(reader: Reader, value: ${type}${tagsVersion(struct, ', version: number')}): void`,
    [
      'for (let left = reader.taggedFieldCount(); left > 0; left -= 1) {',
      '  const tag = reader.uvarint();',
      '  const end = reader.taggedFieldEnd();',
      ...branches,
      '  else reader.unknownTaggedField(value, tag, end);',
      '  reader.endTaggedField(end);',
      '}',
    ],
  );
}

function readOrDefault(struct: StructModel, field: FieldModel): string {
  const condition = versionCondition(field.range, struct.range);
  const read = readText(field, flexibleText(struct, field));
  if (condition === undefined) return read;
  // A choice inside a choice reads best as a chain, which wants the single value first.
  return read.includes(' ? ')
    ? `${negated(condition)} ? ${defaultText(field)} : ${read}`
    : `${condition} ? ${read} : ${defaultText(field)}`;
}

/** Reading one field, by the version where null is allowed in some of its versions only. */
function readText(field: FieldModel, flexible: string): string {
  const { nullable, range } = field;
  if (nullable === undefined) return readAs(field, flexible, false);
  const condition = versionCondition(nullable, range);
  const nullableRead = readAs(field, flexible, true);
  if (condition === undefined) return nullableRead;
  const plainRead = readAs(field, flexible, false);
  return `${condition} ? ${nullableRead} : ${plainRead}`;
}

function readAs(field: FieldModel, flexible: string, nullable: boolean): string {
  const { type } = field;
  switch (type.kind) {
    case 'primitive':
      return readPrimitive(type.of, flexible, nullable);
    case 'primitives': {
      const read = `${nullable ? 'readNullableArray' : 'readArray'}`;
      return `${read}(reader, ${flexible}, ${fixedBytes(type.of) ?? 1}, ${elementReader(type.of, flexible)})`;
    }
    case 'struct': {
      const decode = `decode${type.of.name}(reader${versionArgument(type.of)})`;
      if (!nullable) return decode;
      const present = field.tag === undefined ? 'structPresent' : 'taggedStructPresent';
      return `reader.${present}() ? ${decode} : null`;
    }
    case 'structs': {
      const name = nullable ? `decodeNullable${type.of.name}Array` : `decode${type.of.name}Array`;
      return `${name}(reader${versionArgument(type.of)})`;
    }
  }
}

function readPrimitive(primitive: string, flexible: string, nullable: boolean): string {
  if (fixedBytes(primitive) !== undefined) return `reader.${primitive}()`;
  const name = primitive === 'string' ? 'string' : 'bytes';
  return nullable
    ? `reader.nullable${primitiveName(name)}(${flexible})`
    : `reader.${name}(${flexible})`;
}

function elementReader(primitive: string, flexible: string): string {
  if (primitive === 'string' || primitive === 'bytes')
    return flexible === 'flexible'
      ? `flexible ? readCompact${primitiveName(primitive)} : read${primitiveName(primitive)}`
      : `read${flexible === 'true' ? 'Compact' : ''}${primitiveName(primitive)}`;
  return `read${primitiveName(primitive)}`;
}

/** `decodeXArray` and, where asked for, `decodeNullableXArray`. */
export function emitDecodeArrays(struct: StructModel, plain: boolean, nullable: boolean): string[] {
  const type = structTypeText(struct, 'Buffer');
  const parameters = `(reader: Reader${versionParameter(struct)})`;
  const flexible = flexibleText(struct);
  const compact = flexible === 'flexible' ? `version >= ${struct.flexibleFrom}` : flexible;
  const loop = [
    `const array: ${type}[] = [];`,
    'for (let left = count; left > 0; left -= 1)',
    `  array.push(decode${struct.name}(reader${versionArgument(struct)}));`,
    'return array;',
  ];
  const functions = [];
  if (plain)
    functions.push(
      functionText(`function decode${struct.name}Array${parameters}: ${type}[]`, [
        `const count = reader.arrayLength(${compact}, ${struct.bytesMin});`,
        ...loop,
      ]),
    );
  if (nullable)
    functions.push(
      functionText(`function decodeNullable${struct.name}Array${parameters}: ${type}[] | null`, [
        `const count = reader.nullableArrayLength(${compact}, ${struct.bytesMin});`,
        'if (count === -1) return null;',
        ...loop,
      ]),
    );
  return functions;
}
