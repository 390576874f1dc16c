// A socket, plain or TLS, as a `Connection`. On the broker's hot path: one listener call for each
// chunk received, one corked vector for each write, no promise and no stream in between.
import type { Socket } from 'node:net';
import type { NetError } from '../errors.ts';
import type { Connection, ConnectionHandlers } from '../ports.ts';
import { toNetError } from './net-errors.ts';
import { CHUNK_BYTES_MAX, type Receiver } from './shared-read.ts';

/** How many bytes may wait in a connection's write queue before and after the writer is asked to stop. */
export interface WaterMarks {
  /** `write` returns false above; default 256 KiB. */
  readonly highWaterBytes: number;
  /** `onDrain` comes at or below; default 64 KiB. */
  readonly lowWaterBytes: number;
}

export const DEFAULT_WATER_MARKS: WaterMarks = {
  highWaterBytes: 256 * 1024,
  lowWaterBytes: 64 * 1024,
};

const MAPPED_IPV4 = '::ffff:';

export class NodeConnection implements Connection {
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost: string;
  readonly localPort: number;
  readonly #socket: Socket;
  readonly #receiver: Receiver | undefined;
  readonly #marks: WaterMarks;
  #handlers: ConnectionHandlers | undefined;
  #error: NetError | undefined;
  #isClosed = false;
  #owesDrain = false;

  /**
   * @param socket connected, not reading, `allowHalfOpen`
   * @param receiver of a socket that reads into shared memory; undefined for one that emits `data`
   */
  constructor(socket: Socket, marks: WaterMarks, receiver?: Receiver) {
    this.#socket = socket;
    this.#receiver = receiver;
    this.#marks = marks;
    this.remoteHost = plainAddress(socket.remoteAddress);
    this.remotePort = socket.remotePort ?? 0;
    this.localHost = plainAddress(socket.localAddress);
    this.localPort = socket.localPort ?? 0;
    socket.on('error', (error) => {
      this.#error ??= toNetError(error, `connection to ${this.remoteHost}:${this.remotePort}`);
    });
    socket.on('close', () => {
      this.#isClosed = true;
      this.#handlers?.onClose(this.#error);
    });
  }

  get pendingWriteBytes(): number {
    return this.#isClosed ? 0 : this.#socket.writableLength;
  }

  start(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    if (this.#isClosed) {
      process.nextTick(() => handlers.onClose(this.#error));
      return;
    }
    const socket = this.#socket;
    const onData = (chunk: Buffer): void => {
      if (chunk.length <= CHUNK_BYTES_MAX) {
        if (!socket.destroyed) handlers.onData(chunk);
        return;
      }
      for (let from = 0; from < chunk.length && !socket.destroyed; from += CHUNK_BYTES_MAX) {
        handlers.onData(chunk.subarray(from, from + CHUNK_BYTES_MAX));
      }
    };
    if (this.#receiver === undefined) socket.on('data', onData);
    else this.#receiver.onData = onData;
    socket.on('end', () => {
      if (handlers.onEnd === undefined) socket.end();
      else if (!socket.destroyed) handlers.onEnd();
    });
    socket.resume();
  }

  write(chunks: readonly Uint8Array[], onFlushed?: () => void): boolean {
    const socket = this.#socket;
    if (!socket.writable) return true;
    const last = chunks.length - 1;
    const done = onFlushed === undefined ? this.#onWritten : this.#onWrittenThen(onFlushed);
    if (last === 0) {
      socket.write(chunks[0] as Uint8Array, done);
    } else {
      socket.cork();
      for (let index = 0; index < last; index++) socket.write(chunks[index] as Uint8Array);
      socket.write(last < 0 ? NOTHING : (chunks[last] as Uint8Array), done);
      socket.uncork();
    }
    if (socket.writableLength <= this.#marks.highWaterBytes) return true;
    this.#owesDrain = true;
    return false;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#handlers !== undefined) this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (error || !this.#owesDrain || this.#socket.destroyed) return;
    if (this.#socket.writableLength > this.#marks.lowWaterBytes) return;
    this.#owesDrain = false;
    this.#handlers?.onDrain?.();
  };

  #onWrittenThen(onFlushed: () => void): (error?: Error | null) => void {
    return (error) => {
      if (error) return;
      onFlushed();
      this.#onWritten();
    };
  }
}

const NOTHING = new Uint8Array(0);

function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address;
}
