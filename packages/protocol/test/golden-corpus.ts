// The golden corpus: bytes that Kafka 4.3.1 wrote for every message × version, with the values that are in them
// (see golden/README.md). Values are turned into this package's shape by the schemas alone, not by generated code.

import { readdirSync, readFileSync } from 'node:fs';
import type { FieldModel, MessageModel, StructModel } from '../../../tools/codegen/model.ts';
import { resolveMessage } from '../../../tools/codegen/model.ts';
import { readSchemas } from '../../../tools/codegen/generate.ts';
import { ZERO_UUID } from '../src/wire/uuid.ts';

/** One line of the corpus. */
export interface GoldenLine {
  /** Name of the message, for example `FetchRequest`. */
  readonly message: string;
  readonly version: number;
  readonly variant: 'default' | 'filled' | 'nulls';
  readonly hex: string;
  readonly json: Record<string, unknown>;
}

interface RawLine {
  api?: string;
  name?: string;
  kind: string;
  version: number;
  variant: GoldenLine['variant'];
  hex: string;
  json: Record<string, unknown>;
}

const folder = new URL('golden/', import.meta.url);

/** All lines about messages, headers and records' keys and values. */
export function readGolden(): GoldenLine[] {
  const lines: GoldenLine[] = [];
  for (const file of readdirSync(folder)) {
    if (!/^([A-Z]\w*|records-.*)\.jsonl$/.test(file)) continue;
    for (const text of readFileSync(new URL(file, folder), 'utf8').split('\n')) {
      if (text === '') continue;
      const { api, name, kind, version, variant, hex, json } = JSON.parse(text) as RawLine;
      const message = name ?? `${api}${kind === 'request' ? 'Request' : 'Response'}`;
      lines.push({ message, version, variant, hex, json });
    }
  }
  return lines;
}

/** The resolved schema of each message, by its name. */
export async function readModels(): Promise<ReadonlyMap<string, MessageModel>> {
  const models = new Map<string, MessageModel>();
  for (const schema of await readSchemas(new URL('../schemas/', import.meta.url))) {
    if (schema.kind === 'removed') continue;
    const messages =
      schema.kind === 'standalone'
        ? [{ name: schema.name, message: schema.message }]
        : [
            { name: `${schema.name}Request`, message: schema.request },
            { name: `${schema.name}Response`, message: schema.response },
          ];
    for (const { name, message } of messages)
      models.set(name, resolveMessage(name, schema.key, message));
  }
  return models;
}

/** A golden line's value in this package's shape, and its bytes. */
export interface Expected {
  readonly value: Record<string, unknown>;
  readonly hex: string;
  /** The original holds int64 values beyond 2^53−1 in fields that are numbers here; `hex` and `value` were cut to 48 bits. */
  readonly cut: boolean;
}

/**
 * What decoding the line must give. Kafka's filled variants put values near 2^63 into every int64. Where this
 * package holds a number it refuses those, so the low 48 bits take their place in the value and in the bytes.
 */
export function expectedOf(line: GoldenLine, model: MessageModel): Expected {
  const huge = new Set<string>();
  const value = structValue(model.struct, line.json, line.version, huge);
  let bytes = line.hex;
  for (const text of huge)
    bytes = replaceBytes(bytes, wordHex(BigInt(text)), wordHex(BigInt(cutTo48Bits(text))));
  return { value, hex: bytes, cut: huge.size > 0 };
}

function cutTo48Bits(text: string): number {
  return Number(BigInt.asUintN(48, BigInt(text)));
}

function wordHex(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16).padStart(16, '0');
}

function replaceBytes(hex: string, from: string, to: string): string {
  let result = hex;
  for (let at = result.indexOf(from); at !== -1; at = result.indexOf(from, at + 1))
    if (at % 2 === 0) result = result.slice(0, at) + to + result.slice(at + from.length);
  return result;
}

function structValue(
  struct: StructModel,
  json: Record<string, unknown>,
  version: number,
  huge: Set<string>,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const known = new Set<string>();
  for (const field of struct.fields) {
    known.add(field.name);
    const present = version >= field.range.min && version <= field.range.max && field.name in json;
    value[field.name] = present
      ? fieldValue(field, json[field.name], version, huge)
      : defaultValue(field, version);
  }
  const strange = Object.keys(json).filter((name) => !known.has(name));
  if (strange.length > 0) throw new Error(`${struct.name} has no ${strange.join(', ')}`);
  return value;
}

function fieldValue(field: FieldModel, json: unknown, version: number, huge: Set<string>): unknown {
  if (json === null) return null;
  const { type } = field;
  switch (type.kind) {
    case 'primitive':
      return primitiveValue(type.of, json, huge);
    case 'primitives':
      return (json as unknown[]).map((each) => primitiveValue(type.of, each, huge));
    case 'struct':
      return structValue(type.of, json as Record<string, unknown>, version, huge);
    case 'structs':
      return (json as Record<string, unknown>[]).map((each) =>
        structValue(type.of, each, version, huge),
      );
  }
}

function primitiveValue(primitive: string, json: unknown, huge: Set<string>): unknown {
  if (primitive === 'bytes' || primitive === 'records')
    return Buffer.from(json as string, 'base64');
  if (primitive === 'wideInt64') return BigInt(json as string | number);
  if (primitive === 'int64' && typeof json === 'string') {
    huge.add(json);
    return cutTo48Bits(json);
  }
  return json;
}

/** The value of a field that the version does not have, or that was not sent. */
export function defaultValue(field: FieldModel, version: number): unknown {
  const { type } = field;
  if (field.default !== undefined) return field.default;
  switch (type.kind) {
    case 'primitives':
    case 'structs':
      return [];
    case 'struct':
      return structValue(type.of, {}, version, new Set());
    case 'primitive':
      break;
  }
  switch (type.of) {
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'uuid':
      return ZERO_UUID;
    case 'bytes':
      return Buffer.alloc(0);
    case 'records':
      return field.nullable === undefined ? Buffer.alloc(0) : null;
    case 'wideInt64':
      return 0n;
    default:
      return 0;
  }
}
