// One type of value as another. Kafka: org.apache.kafka.connect.data.Values.convertTo.
import { Decimal, decimalFromBytes, decimalToBytes } from '../data/decimal.ts';
import { kindOf } from '../data/kind-of.ts';
import { CONNECT_DATE, CONNECT_TIME, CONNECT_TIMESTAMP, DECIMAL } from '../data/logical-names.ts';
import {
  ConnectDate,
  ConnectTime,
  ConnectTimestamp,
  type LogicalType,
} from '../data/logical-types.ts';
import type { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { DataError } from '../errors.ts';
import { valueToText } from './value-text.ts';

/**
 * The value as the type of `toSchema`: integers are cut to their width, texts are read as numbers.
 *
 * @param fromSchema of the value; null when it is not known
 * @throws DataError when there is no such conversion
 */
export function convertValue(toSchema: Schema, fromSchema: Schema | null, value: unknown): unknown {
  if (value === null || value === undefined) {
    if (toSchema.optional) return null;
    throw new DataError('Unable to convert a null value to a schema that requires a value');
  }
  const logical = toSchema.name === null ? undefined : DATES[toSchema.name];
  if (logical !== undefined) return toDate(logical, toSchema, fromSchema, value);
  switch (toSchema.type) {
    case 'INT8':
      return toInteger(8, fromSchema, value);
    case 'INT16':
      return toInteger(16, fromSchema, value);
    case 'INT32':
      return toInteger(32, fromSchema, value);
    case 'INT64':
      return toInteger(64, fromSchema, value);
    case 'FLOAT32':
      return Math.fround(toDouble(fromSchema, value));
    case 'FLOAT64':
      return toDouble(fromSchema, value);
    case 'BOOLEAN':
      return toBoolean(fromSchema, value);
    case 'STRING':
      return valueToText(fromSchema, value);
    case 'BYTES':
      return toBytesOrDecimal(toSchema, value);
    case 'ARRAY':
      return Array.isArray(value) ? value : impossible(toSchema, value);
    case 'MAP':
      return value instanceof Map ? value : impossible(toSchema, value);
    case 'STRUCT':
      return value instanceof Struct ? value : impossible(toSchema, value);
  }
}

/** The low bits of the integer that the value is, or stands for. @throws DataError when it stands for none */
export function toInteger(
  bits: 8 | 16 | 32 | 64,
  fromSchema: Schema | null,
  value: unknown,
): number | bigint {
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** (bits - 1))
    return Number.isSafeInteger(value) ? value : BigInt(value);
  const cut = BigInt.asIntN(bits, wholeOf(fromSchema, value));
  return Number.isSafeInteger(Number(cut)) ? Number(cut) : cut;
}

export function toDouble(fromSchema: Schema | null, value: unknown): number {
  if (typeof value === 'number') return value;
  if (value instanceof Decimal) return value.toNumber();
  const decimal = typeof value === 'string' ? numberOf(value) : undefined;
  return decimal === undefined ? Number(wholeOf(fromSchema, value)) : decimal.toNumber();
}

function toBoolean(fromSchema: Schema | null, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^\s*(true|false)\s*$/.test(value))
    return value.trim() === 'true';
  return wholeOf(fromSchema, value) !== 0n;
}

const INT64_MAX = 2n ** 63n - 1n;

function wholeOf(fromSchema: Schema | null, value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return wholeOfNumber(value);
  if (value instanceof Decimal) return value.toBigInt();
  const decimal = typeof value === 'string' ? numberOf(value) : undefined;
  if (decimal !== undefined) return BigInt.asIntN(64, decimal.toBigInt());
  const logical = DATES[fromSchema?.name ?? ''];
  if (fromSchema !== null && logical !== undefined && value instanceof Date)
    return BigInt(logical.fromLogical(fromSchema, value));
  throw new DataError(
    `Unable to convert ${kindOf(value)} to ${fromSchema === null ? 'a number' : fromSchema.toString()}`,
  );
}

/** As Java casts a double to a long: cut, and kept within the range. */
function wholeOfNumber(value: number): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value >= 2 ** 63) return INT64_MAX;
  return value < -(2 ** 63) ? -INT64_MAX - 1n : BigInt(Math.trunc(value));
}

function numberOf(text: string): Decimal | undefined {
  try {
    return Decimal.parse(text);
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

const DATES: Readonly<Record<string, LogicalType>> = {
  [CONNECT_DATE]: ConnectDate,
  [CONNECT_TIME]: ConnectTime,
  [CONNECT_TIMESTAMP]: ConnectTimestamp,
};

const MS_PER_DAY = 86_400_000;

function toDate(
  to: LogicalType,
  toSchema: Schema,
  fromSchema: Schema | null,
  value: unknown,
): Date {
  if (!(value instanceof Date)) return to.toLogical(toSchema, Number(wholeOf(fromSchema, value)));
  if (fromSchema === null || fromSchema.name === toSchema.name) return value;
  if (to === ConnectTimestamp) return value;
  if (fromSchema.name !== CONNECT_TIMESTAMP)
    return to.toLogical(toSchema, Number(wholeOf(fromSchema, value)));
  const dayStart = Math.floor(value.getTime() / MS_PER_DAY) * MS_PER_DAY;
  return to === ConnectTime
    ? new Date(value.getTime() - dayStart)
    : new Date(Math.trunc(value.getTime() / MS_PER_DAY) * MS_PER_DAY);
}

function toBytesOrDecimal(toSchema: Schema, value: unknown): Uint8Array | Decimal {
  if (toSchema.name !== DECIMAL) {
    if (value instanceof Uint8Array) return value;
    return value instanceof Decimal ? decimalToBytes(toSchema, value) : impossible(toSchema, value);
  }
  if (value instanceof Decimal) return value;
  if (value instanceof Uint8Array) return decimalFromBytes(toSchema, value);
  if (typeof value === 'number') return Decimal.fromNumber(value);
  return typeof value === 'string' ? Decimal.parse(value) : impossible(toSchema, value);
}

function impossible(toSchema: Schema, value: unknown): never {
  throw new DataError(`Unable to convert ${kindOf(value)} to ${toSchema.toString()}`);
}
