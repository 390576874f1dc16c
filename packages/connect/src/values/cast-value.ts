// Primitive values as other primitive types, as Java casts and parses them. Kafka: the conversions inside transforms.Cast.
import { Decimal } from '../data/decimal.ts';
import { describeValue } from '../data/describe-value.ts';
import { kindOf } from '../data/kind-of.ts';
import { CONNECT_DATE, CONNECT_TIME, CONNECT_TIMESTAMP } from '../data/logical-names.ts';
import {
  ConnectDate,
  ConnectTime,
  ConnectTimestamp,
  type LogicalType,
} from '../data/logical-types.ts';
import type { Schema } from '../data/schema.ts';
import { DataError } from '../errors.ts';
import { isoText } from './value-text.ts';

export const CAST_TARGETS = [
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FLOAT32',
  'FLOAT64',
  'BOOLEAN',
  'STRING',
] as const;

export type CastTarget = (typeof CAST_TARGETS)[number];

const DATES: Readonly<Record<string, LogicalType>> = {
  [CONNECT_DATE]: ConnectDate,
  [CONNECT_TIME]: ConnectTime,
  [CONNECT_TIMESTAMP]: ConnectTimestamp,
};

/** Null stays null. @throws DataError for lists, maps and structs, and for texts that are no such number */
export function castValue(schema: Schema | null, value: unknown, target: CastTarget): unknown {
  if (value === null) return null;
  if (target === 'STRING') return castToText(schema, value);
  const date = DATES[schema?.name ?? ''];
  const plain =
    schema !== null && date !== undefined && value instanceof Date
      ? date.fromLogical(schema, value)
      : value;
  const isFloating = schema?.type === 'FLOAT32' || schema?.type === 'FLOAT64';
  switch (target) {
    case 'INT8':
      return castToInteger(plain, 8, isFloating);
    case 'INT16':
      return castToInteger(plain, 16, isFloating);
    case 'INT32':
      return castToInteger(plain, 32, isFloating);
    case 'INT64':
      return castToInteger(plain, 64, isFloating);
    case 'FLOAT32':
      return Math.fround(castToDouble(plain));
    case 'FLOAT64':
      return castToDouble(plain);
    case 'BOOLEAN':
      return castToBoolean(plain);
  }
}

function castToText(schema: Schema | null, value: unknown): string {
  if (value instanceof Date) return isoText(value);
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (typeof value === 'object' && !(value instanceof Decimal)) throw unsupported(value);
  return describeValue(value, schema);
}

/** Integers lose their high bits; floating point numbers are kept within 32 bits (64 for INT64) first; texts must fit. */
function castToInteger(
  value: unknown,
  bits: 8 | 16 | 32 | 64,
  isFloating: boolean,
): number | bigint {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') return parseInteger(value, bits);
  if (value instanceof Decimal) return exact(BigInt.asIntN(bits, value.toBigInt()));
  if (typeof value === 'bigint') return exact(BigInt.asIntN(bits, value));
  if (typeof value !== 'number') throw unsupported(value);
  const whole =
    Number.isSafeInteger(value) && !isFloating
      ? BigInt(value)
      : saturated(value, bits === 64 ? 64 : 32);
  return exact(BigInt.asIntN(bits, whole));
}

function saturated(value: number, bits: 32 | 64): bigint {
  if (Number.isNaN(value)) return 0n;
  const limit = 2 ** (bits - 1);
  if (value >= limit) return BigInt(limit) - 1n;
  return value < -limit ? -BigInt(limit) : BigInt(Math.trunc(value));
}

function parseInteger(text: string, bits: number): number | bigint {
  const value = /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
  if (value === undefined || BigInt.asIntN(bits, value) !== value) throw outOfRange(text);
  return exact(value);
}

function castToDouble(value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (value instanceof Decimal) return value.toNumber();
  if (typeof value !== 'string') throw unsupported(value);
  const text = value.trim().replace(/(?<=[\d.])[dDfF]$/, '');
  if (!/^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/.test(text))
    throw outOfRange(value);
  return text.endsWith('NaN') ? Number.NaN : Number(text);
}

function castToBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return /^true$/i.test(value);
  return Number(castToInteger(value, 64, false)) !== 0;
}

function exact(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function outOfRange(text: string): DataError {
  return new DataError(`Value (${text}) was out of range for requested data type`);
}

function unsupported(value: unknown): DataError {
  return new DataError(`Cast transformation does not support casting from ${kindOf(value)}`);
}
