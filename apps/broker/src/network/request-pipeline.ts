// What happens between a received frame and an encoded response: header, version, decoding, the handler, its errors.
// One pipeline serves all listeners of one role. Kafka: SocketServer.processCompletedReceives, RequestContext,
// KafkaApis.handle.

import {
  ApiKey,
  apiInfo,
  decodeRequestHeader,
  encodeResponse,
  ErrorCode,
  errorInfo,
  ProtocolError,
  Reader,
} from '@ottla/protocol';
import type { ApiInfo, RequestHeader, Segment } from '@ottla/protocol';
import { apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import type { Logger } from '@ottla/platform';
import { ApiError } from './api-error.ts';
import type { ApiHandler, ApiTable } from './api-handler.ts';
import { NO_RESPONSE } from './api-handler.ts';
import type { FrameLease, ReceivedFrame } from './frame-lease.ts';
import type { ConnectionInfo, RequestContext } from './request-context.ts';

/** A request whose header is read. */
export interface OpenedRequest {
  readonly header: RequestHeader;
  readonly api: ApiInfo;
  readonly reader: Reader;
  readonly frame: ReceivedFrame;
  /** Monotonic milliseconds when the frame was complete. */
  readonly receivedMonotonicMs: number;
  readonly receivedAtMs: number;
}

/** What is to be sent; undefined for nothing. */
export type PipelineResult = readonly Segment[] | undefined;

/** A request that ends its connection, as Kafka ends it: the peer does not speak the protocol. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError';
}

/** What the pipeline tells for metrics. */
export interface PipelineMetrics {
  error(apiName: string, errorName: string): void;
}

export interface RequestPipelineOptions<Services> {
  readonly services: Services;
  /** The APIs served; all others end the connection. */
  readonly table: ApiTable<Services>;
  readonly logger: Logger;
  readonly metrics: PipelineMetrics;
}

// oxlint-disable-next-line typescript/no-explicit-any -- requests and responses differ by API; each handler fits its own
type AnyHandler = ApiHandler<any, any>;

/** The listener's side of a connection that a request may change. */
export interface PipelineConnection extends ConnectionInfo {
  /** Called with what an ApiVersions request told (KIP-511). */
  identifyClient(softwareName: string, softwareVersion: string): void;
}

/** Opens and answers requests. Holds no state but the loaded handlers. */
export class RequestPipeline<Services = unknown> {
  readonly #options: RequestPipelineOptions<Services>;
  readonly #handlers = new Map<number, AnyHandler>();
  readonly #loading = new Map<number, Promise<void>>();

  constructor(options: RequestPipelineOptions<Services>) {
    this.#options = options;
  }

  /** APIs of the table, for ApiVersions. */
  get apiKeys(): readonly number[] {
    return [...this.#options.table.keys()];
  }

  /**
   * Reads the header.
   *
   * @throws InvalidRequestError for bytes, an API or a version that this listener does not serve
   */
  open(frame: ReceivedFrame, receivedMonotonicMs: number, receivedAtMs: number): OpenedRequest {
    const reader = new Reader(frame.lease.bytes);
    const header = refuseMalformed(() => decodeRequestHeader(reader));
    const { requestApiKey: key, requestApiVersion: version } = header;
    const api = apiInfo(key);
    if (api === undefined || !this.#options.table.has(key))
      throw new InvalidRequestError(`API ${api?.name ?? key} is not served by this listener`);
    const isServed = version >= api.minVersion && version <= api.maxVersion;
    if (!isServed && key !== ApiKey.ApiVersions)
      throw new InvalidRequestError(`${api.name} version ${version} is not supported`);
    return { header, api, reader, frame, receivedMonotonicMs, receivedAtMs };
  }

  /** @returns undefined when the API's handler is there already */
  load(apiKey: number): Promise<void> | undefined {
    if (this.#handlers.has(apiKey)) return undefined;
    const loading = this.#loading.get(apiKey) ?? this.#import(apiKey);
    this.#loading.set(apiKey, loading);
    return loading;
  }

  /**
   * Starts the handler before it returns; call it in the order of the connection's requests, after `load`. The frame is
   * the pipeline's from here on.
   *
   * @throws InvalidRequestError when the body is not such a request
   */
  answer(
    opened: OpenedRequest,
    connection: PipelineConnection,
  ): PipelineResult | Promise<PipelineResult> {
    const { api, header, reader, frame } = opened;
    const version = header.requestApiVersion;
    if (version > api.maxVersion || version < api.minVersion) {
      frame.done();
      return unsupportedApiVersions(api, header.correlationId);
    }
    const handler = this.#handlers.get(api.apiKey);
    if (handler === undefined) throw new Error(`${api.name} is not loaded`);
    const context = new PipelineContext(opened, connection);
    let request: unknown;
    try {
      request = refuseMalformed(() => handler.request.decode(reader, version));
    } catch (error) {
      context.releaseFrame();
      throw error;
    }
    if (api.apiKey === ApiKey.ApiVersions) identify(connection, request);
    let response: unknown;
    try {
      response = handler.handle(context, request);
    } catch (error) {
      return this.#fail(handler, context, request, error);
    }
    if (!(response instanceof Promise)) return this.#encode(handler, context, request, response);
    return response.then(
      (settled: unknown) => this.#encode(handler, context, request, settled),
      (error: unknown) => this.#fail(handler, context, request, error),
    );
  }

  async #import(apiKey: number): Promise<void> {
    const load = this.#options.table.get(apiKey);
    if (load === undefined) throw new Error(`no handler for API ${apiKey}`);
    try {
      const { createHandler } = await load();
      this.#handlers.set(apiKey, createHandler(this.#options.services));
    } finally {
      this.#loading.delete(apiKey);
    }
  }

  #encode(
    handler: AnyHandler,
    context: PipelineContext,
    request: unknown,
    response: unknown,
  ): PipelineResult {
    if (response === NO_RESPONSE) {
      context.releaseFrame();
      return undefined;
    }
    let segments: PipelineResult;
    try {
      segments = encodeResponse(
        handler.response,
        context.apiVersion,
        context.correlationId,
        response,
      );
    } catch (error) {
      handler.dispose?.(response);
      return this.#fail(handler, context, request, error);
    }
    context.releaseFrame();
    return segments;
  }

  /** The error as the API's own response. When even that fails, the error goes on and ends the connection. */
  #fail(
    handler: AnyHandler,
    context: PipelineContext,
    request: unknown,
    error: unknown,
  ): PipelineResult {
    context.releaseFrame();
    const { api } = context;
    const code = error instanceof ApiError ? error.code : ErrorCode.UNKNOWN_SERVER_ERROR;
    const info = errorInfo(code);
    this.#options.metrics.error(api.name, info.name);
    if (!(error instanceof ApiError))
      this.#options.logger.error(`${api.name} version ${context.apiVersion} failed`, {
        error,
        clientId: context.clientId,
        correlationId: context.correlationId,
      });
    // What an unexpected error says is for the log, not for strangers.
    const message = error instanceof ApiError ? error.message : info.description;
    const response: unknown = handler.errorResponse(request, context.apiVersion, code, message);
    return encodeResponse(handler.response, context.apiVersion, context.correlationId, response);
  }
}

class PipelineContext implements RequestContext {
  readonly connection: ConnectionInfo;
  readonly api: ApiInfo;
  readonly #opened: OpenedRequest;

  constructor(opened: OpenedRequest, connection: ConnectionInfo) {
    this.connection = connection;
    this.api = opened.api;
    this.#opened = opened;
  }

  get principal(): RequestContext['principal'] {
    return this.connection.principal;
  }
  get apiKey(): number {
    return this.api.apiKey;
  }
  get apiVersion(): number {
    return this.#opened.header.requestApiVersion;
  }
  get correlationId(): number {
    return this.#opened.header.correlationId;
  }
  get clientId(): string | null {
    return this.#opened.header.clientId;
  }
  get clientHost(): string {
    return `/${this.connection.remoteHost}`;
  }
  get receivedAtMs(): number {
    return this.#opened.receivedAtMs;
  }
  get receivedMonotonicMs(): number {
    return this.#opened.receivedMonotonicMs;
  }
  get frame(): FrameLease {
    return this.#opened.frame.lease;
  }

  releaseFrame(): void {
    this.#opened.frame.done();
  }
}

function refuseMalformed<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new InvalidRequestError(error.message, { cause: error });
  }
}

/** A client that asks in a version that is not known yet gets the range in version 0, which all can read (KIP-511). */
function unsupportedApiVersions(api: ApiInfo, correlationId: number): readonly Segment[] {
  const { apiKey, minVersion, maxVersion } = api;
  const response = apiVersionsResponse.create({
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey, minVersion, maxVersion }],
  });
  return encodeResponse(apiVersionsResponse, 0, correlationId, response);
}

const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** Whether a client's software name or version is one that KIP-511 allows; ApiVersions answers others by INVALID_REQUEST. */
export function isValidClientSoftware(text: string): boolean {
  return SOFTWARE.test(text);
}

function identify(connection: PipelineConnection, request: unknown): void {
  const { clientSoftwareName: name, clientSoftwareVersion: version } = request as {
    clientSoftwareName: string;
    clientSoftwareVersion: string;
  };
  if (isValidClientSoftware(name) && isValidClientSoftware(version))
    connection.identifyClient(name, version);
}
