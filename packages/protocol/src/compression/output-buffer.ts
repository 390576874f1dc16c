// Where the decoders for LZ4 and snappy write: one buffer that grows, up to the caller's bound and not a byte further.

import { ProtocolError } from '../protocol-error.ts';

const INITIAL_BYTES_MIN = 256;
/** Below this, a loop over bytes beats the call into the engine's copy. */
const BULK_COPY_BYTES_MIN = 48;

/** A growing byte buffer with a bound. Decoders write into `bytes` themselves, after making room. */
export class OutputBuffer {
  bytes: Buffer;
  /** How many bytes are written. */
  length = 0;
  readonly maxBytes: number;

  constructor(expectedBytes: number, maxBytes: number) {
    this.maxBytes = maxBytes;
    this.bytes = Buffer.allocUnsafeSlow(
      Math.min(maxBytes, Math.max(INITIAL_BYTES_MIN, expectedBytes)),
    );
  }

  /**
   * Makes room for bytes behind a position.
   *
   * @param position the end of what is written
   * @returns the buffer to write into from now on
   * @throws ProtocolError `TOO_LARGE` when they would pass the bound
   */
  makeRoom(position: number, byteCount: number): Buffer {
    const needed = position + byteCount;
    if (needed <= this.bytes.length) return this.bytes;
    if (needed > this.maxBytes) throw tooLarge(this.maxBytes);
    const grown = Buffer.allocUnsafeSlow(
      Math.min(this.maxBytes, Math.max(needed, this.bytes.length * 2)),
    );
    this.bytes.copy(grown, 0, 0, position);
    this.bytes = grown;
    return grown;
  }

  /** Appends bytes of the input as they are. */
  append(source: Buffer, start: number, end: number): void {
    source.copy(this.makeRoom(this.length, end - start), this.length, start, end);
    this.length += end - start;
  }

  /** What was written, without the room that was not used. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

/** Copies from the input to a position with enough room, and returns the position behind. */
export function copyLiterals(
  source: Buffer,
  start: number,
  byteCount: number,
  into: Buffer,
  position: number,
): number {
  const end = position + byteCount;
  if (byteCount >= BULK_COPY_BYTES_MIN) {
    into.set(source.subarray(start, start + byteCount), position);
    return end;
  }
  for (let to = position, from = start; to < end; to += 1, from += 1) into[to] = source[from]!;
  return end;
}

/**
 * Repeats bytes that were written `distance` before a position with enough room, overlapping when `distance` is the smaller,
 * and returns the position behind.
 */
export function copyMatch(
  bytes: Buffer,
  position: number,
  distance: number,
  byteCount: number,
): number {
  const end = position + byteCount;
  if (byteCount >= BULK_COPY_BYTES_MIN) {
    if (distance === 1) {
      bytes.fill(bytes[position - 1]!, position, end);
      return end;
    }
    if (distance >= byteCount) {
      bytes.copyWithin(position, position - distance, position - distance + byteCount);
      return end;
    }
  }
  for (let to = position, from = position - distance; to < end; to += 1, from += 1)
    bytes[to] = bytes[from]!;
  return end;
}

/** The error of every codec when its output would pass the bound. */
export function tooLarge(maxBytes: number): ProtocolError {
  return new ProtocolError('TOO_LARGE', `decompressed records are larger than ${maxBytes} bytes`);
}
