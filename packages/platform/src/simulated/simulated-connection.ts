// One end of a simulated connection. What is written is copied and handed to "the system" as the
// window allows, travels as segments through the network, and is given to the other end, where the
// chunk is overwritten after the call, so that whoever keeps one without copying is found out.
import { NetError } from '../errors.ts';
import type { Connection, ConnectionHandlers, Random } from '../ports.ts';
import { happens } from './draw.ts';
import type { Life, Scheduler } from './scheduler.ts';
import type { NetworkConditions } from './world.ts';

/** A piece of a stream on its way: bytes, the end of the direction, or the news that the other end is gone. */
export type Segment =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'end' }
  | { readonly kind: 'reset' };

/** What carries segments from one end to the other, in order. */
export interface Wire {
  readonly scheduler: Scheduler;
  readonly random: Random;
  conditionsFor(from: SimulatedConnection): NetworkConditions;
  send(from: SimulatedConnection, segment: Segment): void;
  closed(end: SimulatedConnection): void;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface SimulatedConnectionOptions {
  readonly wire: Wire;
  readonly life: Life;
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

interface QueuedWrite {
  readonly chunks: readonly Uint8Array[];
  chunkIndex: number;
  chunkPosition: number;
  readonly onFlushed: (() => void) | undefined;
}

const HIGH_WATER_BYTES = 256 * 1024;
const LOW_WATER_BYTES = 64 * 1024;
/** One segment in four is cut short, because TCP keeps no boundaries. */
const SHORT_SEGMENT_PROBABILITY = 0.25;
const POISON = 0xdd;
/** Cheaper than `queueMicrotask`, which keeps a context for asynchronous hooks. */
const RESOLVED = Promise.resolve();

export class SimulatedConnection implements Connection {
  readonly life: Life;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost: string;
  readonly localPort: number;
  /** The other end; itself only until both are joined. */
  peer: SimulatedConnection = this;
  isClosed = false;
  pendingWriteBytes = 0;
  readonly #wire: Wire;
  #handlers: ConnectionHandlers | undefined;
  #isPaused = false;
  #queue: QueuedWrite[] = [];
  #bytesOnTheWay = 0;
  #owesDrain = false;
  #pumpIsDue = false;
  #hasEnded = false;
  #endSent = false;
  #received: Segment[] = [];
  #deliveryIsDue = false;
  #endReceived = false;
  #closeError: NetError | undefined;

  constructor(options: SimulatedConnectionOptions) {
    this.#wire = options.wire;
    this.life = options.life;
    this.localHost = options.local.host;
    this.localPort = options.local.port;
    this.remoteHost = options.remote.host;
    this.remotePort = options.remote.port;
  }

  start(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    if (this.isClosed) this.#tellClose();
    else this.#askDelivery();
  }

  write(chunks: readonly Uint8Array[], onFlushed?: () => void): boolean {
    if (this.isClosed || this.#hasEnded || !this.life.isAlive) return true;
    this.#queue.push({ chunks, chunkIndex: 0, chunkPosition: 0, onFlushed });
    for (const chunk of chunks) this.pendingWriteBytes += chunk.length;
    this.#askPump();
    if (this.pendingWriteBytes <= HIGH_WATER_BYTES) return true;
    this.#owesDrain = true;
    return false;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#askDelivery();
  }

  end(): void {
    if (this.#hasEnded || this.isClosed || !this.life.isAlive) return;
    this.#hasEnded = true;
    this.#askPump();
  }

  destroy(): void {
    if (this.isClosed || !this.life.isAlive) return;
    // As TCP does: what the system has already taken still goes out; unread bytes turn the farewell into a reset.
    const isAbrupt = this.#queue.length > 0 || this.#received.length > 0;
    if (isAbrupt) this.#wire.send(this, { kind: 'reset' });
    else if (!this.#endSent) this.#wire.send(this, { kind: 'end' });
    this.#endSent = true;
    this.close(undefined);
  }

  /** A segment has arrived from the other end. Read at once where nothing stands before it. */
  receive(segment: Segment): void {
    if (segment.kind === 'reset') {
      this.close(
        new NetError('ECONNRESET', `${this.remoteHost}:${this.remotePort} reset the connection`),
      );
      return;
    }
    const isFirst = this.#received.push(segment) === 1;
    if (isFirst && !this.#deliveryIsDue && this.#wire.scheduler.happensTo(this.life))
      this.#deliver();
    else this.#askDelivery();
  }

  /** Ends this end and says so once; the other end is not told. */
  close(error: NetError | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#closeError = error;
    this.#queue = [];
    this.#received = [];
    this.pendingWriteBytes = 0;
    this.#wire.closed(this);
    if (this.#handlers !== undefined) this.#tellClose();
  }

  #tellClose(): void {
    this.#wire.scheduler.schedule(this.life, 0, 'net: close', () =>
      this.#handlers?.onClose(this.#closeError),
    );
  }

  // ---- sending ----

  /** After the present turn's code, so that what is written together travels together. */
  #askPump(): void {
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    void RESOLVED.then(() => {
      this.#pumpIsDue = false;
      if (this.life.isAlive) this.#pump();
    });
  }

  /** As an event of its own: it is the other end's that happens now. */
  #askPumpLater(): void {
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    this.#wire.scheduler.schedule(this.life, 0, 'net: send', () => {
      this.#pumpIsDue = false;
      this.#pump();
    });
  }

  /** Hands the queue to the system as far as the window allows. */
  #pump(): void {
    const { windowBytes, segmentBytes } = this.#wire.conditionsFor(this);
    while (!this.isClosed && this.pendingWriteBytes > 0 && this.#bytesOnTheWay < windowBytes) {
      const room = Math.min(segmentBytes, windowBytes - this.#bytesOnTheWay);
      const bytes = this.#take(this.#chooseLength(Math.min(room, this.pendingWriteBytes)));
      this.#bytesOnTheWay += bytes.length;
      this.#wire.send(this, { kind: 'data', bytes });
    }
    this.#finishWrites();
    if (this.isClosed) return;
    if (this.#owesDrain && this.pendingWriteBytes <= LOW_WATER_BYTES) {
      this.#owesDrain = false;
      this.#handlers?.onDrain?.();
    }
    if (this.#hasEnded && !this.#endSent && this.#queue.length === 0) {
      this.#endSent = true;
      this.#wire.send(this, { kind: 'end' });
      this.#closeWhenBothEnded();
    }
  }

  #chooseLength(length: number): number {
    const { random } = this.#wire;
    return happens(random, SHORT_SEGMENT_PROBABILITY) ? 1 + random.below(length) : length;
  }

  /** Copies the next `length` bytes out of the queue. */
  #take(length: number): Buffer {
    const segment = Buffer.allocUnsafe(length);
    let filled = 0;
    for (const write of this.#queue) {
      while (filled < length && write.chunkIndex < write.chunks.length) {
        const chunk = write.chunks[write.chunkIndex] ?? segment;
        const piece = chunk.subarray(write.chunkPosition, write.chunkPosition + length - filled);
        segment.set(piece, filled);
        filled += piece.length;
        write.chunkPosition += piece.length;
        if (write.chunkPosition === chunk.length) {
          write.chunkIndex++;
          write.chunkPosition = 0;
        }
      }
      if (filled === length) break;
    }
    this.pendingWriteBytes -= length;
    return segment;
  }

  #finishWrites(): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      while (first.chunks[first.chunkIndex]?.length === 0) first.chunkIndex++;
      if (first.chunkIndex < first.chunks.length) return;
      this.#queue.shift();
      first.onFlushed?.();
    }
  }

  // ---- receiving ----

  #askDelivery(): void {
    if (this.#deliveryIsDue || this.#received.length === 0) return;
    this.#deliveryIsDue = true;
    this.#wire.scheduler.schedule(this.life, 0, 'net: receive', () => {
      this.#deliveryIsDue = false;
      this.#deliver();
    });
  }

  /** Gives one segment to the handlers, one in a turn as a socket would. */
  #deliver(): void {
    const handlers = this.#handlers;
    if (this.isClosed || this.#isPaused || handlers === undefined) return;
    const segment = this.#received.shift();
    if (segment === undefined) return;
    if (segment.kind === 'data') {
      handlers.onData(segment.bytes);
      this.peer.#acknowledge(segment.bytes.length);
      segment.bytes.fill(POISON);
    } else {
      this.#endReceived = true;
      if (handlers.onEnd === undefined) this.end();
      else handlers.onEnd();
      this.#closeWhenBothEnded();
    }
    this.#askDelivery();
  }

  #acknowledge(length: number): void {
    this.#bytesOnTheWay -= length;
    if (!this.isClosed && this.#queue.length > 0) this.#askPumpLater();
  }

  #closeWhenBothEnded(): void {
    if (this.#endSent && this.#endReceived) this.close(undefined);
  }
}
