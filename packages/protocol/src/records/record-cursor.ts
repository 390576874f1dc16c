// A place in the bytes of records, with the varints of the record format: zigzag, at most 5 bytes (varint) or 10 (varlong).
// Reading checks the end; nothing is allocated. Kafka: org.apache.kafka.common.utils.ByteUtils.

import { ProtocolError } from '../protocol-error.ts';

const TWO_27 = 2 ** 27;

/** A reading position in a buffer. `end` is exclusive. */
export class RecordCursor {
  bytes: Uint8Array;
  position: number;
  end: number;

  constructor(bytes: Uint8Array, position: number, end: number) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /** Aims the cursor at other bytes, so that one cursor serves a whole walk. */
  reset(bytes: Uint8Array, position: number, end: number): void {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /**
   * A zigzag varint.
   *
   * @throws ProtocolError `INVALID_RECORD` past the end or after 5 bytes
   */
  readVarint(): number {
    const at = this.position;
    const bytes = this.bytes;
    // One and two bytes are nearly all there is, and this is the inner loop of the walk.
    if (at + 1 < this.end) {
      const first = bytes[at]!;
      if (first < 128) {
        this.position = at + 1;
        return (first >>> 1) ^ -(first & 1);
      }
      const second = bytes[at + 1]!;
      if (second < 128) {
        this.position = at + 2;
        return ((first & 0x7f) >>> 1) ^ (second << 6) ^ -(first & 1);
      }
    }
    return this.#readLongVarint();
  }

  /**
   * A zigzag varlong as a number.
   *
   * @throws ProtocolError `INVALID_RECORD` past the end or after 10 bytes, `INVALID_TIMESTAMP` beyond 2^53−1 (the only
   *   varlong of the format is a timestamp)
   */
  readVarlong(): number {
    const at = this.position;
    const bytes = this.bytes;
    if (at + 1 < this.end) {
      const first = bytes[at]!;
      if (first < 128) {
        this.position = at + 1;
        return (first >>> 1) ^ -(first & 1);
      }
      const second = bytes[at + 1]!;
      if (second < 128) {
        this.position = at + 2;
        return ((first & 0x7f) >>> 1) ^ (second << 6) ^ -(first & 1);
      }
    }
    return this.#readLongVarlong();
  }

  /**
   * Steps over some bytes.
   *
   * @throws ProtocolError `INVALID_RECORD` when fewer are left
   */
  skip(byteCount: number): void {
    if (byteCount > this.end - this.position)
      throw invalidRecord('a field reaches past its record');
    this.position += byteCount;
  }

  #readLongVarint(): number {
    let raw = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#next();
      raw |= (byte & 0x7f) << shift;
      if (byte < 128) return (raw >>> 1) ^ -(raw & 1);
    }
    throw invalidRecord('varint longer than 5 bytes');
  }

  #readLongVarlong(): number {
    // Bits 0–27, 28–55 and 56–63 of the unsigned value, so that no step leaves 32 bits.
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let index = 0; index < 10; index += 1) {
      const byte = this.#next();
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index < 8) middle |= bits << (7 * (index - 4));
      else high |= index === 8 ? bits : (bits & 1) << 7;
      if (byte < 128) return fromZigzag(low, middle, high);
    }
    throw invalidRecord('varlong longer than 10 bytes');
  }

  #next(): number {
    if (this.position >= this.end) throw invalidRecord('records end in the middle of a record');
    return this.bytes[this.position++]!;
  }
}

function fromZigzag(low: number, middle: number, high: number): number {
  const half = middle * TWO_27 + (low >>> 1);
  const value = (low & 1) === 0 ? half : -half - 1;
  if (high !== 0 || !Number.isSafeInteger(value))
    throw new ProtocolError('INVALID_TIMESTAMP', 'timestamp beyond 2^53−1');
  return value;
}

/** Bytes that a varint takes. */
export function sizeOfVarint(value: number): number {
  const raw = (value << 1) ^ (value >> 31);
  return raw === 0 ? 1 : Math.ceil((32 - Math.clz32(raw)) / 7);
}

/** Bytes that a varlong takes. */
export function sizeOfVarlong(value: number): number {
  let half = value < 0 ? -value - 1 : value;
  let byteCount = 1;
  for (half = Math.floor(half / 64); half > 0; half = Math.floor(half / 128)) byteCount += 1;
  return byteCount;
}

/** Writes a varint and returns the position after it; room must be there. */
export function writeVarint(bytes: Uint8Array, position: number, value: number): number {
  let at = position;
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; raw > 127; raw >>>= 7) bytes[at++] = (raw & 0x7f) | 0x80;
  bytes[at++] = raw;
  return at;
}

/** Writes a varlong and returns the position after it; room must be there. */
export function writeVarlong(bytes: Uint8Array, position: number, value: number): number {
  let at = position;
  const half = value < 0 ? -value - 1 : value;
  // Doubling may leave the safe range, so the bit that zigzag adds goes into the lowest part only.
  let high = Math.floor(half / TWO_27);
  let low = (half - high * TWO_27) * 2 + (value < 0 ? 1 : 0);
  for (let index = 0; index < 4; index += 1) {
    if (high === 0 && low < 128) {
      bytes[at++] = low;
      return at;
    }
    bytes[at++] = (low & 0x7f) | 0x80;
    low >>>= 7;
  }
  for (; high > 127; high = Math.floor(high / 128)) bytes[at++] = (high % 128) | 0x80;
  bytes[at++] = high;
  return at;
}

/** The error of a record that does not follow the format. */
export function invalidRecord(what: string): ProtocolError {
  return new ProtocolError('INVALID_RECORD', what);
}
