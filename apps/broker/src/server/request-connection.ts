// The client's half of the protocol, as far as a server needs it to talk to another one: frames out, frames in, answers
// matched by correlation id. Kafka: NetworkClient, InterBrokerSendThread.

import { NetError } from '@ottla/platform';
import type { Connection } from '@ottla/platform';
import { decodeResponseHeader, encodeRequest, ProtocolError, Reader } from '@ottla/protocol';
import type { MessageCodec } from '@ottla/protocol';
import { ownFrame, type ResponseFrame, ResponseFrames } from './response-frames.ts';

export interface RequestConnectionOptions<Frame extends ResponseFrame = ResponseFrame> {
  /** Memory for an answer; default: the garbage collector's. */
  readonly lease?: (sizeBytes: number) => Frame;
  /** Default: what an int32 can say. */
  readonly responseBytesMax?: number;
}

/** An answer whose `Buffer` fields are slices of its frame. */
export interface HeldResponse<Response, Frame extends ResponseFrame = ResponseFrame> {
  readonly body: Response;
  /** The receiver's to release. */
  readonly frame: Frame;
}

interface Waiter<Frame> {
  /** Is given the reader at the response's body and its frame, which it must release; undefined when the connection ended. */
  readonly answered: (reader: Reader | undefined, frame?: Frame, error?: Error) => void;
  readonly apiKey: number;
  readonly version: number;
}

/** One connection to a server; requests may overlap. */
export class RequestConnection<Frame extends ResponseFrame = ResponseFrame> {
  readonly #connection: Connection;
  readonly #clientId: string;
  readonly #waiters = new Map<number, Waiter<Frame>>();
  readonly #frames: ResponseFrames<Frame>;
  #nextCorrelationId = 0;
  #isClosed = false;

  /** @param connection not started yet */
  constructor(
    connection: Connection,
    clientId: string,
    options: RequestConnectionOptions<Frame> = {},
  ) {
    this.#connection = connection;
    this.#clientId = clientId;
    this.#frames = new ResponseFrames({
      // Who gives no lease names no kind of frame either.
      lease: options.lease ?? (ownFrame as (sizeBytes: number) => Frame),
      sizeBytesMax: options.responseBytesMax ?? 0x7fffffff,
      onFrame: (frame) => this.#answer(frame),
    });
    connection.start({
      onData: (chunk) => this.#receive(chunk),
      onClose: (error) => this.#end(error),
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Slices of the frame in the answer are valid as long as the garbage collector owns it, that is, without `lease`.
   *
   * @throws NetError when the connection ends first, ProtocolError when the answer cannot be read
   */
  async request<Request, Response>(
    request: MessageCodec<Request>,
    response: MessageCodec<Response>,
    version: number,
    body: Request,
  ): Promise<Response> {
    const held = await this.requestHeld(request, response, version, body);
    held.frame.release();
    return held.body;
  }

  /** As `request`; the answer's memory is the caller's to give back. */
  requestHeld<Request, Response>(
    request: MessageCodec<Request>,
    response: MessageCodec<Response>,
    version: number,
    body: Request,
  ): Promise<HeldResponse<Response, Frame>> {
    const { promise, resolve, reject } = Promise.withResolvers<HeldResponse<Response, Frame>>();
    if (this.#isClosed) {
      reject(connectionEnded());
      return promise;
    }
    const correlationId = this.#nextCorrelationId;
    this.#nextCorrelationId = (correlationId + 1) & 0x7fffffff;
    const frame = encodeRequest(request, version, correlationId, this.#clientId, body);
    this.#waiters.set(correlationId, {
      apiKey: request.apiKey ?? -1,
      version,
      answered: (reader, held, error) => {
        if (reader === undefined || held === undefined) {
          reject(error ?? connectionEnded());
          return;
        }
        try {
          resolve({ body: response.decode(reader, version), frame: held });
        } catch (cause) {
          held.release();
          reject(cause as Error);
        }
      },
    });
    this.#connection.write(frame.filter((piece) => piece instanceof Uint8Array));
    return promise;
  }

  /** Cuts the connection; whoever waits hears of it, with this error if there is one. */
  close(error?: Error): void {
    this.#connection.destroy();
    this.#end(error);
  }

  #receive(chunk: Buffer): void {
    try {
      this.#frames.receive(chunk);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #answer(frame: Frame): void {
    const { bytes } = frame;
    const correlationId = bytes.readInt32BE(0);
    const waiter = this.#waiters.get(correlationId);
    if (waiter === undefined) {
      frame.release();
      this.#fail(new ProtocolError('MALFORMED', `an answer to no request (${correlationId})`));
      return;
    }
    this.#waiters.delete(correlationId);
    const reader = new Reader(bytes);
    decodeResponseHeader(reader, waiter.apiKey, waiter.version);
    waiter.answered(reader, frame);
  }

  #fail(error: Error): void {
    this.#end(error);
    this.#connection.destroy();
  }

  #end(error?: Error): void {
    this.#isClosed = true;
    this.#frames.close();
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const { answered } of waiters) answered(undefined, undefined, error);
  }
}

function connectionEnded(): NetError {
  return new NetError('ECONNRESET', 'the connection ended');
}
