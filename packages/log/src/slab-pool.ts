// Preallocated 1 MB slabs that received bytes are copied into once. Everything after that is slices of slabs, counted by
// lease and accounted by slab, because a slice of a few bytes keeps its whole slab. DESIGN §4.3.

/** A counted hold on a part of a slab. The bytes may be used again (poisoned in tests) once the last hold is gone. */
export interface SlabLease {
  readonly bytes: Buffer;
  /** The slab behind the bytes: two leases with the same slab pin its memory once. */
  readonly slab: Slab;
  /** One hold more. */
  retain(): void;
  /** One hold less; the lease is dead after as many releases as retains plus one. */
  release(): void;
}

export interface SlabPoolOptions {
  /** Default 1 MB. */
  readonly slabBytes?: number;
  /** Free slabs kept for reuse, in bytes; more are given back to the system. Default 4 MB. */
  readonly keepFreeBytes?: number;
  /** Overwrite freed slabs, so that a slice used too long is seen. Default false; tests set it. */
  readonly poison?: boolean;
}

const SLAB_BYTES_DEFAULT = 1024 * 1024;
const KEEP_FREE_BYTES_DEFAULT = 4 * 1024 * 1024;
const POISON = 0xdb;
/** Slices start at multiples of this, so that int64 reads stay aligned. */
const ALIGNMENT = 8;

/** One block of memory and the number of holds on its slices. */
export interface Slab {
  readonly buffer: Buffer;
  readonly sizeBytes: number;
  /** Holds of all leases together, and one while it is being filled. */
  holds: number;
  /** Appends of the tail cache that lie in it; the cache counts here. */
  cachedAppends: number;
}

/** Hands out slices of slabs. Not bounded itself: who leases accounts `usedBytes` against a bound of its own. */
export class SlabPool {
  readonly #slabBytes: number;
  readonly #keepFree: number;
  readonly #poison: boolean;
  readonly #free: Slab[] = [];
  #current: Slab | undefined;
  #position = 0;
  #usedBytes = 0;

  constructor(options: SlabPoolOptions = {}) {
    this.#slabBytes = options.slabBytes ?? SLAB_BYTES_DEFAULT;
    this.#keepFree = Math.floor(
      (options.keepFreeBytes ?? KEEP_FREE_BYTES_DEFAULT) / this.#slabBytes,
    );
    this.#poison = options.poison ?? false;
  }

  /** Bytes of all slabs on which somebody has a hold. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes of slabs that wait for reuse. */
  get freeBytes(): number {
    return this.#free.length * this.#slabBytes;
  }

  /** A contiguous slice with one hold. Larger than a slab: a block of its own. */
  lease(sizeBytes: number): SlabLease {
    if (sizeBytes > this.#slabBytes >>> 1) return this.#dedicated(sizeBytes);
    let slab = this.#current;
    if (slab === undefined || this.#position + sizeBytes > slab.sizeBytes) {
      if (slab !== undefined) this.#release(slab);
      slab = this.#take();
      this.#current = slab;
      this.#position = 0;
    }
    const start = this.#position;
    this.#position = Math.ceil((start + sizeBytes) / ALIGNMENT) * ALIGNMENT;
    return this.#leaseOf(slab, start, sizeBytes);
  }

  #dedicated(sizeBytes: number): SlabLease {
    const slab: Slab = {
      buffer: Buffer.allocUnsafeSlow(sizeBytes),
      sizeBytes,
      holds: 0,
      cachedAppends: 0,
    };
    this.#usedBytes += sizeBytes;
    return this.#leaseOf(slab, 0, sizeBytes);
  }

  #leaseOf(slab: Slab, start: number, sizeBytes: number): SlabLease {
    slab.holds += 1;
    return new PooledLease(slab.buffer.subarray(start, start + sizeBytes), slab, this.#releaseSlab);
  }

  #take(): Slab {
    const slab = this.#free.pop() ?? {
      buffer: Buffer.allocUnsafeSlow(this.#slabBytes),
      sizeBytes: this.#slabBytes,
      holds: 0,
      cachedAppends: 0,
    };
    slab.holds = 1;
    this.#usedBytes += slab.sizeBytes;
    return slab;
  }

  readonly #releaseSlab = (slab: Slab): void => this.#release(slab);

  #release(slab: Slab): void {
    slab.holds -= 1;
    if (slab.holds > 0) return;
    if (slab.holds < 0) throw new Error('a slab was released more often than it was held');
    this.#usedBytes -= slab.sizeBytes;
    if (this.#poison) slab.buffer.fill(POISON);
    if (slab.sizeBytes === this.#slabBytes && this.#free.length < this.#keepFree)
      this.#free.push(slab);
    else freeNow(slab.buffer);
  }
}

/**
 * Gives memory that nobody holds any more back at once, not when the collector comes to it: it sees a few bytes of heap where
 * megabytes lie outside, and lets tens of them gather. Whoever uses a slice of it later finds it empty.
 */
export function freeNow(buffer: Buffer): void {
  (buffer.buffer as ArrayBuffer).transfer(0);
}

class PooledLease implements SlabLease {
  readonly bytes: Buffer;
  readonly slab: Slab;
  readonly #freed: (slab: Slab) => void;
  #holds = 1;

  constructor(bytes: Buffer, slab: Slab, freed: (slab: Slab) => void) {
    this.bytes = bytes;
    this.slab = slab;
    this.#freed = freed;
  }

  retain(): void {
    if (this.#holds === 0) throw new Error('a lease was retained after its last release');
    this.#holds += 1;
  }

  release(): void {
    if (this.#holds === 0) throw new Error('a lease was released twice');
    this.#holds -= 1;
    if (this.#holds === 0) this.#freed(this.slab);
  }
}
