// Reference-counted memory of one received frame. The slabs of @ottla/log lend it; the tail cache may go on holding a
// frame's batches after the request is answered, by a lease of its own.

/** A counted hold on bytes. When the last hold is released the bytes may be used again (and are poisoned in tests). */
export interface FrameLease {
  readonly bytes: Buffer;
  /** One hold more. */
  retain(): void;
  /** One hold less. */
  release(): void;
}
