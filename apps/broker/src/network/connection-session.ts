// One accepted connection: frames in, requests started in order, responses out in the same order, and the reasons to
// pause or close it. States of the reading side:
//
//   reading ──(no memory)──▶ waiting for memory ──(memory freed)──▶ reading
//   reading ──(in-flight limit)──▶ at limit ──(a response was sent)──▶ reading
//   any ──(end of stream, invalid bytes, idle, too slow, failure)──▶ closed
//
// Kafka: KafkaChannel with its mute states; there one request at a time is handled, here as many as the limits allow.

import type { Clock, Connection } from '@ottla/platform';
import type { TimerWheel, WheelTimer } from '../purgatory/timer-wheel.ts';
import type { BufferPool } from '@ottla/log';
import type { ReceivedFrame } from './frame-lease.ts';
import { FrameReceiver } from './frame-receiver.ts';
import type { LineLimit } from './line-limit.ts';
import { ANONYMOUS } from './request-context.ts';
import type { ListenerRole, Principal, SecurityProtocol } from './request-context.ts';
import type { MemoryClient, RequestMemory } from './request-memory.ts';
import type {
  OpenedRequest,
  PipelineConnection,
  PipelineResult,
  RequestPipeline,
} from './request-pipeline.ts';
import { InvalidRequestError } from './request-pipeline.ts';
import { ResponseWriter } from './response-writer.ts';

/** The named bounds of one connection. */
export interface SessionLimits {
  /** `socket.request.max.bytes`. */
  readonly frameBytesMax: number;
  /** `ottla.connection.requests.inflight.max`. */
  readonly requestsInFlightMax: number;
  /** `ottla.connection.request.bytes.max`; one request is taken whatever its size. */
  readonly requestBytesMax: number;
  /** `ottla.connection.response.buffer.bytes`. */
  readonly responseBufferBytes: number;
  /** `connections.max.idle.ms`; negative for never. */
  readonly idleMsMax: number;
  /** `ottla.request.receive.grace.ms`. */
  readonly receiveGraceMs: number;
  /** `ottla.request.receive.min.bytes.per.second`. */
  readonly receiveBytesPerSecondMin: number;
}

/** What sessions tell for metrics. */
export interface SessionMetrics {
  received(listenerName: string, bytes: number): void;
  sent(listenerName: string, bytes: number): void;
  /** A request was answered in full; `totalMs` from its last byte in to its last byte out. */
  answered(apiName: string, version: number, totalMs: number): void;
  closed(listenerName: string, reason: CloseReason): void;
}

export type CloseReason = 'peer' | 'invalid-request' | 'idle' | 'memory' | 'failure' | 'shutdown';

/** What all sessions of a server share. */
export interface SessionSurroundings {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly wheel: TimerWheel;
  readonly memory: RequestMemory;
  readonly buffers: BufferPool;
  readonly limits: SessionLimits;
  readonly metrics: SessionMetrics;
  readonly lines: LineLimit;
}

export interface SessionOptions {
  readonly id: number;
  readonly connection: Connection;
  readonly listenerName: string;
  readonly listenerRole: ListenerRole;
  readonly securityProtocol: SecurityProtocol;
  readonly pipeline: RequestPipeline;
  readonly surroundings: SessionSurroundings;
  readonly onClosed: (session: ConnectionSession) => void;
}

/** A request between its last byte in and its last byte out. */
interface Exchange {
  readonly opened: OpenedRequest;
  readonly bytes: number;
  isAnswered: boolean;
  segments: PipelineResult;
}

const UNKNOWN_SOFTWARE = 'unknown';
const NO_BYTES: Buffer = Buffer.alloc(0);

export class ConnectionSession implements PipelineConnection, MemoryClient {
  readonly id: number;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost: string;
  readonly localPort: number;
  readonly listenerName: string;
  readonly listenerRole: ListenerRole;
  readonly securityProtocol: SecurityProtocol;
  readonly principal: Principal = ANONYMOUS;
  clientSoftwareName: string = UNKNOWN_SOFTWARE;
  clientSoftwareVersion: string = UNKNOWN_SOFTWARE;
  isClosed = false;

  readonly #connection: Connection;
  readonly #pipeline: RequestPipeline;
  readonly #around: SessionSurroundings;
  readonly #onClosed: (session: ConnectionSession) => void;
  readonly #receiver: FrameReceiver;
  readonly #writer: ResponseWriter;
  /** Received, waiting for their handler's module. */
  readonly #unstarted: Exchange[] = [];
  /** Not answered or not handed to the writer yet, in the order of their requests. */
  readonly #unsent: Exchange[] = [];
  #inFlight = 0;
  #inFlightBytes = 0;
  #isLoading = false;
  #isDraining = false;
  /** Bytes that the socket had delivered when reading had to stop. */
  #stash: Buffer = NO_BYTES;
  #blockedBy: 'memory' | 'limits' | undefined;
  #frameSinceMs: number | undefined;
  #waitingSinceMs = 0;
  #activeMs: number;
  #idleTimer: WheelTimer | undefined;

  constructor(options: SessionOptions) {
    const { connection, surroundings } = options;
    this.id = options.id;
    this.remoteHost = connection.remoteHost;
    this.remotePort = connection.remotePort;
    this.localHost = connection.localHost;
    this.localPort = connection.localPort;
    this.listenerName = options.listenerName;
    this.listenerRole = options.listenerRole;
    this.securityProtocol = options.securityProtocol;
    this.#connection = connection;
    this.#pipeline = options.pipeline;
    this.#around = surroundings;
    this.#onClosed = options.onClosed;
    this.#activeMs = surroundings.clock.monotonicMs();
    this.#receiver = new FrameReceiver({
      memory: surroundings.memory,
      buffers: surroundings.buffers,
      frameBytesMax: surroundings.limits.frameBytesMax,
      onFrame: (frame) => this.#onFrame(frame),
      mayBegin: () => !this.isClosed && !this.#isDraining && !this.#isAtLimit(),
    });
    this.#writer = new ResponseWriter({
      connection,
      bufferBytes: surroundings.limits.responseBufferBytes,
      onFlushed: (bytes) => this.#onFlushed(bytes),
      onFailure: (error) => this.close('failure', 'a response could not be read', error),
    });
  }

  /** Requests between their last byte in and their last byte out. */
  get requestsInFlight(): number {
    return this.#inFlight;
  }

  /** Begins to read. */
  start(): void {
    this.#watchIdle();
    this.#connection.start({
      onData: (chunk) => this.#onData(chunk),
      onEnd: () => this.close('peer'),
      onClose: () => this.close('peer'),
    });
  }

  identifyClient(softwareName: string, softwareVersion: string): void {
    this.clientSoftwareName = softwareName;
    this.clientSoftwareVersion = softwareVersion;
  }

  /** Takes in no further request; those in flight are answered. */
  drain(): void {
    this.#isDraining = true;
    if (!this.isClosed) this.#connection.pause();
  }

  /** Cuts the connection and gives back all it holds. Idempotent. `why` makes a log line. */
  close(reason: CloseReason, why?: string, error?: unknown): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const { memory, metrics, lines, wheel } = this.#around;
    this.#connection.destroy();
    if (this.#idleTimer !== undefined) wheel.cancel(this.#idleTimer);
    memory.forget(this);
    this.#setStash(NO_BYTES);
    this.#receiver.close();
    this.#writer.close();
    for (const { opened } of this.#unstarted.splice(0)) opened.frame.done();
    for (const { segments } of this.#unsent.splice(0))
      if (segments !== undefined) this.#writer.send(segments, noop);
    metrics.closed(this.listenerName, reason);
    if (why !== undefined)
      lines.warn(`closing the connection of ${this.remoteHost}:${this.remotePort}: ${why}`, {
        listener: this.listenerName,
        ...(error === undefined ? {} : { error }),
      });
    this.#onClosed(this);
  }

  // ---- receiving -------------------------------------------------------------------------------

  #onData(chunk: Buffer): void {
    if (this.isClosed) return;
    this.#around.metrics.received(this.listenerName, chunk.length);
    if (this.#blockedBy !== undefined) this.#keep(Buffer.concat([this.#stash, chunk]));
    else this.#receive(chunk);
  }

  #receive(chunk: Buffer): void {
    const outcome = this.#receiver.receive(chunk);
    if (this.isClosed) return;
    if (outcome.kind === 'invalid') {
      this.close('invalid-request', outcome.reason);
      return;
    }
    this.#watchFrame();
    if (outcome.kind === 'blocked') this.#block(outcome.by, chunk.subarray(outcome.consumed));
    else this.#unblock();
  }

  /** Notes whether a frame is under way, for those who judge whether it comes too slowly. */
  #watchFrame(): void {
    if (this.#receiver.partialBytes === undefined) {
      if (this.#frameSinceMs !== undefined) this.#around.memory.received(this);
      this.#frameSinceMs = undefined;
    } else if (this.#frameSinceMs === undefined) {
      this.#frameSinceMs = this.#around.clock.monotonicMs();
      this.#around.memory.receiving(this);
    }
  }

  #block(by: 'memory' | 'limits', rest: Buffer): void {
    if (this.#blockedBy === undefined) this.#connection.pause();
    this.#blockedBy = by;
    this.#keep(rest);
    if (by !== 'memory' || this.isClosed) return;
    this.#waitingSinceMs = this.#around.clock.monotonicMs();
    this.#around.memory.wait(this);
  }

  #unblock(): void {
    this.#setStash(NO_BYTES);
    if (this.#blockedBy === undefined) return;
    this.#blockedBy = undefined;
    if (!this.#isDraining) this.#connection.resume();
  }

  /** Keeps a copy of bytes that cannot be handled yet, accounted like every other byte. */
  #keep(bytes: Buffer): void {
    if (!this.#setStash(Buffer.from(bytes)))
      this.close('memory', 'the memory for requests is used up (queued.max.request.bytes)');
  }

  #setStash(bytes: Buffer): boolean {
    const { memory } = this.#around;
    memory.unstash(this.#stash.length);
    this.#stash = NO_BYTES;
    if (!memory.stash(bytes.length)) return false;
    this.#stash = bytes;
    return true;
  }

  #retryStash(): void {
    if (!this.isClosed && this.#blockedBy !== undefined) this.#receive(this.#stash);
  }

  onMemory(): void {
    if (this.isClosed || this.#blockedBy !== 'memory') return;
    // Time spent waiting for us is not the peer's slowness.
    if (this.#frameSinceMs !== undefined)
      this.#frameSinceMs += this.#around.clock.monotonicMs() - this.#waitingSinceMs;
    this.#retryStash();
  }

  isTooSlow(): boolean {
    if (this.#frameSinceMs === undefined) return false;
    const { receiveGraceMs, receiveBytesPerSecondMin } = this.#around.limits;
    const allowedMs =
      receiveGraceMs + ((this.#receiver.partialBytes ?? 0) / receiveBytesPerSecondMin) * 1000;
    return this.#around.clock.monotonicMs() - this.#frameSinceMs > allowedMs;
  }

  abort(reason: string): void {
    this.close('memory', reason);
  }

  // ---- handling --------------------------------------------------------------------------------

  #onFrame(frame: ReceivedFrame): void {
    const { clock } = this.#around;
    this.#activeMs = clock.monotonicMs();
    let opened: OpenedRequest;
    try {
      opened = this.#pipeline.open(frame, this.#activeMs, clock.nowMs());
    } catch (error) {
      frame.done();
      this.#closeOnError(error);
      return;
    }
    const exchange = {
      opened,
      bytes: frame.lease.bytes.length,
      isAnswered: false,
      segments: undefined,
    };
    this.#inFlight += 1;
    this.#inFlightBytes += exchange.bytes;
    this.#unsent.push(exchange);
    this.#unstarted.push(exchange);
    this.#startNext();
  }

  /** Starts the handlers in the order of their requests; one whose module is not loaded holds up those behind it. */
  #startNext(): void {
    while (!this.#isLoading && !this.isClosed) {
      const exchange = this.#unstarted[0];
      if (exchange === undefined) return;
      const loading = this.#pipeline.load(exchange.opened.api.apiKey);
      if (loading === undefined) {
        this.#unstarted.shift();
        this.#start(exchange);
        continue;
      }
      this.#isLoading = true;
      loading.then(
        () => {
          this.#isLoading = false;
          this.#startNext();
        },
        (error: unknown) => this.#closeOnError(error),
      );
    }
  }

  #start(exchange: Exchange): void {
    let result: PipelineResult | Promise<PipelineResult>;
    try {
      result = this.#pipeline.answer(exchange.opened, this);
    } catch (error) {
      this.#closeOnError(error);
      return;
    }
    if (!(result instanceof Promise)) this.#answered(exchange, result);
    else
      result.then(
        (segments) => this.#answered(exchange, segments),
        (error: unknown) => this.#closeOnError(error),
      );
  }

  #closeOnError(error: unknown): void {
    if (error instanceof InvalidRequestError) this.close('invalid-request', error.message);
    else this.close('failure', 'a request failed without an answer', error);
  }

  // ---- answering -------------------------------------------------------------------------------

  #answered(exchange: Exchange, segments: PipelineResult): void {
    if (this.isClosed) {
      if (segments !== undefined) this.#writer.send(segments, noop);
      return;
    }
    exchange.isAnswered = true;
    exchange.segments = segments;
    while (this.#unsent[0]?.isAnswered === true) this.#send(this.#unsent.shift()!);
  }

  #send(exchange: Exchange): void {
    const { segments } = exchange;
    exchange.segments = undefined;
    if (segments === undefined) this.#finish(exchange);
    else this.#writer.send(segments, () => this.#finish(exchange));
  }

  #finish(exchange: Exchange): void {
    const { clock, metrics } = this.#around;
    const { api, header, receivedMonotonicMs } = exchange.opened;
    this.#inFlight -= 1;
    this.#inFlightBytes -= exchange.bytes;
    this.#activeMs = clock.monotonicMs();
    metrics.answered(api.name, header.requestApiVersion, this.#activeMs - receivedMonotonicMs);
    if (this.#blockedBy === 'limits' && this.#isHalfFree()) this.#scheduleRetry();
  }

  #onFlushed(bytes: number): void {
    this.#activeMs = this.#around.clock.monotonicMs();
    this.#around.metrics.sent(this.listenerName, bytes);
  }

  #isAtLimit(): boolean {
    const { requestsInFlightMax, requestBytesMax } = this.#around.limits;
    return this.#inFlight >= requestsInFlightMax || this.#inFlightBytes >= requestBytesMax;
  }

  /** Reading goes on when half of the limits is free, so that it does not stop again at once. */
  #isHalfFree(): boolean {
    if (this.#isDraining) return false;
    const { requestsInFlightMax, requestBytesMax } = this.#around.limits;
    return this.#inFlight * 2 <= requestsInFlightMax && this.#inFlightBytes * 2 <= requestBytesMax;
  }

  /** Not from inside the writer or a handler: what is stashed may answer at once, and would nest without end. */
  #scheduleRetry(): void {
    void Promise.resolve().then(() => {
      if (this.#blockedBy === 'limits' && this.#isHalfFree()) this.#retryStash();
    });
  }

  // ---- idleness --------------------------------------------------------------------------------

  /** Idle is a connection on which no request is handled, none was completed and no byte of an answer went out. */
  #watchIdle(): void {
    const { clock, limits, wheel } = this.#around;
    if (limits.idleMsMax < 0) return;
    const idleMs = clock.monotonicMs() - this.#activeMs;
    if (idleMs >= limits.idleMsMax && !this.#isHandling()) {
      // The ordinary end of a quiet connection is no news; one that was cut in the middle of something is.
      const isStuck = this.#receiver.partialBytes !== undefined || this.#writer.isBusy;
      this.close('idle', isStuck ? 'nothing was completed for connections.max.idle.ms' : undefined);
      return;
    }
    const nextMs = idleMs >= limits.idleMsMax ? limits.idleMsMax : limits.idleMsMax - idleMs;
    this.#idleTimer = wheel.set(Math.max(1, nextMs), () => this.#watchIdle());
  }

  #isHandling(): boolean {
    return this.#unsent.some(({ isAnswered }) => !isAnswered);
  }
}

function noop(): void {}
