// How many bytes a value takes on the wire. Encoders add these up first, so that one buffer of the exact size is
// allocated and written once.

import { ProtocolError } from '../protocol-error.ts';
import { STRING_BYTES_MAX } from './reader.ts';
import type { RecordsSource } from './records-source.ts';
import { recordsBytes } from './records-source.ts';
import type { RawTaggedField } from './tagged-fields.ts';

/** Up to this many characters a string is measured here, which is cheaper than the call into native code. */
const SHORT_STRING_CHARACTERS = 24;

/** Bytes of an unsigned varint (0 up to 2^32−1). */
export function uvarintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Bytes of a text in UTF-8. */
export function utf8Size(text: string): number {
  const length = text.length;
  if (length <= SHORT_STRING_CHARACTERS) {
    let i = 0;
    while (i < length && text.charCodeAt(i) < 0x80) i += 1;
    if (i === length) return length;
  }
  return Buffer.byteLength(text, 'utf8');
}

/**
 * Bytes of a string with its length, or of null.
 *
 * @throws ProtocolError (`OUT_OF_RANGE`) beyond 32,767 bytes
 */
export function stringSize(text: string | null, compact: boolean): number {
  if (text === null) return compact ? 1 : 2;
  const bytes = utf8Size(text);
  if (bytes > STRING_BYTES_MAX)
    throw new ProtocolError('OUT_OF_RANGE', `a string of ${bytes} bytes is too long for the wire`);
  return bytes + (compact ? uvarintSize(bytes + 1) : 2);
}

/** Bytes of a byte field with its length, or of null. */
export function bytesSize(bytes: Uint8Array | null, compact: boolean): number {
  if (bytes === null) return compact ? 1 : 4;
  return bytes.byteLength + (compact ? uvarintSize(bytes.byteLength + 1) : 4);
}

/** Bytes of a records field with its length, or of null; regions count in full. */
export function recordsSize(records: RecordsSource | null, compact: boolean): number {
  if (records === null) return compact ? 1 : 4;
  const bytes = recordsBytes(records);
  return bytes + (compact ? uvarintSize(bytes + 1) : 4);
}

/** Bytes of an array's count alone. */
export function arrayLengthSize(count: number, compact: boolean): number {
  return compact ? uvarintSize(count + 1) : 4;
}

/** Bytes of an array of strings with its count, or of null. */
export function stringArraySize(texts: readonly string[] | null, compact: boolean): number {
  if (texts === null) return compact ? 1 : 4;
  let size = arrayLengthSize(texts.length, compact);
  for (const text of texts) size += stringSize(text, compact);
  return size;
}

/** Bytes of an array with its count, or of null, where every element takes `elementBytes`. */
export function fixedArraySize(
  array: readonly unknown[] | null,
  elementBytes: number,
  compact: boolean,
): number {
  if (array === null) return compact ? 1 : 4;
  return arrayLengthSize(array.length, compact) + array.length * elementBytes;
}

/** Bytes of one tagged field with its tag and size. */
export function taggedFieldSize(tag: number, contentBytes: number): number {
  return uvarintSize(tag) + uvarintSize(contentBytes) + contentBytes;
}

/** Bytes of the unknown tagged fields of a struct, without their count. */
export function unknownTaggedFieldsSize(fields: readonly RawTaggedField[] | undefined): number {
  if (fields === undefined) return 0;
  let size = 0;
  for (const { tag, bytes } of fields) size += taggedFieldSize(tag, bytes.length);
  return size;
}

/** Bytes of the whole tagged section of a struct whose schema knows no tagged field. */
export function emptyTaggedSectionSize(fields: readonly RawTaggedField[] | undefined): number {
  if (fields === undefined) return 1;
  return uvarintSize(fields.length) + unknownTaggedFieldsSize(fields);
}
