// Arrays of primitives. Arrays of structs are read and written by generated loops.

import type { Reader } from './reader.ts';
import type { Uuid } from './uuid.ts';
import type { Writer } from './writer.ts';

/**
 * An array of primitives that may not be null.
 *
 * @param elementBytesMin the fewest bytes that an element can take
 * @param read reads one element
 */
export function readArray<T>(
  reader: Reader,
  compact: boolean,
  elementBytesMin: number,
  read: (reader: Reader) => T,
): T[] {
  return readElements(reader, reader.arrayLength(compact, elementBytesMin), read);
}

/** As {@link readArray}, or null. */
export function readNullableArray<T>(
  reader: Reader,
  compact: boolean,
  elementBytesMin: number,
  read: (reader: Reader) => T,
): T[] | null {
  const count = reader.nullableArrayLength(compact, elementBytesMin);
  return count === -1 ? null : readElements(reader, count, read);
}

function readElements<T>(reader: Reader, count: number, read: (reader: Reader) => T): T[] {
  const array: T[] = [];
  for (let left = count; left > 0; left -= 1) array.push(read(reader));
  return array;
}

/** Writes the count and every element, or null. */
export function writeArray<T>(
  writer: Writer,
  array: readonly T[] | null,
  compact: boolean,
  write: (writer: Writer, value: T) => void,
): void {
  if (array === null) {
    writer.nullArray(compact);
    return;
  }
  writer.arrayLength(array.length, compact);
  for (const value of array) write(writer, value);
}

export const readInt8 = (reader: Reader): number => reader.int8();
export const readInt16 = (reader: Reader): number => reader.int16();
export const readInt32 = (reader: Reader): number => reader.int32();
export const readInt64 = (reader: Reader): number => reader.int64();
export const readUuid = (reader: Reader): Uuid => reader.uuid();
export const readString = (reader: Reader): string => reader.string(false);
export const readCompactString = (reader: Reader): string => reader.string(true);

export const writeInt8 = (writer: Writer, value: number): void => writer.int8(value);
export const writeInt16 = (writer: Writer, value: number): void => writer.int16(value);
export const writeInt32 = (writer: Writer, value: number): void => writer.int32(value);
export const writeInt64 = (writer: Writer, value: number): void => writer.int64(value);
export const writeUuid = (writer: Writer, value: Uuid): void => writer.uuid(value);
export const writeString = (writer: Writer, value: string): void => writer.string(value, false);
export const writeCompactString = (writer: Writer, value: string): void =>
  writer.string(value, true);
