// JSON as Connect values. Kafka: JsonConverter.convertToConnect. A node of another type than the schema's is read as Jackson's
// accessors do: 0, false or null.
import { Decimal, decimalFromBytes } from '../../data/decimal.ts';
import { hashMap } from '../../data/hash-map-order.ts';
import {
  CONNECT_DATE,
  CONNECT_TIME,
  CONNECT_TIMESTAMP,
  DECIMAL,
} from '../../data/logical-names.ts';
import { ConnectDate, ConnectTime, ConnectTimestamp } from '../../data/logical-types.ts';
import type { Schema } from '../../data/schema.ts';
import { Struct } from '../../data/struct.ts';
import { DataError } from '../../errors.ts';
import { isObject, type JsonNode, nodeType } from './json-node.ts';

/** @param node undefined: the field is not there @throws DataError when the node cannot be read by the schema */
export function readJson(
  schema: Schema | null,
  node: JsonNode | undefined,
  replaceNullWithDefault: boolean,
): unknown {
  if (schema === null) return readSchemaless(node);
  if (node === null || node === undefined) {
    if (schema.defaultValue !== null && replaceNullWithDefault) return schema.defaultValue;
    if (schema.optional) return null;
    throw new DataError(`Invalid null value for required ${schema.type} field`);
  }
  const logical = schema.name === null ? undefined : LOGICAL[schema.name];
  if (logical !== undefined) return logical(schema, node);
  return readTyped(schema, node, (inner, innerNode) =>
    readJson(inner, innerNode, replaceNullWithDefault),
  );
}

type ReadInner = (schema: Schema, node: JsonNode | undefined) => unknown;

function readTyped(schema: Schema, node: JsonNode, read: ReadInner): unknown {
  switch (schema.type) {
    case 'BOOLEAN':
      return node === true;
    case 'INT8':
      return Number(BigInt.asIntN(8, wholeOf(node)));
    case 'INT16':
      return Number(BigInt.asIntN(16, wholeOf(node)));
    case 'INT32':
      return int32Of(node);
    case 'INT64':
      return int64Of(node);
    case 'FLOAT32':
      return Math.fround(doubleOf(node));
    case 'FLOAT64':
      return doubleOf(node);
    case 'STRING':
      return typeof node === 'string' ? node : null;
    case 'BYTES':
      return readBytes(node, 'Invalid bytes field');
    case 'ARRAY':
      return elementsOf(node).map((element) => read(schema.valueSchema, element));
    case 'MAP':
      return readMap(schema, node, read);
    case 'STRUCT':
      return readStruct(schema, node, read);
  }
}

function readMap(schema: Schema, node: JsonNode, read: ReadInner): Map<unknown, unknown> {
  const { keySchema, valueSchema } = schema;
  if (keySchema.type === 'STRING') {
    if (!isObject(node))
      throw new DataError(
        `Maps with string fields should be encoded as JSON objects, but found ${nodeType(node)}`,
      );
    return hashMap<unknown, unknown>(
      Array.from(node, ([key, value]) => [key, read(valueSchema, value)]),
    );
  }
  if (!Array.isArray(node))
    throw new DataError(
      `Maps with non-string fields should be encoded as JSON array of tuples, but found ${nodeType(node)}`,
    );
  return hashMap<unknown, unknown>(
    node.map((entry) => {
      if (!Array.isArray(entry))
        throw new DataError(`Found invalid map entry instead of array tuple: ${nodeType(entry)}`);
      if (entry.length !== 2)
        throw new DataError(
          `Found invalid map entry, expected length 2 but found :${entry.length}`,
        );
      return [read(keySchema, entry[0]), read(valueSchema, entry[1])];
    }),
  );
}

function readStruct(schema: Schema, node: JsonNode, read: ReadInner): Struct {
  if (!isObject(node))
    throw new DataError(`Structs should be encoded as JSON objects, but found ${nodeType(node)}`);
  const struct = new Struct(schema);
  for (const field of schema.fields) struct.put(field, read(field.schema, node.get(field.name)));
  return struct;
}

/** Integers are 64 bits wide, other numbers doubles, objects Maps. */
function readSchemaless(node: JsonNode | undefined): unknown {
  if (node === undefined || node === null) return null;
  if (Array.isArray(node)) return node.map(readSchemaless);
  if (node instanceof Map)
    return hashMap(Array.from(node, ([key, value]) => [key, readSchemaless(value)]));
  if (node instanceof Decimal) return node.toNumber();
  return typeof node === 'bigint' ? int64Of(node) : node;
}

type ReadLogical = (schema: Schema, node: JsonNode) => unknown;

const LOGICAL: Readonly<Record<string, ReadLogical>> = {
  [DECIMAL]: readDecimal,
  [CONNECT_DATE]: (schema, node) => ConnectDate.toLogical(schema, requireInt32('Date', node)),
  [CONNECT_TIME]: (schema, node) => ConnectTime.toLogical(schema, requireInt32('Time', node)),
  [CONNECT_TIMESTAMP]: (schema, node) => {
    if (typeof node !== 'number' && typeof node !== 'bigint')
      throw new DataError(
        `Invalid type for Timestamp, underlying representation should be integral but was ${nodeType(node)}`,
      );
    return ConnectTimestamp.toLogical(schema, Number(int64Of(node)));
  },
};

function requireInt32(type: string, node: JsonNode): number {
  if (typeof node !== 'number' || (node | 0) !== node)
    throw new DataError(
      `Invalid type for ${type}, underlying representation should be integer but was ${nodeType(node)}`,
    );
  return node;
}

function readDecimal(schema: Schema, node: JsonNode): Decimal {
  if (node instanceof Decimal) return node;
  if (typeof node === 'number' || typeof node === 'bigint') return new Decimal(BigInt(node), 0);
  if (typeof node !== 'string')
    throw new DataError(
      `Invalid type for Decimal, underlying representation should be numeric or bytes but was ${nodeType(node)}`,
    );
  const bytes = readBytes(node, 'Invalid bytes for Decimal field');
  try {
    return decimalFromBytes(schema, bytes ?? Buffer.alloc(0));
  } catch (error) {
    throw new DataError('Invalid bytes for Decimal field', { cause: error });
  }
}

/** Base64 with padding; null for what is no text. Between groups of four there may be white space, not within. */
function readBytes(node: JsonNode, message: string): Buffer | null {
  if (typeof node !== 'string') return null;
  if (!BASE64.test(node)) throw new DataError(message);
  return Buffer.from(node, 'base64');
}

const BASE64 =
  /^(?:[^!-\uffff]*[A-Za-z0-9+/]{4})*(?:[^!-\uffff]*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=))?[^!-\uffff]*$/;

function elementsOf(node: JsonNode): JsonNode[] {
  if (Array.isArray(node)) return node;
  return node instanceof Map ? [...node.values()] : [];
}

/** Java's intValue of a node: the low 32 bits. */
function int32Of(node: JsonNode): number {
  return Number(BigInt.asIntN(32, wholeOf(node)));
}

function int64Of(node: JsonNode): number | bigint {
  if (typeof node === 'number') return node;
  const value = BigInt.asIntN(64, wholeOf(node));
  const exact = Number(value);
  return Number.isSafeInteger(exact) ? exact : value;
}

function wholeOf(node: JsonNode): bigint {
  if (typeof node === 'number' || typeof node === 'bigint') return BigInt(node);
  return node instanceof Decimal ? node.toBigInt() : 0n;
}

function doubleOf(node: JsonNode): number {
  if (typeof node === 'number' || typeof node === 'bigint') return Number(node);
  return node instanceof Decimal ? node.toNumber() : 0;
}
