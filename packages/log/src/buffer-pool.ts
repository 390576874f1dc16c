// Memory in size classes, lent by reference count and lent again: for received frames and for cold reads. Each lease has a
// buffer of its own, so that one that is kept (by the tail cache, by a slow reader, by a peer that never finishes) pins
// nothing but itself, and nothing on the hot path is left to the garbage collector. DESIGN §4.3.
import type { BufferArena } from './buffer-arena.ts';
import { freeNow, type Slab, type SlabLease } from './slab-pool.ts';

/** Classes go in steps of a quarter of a power of two: at most a fifth of a buffer is unused. */
const SMALLEST_BYTES = 512;
/** From here on in steps of a sixteenth. */
const FINE_BYTES = 64 * 1024;
/** Smaller ones are not worth their pages. */
const SMALLEST_IN_ARENA_BYTES = 16 * 1024;
/** Larger ones are rare; they are made for one lease. */
const LARGEST_POOLED_BYTES = 4 * 1024 * 1024;

export interface BufferPoolOptions {
  /** Most bytes that lie ready, unused. Default 8 MiB. */
  readonly idleBytesMax?: number;
  /** Where larger buffers come from as long as it has room; without one, and then, from the system. */
  readonly arena?: BufferArena;
  /** Overwrites buffers that come back, so that a use after release shows. For tests. */
  readonly poison?: boolean;
}

/** Lends buffers. Not bounded itself: who borrows accounts against a bound of its own. */
export class BufferPool {
  readonly #idleBytesMax: number;
  readonly #poison: boolean;
  readonly #arena: BufferArena | undefined;
  /** By capacity; the class that was asked for or given longest ago comes first. */
  readonly #idle = new Map<number, Buffer[]>();
  #idleBytes = 0;
  #lentBytes = 0;

  constructor(options: BufferPoolOptions = {}) {
    this.#idleBytesMax = options.idleBytesMax ?? 8 * 1024 * 1024;
    this.#poison = options.poison ?? false;
    this.#arena = options.arena;
  }

  /** Bytes in use, by capacity. */
  get lentBytes(): number {
    return this.#lentBytes;
  }

  /** Bytes that lie ready. */
  get idleBytes(): number {
    return this.#idleBytes;
  }

  /** How large a buffer for this many bytes is. */
  static capacityFor(sizeBytes: number): number {
    if (sizeBytes <= SMALLEST_BYTES) return SMALLEST_BYTES;
    if (sizeBytes > LARGEST_POOLED_BYTES) return sizeBytes;
    const step = 2 ** (Math.ceil(Math.log2(sizeBytes)) - (sizeBytes > FINE_BYTES ? 5 : 3));
    return Math.ceil(sizeBytes / step) * step;
  }

  /** The first `sizeBytes` of a buffer, content unspecified, with one hold; the last release gives it back. */
  lease(sizeBytes: number): SlabLease {
    return new BufferLease(this, this.take(sizeBytes), sizeBytes);
  }

  /** A buffer of `capacityFor(sizeBytes)` bytes with unspecified content. */
  take(sizeBytes: number): Buffer {
    const capacity = BufferPool.capacityFor(sizeBytes);
    this.#lentBytes += capacity;
    const placed = capacity < SMALLEST_IN_ARENA_BYTES ? undefined : this.#arena?.take(capacity);
    if (placed !== undefined) return placed;
    const idle = this.#classOf(capacity).pop();
    if (idle === undefined) return Buffer.allocUnsafeSlow(capacity);
    this.#idleBytes -= capacity;
    return idle;
  }

  /** Gives a buffer of `take` back. */
  give(buffer: Buffer): void {
    const capacity = buffer.length;
    this.#lentBytes -= capacity;
    if (this.#poison) buffer.fill(0xdb);
    if (this.#arena?.owns(buffer) === true) {
      this.#arena.give(buffer);
      return;
    }
    if (capacity > LARGEST_POOLED_BYTES || capacity > this.#idleBytesMax) {
      freeNow(buffer);
      return;
    }
    this.#classOf(capacity).push(buffer);
    this.#idleBytes += capacity;
    // Sizes that nobody asks for any more make room for those that are in use.
    for (const [size, buffers] of this.#idle) {
      while (this.#idleBytes > this.#idleBytesMax && buffers.length > 0) {
        freeNow(buffers.pop()!);
        this.#idleBytes -= size;
      }
      if (this.#idleBytes <= this.#idleBytesMax) return;
      this.#idle.delete(size);
    }
  }

  /** The idle buffers of a class, which becomes the most recently used. */
  #classOf(capacity: number): Buffer[] {
    const idle = this.#idle.get(capacity);
    if (idle !== undefined) this.#idle.delete(capacity);
    const buffers = idle ?? [];
    this.#idle.set(capacity, buffers);
    return buffers;
  }
}

/** A hold on the first `sizeBytes` of a buffer; the last release gives the buffer back. */
export class BufferLease implements SlabLease {
  readonly bytes: Buffer;
  readonly slab: Slab;
  readonly #pool: BufferPool;

  constructor(pool: BufferPool, buffer: Buffer, sizeBytes: number) {
    this.bytes = buffer.length === sizeBytes ? buffer : buffer.subarray(0, sizeBytes);
    this.slab = { buffer, sizeBytes: buffer.length, holds: 1, cachedAppends: 0 };
    this.#pool = pool;
  }

  retain(): void {
    if (this.slab.holds === 0) throw new Error('the buffer was given back before');
    this.slab.holds += 1;
  }

  release(): void {
    if (this.slab.holds === 0) throw new Error('the buffer was given back twice');
    this.slab.holds -= 1;
    if (this.slab.holds === 0) this.#pool.give(this.slab.buffer);
  }
}
