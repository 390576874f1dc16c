// Numbers in big-endian bytes. Kafka: ShortSerializer, IntegerSerializer, LongSerializer, FloatSerializer, DoubleSerializer.
import { DeserializationError, SerializationError } from './errors.ts';
import type { Serde } from './serde.ts';
import { describe } from './text.ts';

/** Two bytes, −32,768 to 32,767. Java's Short. */
export function int16(): Serde<number> {
  return integer('int16', 2, 2 ** 15, (bytes) => bytes.readInt16BE(), writeInt16);
}

/** Four bytes, −2^31 to 2^31−1. Java's Integer. */
export function int32(): Serde<number> {
  return integer('int32', 4, 2 ** 31, (bytes) => bytes.readInt32BE(), writeInt32);
}

/**
 * Eight bytes; exact within ±(2^53−1). Java's Long.
 *
 * Beyond that both directions refuse, for a JavaScript number would be rounded; `bigint64` has the whole range.
 */
export function int64(): Serde<number> {
  return integer('int64', 8, 2 ** 53, readInt64, writeInt64);
}

/** Eight bytes as a bigint, −2^63 to 2^63−1. Java's Long. */
export function bigint64(): Serde<bigint> {
  return {
    name: 'bigint64',
    serialize(value) {
      if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value)
        throw new SerializationError(
          typeof value === 'bigint'
            ? `${value} does not fit 64 bits`
            : `a bigint64 serde takes a bigint, not ${describe(value)}`,
        );
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeBigInt64BE(value);
      return bytes;
    },
    deserialize(bytes, context) {
      expectLength(bytes, 8, 'bigint64', context);
      return bytes.readBigInt64BE();
    },
  };
}

/** Four bytes; a value is rounded to single precision. Java's Float. */
export function float32(): Serde<number> {
  return float('float32', 4, (bytes) => bytes.readFloatBE(), writeFloat32);
}

/** Eight bytes. Java's Double. */
export function float64(): Serde<number> {
  return float('float64', 8, (bytes) => bytes.readDoubleBE(), writeFloat64);
}

type Write = (bytes: Buffer, value: number) => void;
type Read = (bytes: Buffer) => number;

function integer(
  name: string,
  size: number,
  limit: number,
  read: Read,
  write: Write,
): Serde<number> {
  const max = limit - 1;
  const min = size === 8 ? -max : -limit;
  return {
    name,
    serialize(value) {
      if (!Number.isInteger(value) || value < min || value > max)
        throw new SerializationError(
          typeof value === 'number'
            ? `${value} is no ${name}: it takes whole numbers from ${min} to ${max}`
            : `an ${name} serde takes a number, not ${describe(value)}`,
        );
      const bytes = Buffer.allocUnsafe(size);
      write(bytes, value);
      return bytes;
    },
    deserialize(bytes, context) {
      expectLength(bytes, size, name, context);
      return read(bytes);
    },
  };
}

function float(name: string, size: number, read: Read, write: Write): Serde<number> {
  return {
    name,
    serialize(value) {
      if (typeof value !== 'number')
        throw new SerializationError(`a ${name} serde takes a number, not ${describe(value)}`);
      const bytes = Buffer.allocUnsafe(size);
      write(bytes, value);
      return bytes;
    },
    deserialize(bytes, context) {
      expectLength(bytes, size, name, context);
      return read(bytes);
    },
  };
}

const writeInt16: Write = (bytes, value) => bytes.writeInt16BE(value);
const writeInt32: Write = (bytes, value) => bytes.writeInt32BE(value);
const writeFloat32: Write = (bytes, value) => bytes.writeFloatBE(value);
const writeFloat64: Write = (bytes, value) => bytes.writeDoubleBE(value);

function writeInt64(bytes: Buffer, value: number): void {
  bytes.writeInt32BE(Math.floor(value / 2 ** 32), 0);
  bytes.writeUInt32BE(value >>> 0, 4);
}

function readInt64(bytes: Buffer): number {
  const value = bytes.readInt32BE(0) * 2 ** 32 + bytes.readUInt32BE(4);
  if (!Number.isSafeInteger(value))
    throw new DeserializationError(
      `${bytes.readBigInt64BE()} is beyond 2^53−1, where a number is not exact: read it with bigint64()`,
    );
  return value;
}

function expectLength(
  bytes: Buffer,
  size: number,
  name: string,
  { topic, side }: { readonly topic: string; readonly side: string },
): void {
  if (bytes.length !== size)
    throw new DeserializationError(
      `the ${side} of a record of ${topic} has ${bytes.length} bytes, but an ${name} has ${size}`,
    );
}
