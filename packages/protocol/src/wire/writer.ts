// Writes Kafka's primitive types into one buffer of exactly the right size. Records are not copied into it: the writer
// remembers where they belong, and `finish` hands out the pieces in order (DESIGN §4.3).

import { ProtocolError } from '../protocol-error.ts';
import type { RecordsSource, Segment } from './records-source.ts';
import { recordsBytes, splicedBytes } from './records-source.ts';
import { utf8Size } from './sizes.ts';
import type { RawTaggedField } from './tagged-fields.ts';
import type { Uuid } from './uuid.ts';
import { UUID_BYTES, writeUuid } from './uuid.ts';

const TWO_POW_32 = 0x1_0000_0000;

interface Splice {
  /** Position in the writer's buffer before which the segment goes. */
  readonly position: number;
  readonly segment: Segment;
}

/**
 * Writes primitives one after the other. A value that does not fit its type is a mistake of the caller: RangeError
 * from Node for the small integers, {@link ProtocolError} (`OUT_OF_RANGE`) for int64.
 */
export class Writer {
  readonly buffer: Buffer;
  /** Position of the next byte to be written. */
  position = 0;
  #splices: Splice[] | undefined;

  /** @param sizeBytes exactly as many bytes as will be written, spliced records not counted */
  constructor(sizeBytes: number) {
    this.buffer = Buffer.allocUnsafe(sizeBytes);
  }

  int8(value: number): void {
    this.position = this.buffer.writeInt8(value, this.position);
  }

  bool(value: boolean): void {
    this.position = this.buffer.writeInt8(value ? 1 : 0, this.position);
  }

  int16(value: number): void {
    this.position = this.buffer.writeInt16BE(value, this.position);
  }

  uint16(value: number): void {
    this.position = this.buffer.writeUInt16BE(value, this.position);
  }

  int32(value: number): void {
    this.position = this.buffer.writeInt32BE(value, this.position);
  }

  uint32(value: number): void {
    this.position = this.buffer.writeUInt32BE(value, this.position);
  }

  /** @throws ProtocolError (`OUT_OF_RANGE`) unless the value is an integer that a number holds exactly */
  int64(value: number): void {
    if (!Number.isSafeInteger(value))
      throw new ProtocolError('OUT_OF_RANGE', `${value} is not an exact integer`);
    this.int32(Math.floor(value / TWO_POW_32));
    this.uint32(value >>> 0);
  }

  wideInt64(value: bigint): void {
    this.position = this.buffer.writeBigInt64BE(value, this.position);
  }

  float64(value: number): void {
    this.position = this.buffer.writeDoubleBE(value, this.position);
  }

  uvarint(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.position = this.buffer.writeUInt8((rest & 0x7f) | 0x80, this.position);
      rest >>>= 7;
    }
    this.position = this.buffer.writeUInt8(rest, this.position);
  }

  /** Zigzag. */
  varint(value: number): void {
    this.uvarint((value << 1) ^ (value >> 31));
  }

  uuid(value: Uuid): void {
    writeUuid(this.buffer, this.position, value);
    this.position += UUID_BYTES;
  }

  /** A string with its length, or null. */
  string(text: string | null, compact: boolean): void {
    if (text === null) {
      this.#nullLength(compact, 2);
      return;
    }
    const size = utf8Size(text);
    if (compact) this.uvarint(size + 1);
    else this.int16(size);
    const encoding = size === text.length ? 'latin1' : 'utf8';
    this.#advance(this.buffer.write(text, this.position, size, encoding), size);
  }

  /** Bytes with their length, or null; copied. */
  bytes(bytes: Uint8Array | null, compact: boolean): void {
    if (bytes === null) this.#nullLength(compact, 4);
    else {
      this.#length(bytes.byteLength, compact);
      this.raw(bytes);
    }
  }

  /** Records with their length, or null; short bytes are copied, the rest becomes a segment of its own. */
  records(records: RecordsSource | null, compact: boolean): void {
    if (records === null) {
      this.#nullLength(compact, 4);
      return;
    }
    this.#length(recordsBytes(records), compact);
    if (!(records instanceof Uint8Array)) this.splice(records);
    else if (splicedBytes(records) > 0)
      this.splice(Buffer.from(records.buffer, records.byteOffset, records.byteLength));
    else this.raw(records);
  }

  /** The count of an array. */
  arrayLength(count: number, compact: boolean): void {
    this.#length(count, compact);
  }

  /** The count that stands for a null array. */
  nullArray(compact: boolean): void {
    this.#nullLength(compact, 4);
  }

  /** Says whether a nullable struct follows, where the field has no tag. */
  structPresent(present: boolean): void {
    this.int8(present ? 1 : -1);
  }

  /** Says whether a nullable struct follows, where the field is a tagged one. */
  taggedStructPresent(present: boolean): void {
    this.uvarint(present ? 1 : 0);
  }

  /** Bytes as they are, without a length. */
  raw(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.position);
    this.position += bytes.byteLength;
  }

  /** A piece of the message as it is, without a length, and without a copy. */
  splice(segment: Segment): void {
    (this.#splices ??= []).push({ position: this.position, segment });
  }

  /** Tag and size of a tagged field; its content follows. */
  taggedField(tag: number, contentBytes: number): void {
    this.uvarint(tag);
    this.uvarint(contentBytes);
  }

  /** The whole tagged section of a struct whose schema knows no tagged field. */
  unknownTaggedSection(fields: readonly RawTaggedField[] | undefined): void {
    this.uvarint(fields === undefined ? 0 : fields.length);
    if (fields !== undefined) this.unknownTaggedFields(fields, 0, Infinity);
  }

  /** The unknown fields whose tag is from `from` (inclusive) up to `below` (exclusive), without a count. */
  unknownTaggedFields(
    fields: readonly RawTaggedField[] | undefined,
    from: number,
    below: number,
  ): void {
    if (fields === undefined) return;
    for (const { tag, bytes } of fields) {
      if (tag < from || tag >= below) continue;
      this.taggedField(tag, bytes.length);
      this.raw(bytes);
    }
  }

  /**
   * The message in pieces: the bytes written, and the records between them, in order. Call it once, at the end.
   *
   * @throws Error when the size given to the constructor was wrong
   */
  finish(): Segment[] {
    if (this.position !== this.buffer.length)
      throw new Error(`${this.position} bytes were written, ${this.buffer.length} were announced`);
    if (this.#splices === undefined) return [this.buffer];
    const segments: Segment[] = [];
    let from = 0;
    for (const { position, segment } of this.#splices) {
      if (position > from) segments.push(this.buffer.subarray(from, position));
      segments.push(segment);
      from = position;
    }
    if (from < this.buffer.length) segments.push(this.buffer.subarray(from));
    return segments;
  }

  #length(value: number, compact: boolean): void {
    if (compact) this.uvarint(value + 1);
    else this.int32(value);
  }

  #nullLength(compact: boolean, prefixBytes: 2 | 4): void {
    if (compact) this.uvarint(0);
    else if (prefixBytes === 2) this.int16(-1);
    else this.int32(-1);
  }

  #advance(written: number, expected: number): void {
    if (written !== expected) throw new RangeError('the writer is full');
    this.position += written;
  }
}
