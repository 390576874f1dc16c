// Exact decimal numbers, and the logical type that carries them. Java: java.math.BigDecimal; Kafka: connect.data.Decimal.
import { DataError } from '../errors.ts';
import { bytesToInteger, integerToBytes } from './integer-bytes.ts';
import { DECIMAL } from './logical-names.ts';
import type { Schema } from './schema.ts';

/** `unscaled` times ten to the power of minus `scale`: 1.50 is 150 with scale 2. Immutable. */
export class Decimal {
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /** Reads `1.50`, `-3`, `1e-7`; every digit counts, also zeros at the end. @throws DataError for anything else */
  static parse(text: string): Decimal {
    const match = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/.exec(text);
    if (match === null) throw new DataError(`Not a decimal number: ${text}`);
    const [, sign = '', whole = '', fraction = match[4] ?? '', , exponent = '0'] = match;
    const digits = BigInt(whole + fraction);
    return new Decimal(sign === '-' ? -digits : digits, fraction.length - Number(exponent));
  }

  /** The shortest decimal that names this number, as Java's BigDecimal.valueOf: 1 becomes 1.0. */
  static fromNumber(value: number): Decimal {
    const text = String(value);
    return Decimal.parse(Number.isSafeInteger(value) ? `${text}.0` : text);
  }

  get sign(): -1 | 0 | 1 {
    return this.unscaled === 0n ? 0 : this.unscaled < 0n ? -1 : 1;
  }

  /** The nearest double. */
  toNumber(): number {
    return Number(`${this.unscaled}e${-this.scale}`);
  }

  /** Without what follows the point. Refuses to write out more than a thousand zeros. */
  toBigInt(): bigint {
    if (this.scale > 0) return this.unscaled / 10n ** BigInt(Math.min(this.scale, POWER_MAX));
    if (this.unscaled === 0n) return 0n;
    if (-this.scale > POWER_MAX) throw new DataError(`The decimal ${this.toString()} is too large`);
    return this.unscaled * 10n ** BigInt(-this.scale);
  }

  /** Whether nothing but zeros follows the point. */
  isWhole(): boolean {
    if (this.scale <= 0 || this.unscaled === 0n) return true;
    return this.scale <= POWER_MAX && this.unscaled % 10n ** BigInt(this.scale) === 0n;
  }

  /** Same value and same scale: 1.0 is not 1.00. */
  equals(other: unknown): boolean {
    return (
      other instanceof Decimal && this.unscaled === other.unscaled && this.scale === other.scale
    );
  }

  /** As Java prints it: `1.50`, `1E+3`, `1.2E-7`; exact. */
  toString(): string {
    const negative = this.unscaled < 0n;
    const digits = (negative ? -this.unscaled : this.unscaled).toString();
    return (negative ? '-' : '') + placePoint(digits, this.scale);
  }
}

/** So many digits are written out at most; more is not data but an attack. */
const POWER_MAX = 1000;

function placePoint(digits: string, scale: number): string {
  if (scale === 0) return digits;
  const exponent = digits.length - 1 - scale;
  if (scale > 0 && exponent >= -6) {
    const padded = digits.padStart(scale + 1, '0');
    return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return exponent === 0 ? mantissa : `${mantissa}E${exponent < 0 ? '' : '+'}${exponent}`;
}

/** The big-endian two's complement bytes that Kafka stores. @throws DataError when the scales differ */
export function decimalToBytes(schema: Schema, value: Decimal): Buffer {
  const scale = scaleOf(schema);
  if (value.scale !== scale)
    throw new DataError(
      `Decimal value has mismatching scale for given Decimal schema. Schema has scale ${scale}, value has scale ${value.scale}.`,
    );
  return integerToBytes(value.unscaled);
}

/** The reverse of `decimalToBytes`. @throws DataError when the schema has no scale or there are no bytes */
export function decimalFromBytes(schema: Schema, bytes: Uint8Array): Decimal {
  if (bytes.length === 0) throw new DataError('Zero length BigInteger');
  return new Decimal(bytesToInteger(bytes), scaleOf(schema));
}

function scaleOf(schema: Schema): number {
  const text = schema.name === DECIMAL ? schema.parameters?.get('scale') : undefined;
  if (text === undefined) throw new DataError('Invalid Decimal schema: scale parameter not found.');
  if (!/^[+-]?\d+$/.test(text))
    throw new DataError('Invalid scale parameter found in Decimal schema: ');
  return Number(text);
}
