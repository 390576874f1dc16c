// Reference-counted memory of one received frame. The tail cache may go on holding a frame's batches after the request is
// answered, by a hold of its own. Same shape as a lease of the slab pool of @ottla/log, so a log takes either.

/** The block of memory behind a lease. A frame has one of its own. */
export interface FrameSlab {
  readonly buffer: Buffer;
  /** What it costs to hold it, in bytes. */
  readonly sizeBytes: number;
  /** Holds of all leases together. */
  holds: number;
  /** Appends of the tail cache that lie in it; the cache counts here. */
  cachedAppends: number;
}

/** A counted hold on bytes. When the last hold is released the bytes may be used again (and are poisoned in tests). */
export interface FrameLease {
  readonly bytes: Buffer;
  readonly slab: FrameSlab;
  /** One hold more. */
  retain(): void;
  /** One hold less. */
  release(): void;
}

/** A whole frame on its way to a handler. */
export interface ReceivedFrame {
  readonly lease: FrameLease;
  /**
   * The request needs the bytes no more: gives up its hold, and its share of the request memory, also when somebody else
   * (the tail cache, with a bound of its own) goes on holding the lease. Idempotent.
   */
  done(): void;
}
