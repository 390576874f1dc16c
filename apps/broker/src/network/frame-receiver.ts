// From chunks of a socket to frames: four bytes of size, then that many bytes. Every byte is copied once, into the
// frame's own buffer (again only where a frame outgrows its buffer, which grows with what has arrived, not with what
// was announced). Kafka: NetworkReceive, which allocates what the size says.

import { BufferLease, BufferPool } from '@ottla/log';
import type { FrameLease, ReceivedFrame } from './frame-lease.ts';
import type { RequestMemory, Reservation } from './request-memory.ts';

const SIZE_BYTES = 4;
/** API key, version, correlation id: nothing shorter is a request. */
const FRAME_BYTES_MIN = 8;
/** While memory is plentiful a buffer may be this many times what has arrived: a frame of 1 MB and a little is copied once. */
const GROWTH_PLENTIFUL = 32;
const GROWTH_SCARCE = 2;
const FIRST_BUFFER_BYTES = 512;

/** What happened to the bytes given to {@link FrameReceiver.receive}. */
export type ReceiveOutcome =
  | { readonly kind: 'consumed' }
  /** Only the first `consumed` bytes were taken: the rest must wait for memory, or for the connection's own limits. */
  | { readonly kind: 'blocked'; readonly consumed: number; readonly by: 'memory' | 'limits' }
  | { readonly kind: 'invalid'; readonly reason: string };

const CONSUMED: ReceiveOutcome = { kind: 'consumed' };

export interface FrameReceiverOptions {
  readonly memory: RequestMemory;
  readonly buffers: BufferPool;
  /** `socket.request.max.bytes`. */
  readonly frameBytesMax: number;
  /** Takes over a whole frame. */
  readonly onFrame: (frame: ReceivedFrame) => void;
  /** Asked before each frame begins. */
  readonly mayBegin: () => boolean;
}

interface PartialFrame {
  readonly sizeBytes: number;
  readonly reservation: Reservation;
  buffer: Buffer | undefined;
  filled: number;
}

/** The parser of one connection. */
export class FrameReceiver {
  readonly #options: FrameReceiverOptions;
  #prefix = 0;
  #prefixFilled = 0;
  #partial: PartialFrame | undefined;

  constructor(options: FrameReceiverOptions) {
    this.#options = options;
  }

  /** Bytes of the frame under way that have arrived; undefined between frames. */
  get partialBytes(): number | undefined {
    return this.#partial?.filled ?? (this.#prefixFilled > 0 ? 0 : undefined);
  }

  /** Takes what it can of the chunk; the chunk is not kept. */
  receive(chunk: Buffer): ReceiveOutcome {
    let at = 0;
    while (at < chunk.length) {
      if (this.#partial === undefined) {
        if (this.#prefixFilled === 0 && !this.#options.mayBegin())
          return { kind: 'blocked', consumed: at, by: 'limits' };
        at = this.#readPrefix(chunk, at);
        if (this.#prefixFilled < SIZE_BYTES) return CONSUMED;
        const reason = this.#begin();
        if (reason !== undefined) return { kind: 'invalid', reason };
      }
      const partial = this.#partial!;
      if (!this.#makeRoom(partial, chunk.length - at))
        return { kind: 'blocked', consumed: at, by: 'memory' };
      at += this.#fill(partial, chunk, at);
    }
    return CONSUMED;
  }

  /** Frees what a frame under way holds. Idempotent. */
  close(): void {
    const partial = this.#partial;
    this.#partial = undefined;
    this.#prefixFilled = 0;
    if (partial !== undefined) this.#free(partial);
  }

  #readPrefix(chunk: Buffer, from: number): number {
    let at = from;
    while (this.#prefixFilled < SIZE_BYTES && at < chunk.length) {
      this.#prefix = (this.#prefix << 8) | chunk[at]!;
      this.#prefixFilled += 1;
      at += 1;
    }
    return at;
  }

  /** @returns why the size is invalid */
  #begin(): string | undefined {
    const sizeBytes = this.#prefix;
    const { frameBytesMax, memory } = this.#options;
    if (sizeBytes < FRAME_BYTES_MIN) return `a request of ${sizeBytes} bytes`;
    if (sizeBytes > frameBytesMax)
      return `a request of ${sizeBytes} bytes, above socket.request.max.bytes=${frameBytesMax}`;
    this.#prefix = 0;
    this.#partial = {
      sizeBytes,
      reservation: memory.admit(sizeBytes),
      buffer: undefined,
      filled: 0,
    };
    return undefined;
  }

  /** Makes the buffer large enough for at least some of the bytes at hand. @returns false when there is no memory */
  #makeRoom(partial: PartialFrame, atHand: number): boolean {
    const { memory, buffers } = this.#options;
    const capacity = Math.min(partial.buffer?.length ?? 0, partial.sizeBytes);
    const needed = Math.min(partial.sizeBytes, partial.filled + atHand);
    if (partial.buffer !== undefined && capacity >= needed) return true;
    const growth = memory.isScarce ? GROWTH_SCARCE : GROWTH_PLENTIFUL;
    for (const wanted of [needed * growth, needed]) {
      const size = Math.min(partial.sizeBytes, Math.max(wanted, FIRST_BUFFER_BYTES));
      if (!memory.tryGrow(partial.reservation, BufferPool.capacityFor(size))) continue;
      const larger = buffers.take(size);
      partial.buffer?.copy(larger, 0, 0, partial.filled);
      if (partial.buffer !== undefined) buffers.give(partial.buffer);
      partial.buffer = larger;
      return true;
    }
    return false;
  }

  /** @returns how many bytes were taken */
  #fill(partial: PartialFrame, chunk: Buffer, from: number): number {
    const count = Math.min(chunk.length - from, partial.sizeBytes - partial.filled);
    chunk.copy(partial.buffer!, partial.filled, from, from + count);
    partial.filled += count;
    if (partial.filled === partial.sizeBytes) {
      this.#partial = undefined;
      this.#prefixFilled = 0;
      const { memory, buffers } = this.#options;
      const lease = new BufferLease(buffers, partial.buffer!, partial.sizeBytes);
      this.#options.onFrame(new Received(lease, memory, partial.reservation));
    }
    return count;
  }

  #free(partial: PartialFrame): void {
    if (partial.buffer !== undefined) this.#options.buffers.give(partial.buffer);
    partial.buffer = undefined;
    this.#options.memory.release(partial.reservation);
  }
}

class Received implements ReceivedFrame {
  readonly lease: FrameLease;
  readonly #memory: RequestMemory;
  #reservation: Reservation | undefined;

  constructor(lease: FrameLease, memory: RequestMemory, reservation: Reservation) {
    this.lease = lease;
    this.#memory = memory;
    this.#reservation = reservation;
  }

  done(): void {
    const reservation = this.#reservation;
    if (reservation === undefined) return;
    this.#reservation = undefined;
    this.lease.release();
    this.#memory.release(reservation);
  }
}
