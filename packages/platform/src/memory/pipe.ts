// A connection inside one process: two ends, no socket, no copy. What one end writes stays its own
// until the other end has been given it; that is when it counts as flushed.
import type { NetError } from '../errors.ts';
import type { Connection, ConnectionHandlers } from '../ports.ts';

const CHUNK_BYTES_MAX = 64 * 1024;

export interface PipeOptions {
  /** Runs the callback in a later turn, callbacks in order. */
  readonly defer: (callback: () => void) => void;
  /** `write` returns false above. */
  readonly highWaterBytes: number;
  /** `onDrain` comes at or below. */
  readonly lowWaterBytes: number;
}

/** Both ends of one pipe. */
export class MemoryPipe {
  readonly ends: readonly [Connection, Connection];

  constructor(options: PipeOptions) {
    const left = new PipeEnd(options);
    const right = new PipeEnd(options);
    left.peer = right;
    right.peer = left;
    this.ends = [left, right];
  }
}

interface QueuedWrite {
  readonly chunks: readonly Uint8Array[];
  readonly onFlushed: (() => void) | undefined;
}

class PipeEnd implements Connection {
  readonly remoteHost = 'pipe';
  readonly remotePort = 0;
  readonly localHost = 'pipe';
  readonly localPort = 0;
  /** The other end; itself only until the pipe is put together. */
  peer: PipeEnd = this;
  pendingWriteBytes = 0;
  readonly #options: PipeOptions;
  #queue: QueuedWrite[] = [];
  #handlers: ConnectionHandlers | undefined;
  #isPaused = false;
  #owesDrain = false;
  #hasEnded = false;
  #endDelivered = false;
  #isClosed = false;
  #closeTold = false;
  #turnAsked = false;

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  start(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    if (this.#isClosed) this.#tellClose();
    else this.peer.#askTurn();
  }

  write(chunks: readonly Uint8Array[], onFlushed?: () => void): boolean {
    if (this.#isClosed || this.#hasEnded) return true;
    this.#queue.push({ chunks, onFlushed });
    for (const chunk of chunks) this.pendingWriteBytes += chunk.length;
    this.#askTurn();
    if (this.pendingWriteBytes <= this.#options.highWaterBytes) return true;
    this.#owesDrain = true;
    return false;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.peer.#askTurn();
  }

  end(): void {
    if (this.#hasEnded || this.#isClosed) return;
    this.#hasEnded = true;
    this.#askTurn();
  }

  destroy(): void {
    this.#close(undefined);
    this.#options.defer(() => this.peer.#close(undefined));
  }

  #askTurn(): void {
    if (this.#turnAsked) return;
    this.#turnAsked = true;
    this.#options.defer(() => {
      this.#turnAsked = false;
      this.#deliver();
    });
  }

  /** Hands the peer what this end has written, as far as the peer wants it. */
  #deliver(): void {
    while (this.#peerListens()) {
      const write = this.#queue.shift();
      if (write === undefined) break;
      const rest = this.#deliverChunks(write.chunks);
      if (rest.length > 0) this.#queue.unshift({ chunks: rest, onFlushed: write.onFlushed });
      else if (!this.#isClosed) write.onFlushed?.();
    }
    this.#drain();
    if (this.#hasEnded && this.#queue.length === 0 && this.#peerListens()) this.#deliverEnd();
  }

  /** @returns what the peer, paused on the way, has not taken */
  #deliverChunks(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
    for (let index = 0; index < chunks.length; index++) {
      const chunk = chunks[index] as Uint8Array; // index is below the length
      for (let from = 0; from < chunk.length; from += CHUNK_BYTES_MAX) {
        if (!this.#peerListens()) return [chunk.subarray(from), ...chunks.slice(index + 1)];
        const piece = chunk.subarray(from, from + CHUNK_BYTES_MAX);
        this.pendingWriteBytes -= piece.length;
        this.peer.#handlers?.onData(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
      }
    }
    return [];
  }

  #peerListens(): boolean {
    const peer = this.peer;
    return !this.#isClosed && !peer.#isClosed && !peer.#isPaused && peer.#handlers !== undefined;
  }

  #drain(): void {
    if (!this.#owesDrain || this.#isClosed) return;
    if (this.pendingWriteBytes > this.#options.lowWaterBytes) return;
    this.#owesDrain = false;
    this.#handlers?.onDrain?.();
  }

  #deliverEnd(): void {
    const peer = this.peer;
    if (this.#endDelivered) return;
    this.#endDelivered = true;
    const onEnd = peer.#handlers?.onEnd;
    if (onEnd === undefined) peer.end();
    else peer.#handlers?.onEnd?.();
    if (peer.#endDelivered) {
      this.#close(undefined);
      peer.#close(undefined);
    }
  }

  #close(error: NetError | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue = [];
    this.pendingWriteBytes = 0;
    if (this.#handlers !== undefined) this.#tellClose(error);
  }

  #tellClose(error?: NetError): void {
    if (this.#closeTold) return;
    this.#closeTold = true;
    this.#options.defer(() => this.#handlers?.onClose(error));
  }
}
