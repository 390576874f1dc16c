// The other end of a connection between servers, answering as a test says; no sockets.
import { type Connection, NetError, nodePlatform } from '@ottla/platform';
import {
  decodeRequestHeader,
  encodeResponse,
  FRAME_SIZE_BYTES,
  type MessageCodec,
  Reader,
} from '@ottla/protocol';
import { apiVersionsResponse } from '@ottla/protocol/messages/api-versions';

/** A request as it came. */
export interface ReceivedRequest {
  readonly apiKey: number;
  readonly version: number;
  readonly correlationId: number;
  readonly answer: <T>(codec: MessageCodec<T>, body: T) => void;
  /** Bytes as they are, without a frame's size. */
  readonly answerRaw: (bytes: Buffer) => void;
}

const API_VERSIONS = 18;

/** Tells which versions it serves, and hands every other request to the test. */
export class ScriptedServer {
  /** Last version by API. */
  readonly versions: Map<number, number>;
  readonly requests: ReceivedRequest[] = [];
  /** Connections that were made. */
  connections = 0;
  /** Refuses the next connections. */
  isDown = false;
  /** Does not finish connecting before `finishConnecting`. */
  isSlow = false;
  onRequest: (request: ReceivedRequest) => void = () => {};
  readonly #open = new Set<Connection>();
  readonly #slow: (() => void)[] = [];

  constructor(versions: Readonly<Record<number, number>>) {
    this.versions = new Map(Object.entries(versions).map(([key, max]) => [Number(key), max]));
  }

  get openConnections(): number {
    return this.#open.size;
  }

  /** For `PeerOptions.connect`. */
  readonly connect = (signal: AbortSignal): Promise<Connection> => {
    this.connections += 1;
    if (this.isDown) return Promise.reject(new NetError('ECONNREFUSED', 'nobody listens'));
    if (this.isSlow)
      return new Promise((resolve, reject) => {
        this.#slow.push(() => resolve(this.#accept()));
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    return Promise.resolve(this.#accept());
  };

  /** Connections that wait are made. */
  finishConnecting(): void {
    for (const connect of this.#slow.splice(0)) connect();
  }

  #accept(): Connection {
    const [near, far] = nodePlatform().net.pipe();
    this.#open.add(far);
    let received: Buffer = Buffer.alloc(0);
    far.start({
      onData: (chunk) => {
        received = Buffer.concat([received, chunk]);
        for (;;) {
          const end = FRAME_SIZE_BYTES + (received.length < 4 ? Infinity : received.readInt32BE(0));
          if (received.length < end) return;
          this.#receive(far, received.subarray(FRAME_SIZE_BYTES, end));
          received = received.subarray(end);
        }
      },
      onClose: () => this.#open.delete(far),
    });
    return near;
  }

  /** Cuts every connection. */
  cut(): void {
    for (const connection of this.#open) connection.destroy();
  }

  #receive(connection: Connection, frame: Buffer): void {
    const header = decodeRequestHeader(new Reader(frame));
    const { requestApiKey: apiKey, requestApiVersion: version, correlationId } = header;
    const request: ReceivedRequest = {
      apiKey,
      version,
      correlationId,
      answer: (codec, body) =>
        connection.write(encodeResponse(codec, version, correlationId, body) as Buffer[]),
      answerRaw: (bytes) => {
        const size = Buffer.alloc(FRAME_SIZE_BYTES);
        size.writeInt32BE(bytes.length);
        connection.write([size, bytes]);
      },
    };
    if (apiKey === API_VERSIONS) {
      const apiKeys = [...this.versions].map(([key, maxVersion]) => ({
        apiKey: key,
        minVersion: 0,
        maxVersion,
      }));
      request.answer(apiVersionsResponse, apiVersionsResponse.create({ apiKeys }));
      return;
    }
    this.requests.push(request);
    this.onRequest(request);
  }
}
