// Another server of the cluster, at one address: connected to when first asked, again after a connection ended, and asked
// in versions that both sides know. Kafka: NetworkClient with ApiVersions, InterBrokerSendThread.

import { NetError } from '@ottla/platform';
import type { Connection, Platform } from '@ottla/platform';
import { ErrorCode, errorInfo, requireApi } from '@ottla/protocol';
import type { MessageCodec } from '@ottla/protocol';
import { apiVersionsRequest, apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import { ApiError } from '../network/api-error.ts';
import { RequestConnection } from './request-connection.ts';

/** Bytes of one answer, above which the connection is cut: as much as a server takes of a client by default. */
const RESPONSE_BYTES_MAX = 100 * 1024 * 1024;

export interface PeerOptions {
  readonly platform: Pick<Platform, 'timers'>;
  readonly clientId: string;
  /** Opens a connection; see {@link connectTo}. */
  readonly connect: (signal: AbortSignal) => Promise<Connection>;
  /** Bytes of one answer, above which the connection is cut; default 100 MB. */
  readonly responseBytesMax?: number;
  /** For connecting and ApiVersions together, milliseconds; default 3,000 (`socket.connection.setup.timeout.ms`). */
  readonly setupTimeoutMs?: number;
}

/** Several round trips of a slow way, and yet soon enough anew where what was sent is lost for good. */
const SETUP_TIMEOUT_MS = 3_000;

/** How one request is sent. */
export interface PeerRequestOptions {
  /**
   * For connecting, sending and the answer together. What is late costs the connection, as in Kafka; but not one that is
   * still being made, which the next request finds: otherwise a way on which that takes longer is never found.
   */
  readonly timeoutMs: number;
  /** Default: the last stable version that both sides know. */
  readonly version?: number;
}

interface Link {
  readonly connection: RequestConnection;
  /** Last version by API. */
  readonly versions: ReadonlyMap<number, number>;
}

/** One server; requests may overlap, and are answered in their order. */
export class Peer {
  readonly #options: PeerOptions;
  #link: Promise<Link> | undefined;
  /** The link is there. */
  #isLinked = false;
  #connection: RequestConnection | undefined;
  #connecting = new AbortController();
  #isClosed = false;

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  /**
   * @throws NetError when the server cannot be reached, the connection ends first or the time is up (`ETIMEDOUT`);
   * ApiError UNSUPPORTED_VERSION when the server does not know the API; ProtocolError when the answer cannot be read
   */
  async request<Request, Response>(
    request: MessageCodec<Request>,
    response: MessageCodec<Response>,
    body: Request,
    { timeoutMs, version }: PeerRequestOptions,
  ): Promise<Response> {
    const late = Promise.withResolvers<never>();
    let isLate = false;
    const timer = this.#options.platform.timers.set(timeoutMs, () => {
      const error = new NetError('ETIMEDOUT', `no answer within ${timeoutMs} ms`);
      isLate = true;
      late.reject(error);
      if (this.#isLinked) this.#cut(error);
    });
    try {
      // What its asker has given up is not sent: it asks again.
      const answer = this.#connected().then((link) =>
        isLate ? late.promise : ask(link, request, response, body, version),
      );
      return await Promise.race([late.promise, answer]);
    } finally {
      timer.cancel();
    }
  }

  /** Cuts the connection; whoever waits hears of it. Nothing is sent any more. */
  close(): void {
    this.#isClosed = true;
    this.#cut();
  }

  #connected(): Promise<Link> {
    if (this.#connection?.isClosed === true) this.#cut();
    if (this.#link !== undefined) return this.#link;
    const link = this.#connect();
    this.#link = link;
    const { platform, setupTimeoutMs = SETUP_TIMEOUT_MS } = this.#options;
    const timer = platform.timers.set(setupTimeoutMs, () => {
      if (this.#link === link) this.#cut(new NetError('ETIMEDOUT', 'no connection in time'));
    });
    link.then(
      () => {
        timer.cancel();
        if (this.#link === link) this.#isLinked = true;
      },
      () => {
        timer.cancel();
        if (this.#link === link) this.#cut();
      },
    );
    return link;
  }

  async #connect(): Promise<Link> {
    const { clientId, connect, responseBytesMax = RESPONSE_BYTES_MAX } = this.#options;
    if (this.#isClosed) throw new NetError('ECONNABORTED', 'this side is closed');
    const { signal } = this.#connecting;
    const stream = await connect(signal);
    if (signal.aborted) {
      stream.destroy();
      throw new NetError('ECONNABORTED', 'this side is closed');
    }
    const connection = new RequestConnection(stream, clientId, { responseBytesMax });
    this.#connection = connection;
    const asked = apiVersionsRequest.create(SOFTWARE);
    const answer = await connection.request(
      apiVersionsRequest,
      apiVersionsResponse,
      API_VERSIONS_VERSION,
      asked,
    );
    if (answer.errorCode !== ErrorCode.NONE)
      throw new NetError('EPROTO', `ApiVersions: ${errorInfo(answer.errorCode).name}`);
    const versions = new Map(answer.apiKeys.map(({ apiKey, maxVersion }) => [apiKey, maxVersion]));
    return { connection, versions };
  }

  #cut(error?: Error): void {
    // Whoever is connecting hears of it as of any other failure of the way.
    this.#connecting.abort(error ?? new NetError('ECONNABORTED', 'this side is closed'));
    this.#connecting = new AbortController();
    this.#link = undefined;
    this.#isLinked = false;
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close(error);
  }
}

function ask<Request, Response>(
  { connection, versions }: Link,
  request: MessageCodec<Request>,
  response: MessageCodec<Response>,
  body: Request,
  version: number | undefined,
): Promise<Response> {
  const chosen = version ?? lastCommonVersion(request.apiKey ?? -1, versions);
  return connection.request(request, response, chosen, body);
}

/** Opens a connection to an address. */
export function connectTo(
  { net }: Pick<Platform, 'net'>,
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
): (signal: AbortSignal) => Promise<Connection> {
  return (signal) => net.connect({ host, port, timeoutMs, signal });
}

/** @throws ApiError UNSUPPORTED_VERSION */
function lastCommonVersion(apiKey: number, versions: ReadonlyMap<number, number>): number {
  const { name, minVersion, maxVersion } = requireApi(apiKey);
  const theirs = versions.get(apiKey);
  if (theirs === undefined || theirs < minVersion)
    throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, `the other server does not serve ${name}`);
  return Math.min(maxVersion, theirs);
}

/** Known to every server since Apache Kafka 2.4. */
const API_VERSIONS_VERSION = 3;
const SOFTWARE = { clientSoftwareName: 'ottla', clientSoftwareVersion: '1' } as const;
