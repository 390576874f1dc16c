// A cursor over one received frame that reads Kafka's primitive types. Every length is compared with what is left
// before a byte is touched or allocated, so that no frame, however it lies, costs more than its own size.
// Kafka: org.apache.kafka.common.protocol.ByteBufferAccessor and the generated message classes.

import { ProtocolError } from '../protocol-error.ts';
import { addTaggedField, UNKNOWN_TAGGED_FIELDS_MAX } from './tagged-fields.ts';
import type { Tagged } from './tagged-fields.ts';
import { ZERO_UUID } from './uuid.ts';
import type { Uuid } from './uuid.ts';

/** Longest string on the wire, in bytes, in both encodings. */
export const STRING_BYTES_MAX = 0x7fff;

/**
 * How many array elements one message may hold in all. An element can take a single byte on the wire and fifty in
 * memory; this bounds what a frame of many million tiny ones costs. The metadata of a million partitions fits.
 */
export const ARRAY_ELEMENTS_MAX = 10_000_000;

const TWO_POW_32 = 0x1_0000_0000;
/** High words of the int64 values that a number holds exactly. */
const SAFE_HIGH_MIN = -0x20_0000;
const SAFE_HIGH_MAX = 0x1f_ffff;
/** Up to this many bytes an ASCII string is put together here, which is cheaper than the call into native code. */
const SHORT_STRING_BYTES = 10;

/** Reads primitives one after the other; all methods move the position and throw {@link ProtocolError} at the end. */
export class Reader {
  readonly buffer: Buffer;
  /** Position of the next byte to be read. */
  position: number;
  /** Position at which reading ends, exclusive. */
  readonly end: number;
  /** How many more array elements this message may hold; a server may set it lower, for example before authentication. */
  elementsLeft: number = ARRAY_ELEMENTS_MAX;
  /** How many more unknown tagged fields this message may carry. */
  #unknownTagsLeft = UNKNOWN_TAGGED_FIELDS_MAX;

  /**
   * @param buffer the frame; it is not copied, and decoded buffers are slices of it
   * @param start first position to read, inclusive
   * @param end last position, exclusive
   */
  constructor(buffer: Buffer, start = 0, end: number = buffer.length) {
    if (!(start >= 0 && start <= end && end <= buffer.length))
      throw new RangeError(`a reader from ${start} to ${end} of ${buffer.length} bytes`);
    this.buffer = buffer;
    this.position = start;
    this.end = end;
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.end - this.position;
  }

  /** Signed byte. */
  int8(): number {
    const at = this.#take(1, 'an int8');
    return (this.buffer[at]! << 24) >> 24;
  }

  /** A byte as a truth value: anything but 0 is true, as in Kafka. */
  bool(): boolean {
    return this.int8() !== 0;
  }

  /** Signed 16 bits, big-endian as everything here. */
  int16(): number {
    return (this.uint16() << 16) >> 16;
  }

  /** Unsigned 16 bits. */
  uint16(): number {
    const at = this.#take(2, 'an int16');
    return (this.buffer[at]! << 8) | this.buffer[at + 1]!;
  }

  /** Signed 32 bits. */
  int32(): number {
    const at = this.#take(4, 'an int32');
    const bytes = this.buffer;
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }

  /** Unsigned 32 bits. */
  uint32(): number {
    return this.int32() >>> 0;
  }

  /**
   * Signed 64 bits as a number.
   *
   * @throws ProtocolError (`OUT_OF_RANGE`) beyond ±(2^53−1), where a number is not exact
   */
  int64(): number {
    this.#require(8, 'an int64');
    const high = this.int32();
    const low = this.uint32();
    if (high < SAFE_HIGH_MIN || high > SAFE_HIGH_MAX || (high === SAFE_HIGH_MIN && low === 0))
      throw new ProtocolError('OUT_OF_RANGE', 'an int64 beyond 2^53-1 where a number is expected');
    return high * TWO_POW_32 + low;
  }

  /** Signed 64 bits over the whole range, for the few fields whose schema says so. */
  wideInt64(): bigint {
    return this.buffer.readBigInt64BE(this.#take(8, 'an int64'));
  }

  /** IEEE 754 double. */
  float64(): number {
    return this.buffer.readDoubleBE(this.#take(8, 'a float64'));
  }

  /**
   * Unsigned variable-length integer of up to 32 bits.
   *
   * @throws ProtocolError (`MALFORMED`) when it is longer than five bytes or wider than 32 bits
   */
  uvarint(): number {
    const bytes = this.buffer;
    let at = this.position;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= this.end) throw this.#short(1, 'a varint');
      const byte = bytes[at]!;
      at += 1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (shift === 28 && byte > 0x0f) break;
        this.position = at;
        return value >>> 0;
      }
    }
    throw new ProtocolError('MALFORMED', 'a varint of more than 32 bits');
  }

  /** Signed variable-length integer of up to 32 bits (zigzag). */
  varint(): number {
    const value = this.uvarint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** Sixteen bytes as an id. */
  uuid(): Uuid {
    const at = this.#take(16, 'a uuid');
    const bytes = this.buffer;
    // Most ids of old versions and unset fields are zero, and telling so is cheaper than making the text.
    if (bytes[at] === 0 && bytes[at + 15] === 0) {
      let sum = 0;
      for (let i = at + 1; i < at + 15; i += 1) sum |= bytes[i]!;
      if (sum === 0) return ZERO_UUID;
    }
    return bytes.toString('base64url', at, at + 16);
  }

  /** A string that may not be null. `compact` is the encoding of flexible versions. */
  string(compact: boolean): string {
    const value = this.nullableString(compact);
    return value === null ? nullRefused('string') : value;
  }

  /** A string or null. Bytes that are not UTF-8 become U+FFFD, as in Kafka. */
  nullableString(compact: boolean): string | null {
    const length = compact ? this.uvarint() - 1 : this.int16();
    if (length < 0) return length === -1 ? null : negativeLength('string');
    if (length > STRING_BYTES_MAX)
      throw new ProtocolError('MALFORMED', `a string of ${length} bytes is too long`);
    const at = this.#take(length, 'a string');
    return decodeUtf8(this.buffer, at, length);
  }

  /** Bytes that may not be null, as a slice of the frame. */
  bytes(compact: boolean): Buffer {
    const value = this.nullableBytes(compact);
    return value === null ? nullRefused('bytes') : value;
  }

  /** Bytes or null, as a slice of the frame. */
  nullableBytes(compact: boolean): Buffer | null {
    const length = compact ? this.uvarint() - 1 : this.int32();
    if (length < 0) return length === -1 ? null : negativeLength('bytes');
    const at = this.#take(length, 'bytes');
    return this.buffer.subarray(at, at + length);
  }

  /**
   * The count of an array that may not be null.
   *
   * @param elementBytesMin the fewest bytes that an element can take; at least 1 is assumed
   * @throws ProtocolError when so many elements cannot be in what is left (`MALFORMED`), or would be more than the
   *   message may hold (`TOO_LARGE`)
   */
  arrayLength(compact: boolean, elementBytesMin: number): number {
    const count = this.nullableArrayLength(compact, elementBytesMin);
    return count === -1 ? nullRefused('array') : count;
  }

  /** The count of an array, or -1 for null. */
  nullableArrayLength(compact: boolean, elementBytesMin: number): number {
    const count = compact ? this.uvarint() - 1 : this.int32();
    if (count < 0) return count === -1 ? -1 : negativeLength('array');
    if (count * Math.max(1, elementBytesMin) > this.remaining)
      throw new ProtocolError(
        'MALFORMED',
        `an array of ${count} elements cannot be in the ${this.remaining} bytes that are left`,
      );
    this.elementsLeft -= count;
    if (this.elementsLeft < 0)
      throw new ProtocolError('TOO_LARGE', 'too many array elements in one message');
    return count;
  }

  /** Whether a nullable struct follows, in the encoding of a field without a tag: a signed byte, -1 for null. */
  structPresent(): boolean {
    return this.int8() >= 0;
  }

  /** Whether a nullable struct follows, in the encoding of a tagged field: an unsigned varint, 0 for null. */
  taggedStructPresent(): boolean {
    return this.uvarint() > 0;
  }

  /**
   * How many tagged fields follow.
   *
   * @throws ProtocolError when they cannot be in what is left (each takes two bytes at least), or would be more than
   *   the message may carry
   */
  taggedFieldCount(): number {
    const count = this.uvarint();
    if (count === 0) return 0;
    if (count * 2 > this.remaining)
      throw new ProtocolError(
        'MALFORMED',
        `${count} tagged fields cannot be in ${this.remaining} bytes`,
      );
    if (count > UNKNOWN_TAGGED_FIELDS_MAX)
      throw new ProtocolError('TOO_LARGE', `${count} tagged fields in one struct`);
    return count;
  }

  /**
   * The size of a tagged field, as the position at which it ends.
   *
   * @throws ProtocolError (`MALFORMED`) when it ends beyond the frame
   */
  taggedFieldEnd(): number {
    const size = this.uvarint();
    this.#require(size, 'a tagged field');
    return this.position + size;
  }

  /** Says that a known tagged field has been read; its size must have been right. */
  endTaggedField(end: number): void {
    if (this.position !== end)
      throw new ProtocolError('MALFORMED', 'the size of a tagged field is not that of its content');
  }

  /** Keeps a tagged field that the schema does not know, and moves to its end. */
  unknownTaggedField(value: Tagged, tag: number, end: number): void {
    this.#unknownTagsLeft -= 1;
    if (this.#unknownTagsLeft < 0)
      throw new ProtocolError('TOO_LARGE', 'too many unknown tagged fields in one message');
    const bytes = this.buffer.subarray(this.position, end);
    this.position = end;
    value.unknownTaggedFields = addTaggedField(value.unknownTaggedFields, { tag, bytes });
  }

  /** The whole tagged section of a struct whose schema knows no tagged field. */
  unknownTaggedSection(value: Tagged): void {
    for (let left = this.taggedFieldCount(); left > 0; left -= 1) {
      const tag = this.uvarint();
      this.unknownTaggedField(value, tag, this.taggedFieldEnd());
    }
  }

  /** Moves on by `size` bytes and gives the position before. */
  #take(size: number, what: string): number {
    const at = this.position;
    if (size > this.end - at) throw this.#short(size, what);
    this.position = at + size;
    return at;
  }

  #require(size: number, what: string): void {
    if (size > this.end - this.position) throw this.#short(size, what);
  }

  #short(size: number, what: string): ProtocolError {
    return new ProtocolError(
      'MALFORMED',
      `${what} of ${size} bytes, but ${this.remaining} are left`,
    );
  }
}

function decodeUtf8(bytes: Buffer, at: number, length: number): string {
  if (length <= SHORT_STRING_BYTES) {
    let text = '';
    let i = at;
    for (; i < at + length; i += 1) {
      const byte = bytes[i]!;
      if (byte >= 0x80) break;
      text += String.fromCharCode(byte);
    }
    if (i === at + length) return text;
  }
  return bytes.toString('utf8', at, at + length);
}

function nullRefused(what: string): never {
  throw new ProtocolError('MALFORMED', `null where the ${what} may not be null`);
}

function negativeLength(what: string): never {
  throw new ProtocolError('MALFORMED', `a negative length of ${what}`);
}
