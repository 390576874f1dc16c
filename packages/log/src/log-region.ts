// What a read returns instead of bytes: slices of the tail cache, or a range of a segment file, given out piece by piece
// as a socket drains. Cold bytes are read whole batches at a time and summed before they leave. DESIGN §4.3.
import {
  batchSizeAt,
  LOG_OVERHEAD_BYTES,
  readBatchHeader,
  verifyCrc,
} from '@ottla/protocol/records';
import { LogError } from './errors.ts';
import type { FileHandle } from './handle-cache.ts';
import type { SlabLease } from './slab-pool.ts';

/** Some bytes of a region; they do not change until `release`. */
export interface RegionChunk {
  readonly bytes: Uint8Array;
  release(): void;
}

/** Exactly `sizeBytes` bytes of record batches, read once, front to back. The last batch may be cut off, as in Kafka. */
export interface LogRegion {
  readonly sizeBytes: number;
  /** The next bytes, 1 to `maxBytes`. Rejects with `LogError` when the file is damaged or gone. */
  next(maxBytes: number): RegionChunk | Promise<RegionChunk>;
  /** Gives back what the region holds. Idempotent. */
  release(): void;
}

/** A slice of the tail cache with a hold of its own. */
export interface MemoryPart {
  readonly bytes: Buffer;
  readonly lease: SlabLease;
}

/** Slices of memory. */
export class MemoryRegion implements LogRegion {
  readonly sizeBytes: number;
  readonly #parts: readonly MemoryPart[];
  #part = 0;
  #position = 0;
  #isReleased = false;

  /** @param parts the region takes over one hold on each lease */
  constructor(parts: readonly MemoryPart[], sizeBytes: number) {
    this.#parts = parts;
    this.sizeBytes = sizeBytes;
  }

  next(maxBytes: number): RegionChunk {
    const part = this.#parts[this.#part]!;
    const end = Math.min(this.#position + maxBytes, part.bytes.length);
    const bytes = part.bytes.subarray(this.#position, end);
    part.lease.retain();
    if (end === part.bytes.length) {
      this.#part += 1;
      this.#position = 0;
    } else this.#position = end;
    return { bytes, release: () => part.lease.release() };
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const part of this.#parts) part.lease.release();
  }
}

/** Cold reads ask the disk for at least this much. */
export const READ_AHEAD_BYTES: number = 256 * 1024;
const NOTHING = (): void => undefined;

/** A range of a segment file that starts at a batch. */
export class FileRegion implements LogRegion {
  readonly sizeBytes: number;
  readonly #handle: FileHandle;
  readonly #description: string;
  #position: number;
  readonly #end: number;
  /** Read and summed, not yet given out. */
  #ready: Buffer;
  #isReleased = false;

  /**
   * @param handle the region takes it over
   * @param first bytes from `position` on that are already read and summed; may be empty
   */
  constructor(
    handle: FileHandle,
    description: string,
    position: number,
    sizeBytes: number,
    first: Buffer,
  ) {
    this.#handle = handle;
    this.#description = description;
    this.sizeBytes = sizeBytes;
    this.#end = position + sizeBytes;
    this.#ready = first.subarray(0, Math.min(first.length, sizeBytes));
    this.#position = position + this.#ready.length;
  }

  next(maxBytes: number): RegionChunk | Promise<RegionChunk> {
    return this.#ready.length > 0 ? this.#give(maxBytes) : this.#read(maxBytes);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#ready = Buffer.alloc(0);
    this.#handle.release();
  }

  #give(maxBytes: number): RegionChunk {
    const bytes = this.#ready.subarray(0, maxBytes);
    this.#ready = this.#ready.subarray(bytes.length);
    return { bytes, release: NOTHING };
  }

  async #read(maxBytes: number): Promise<RegionChunk> {
    const remaining = this.#end - this.#position;
    this.#ready = await readWholeBatches(
      this.#handle,
      this.#position,
      Math.min(remaining, READ_AHEAD_BYTES),
      remaining,
      this.#description,
    );
    this.#position += this.#ready.length;
    return this.#give(maxBytes);
  }
}

/**
 * Reads about `wantedBytes` from a batch boundary: whole batches, summed, or at least one; only the last bytes of the
 * limit may be a part of a batch, which is not summed.
 * @throws LogError `CORRUPT_MESSAGE` when a batch has a wrong sum, `KAFKA_STORAGE_ERROR` when the file is too short
 */
export async function readWholeBatches(
  handle: FileHandle,
  position: number,
  wantedBytes: number,
  limitBytes: number,
  description: string,
): Promise<Buffer> {
  let bytes = await readExactly(handle, position, wantedBytes, description);
  const whole = sumBatches(bytes, description);
  if (whole > 0 || wantedBytes >= limitBytes)
    return wantedBytes >= limitBytes ? bytes : bytes.subarray(0, whole);
  const first = bytes.length < LOG_OVERHEAD_BYTES ? 0 : bytes.readInt32BE(8) + LOG_OVERHEAD_BYTES;
  bytes = await readExactly(handle, position, Math.min(first, limitBytes), description);
  sumBatches(bytes, description);
  return bytes;
}

/** Checks the complete batches at the start; returns how many bytes they have. */
function sumBatches(bytes: Buffer, description: string): number {
  let position = 0;
  while (position < bytes.length) {
    const size = batchSizeAt(bytes, position);
    if (size === 0) break;
    if (bytes[position + 16] === 2 && !verifyCrc(bytes, readBatchHeader(bytes, position)))
      throw new LogError(
        'CORRUPT_MESSAGE',
        `${description} is damaged: a record batch has a wrong CRC`,
      );
    position += size;
  }
  return position;
}

async function readExactly(
  handle: FileHandle,
  position: number,
  sizeBytes: number,
  description: string,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  let filled = 0;
  while (filled < sizeBytes) {
    const count = await handle.file.read(bytes.subarray(filled), position + filled);
    if (count === 0)
      throw new LogError('KAFKA_STORAGE_ERROR', `${description} is shorter than it was`);
    filled += count;
  }
  return bytes;
}
