// One connection to one broker: negotiates versions, pipelines a bounded number of requests, matches answers in order, times
// out, tells when the broker says nothing where it should, and closes when it is not used.
import type { Connection, Platform, Timer } from '@ottla/platform';
import {
  decodeResponseHeader,
  encodeRequest,
  ErrorCode,
  type MessageCodec,
  ProtocolError,
  Reader,
} from '@ottla/protocol';
import { BrokerError, ConnectionError, KafkaError, TimeoutError } from '../errors.ts';
import { FrameSplitter } from './frame-splitter.ts';
import { negotiate, type ServedVersions } from './negotiation.ts';

/** The half of a response's codec that a client needs. */
export interface ResponseDecoder<Response> {
  readonly name: string;
  decode(reader: Reader, version: number): Response;
}

/** The two codecs of an API. */
export interface Api<Request, Response> {
  readonly request: MessageCodec<Request>;
  readonly response: ResponseDecoder<Response>;
}

export interface BrokerConnectionOptions {
  readonly platform: Platform;
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  /** Closes when nothing was sent for so long, milliseconds. Default never. */
  readonly maxIdleMs?: number;
  /** Gives up connecting. */
  readonly signal?: AbortSignal;
  /** Called once when the connection is gone, before the requests under way fail. */
  readonly onClose?: (error: KafkaError) => void;
  /** Called, again and again, while an answer is overdue by `SILENCE_MS` and nothing else comes either. */
  readonly onSilence?: () => void;
}

export interface SendOptions {
  /** Default: the connection's `requestTimeoutMs`, added to what the broker may wait. */
  readonly timeoutMs?: number;
  /** Highest version to use, when a lower one than both sides know is wanted. */
  readonly maxVersion?: number;
}

/** Called once: with an error, or with the answer. */
export type Settle<Response> = (
  error: KafkaError | undefined,
  response: Response | undefined,
) => void;

interface Pending {
  readonly codec: MessageCodec<unknown>;
  readonly version: number;
  readonly request: unknown;
  readonly timeoutMs: number;
  correlationId: number;
  deadlineMs: number;
  /** Before that nobody expects the answer: the broker may wait. */
  overdueMs: number;
  /** @param frame behind the response header */
  settle(error: KafkaError | undefined, frame: Reader | undefined): void;
}

/** Code of the error when this side closed the connection. */
export const CLOSED_HERE = 'ECLOSED';
/** Requests without an answer; more wait their turn. */
const IN_FLIGHT_MAX = 100;
/** Far longer than a broker takes that serves, far shorter than requests may take. */
const SILENCE_MS = 1_000;
const CONNECT_TIMEOUT_MS_MAX = 10_000;
const FRAME_BYTES_MAX = 256 * 1024 * 1024;

export class BrokerConnection {
  readonly address: string;
  readonly #options: BrokerConnectionOptions;
  readonly #connection: Connection;
  readonly #splitter: FrameSplitter;
  /** Written, oldest first. */
  #pending: Pending[] = [];
  /** Not yet written, for want of room in `#pending`. */
  #queued: Pending[] = [];
  /** Of requests without an answer that the system has not taken yet. */
  readonly #unsent = new Set<(error: KafkaError | undefined) => void>();
  #correlationId = 0;
  #lastUsedMs: number;
  /** When something came, or silence was told. */
  #lastHeardMs: number;
  #versions: ServedVersions | undefined;
  #failure: KafkaError | undefined;
  #timer: Timer | undefined;
  /** When it rings; Infinity while there is none. */
  #timerAtMs = Infinity;
  #idleTimer: Timer | undefined;

  private constructor(options: BrokerConnectionOptions, connection: Connection) {
    this.#options = options;
    this.#connection = connection;
    this.#lastUsedMs = options.platform.clock.monotonicMs();
    this.#lastHeardMs = this.#lastUsedMs;
    this.address = `${options.host}:${options.port}`;
    this.#splitter = new FrameSplitter(FRAME_BYTES_MAX, (frame) => this.#received(frame));
    connection.start({
      onData: (chunk) => this.#onData(chunk),
      onEnd: () => connection.destroy(),
      onClose: (error) => this.#closed(error),
    });
  }

  /** Connects and asks the broker what it serves. */
  static async open(options: BrokerConnectionOptions): Promise<BrokerConnection> {
    const { platform, host, port, signal } = options;
    const timeoutMs = Math.min(options.requestTimeoutMs, CONNECT_TIMEOUT_MS_MAX);
    const connection = await platform.net
      .connect({ host, port, timeoutMs, ...(signal === undefined ? {} : { signal }) })
      .catch((error: unknown) => {
        throw asConnectionError(error, `${host}:${port}`);
      });
    const broker = new BrokerConnection(options, connection);
    broker.#closeWhenIdle();
    // Nobody waits any more for what it serves.
    const giveUp = (): void => broker.close();
    signal?.addEventListener('abort', giveUp);
    try {
      if (signal?.aborted === true) giveUp();
      await broker.#negotiate();
      return broker;
    } catch (error) {
      broker.close();
      throw error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  get isClosed(): boolean {
    return this.#failure !== undefined;
  }

  /** Why the connection is closed, once it is. */
  get failure(): KafkaError | undefined {
    return this.#failure;
  }

  get inFlight(): number {
    return this.#pending.length + this.#queued.length;
  }

  /** The version that `send` would use, or undefined when the broker does not serve the API. */
  versionOf(apiKey: number, maxVersion: number = Infinity): number | undefined {
    return this.#versions?.versionOf(apiKey, maxVersion);
  }

  /**
   * Sends a request at the highest version that both sides know.
   * @throws BrokerError `UNSUPPORTED_VERSION`; TimeoutError `REQUEST_TIMED_OUT`; ConnectionError
   */
  send<Request, Response>(
    api: Api<Request, Response>,
    request: Request,
    options: SendOptions = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.exchange(api, request, options, settlePromise(resolve, reject));
    });
  }

  /** As `send`, without a promise. @throws BrokerError `UNSUPPORTED_VERSION`, and for what the version cannot carry */
  exchange<Request, Response>(
    api: Api<Request, Response>,
    request: Request,
    { maxVersion, timeoutMs }: SendOptions,
    settle: Settle<Response>,
  ): void {
    const version = this.#require(api.request, maxVersion);
    this.#exchange(api, version, request, timeoutMs ?? this.#options.requestTimeoutMs, settle);
  }

  /**
   * Sends a request that is not answered (Produce with acks=0).
   * @param settle called when the system has taken it, or the connection was lost before
   */
  sendOneWay<Request>(
    codec: MessageCodec<Request>,
    request: Request,
    maxVersion: number | undefined,
    settle: (error: KafkaError | undefined) => void,
  ): void {
    const version = this.#require(codec, maxVersion);
    if (this.#failure !== undefined) {
      settle(this.#failure);
      return;
    }
    this.#write(codec, version, request, () => {
      if (this.#unsent.delete(settle)) settle(undefined);
    });
    this.#unsent.add(settle);
  }

  close(): void {
    this.cut(
      new ConnectionError(CLOSED_HERE, `the connection to ${this.address} was closed`, {
        broker: this.address,
      }),
    );
  }

  /** Closes for a reason, which requests under way fail with. */
  cut(reason: KafkaError): void {
    this.#fail(reason);
    this.#connection.destroy();
  }

  #require<Request>(codec: MessageCodec<Request>, maxVersion?: number): number {
    const version =
      codec.apiKey === undefined ? undefined : this.versionOf(codec.apiKey, maxVersion);
    if (version === undefined)
      throw new BrokerError(
        ErrorCode.UNSUPPORTED_VERSION,
        `${this.address} does not serve ${codec.name} in a version that this client knows`,
      );
    return version;
  }

  #exchange<Request, Response>(
    api: Api<Request, Response>,
    version: number,
    request: Request,
    timeoutMs: number,
    settle: Settle<Response>,
  ): void {
    if (this.#failure !== undefined) {
      settle(this.#failure, undefined);
      return;
    }
    const pending: Pending = {
      codec: api.request as MessageCodec<unknown>,
      version,
      request,
      timeoutMs,
      correlationId: 0,
      deadlineMs: 0,
      overdueMs: 0,
      settle: (error, frame) => {
        if (frame === undefined) settle(error, undefined);
        else this.#decode(api, frame, version, settle);
      },
    };
    if (this.#pending.length < IN_FLIGHT_MAX) this.#start(pending);
    else this.#queued.push(pending);
  }

  #startQueued(): void {
    while (this.#queued.length > 0 && this.#pending.length < IN_FLIGHT_MAX) {
      const next = this.#queued.shift()!;
      try {
        this.#start(next);
      } catch (error) {
        next.settle(asConnectionError(error, this.address), undefined);
      }
    }
  }

  #start(pending: Pending): void {
    pending.correlationId = this.#write(pending.codec, pending.version, pending.request);
    pending.deadlineMs = this.#lastUsedMs + pending.timeoutMs;
    pending.overdueMs = Math.max(
      this.#lastUsedMs,
      pending.deadlineMs - this.#options.requestTimeoutMs,
    );
    this.#pending.push(pending);
    if (Math.min(pending.deadlineMs, this.#silenceAtMs()) < this.#timerAtMs) this.#setTimer();
  }

  #write<Request>(
    codec: MessageCodec<Request>,
    version: number,
    request: Request,
    onFlushed?: () => void,
  ): number {
    this.#lastUsedMs = this.#options.platform.clock.monotonicMs();
    this.#correlationId = (this.#correlationId + 1) & 0x7fff_ffff;
    const { clientId } = this.#options;
    const segments = encodeRequest(codec, version, this.#correlationId, clientId, request);
    this.#connection.write(segments as Buffer[], onFlushed);
    return this.#correlationId;
  }

  #decode<Request, Response>(
    api: Api<Request, Response>,
    reader: Reader,
    version: number,
    settle: Settle<Response>,
  ): void {
    let response: Response;
    try {
      response = api.response.decode(reader, version);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const message = `${this.address} sent a ${api.response.name} that cannot be read: ${error.message}`;
      settle(new ConnectionError('EPROTO', message, { cause: error }), undefined);
      return;
    }
    settle(undefined, response);
  }

  async #negotiate(): Promise<void> {
    const { requestTimeoutMs } = this.#options;
    this.#versions = await negotiate(
      (api, version, request) =>
        new Promise((resolve, reject) => {
          this.#exchange(api, version, request, requestTimeoutMs, settlePromise(resolve, reject));
        }),
      this.address,
    );
  }

  #onData(chunk: Buffer): void {
    try {
      this.#splitter.push(chunk);
    } catch (error) {
      this.cut(asConnectionError(error, this.address));
    }
  }

  #received(frame: Buffer): void {
    const pending = this.#pending[0];
    const correlationId = frame.readInt32BE(0);
    if (pending === undefined || pending.correlationId !== correlationId)
      throw new ConnectionError(
        'EPROTO',
        `${this.address} answered ${correlationId} where ${pending?.correlationId ?? 'nothing'} was due`,
      );
    this.#lastHeardMs = this.#options.platform.clock.monotonicMs();
    // Taken out only now: had the answer been another's, `#fail` must still find the request to reject it.
    this.#pending.shift();
    const reader = new Reader(frame);
    try {
      decodeResponseHeader(reader, pending.codec.apiKey!, pending.version);
    } catch (error) {
      pending.settle(asConnectionError(error, this.address), undefined);
      return;
    }
    pending.settle(undefined, reader);
    if (this.#queued.length > 0) this.#startQueued();
  }

  #closed(error?: Error): void {
    const why = error === undefined ? 'the broker closed it' : error.message;
    const code = (error as { code?: string } | undefined)?.code ?? 'ECONNRESET';
    this.#fail(
      new ConnectionError(code, `the connection to ${this.address} was lost: ${why}`, {
        broker: this.address,
        cause: error,
      }),
    );
  }

  #fail(error: KafkaError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#timer?.cancel();
    this.#idleTimer?.cancel();
    const pending = [...this.#pending, ...this.#queued];
    this.#pending = [];
    this.#queued = [];
    // First, so that who is told of the failure and tries again does not find this connection.
    this.#options.onClose?.(error);
    for (const request of pending) request.settle(error, undefined);
    for (const settle of this.#unsent) settle(error);
    this.#unsent.clear();
  }

  /** One timer for the whole life of the connection: it looks how long nothing was sent, and sleeps for the rest. */
  #closeWhenIdle(): void {
    const { maxIdleMs, platform } = this.#options;
    if (maxIdleMs === undefined) return;
    const idleMs = platform.clock.monotonicMs() - this.#lastUsedMs;
    if (idleMs >= maxIdleMs && this.inFlight === 0) {
      this.close();
      return;
    }
    const waitMs = idleMs < maxIdleMs ? maxIdleMs - idleMs : maxIdleMs;
    this.#idleTimer = platform.timers.set(waitMs, () => this.#closeWhenIdle());
  }

  /** When the broker will have been silent for too long: answers come in order, so the oldest request counts. */
  #silenceAtMs(): number {
    const first = this.#pending[0];
    if (first === undefined || this.#options.onSilence === undefined) return Infinity;
    return Math.max(first.overdueMs, this.#lastHeardMs) + SILENCE_MS;
  }

  /**
   * One timer for the request that is due first, or for silence. It is not moved when something is answered, only looks again
   * when it rings. A late answer means that the connection is of no use any more.
   */
  #setTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
    if (this.#pending.length === 0) return;
    const { clock, timers } = this.#options.platform;
    const nowMs = clock.monotonicMs();
    const first = this.#pending.reduce((a, b) => (b.deadlineMs < a.deadlineMs ? b : a));
    if (first.deadlineMs <= nowMs) {
      const message = `${this.address} did not answer ${first.codec.name} in time`;
      this.cut(new TimeoutError('REQUEST_TIMED_OUT', message, { broker: this.address }));
      return;
    }
    if (this.#silenceAtMs() <= nowMs) {
      this.#lastHeardMs = nowMs;
      this.#options.onSilence?.();
      if (this.#failure !== undefined) return;
    }
    this.#timerAtMs = Math.min(first.deadlineMs, this.#silenceAtMs());
    this.#timer = timers.set(this.#timerAtMs - nowMs, () => this.#setTimer());
  }
}

function settlePromise<Response>(
  resolve: (response: Response) => void,
  reject: (error: KafkaError) => void,
): Settle<Response> {
  return (error, response) => {
    if (error === undefined) resolve(response!);
    else reject(error);
  };
}

function asConnectionError(error: unknown, address: string): KafkaError {
  if (error instanceof KafkaError) return error;
  const code = (error as { code?: string }).code ?? 'ECONNRESET';
  return new ConnectionError(code, `cannot talk to ${address}: ${(error as Error).message}`, {
    broker: address,
    cause: error,
  });
}
