// The broker's way to the active controller: requests in the encoded protocol over one connection at a time, asked again
// until a controller answers or the deadline has passed. Kafka: NodeToControllerChannelManager, ForwardingManager.

import { NetError } from '@ottla/platform';
import type { Connection, Logger, Platform } from '@ottla/platform';
import {
  decodeResponseHeader,
  encodeMessage,
  encodeRequest,
  ErrorCode,
  FRAME_SIZE_BYTES,
  Reader,
} from '@ottla/protocol';
import type { MessageCodec } from '@ottla/protocol';
import { defaultPrincipalData } from '@ottla/protocol/messages/default-principal-data';
import { envelopeRequest, envelopeResponse } from '@ottla/protocol/messages/envelope';
import { ApiError } from '../network/api-error.ts';
import type { Principal, RequestContext } from '../network/request-context.ts';
import { addressBytes } from './address-bytes.ts';
import { Peer } from './peer.ts';

/** How the broker's own requests are sent. */
export interface SendOptions {
  /** Default: the API's last stable version. */
  readonly version?: number;
  /** Default: the channel's. */
  readonly timeoutMs?: number;
}

/** Sends requests to the active controller. */
export interface ControllerChannel {
  /**
   * The broker's own request.
   *
   * @throws ApiError REQUEST_TIMED_OUT when no active controller answered in time
   */
  send<Request, Response>(
    request: MessageCodec<Request>,
    response: MessageCodec<Response>,
    body: Request,
    options?: SendOptions,
  ): Promise<Response>;
  /**
   * A client's request in an Envelope, in its own version and with its principal.
   *
   * @throws ApiError REQUEST_TIMED_OUT as `send`
   */
  forward<Request, Response>(
    context: ForwardedContext,
    request: MessageCodec<Request>,
    response: MessageCodec<Response>,
    body: Request,
  ): Promise<Response>;
}

/** What of a client's request travels in the envelope. */
export type ForwardedContext = Pick<
  RequestContext,
  'apiVersion' | 'correlationId' | 'clientId' | 'principal' | 'connection'
>;

/** The active controller as it is known now. */
export interface ActiveController {
  /** Another one when another node leads, or the same in another epoch. */
  readonly key: string;
  readonly connect: (signal: AbortSignal) => Promise<Connection>;
  /** As of PeerOptions. */
  readonly setupTimeoutMs?: number;
}

/** What a channel works with. */
export interface ConnectedChannelOptions {
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
  readonly logger: Logger;
  readonly clientId: string;
  /** Where the active controller is thought to be; undefined while nobody is known. */
  readonly activeController: () => ActiveController | undefined;
  /** For one request with all its attempts; Kafka's `request.timeout.ms` of forwarding, 30 s. */
  readonly timeoutMs: number;
}

/** Shortest pause before a request is sent again. */
const RETRY_PAUSE_MS = 20;
/** Longest such pause; the shortest one doubles up to it. */
const RETRY_PAUSE_MS_MAX = 160;

/**
 * Connects when first needed, anew after a connection ended, and elsewhere when another controller is active. A server
 * may answer the requests of one connection one after the other, so what must not wait for others has its own channel.
 */
export class ConnectedChannel implements ControllerChannel {
  readonly #options: ConnectedChannelOptions;
  readonly #closing = new AbortController();
  #current: { readonly key: string; readonly peer: Peer } | undefined;
  /** What ends the pauses that are going on. */
  readonly #pauses = new Set<() => void>();

  constructor(options: ConnectedChannelOptions) {
    this.#options = options;
  }

  send<Request, Response>(
    request: MessageCodec<Request>,
    response: MessageCodec<Response>,
    body: Request,
    { version, timeoutMs = this.#options.timeoutMs }: SendOptions = {},
  ): Promise<Response> {
    return this.#retrying(timeoutMs, async (peer, remainingMs) => {
      const options = { timeoutMs: remainingMs, ...(version === undefined ? {} : { version }) };
      const answer = await peer.request(request, response, body, options);
      return errorCodeOf(answer) === ErrorCode.NOT_CONTROLLER ? undefined : answer;
    });
  }

  forward<Request, Response>(
    context: ForwardedContext,
    request: MessageCodec<Request>,
    response: MessageCodec<Response>,
    body: Request,
  ): Promise<Response> {
    const { apiVersion, correlationId, clientId, connection } = context;
    const frame = encodeRequest(request, apiVersion, correlationId, clientId, body);
    const envelope = envelopeRequest.create({
      requestData: Buffer.concat(frame as Buffer[]).subarray(FRAME_SIZE_BYTES),
      requestPrincipal: encodePrincipal(context.principal),
      clientHostAddress: addressBytes(connection.remoteHost),
    });
    return this.#retrying(this.#options.timeoutMs, async (peer, timeoutMs) => {
      const options = { timeoutMs };
      const answer = await peer.request(envelopeRequest, envelopeResponse, envelope, options);
      if (answer.errorCode === ErrorCode.NOT_CONTROLLER) return undefined;
      if (answer.errorCode !== ErrorCode.NONE || answer.responseData === null)
        throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR);
      const reader = new Reader(answer.responseData);
      decodeResponseHeader(reader, request.apiKey ?? -1, apiVersion);
      return response.decode(reader, apiVersion);
    });
  }

  /** Call when another node may have become the active controller: whoever waits for the old one asks the new one. */
  controllerChanged(): void {
    const active = this.#options.activeController();
    if (active === undefined || this.#current?.key === active.key) return;
    this.#disconnect();
    this.#endPauses();
  }

  /** Cuts the connection and ends every attempt. */
  close(): void {
    this.#closing.abort();
    this.#disconnect();
    this.#endPauses();
  }

  /** @param attempt resolves with undefined when another node is the controller, or none is yet */
  async #retrying<T>(
    timeoutMs: number,
    attempt: (peer: Peer, timeoutMs: number) => Promise<T | undefined>,
  ): Promise<T> {
    const { clock } = this.#options.platform;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    let pauseMs = RETRY_PAUSE_MS;
    while (!this.#closing.signal.aborted && clock.monotonicMs() < deadlineMs) {
      const answer = await this.#attempt(attempt, deadlineMs - clock.monotonicMs());
      if (answer !== undefined) return answer;
      if (this.#closing.signal.aborted) break;
      await this.#pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, RETRY_PAUSE_MS_MAX);
    }
    throw new ApiError(ErrorCode.REQUEST_TIMED_OUT, 'no active controller answered in time');
  }

  /** Ends early when another node may be the controller. */
  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#pauses.delete(end);
        resolve();
      };
      const timer = this.#options.platform.timers.set(delayMs, end);
      this.#pauses.add(end);
    });
  }

  #endPauses(): void {
    for (const end of this.#pauses) end();
  }

  async #attempt<T>(
    attempt: (peer: Peer, timeoutMs: number) => Promise<T | undefined>,
    remainingMs: number,
  ): Promise<T | undefined> {
    const peer = this.#peer();
    if (peer === undefined) return undefined;
    try {
      return await attempt(peer, remainingMs);
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      return undefined;
    }
  }

  #peer(): Peer | undefined {
    const active = this.#options.activeController();
    if (active === undefined) return undefined;
    if (this.#current?.key === active.key) return this.#current.peer;
    this.#disconnect();
    const { platform, clientId } = this.#options;
    const { key, ...way } = active;
    const peer = new Peer({ platform, clientId, ...way });
    this.#current = { key, peer };
    return peer;
  }

  #disconnect(): void {
    this.#current?.peer.close();
    this.#current = undefined;
  }
}

/** The form in which Kafka's default builder writes a principal: a version, then DefaultPrincipalData. */
function encodePrincipal({ type, name }: Principal): Buffer {
  const version = defaultPrincipalData.maxVersion;
  const bytes = encodeMessage(
    defaultPrincipalData,
    defaultPrincipalData.create({ type, name, tokenAuthenticated: false }),
    version,
    2,
  );
  bytes.writeInt16BE(version);
  return bytes;
}

function errorCodeOf(answer: unknown): number | undefined {
  return (answer as { readonly errorCode?: number }).errorCode;
}
