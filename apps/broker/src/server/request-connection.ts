// The client's half of the protocol, as far as a server needs it to talk to another one: frames out, frames in, answers
// matched by correlation id. Kafka: NetworkClient, InterBrokerSendThread.

import { NetError } from '@ottla/platform';
import type { Connection } from '@ottla/platform';
import {
  decodeResponseHeader,
  encodeRequest,
  FRAME_SIZE_BYTES,
  ProtocolError,
  Reader,
} from '@ottla/protocol';
import type { MessageCodec } from '@ottla/protocol';

interface Waiter {
  /** Is given the reader at the response's body; undefined when the connection ended. */
  readonly answered: (reader: Reader | undefined, error?: Error) => void;
  readonly apiKey: number;
  readonly version: number;
}

/** One connection to a server; requests may overlap. */
export class RequestConnection {
  readonly #connection: Connection;
  readonly #clientId: string;
  readonly #waiters = new Map<number, Waiter>();
  #received: Buffer = Buffer.alloc(0);
  #nextCorrelationId = 0;
  #isClosed = false;

  /** @param connection not started yet */
  constructor(connection: Connection, clientId: string) {
    this.#connection = connection;
    this.#clientId = clientId;
    connection.start({
      onData: (chunk) => this.#receive(chunk),
      onClose: (error) => this.#end(error),
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @throws NetError when the connection ends first, ProtocolError when the answer cannot be read */
  request<Request, Response>(
    request: MessageCodec<Request>,
    response: MessageCodec<Response>,
    version: number,
    body: Request,
  ): Promise<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
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
      answered: (reader, error) => {
        if (reader === undefined) {
          reject(error ?? connectionEnded());
          return;
        }
        try {
          resolve(response.decode(reader, version));
        } catch (cause) {
          reject(cause as Error);
        }
      },
    });
    this.#connection.write(frame.filter((piece) => piece instanceof Uint8Array));
    return promise;
  }

  /** Cuts the connection; whoever waits hears of it. */
  close(): void {
    this.#connection.destroy();
    this.#end();
  }

  #receive(chunk: Buffer): void {
    let rest = Buffer.concat([this.#received, chunk]);
    while (rest.length >= FRAME_SIZE_BYTES) {
      const end = FRAME_SIZE_BYTES + rest.readInt32BE(0);
      if (rest.length < end) break;
      this.#answer(rest.subarray(FRAME_SIZE_BYTES, end));
      rest = rest.subarray(end);
    }
    this.#received = rest;
  }

  #answer(frame: Buffer): void {
    const correlationId = frame.length < 4 ? -1 : frame.readInt32BE(0);
    const waiter = this.#waiters.get(correlationId);
    if (waiter === undefined) {
      this.#end(new ProtocolError('MALFORMED', `an answer to no request (${correlationId})`));
      this.#connection.destroy();
      return;
    }
    this.#waiters.delete(correlationId);
    const reader = new Reader(frame);
    decodeResponseHeader(reader, waiter.apiKey, waiter.version);
    waiter.answered(reader);
  }

  #end(error?: Error): void {
    this.#isClosed = true;
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const { answered } of waiters) answered(undefined, error);
  }
}

function connectionEnded(): NetError {
  return new NetError('ECONNRESET', 'the connection ended');
}
