// A record with named, typed fields, and whether a value fits a schema (each needs the other).
// Kafka: org.apache.kafka.connect.data.Struct, ConnectSchema.validateValue. Values of each type: decision 0010.
import { DataError } from '../errors.ts';
import { Decimal } from './decimal.ts';
import { describeValue } from './describe-value.ts';
import { kindOf } from './kind-of.ts';
import { CONNECT_DATE, CONNECT_TIME, CONNECT_TIMESTAMP, DECIMAL } from './logical-names.ts';
import { sameValue } from './same-value.ts';
import type { Field, Schema, SchemaType } from './schema.ts';

/** Mutable by `put`, which checks each value against its field's schema. */
export class Struct {
  readonly schema: Schema;
  readonly #values: unknown[];

  /**
   * @param values fields by name, put in turn
   * @throws DataError when the schema is of another type or a value does not fit
   */
  constructor(schema: Schema, values: Readonly<Record<string, unknown>> = {}) {
    if (schema.type !== 'STRUCT') throw new DataError(`Not a struct schema: ${schema.toString()}`);
    this.schema = schema;
    this.#values = schema.fields.map(() => null);
    for (const [name, value] of Object.entries(values)) this.put(name, value);
  }

  /** The field's value, or its default when it is null. @throws DataError for an unknown field */
  get(field: string | Field): unknown {
    const found = this.#lookup(field);
    return this.#values[found.index] ?? found.schema.defaultValue;
  }

  /** The field's value as it was put; null when it was not. @throws DataError for an unknown field */
  getWithoutDefault(field: string | Field): unknown {
    return this.#values[this.#lookup(field).index] ?? null;
  }

  /** INT8, INT16, INT32, or INT64 within 2^53−1; FLOAT32, FLOAT64. Null when not put. @throws DataError for another type */
  getNumber(name: string): number | null {
    return this.#typed(name, 'number', NUMBERS, (value) => typeof value === 'number');
  }

  getString(name: string): string | null {
    return this.#typed(name, 'string', ['STRING'], (value) => typeof value === 'string');
  }

  getBoolean(name: string): boolean | null {
    return this.#typed(name, 'boolean', ['BOOLEAN'], (value) => typeof value === 'boolean');
  }

  getBytes(name: string): Uint8Array | null {
    return this.#typed(name, 'bytes', ['BYTES'], (value) => value instanceof Uint8Array);
  }

  getArray(name: string): readonly unknown[] | null {
    return this.#typed(name, 'array', ['ARRAY'], Array.isArray);
  }

  getMap(name: string): ReadonlyMap<unknown, unknown> | null {
    return this.#typed(name, 'map', ['MAP'], (value) => value instanceof Map);
  }

  getStruct(name: string): Struct | null {
    return this.#typed(name, 'struct', ['STRUCT'], (value) => value instanceof Struct);
  }

  /** Null only where the schema is optional. @throws DataError when the value does not fit */
  put(field: string | Field, value: unknown): this {
    const found = this.#lookup(field);
    validateValue(found.schema, value, found.name);
    this.#values[found.index] = value ?? null;
    return this;
  }

  /** @throws DataError when a required field without default was not put */
  validate(): void {
    for (const field of this.schema.fields) {
      const value = this.#values[field.index] ?? null;
      if (value === null && (field.schema.optional || field.schema.defaultValue !== null)) continue;
      validateValue(field.schema, value, field.name);
    }
  }

  equals(other: unknown): boolean {
    return (
      other instanceof Struct &&
      this.schema.equals(other.schema) &&
      sameValue(this.#values, other.#values)
    );
  }

  /** `Struct{id=1,name=a}`, without fields that are null, as Java prints it. */
  toString(): string {
    const shown = this.schema.fields
      .filter((field) => this.#values[field.index] !== null)
      .map((field) => `${field.name}=${describeValue(this.#values[field.index], field.schema)}`);
    return `Struct{${shown.join(',')}}`;
  }

  #lookup(field: string | Field): Field {
    const found = typeof field === 'string' ? this.schema.field(field) : field;
    if (found === undefined)
      throw new DataError(
        `${typeof field === 'string' ? field : 'undefined'} is not a valid field name`,
      );
    return found;
  }

  #typed<T>(
    name: string,
    kind: string,
    types: readonly SchemaType[],
    is: (value: unknown) => value is T,
  ): T | null {
    const field = this.#lookup(name);
    const value = this.#values[field.index] ?? null;
    if (types.includes(field.schema.type) && (value === null || is(value))) return value;
    throw new DataError(`Field '${name}' is not of type ${kind}`);
  }
}

const NUMBERS: readonly SchemaType[] = ['INT8', 'INT16', 'INT32', 'INT64', 'FLOAT32', 'FLOAT64'];

/** @param field for the message @throws DataError when the value does not fit */
export function validateValue(schema: Schema, value: unknown, field?: string): void {
  validate(schema, value, field === undefined ? 'value' : `field: "${field}"`);
}

function validate(schema: Schema, value: unknown, location: string): void {
  if (value === null || value === undefined) {
    if (schema.optional) return;
    throw new DataError(
      `Invalid value: null used for required ${location}, schema type: ${schema.type}`,
    );
  }
  if (!fits(schema, value)) throw mismatch(schema, value, location);
  if (schema.type === 'STRUCT') validateStruct(schema, value as Struct);
  else if (schema.type === 'ARRAY') {
    for (const element of value as readonly unknown[])
      validate(schema.valueSchema, element, `element of array ${location}`);
  } else if (schema.type === 'MAP') {
    for (const [key, element] of value as ReadonlyMap<unknown, unknown>) {
      validate(schema.keySchema, key, `key of map ${location}`);
      validate(schema.valueSchema, element, `value of map ${location}`);
    }
  }
}

function validateStruct(schema: Schema, struct: Struct): void {
  if (!struct.schema.equals(schema)) throw new DataError('Struct schemas do not match.');
  struct.validate();
}

function fits(schema: Schema, value: unknown): boolean {
  const logical = schema.name === null ? undefined : LOGICAL_FITS[schema.name];
  return (logical ?? FITS[schema.type])(value);
}

type Fits = (value: unknown) => boolean;

const isDate: Fits = (value) => value instanceof Date;

const LOGICAL_FITS: Readonly<Record<string, Fits>> = {
  [DECIMAL]: (value) => value instanceof Decimal,
  [CONNECT_DATE]: isDate,
  [CONNECT_TIME]: isDate,
  [CONNECT_TIMESTAMP]: isDate,
};

const FITS: Readonly<Record<SchemaType, Fits>> = {
  INT8: integerOf(7),
  INT16: integerOf(15),
  INT32: integerOf(31),
  INT64: isInt64,
  FLOAT32: (value) => typeof value === 'number',
  FLOAT64: (value) => typeof value === 'number',
  BOOLEAN: (value) => typeof value === 'boolean',
  STRING: (value) => typeof value === 'string',
  BYTES: (value) => value instanceof Uint8Array,
  ARRAY: Array.isArray,
  MAP: (value) => value instanceof Map,
  STRUCT: (value) => value instanceof Struct,
};

function integerOf(bits: number): Fits {
  const limit = 2 ** bits;
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= -limit && value < limit;
}

/** A number where it is exact, a bigint for what is beyond 2^53−1 (and for less, where a connector likes it). */
function isInt64(value: unknown): boolean {
  return typeof value === 'bigint'
    ? BigInt.asIntN(64, value) === value
    : Number.isSafeInteger(value);
}

function mismatch(schema: Schema, value: unknown, location: string): DataError {
  const name = schema.name === null ? '' : ` "${schema.name}"`;
  return new DataError(
    `Invalid value for schema${name} with type ${schema.type}: ${kindOf(value)} for ${location}`,
  );
}
