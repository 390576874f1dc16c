// One connection to one broker: negotiates versions, pipelines requests, matches answers in order, times out.
import type { Connection, Platform, Timer } from '@ottla/platform';
import {
  apiInfo,
  decodeResponseHeader,
  encodeRequest,
  ErrorCode,
  type MessageCodec,
  ProtocolError,
  Reader,
} from '@ottla/protocol';
import { apiVersionsRequest, apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import { BrokerError, ConnectionError, KafkaError, TimeoutError } from '../errors.ts';
import { FrameSplitter } from './frame-splitter.ts';

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
  /** Called once when the connection is gone. */
  readonly onClose?: () => void;
}

export interface SendOptions {
  /** Default: the connection's `requestTimeoutMs`, added to what the broker may wait. */
  readonly timeoutMs?: number;
  /** Highest version to use, when a lower one than both sides know is wanted. */
  readonly maxVersion?: number;
}

interface Pending {
  readonly correlationId: number;
  readonly apiKey: number;
  readonly version: number;
  readonly name: string;
  readonly deadlineMs: number;
  readonly resolve: (frame: Reader) => void;
  readonly reject: (error: Error) => void;
}

const FRAME_BYTES_MAX = 256 * 1024 * 1024;
const SOFTWARE_NAME = 'ottla';
const SOFTWARE_VERSION = '0.1.0';

export class BrokerConnection {
  readonly address: string;
  readonly #options: BrokerConnectionOptions;
  readonly #connection: Connection;
  readonly #splitter: FrameSplitter;
  #pending: Pending[] = [];
  #correlationId = 0;
  #versions: ReadonlyMap<number, { min: number; max: number }> = new Map();
  #failure: KafkaError | undefined;
  #timer: Timer | undefined;

  private constructor(options: BrokerConnectionOptions, connection: Connection) {
    this.#options = options;
    this.#connection = connection;
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
    const { platform, host, port } = options;
    const connection = await platform.net
      .connect({ host, port, timeoutMs: Math.min(options.requestTimeoutMs, 10_000) })
      .catch((error: unknown) => {
        throw asConnectionError(error, `${host}:${port}`);
      });
    const broker = new BrokerConnection(options, connection);
    try {
      await broker.#negotiate();
      return broker;
    } catch (error) {
      broker.close();
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.#failure !== undefined;
  }

  get inFlight(): number {
    return this.#pending.length;
  }

  /** The version that `send` would use, or undefined when the broker does not serve the API. */
  versionOf(apiKey: number, maxVersion: number = Infinity): number | undefined {
    const theirs = this.#versions.get(apiKey);
    const ours = apiInfo(apiKey);
    if (theirs === undefined || ours === undefined) return undefined;
    const version = Math.min(theirs.max, ours.maxVersion, maxVersion);
    return version >= Math.max(theirs.min, ours.minVersion) ? version : undefined;
  }

  /**
   * Sends a request at the highest version that both sides know.
   * @throws BrokerError `UNSUPPORTED_VERSION`; TimeoutError `REQUEST_TIMED_OUT`; ConnectionError
   */
  async send<Request, Response>(
    api: Api<Request, Response>,
    request: Request,
    options: SendOptions = {},
  ): Promise<Response> {
    const version = this.#require(api.request, options.maxVersion);
    const reader = await this.#exchange(api.request, version, request, options.timeoutMs);
    return this.#decode(api, reader, version);
  }

  /** Sends a request that is not answered (Produce with acks=0). */
  sendOneWay<Request>(codec: MessageCodec<Request>, request: Request, maxVersion?: number): void {
    const version = this.#require(codec, maxVersion);
    if (this.#failure !== undefined) throw this.#failure;
    this.#write(codec, version, request);
  }

  close(): void {
    this.#fail(
      new ConnectionError('ECLOSED', `the connection to ${this.address} was closed`, {
        broker: this.address,
      }),
    );
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

  #exchange<Request>(
    codec: MessageCodec<Request>,
    version: number,
    request: Request,
    timeoutMs: number = this.#options.requestTimeoutMs,
  ): Promise<Reader> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const correlationId = this.#write(codec, version, request);
      const deadlineMs = this.#options.platform.clock.monotonicMs() + timeoutMs;
      this.#pending.push({
        correlationId,
        apiKey: codec.apiKey!,
        version,
        name: codec.name,
        deadlineMs,
        resolve,
        reject,
      });
      if (this.#timer === undefined) this.#setTimer();
    });
  }

  #write<Request>(codec: MessageCodec<Request>, version: number, request: Request): number {
    this.#correlationId = (this.#correlationId + 1) & 0x7fff_ffff;
    const segments = encodeRequest(
      codec,
      version,
      this.#correlationId,
      this.#options.clientId,
      request,
    );
    this.#connection.write(segments as Buffer[]);
    return this.#correlationId;
  }

  #decode<Request, Response>(
    api: Api<Request, Response>,
    reader: Reader,
    version: number,
  ): Response {
    try {
      return api.response.decode(reader, version);
    } catch (error) {
      if (error instanceof ProtocolError)
        throw new ConnectionError(
          'EPROTO',
          `${this.address} sent a ${api.response.name} that cannot be read: ${error.message}`,
          { cause: error },
        );
      throw error;
    }
  }

  async #negotiate(): Promise<void> {
    const api = { request: apiVersionsRequest, response: apiVersionsResponse };
    const request = apiVersionsRequest.create({
      clientSoftwareName: SOFTWARE_NAME,
      clientSoftwareVersion: SOFTWARE_VERSION,
    });
    const newest = apiInfo(apiVersionsRequest.apiKey!)!.maxVersion;
    const reader = await this.#exchange(apiVersionsRequest, newest, request);
    // A broker that does not know the version answers at version 0, error code first.
    const isRefused = reader.buffer.readInt16BE(reader.position) === ErrorCode.UNSUPPORTED_VERSION;
    const response = isRefused
      ? this.#decode(api, await this.#exchange(apiVersionsRequest, 0, request), 0)
      : this.#decode(api, reader, newest);
    if (response.errorCode !== ErrorCode.NONE)
      throw new BrokerError(response.errorCode, undefined, { broker: this.address });
    this.#versions = new Map(
      response.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
        apiKey,
        { min: minVersion, max: maxVersion },
      ]),
    );
  }

  #onData(chunk: Buffer): void {
    try {
      this.#splitter.push(chunk);
    } catch (error) {
      this.#fail(asConnectionError(error, this.address));
      this.#connection.destroy();
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
    // Taken out only now: had the answer been another's, `#fail` must still find the request to reject it.
    this.#pending.shift();
    const reader = new Reader(frame);
    try {
      decodeResponseHeader(reader, pending.apiKey, pending.version);
    } catch (error) {
      pending.reject(asConnectionError(error, this.address));
      return;
    }
    pending.resolve(reader);
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
    const pending = this.#pending;
    this.#pending = [];
    for (const request of pending) request.reject(error);
    this.#options.onClose?.();
  }

  /** Answers come in order, so only deadlines matter; a late one means that the connection is of no use any more. */
  #setTimer(): void {
    this.#timer = undefined;
    if (this.#pending.length === 0 || this.#failure !== undefined) return;
    const { clock, timers } = this.#options.platform;
    const earliest = this.#pending.reduce((first, pending) =>
      pending.deadlineMs < first.deadlineMs ? pending : first,
    );
    this.#timer = timers.set(Math.max(0, earliest.deadlineMs - clock.monotonicMs()), () => {
      const isLate = this.#pending.includes(earliest);
      if (!isLate) {
        this.#setTimer();
        return;
      }
      this.#fail(
        new TimeoutError(
          'REQUEST_TIMED_OUT',
          `${this.address} did not answer ${earliest.name} in time`,
          { broker: this.address },
        ),
      );
      this.#connection.destroy();
    });
  }
}

function asConnectionError(error: unknown, address: string): KafkaError {
  if (error instanceof KafkaError) return error;
  const code = (error as { code?: string }).code ?? 'ECONNRESET';
  return new ConnectionError(code, `cannot talk to ${address}: ${(error as Error).message}`, {
    broker: address,
    cause: error,
  });
}
