// What a read returns instead of bytes: slices of the tail cache, or a range of a segment file, given out piece by piece
// as a socket drains. Cold bytes are read whole batches at a time and summed before they leave. DESIGN §4.3.
import {
  batchSizeAt,
  createBatchHeader,
  LOG_OVERHEAD_BYTES,
  verifyCrc,
} from '@ottla/protocol/records';
import type { BufferPool } from './buffer-pool.ts';
import { LogError } from './errors.ts';
import type { FileHandle } from './handle-cache.ts';
import { readAnyHeader } from './segment-scan.ts';
import type { SlabLease } from './slab-pool.ts';
import type { WriteNowGate } from './write-now-gate.ts';

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

/** Where cold bytes come from. */
export interface RegionFile {
  /** The region takes it over. */
  readonly handle: FileHandle;
  /** For errors. */
  readonly description: string;
  /** Lends the memory to read into. */
  readonly buffers: BufferPool;
  /** Whether a read is made in place. */
  readonly now: WriteNowGate;
  /** Told of a batch with a wrong sum. */
  readonly damaged: () => void;
}

/** A range of a segment file that starts at a batch. */
export class FileRegion implements LogRegion {
  readonly sizeBytes: number;
  readonly #file: RegionFile;
  /** First byte that is not asked for yet. */
  #position: number;
  readonly #end: number;
  /** Read and summed, not yet given out; with a hold of the region's own. */
  #ready: ReadBytes | undefined;
  /** The bytes behind `#ready`, on their way while those before them go out. */
  #ahead: Promise<ReadBytes> | undefined;
  #isReleased = false;

  /** @param first bytes from `position` on that are already read and summed; the region takes over their hold */
  constructor(file: RegionFile, position: number, sizeBytes: number, first: ReadBytes) {
    this.#file = file;
    this.sizeBytes = sizeBytes;
    this.#end = position + sizeBytes;
    this.#ready = { ...first, bytes: first.bytes.subarray(0, sizeBytes) };
    this.#position = position + this.#ready.bytes.length;
  }

  next(maxBytes: number): RegionChunk | Promise<RegionChunk> {
    if (this.#ready !== undefined) return this.#give(this.#ready, maxBytes);
    // From here on the bytes belong to who asks for them, also when the region is released before they come.
    const reading = this.#ahead ?? this.#read(READ_AHEAD_BYTES);
    this.#ahead = undefined;
    return reading.then((ready) => this.#give(ready, maxBytes));
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#ready?.lease.release();
    this.#ready = undefined;
    // Nobody asked for what is read ahead: it is given back when it comes.
    this.#ahead?.then(
      ({ lease }) => lease.release(),
      () => undefined,
    );
    this.#file.handle.release();
  }

  /** A chunk with a hold of its own, or with the region's, when the region needs it no more. */
  #give(ready: ReadBytes, maxBytes: number): RegionChunk {
    const { lease } = ready;
    const bytes = ready.bytes.subarray(0, maxBytes);
    const rest = ready.bytes.subarray(bytes.length);
    if (rest.length > 0 && !this.#isReleased) {
      lease.retain();
      this.#ready = { ...ready, bytes: rest };
    } else {
      this.#ready = undefined;
      this.#readAhead(ready.lastBatchBytes);
    }
    return { bytes, release: () => lease.release() };
  }

  #readAhead(lastBatchBytes: number): void {
    if (this.#isReleased || this.#position === this.#end) return;
    this.#ahead = this.#read(Math.max(READ_AHEAD_BYTES, lastBatchBytes));
    // Whoever asks for it gets the error; when nobody asks, nobody misses it.
    this.#ahead.catch(() => undefined);
  }

  async #read(wantedBytes: number): Promise<ReadBytes> {
    const limitBytes = this.#end - this.#position;
    const read = await readWholeBatches(this.#file, this.#position, wantedBytes, limitBytes);
    this.#position += read.bytes.length;
    return read;
  }
}

/** Bytes from a file in lent memory. */
export interface ReadBytes {
  readonly bytes: Buffer;
  /** With one hold, which goes to the receiver. */
  readonly lease: SlabLease;
  /** Size of the last whole batch; 0 without one. */
  readonly lastBatchBytes: number;
}

/**
 * Reads about `wantedBytes` from a batch boundary: whole batches, summed, or at least one; only the last bytes of the
 * limit may be a part of a batch, which is not summed.
 * @throws LogError `CORRUPT_MESSAGE` when a batch has a wrong sum, `KAFKA_STORAGE_ERROR` when the file is too short
 */
export async function readWholeBatches(
  file: RegionFile,
  position: number,
  wantedBytes: number,
  limitBytes: number,
): Promise<ReadBytes> {
  const window = await readWindow(file, position, Math.min(wantedBytes, limitBytes));
  const { bytes } = window;
  const size = bytes.length < LOG_OVERHEAD_BYTES ? 0 : bytes.readInt32BE(8) + LOG_OVERHEAD_BYTES;
  const summed = sumWindow(file, window, 0, limitBytes);
  if (summed !== undefined) return summed;
  const whole = await readWindow(file, position, Math.min(size, limitBytes));
  return sumWindow(file, whole, 0, whole.bytes.length)!; // it has all that was asked for
}

/** Reads so many bytes, whatever they are. The hold goes to the caller. @throws LogError */
export async function readWindow(
  file: RegionFile,
  position: number,
  sizeBytes: number,
): Promise<SlabLease> {
  const lease = file.buffers.lease(sizeBytes);
  try {
    await readExactly(file, position, lease.bytes);
    return lease;
  } catch (error) {
    lease.release();
    throw error;
  }
}

/**
 * What a window holds of the `limitBytes` from `start`, a batch boundary, on: all of it, or whole batches; summed.
 * Takes over the hold. @returns undefined when not even one batch is whole; the hold is given back then
 * @throws LogError `CORRUPT_MESSAGE`
 */
export function sumWindow(
  file: RegionFile,
  window: SlabLease,
  start: number,
  limitBytes: number,
): ReadBytes | undefined {
  const bytes = window.bytes.subarray(start, start + limitBytes);
  try {
    const { wholeBytes, lastBatchBytes } = sumBatches(bytes, file);
    if (bytes.length === limitBytes) return { bytes, lease: window, lastBatchBytes };
    if (wholeBytes > 0)
      return { bytes: bytes.subarray(0, wholeBytes), lease: window, lastBatchBytes };
  } catch (error) {
    window.release();
    throw error;
  }
  window.release();
  return undefined;
}

const header = createBatchHeader();

/** Checks the complete batches at the start. */
function sumBatches(
  bytes: Buffer,
  { description, damaged }: Pick<RegionFile, 'description' | 'damaged'>,
): { wholeBytes: number; lastBatchBytes: number } {
  let position = 0;
  let lastBatchBytes = 0;
  while (position < bytes.length) {
    const size = batchSizeAt(bytes, position);
    if (size === 0) break;
    if (bytes[position + 16] === 2 && !verifyCrc(bytes, readAnyHeader(bytes, position, header))) {
      damaged();
      throw new LogError(
        'CORRUPT_MESSAGE',
        `${description} is damaged: a record batch has a wrong CRC`,
      );
    }
    position += size;
    lastBatchBytes = size;
  }
  return { wholeBytes: position, lastBatchBytes };
}

async function readExactly(file: RegionFile, position: number, target: Buffer): Promise<void> {
  for (let filled = 0; filled < target.length;) {
    const rest = filled === 0 ? target : target.subarray(filled);
    const count =
      readNow(file, position + filled, rest) ??
      (await file.handle.file.read(rest, position + filled));
    if (count === 0)
      throw new LogError('KAFKA_STORAGE_ERROR', `${file.description} is shorter than it was`);
    filled += count;
  }
}

/** What the system has in its cache is copied in half the time that giving the call to another thread takes. */
function readNow(file: RegionFile, position: number, target: Buffer): number | undefined {
  let count: number | undefined;
  file.now.run(target.length, () => {
    count = file.handle.file.readNow(target, position);
  });
  return count;
}
