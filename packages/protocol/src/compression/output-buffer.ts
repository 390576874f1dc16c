// Where the decoders for LZ4 and snappy write: one buffer that grows, up to the caller's bound and not a byte further.

import { ProtocolError } from "../protocol-error.ts";

const INITIAL_BYTES_MIN = 256;
/** Below this, a loop over bytes beats the call into the engine's copy. */
const BULK_COPY_BYTES_MIN = 32;

/** A growing byte buffer with a bound. Room is made before bytes are written, so the copying itself does not check. */
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
   * Makes room for so many more bytes.
   *
   * @throws ProtocolError `TOO_LARGE` when they would pass the bound
   */
  ensureRoom(byteCount: number): void {
    const needed = this.length + byteCount;
    if (needed <= this.bytes.length) return;
    this.#grow(needed);
  }

  append(source: Buffer, start: number, end: number): void {
    this.ensureRoom(end - start);
    source.copy(this.bytes, this.length, start, end);
    this.length += end - start;
  }

  /** Copies from the input; room must have been made. */
  copyLiterals(source: Buffer, start: number, byteCount: number): void {
    const bytes = this.bytes;
    let to = this.length;
    this.length = to + byteCount;
    if (byteCount >= BULK_COPY_BYTES_MIN) {
      source.copy(bytes, to, start, start + byteCount);
      return;
    }
    for (let from = start, end = start + byteCount; from < end; from += 1)
      bytes[to++] = source[from]!;
  }

  /** What was written, without the room that was not used. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  #grow(needed: number): void {
    if (needed > this.maxBytes) throw tooLarge(this.maxBytes);
    const grown = Buffer.allocUnsafeSlow(
      Math.min(this.maxBytes, Math.max(needed, this.bytes.length * 2)),
    );
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

/**
 * Repeats bytes that were written before: `distance` back, `byteCount` long, overlapping when the distance is the smaller.
 * Room must have been made and the distance checked.
 */
export function copyMatch(output: OutputBuffer, distance: number, byteCount: number): void {
  const bytes = output.bytes;
  let to = output.length;
  let from = to - distance;
  output.length = to + byteCount;
  if (byteCount >= BULK_COPY_BYTES_MIN && distance >= byteCount) {
    bytes.copyWithin(to, from, from + byteCount);
    return;
  }
  if (byteCount >= BULK_COPY_BYTES_MIN && distance === 1) {
    bytes.fill(bytes[from]!, to, to + byteCount);
    return;
  }
  for (const end = to + byteCount; to < end;) bytes[to++] = bytes[from++]!;
}

/** The error of every codec when its output would pass the bound. */
export function tooLarge(maxBytes: number): ProtocolError {
  return new ProtocolError("TOO_LARGE", `decompressed records are larger than ${maxBytes} bytes`);
}
