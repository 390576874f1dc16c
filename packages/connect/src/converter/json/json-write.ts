// Connect values as JSON. Kafka: JsonConverter.convertToJson.
import { Decimal, decimalToBytes } from '../../data/decimal.ts';
import { kindOf } from '../../data/kind-of.ts';
import {
  CONNECT_DATE,
  CONNECT_TIME,
  CONNECT_TIMESTAMP,
  DECIMAL,
} from '../../data/logical-names.ts';
import {
  ConnectDate,
  ConnectTime,
  ConnectTimestamp,
  type LogicalType,
} from '../../data/logical-types.ts';
import type { Schema, SchemaType } from '../../data/schema.ts';
import { Struct } from '../../data/struct.ts';
import { DataError } from '../../errors.ts';
import { jsonDouble, jsonFields, jsonFloat, jsonString } from './json-text.ts';

export interface JsonWriteOptions {
  /** Decimals as numbers instead of Base64. */
  readonly numericDecimals: boolean;
  readonly replaceNullWithDefault: boolean;
}

/** @throws DataError when the value does not fit the schema */
export function writeJson(
  schema: Schema | null,
  value: unknown,
  options: JsonWriteOptions,
): string {
  if (value === null || value === undefined) return writeNull(schema, options);
  if (schema === null) return writeSchemaless(value, options);
  if (schema.name !== null) {
    const logical = writeLogical(schema, schema.name, value, options);
    if (logical !== undefined) return logical;
  }
  switch (schema.type) {
    case 'ARRAY':
      if (!Array.isArray(value)) throw invalid(schema, value);
      return writeArray(value, schema, options);
    case 'MAP':
      if (!(value instanceof Map)) throw invalid(schema, value);
      return writeMap(value, schema, options);
    case 'STRUCT':
      if (!(value instanceof Struct)) throw invalid(schema, value);
      return writeStruct(schema, value, options);
    default:
      return PRIMITIVES[schema.type](value) ?? raise(invalid(schema, value));
  }
}

type Primitive = Exclude<SchemaType, 'ARRAY' | 'MAP' | 'STRUCT'>;

/** Undefined when the value is of another type. */
type WritePrimitive = (value: unknown) => string | undefined;

const writeInteger: WritePrimitive = (value) =>
  Number.isSafeInteger(value) || typeof value === 'bigint' ? String(value) : undefined;

const PRIMITIVES: Readonly<Record<Primitive, WritePrimitive>> = {
  INT8: writeInteger,
  INT16: writeInteger,
  INT32: writeInteger,
  INT64: writeInteger,
  FLOAT32: (value) => (typeof value === 'number' ? jsonFloat(value) : undefined),
  FLOAT64: (value) => (typeof value === 'number' ? jsonDouble(value) : undefined),
  BOOLEAN: (value) => (typeof value === 'boolean' ? String(value) : undefined),
  STRING: (value) => (typeof value === 'string' ? jsonString(value) : undefined),
  BYTES: (value) => (value instanceof Uint8Array ? base64(value) : undefined),
};

function writeNull(schema: Schema | null, options: JsonWriteOptions): string {
  if (schema === null) return 'null';
  if (schema.defaultValue !== null && options.replaceNullWithDefault)
    return writeJson(schema, schema.defaultValue, options);
  if (schema.optional) return 'null';
  throw new DataError(
    'Conversion error: null value for field that is required and has no default value',
  );
}

const DATES: Readonly<Record<string, LogicalType>> = {
  [CONNECT_DATE]: ConnectDate,
  [CONNECT_TIME]: ConnectTime,
  [CONNECT_TIMESTAMP]: ConnectTimestamp,
};

function writeLogical(
  schema: Schema,
  name: string,
  value: unknown,
  options: JsonWriteOptions,
): string | undefined {
  if (name === DECIMAL) {
    if (!(value instanceof Decimal))
      throw new DataError(`Invalid type for Decimal, expected Decimal but was ${kindOf(value)}`);
    return options.numericDecimals ? value.toString() : base64(decimalToBytes(schema, value));
  }
  const type = DATES[name];
  if (type === undefined) return undefined;
  if (!(value instanceof Date))
    throw new DataError(
      `Invalid type for ${name.slice(name.lastIndexOf('.') + 1)}, expected Date but was ${kindOf(value)}`,
    );
  return String(type.fromLogical(schema, value));
}

/** Without a schema the value itself tells its type: whole numbers are integers. */
function writeSchemaless(value: unknown, options: JsonWriteOptions): string {
  switch (typeof value) {
    case 'string':
      return jsonString(value);
    case 'number':
      return Number.isSafeInteger(value) ? String(value) : jsonDouble(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      break;
  }
  if (Array.isArray(value)) return writeArray(value, null, options);
  if (value instanceof Map) return writeMap(value, null, options);
  if (value instanceof Uint8Array) return base64(value);
  if (isPlainObject(value)) return writeMap(new Map(Object.entries(value)), null, options);
  throw new DataError(`${kindOf(value)} does not have corresponding schema type.`);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function writeArray(
  elements: readonly unknown[],
  schema: Schema | null,
  options: JsonWriteOptions,
): string {
  const elementSchema = schema?.valueSchemaOrNull ?? null;
  return `[${elements.map((element) => writeJson(elementSchema, element, options)).join(',')}]`;
}

/** Keys that are texts make an object, others an array of pairs. */
function writeMap(
  map: ReadonlyMap<unknown, unknown>,
  schema: Schema | null,
  options: JsonWriteOptions,
): string {
  const keySchema = schema?.keySchemaOrNull ?? null;
  const valueSchema = schema?.valueSchemaOrNull ?? null;
  const entries = [...map];
  const isObject =
    schema === null
      ? entries.every(([key]) => typeof key === 'string')
      : keySchema?.type === 'STRING';
  if (isObject) {
    const fields = entries.map(
      ([key, value]) => [textKey(key, keySchema), writeJson(valueSchema, value, options)] as const,
    );
    return jsonFields(fields);
  }
  const pairs = entries.map(
    ([key, value]) =>
      `[${writeJson(keySchema, key, options)},${writeJson(valueSchema, value, options)}]`,
  );
  return `[${pairs.join(',')}]`;
}

function textKey(key: unknown, schema: Schema | null): string {
  if (typeof key === 'string') return key;
  if (key === null && schema?.optional === true) return 'null';
  throw new DataError(`Invalid type for STRING: ${kindOf(key)}`);
}

function writeStruct(schema: Schema, struct: Struct, options: JsonWriteOptions): string {
  if (!struct.schema.equals(schema)) throw new DataError('Mismatching schema.');
  const fields = schema.fields.map(
    (field) =>
      [field.name, writeJson(field.schema, struct.getWithoutDefault(field), options)] as const,
  );
  return jsonFields(fields);
}

function base64(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"`;
}

function invalid(schema: Schema, value: unknown): DataError {
  return new DataError(`Invalid type for ${schema.type}: ${kindOf(value)}`);
}

function raise(error: Error): never {
  throw error;
}
