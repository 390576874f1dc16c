// A whole server for a test, and a client that speaks the protocol to it over a socket.
import { readFileSync } from 'node:fs';
import { nodePlatform } from '@ottla/platform';
import { loadMessages, type MessageCodec, requireApi } from '@ottla/protocol';
import {
  BrokerConfig,
  type EndPoint,
  MEMORY_PRESETS,
  type RunningServer,
  startServer,
  type StartOptions,
} from '../src/index.ts';
import { RequestConnection } from '../src/server/request-connection.ts';

/** Listeners on free ports of loopback. */
export const LOOPBACK: Readonly<Record<string, string>> = {
  listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
};

/** A server in memory, unless the options say otherwise. @param overrides `key=value` */
export function startTestServer(
  overrides: readonly string[] = [],
  options: StartOptions = { memory: {} },
): Promise<RunningServer> {
  const memory = options.memory === undefined ? {} : MEMORY_PRESETS;
  const config = BrokerConfig.load({ presets: { ...memory, ...LOOPBACK }, overrides });
  return startServer({ ...options, config });
}

/** Connected to one listener; asks in the last stable version unless told otherwise. */
export class ProtocolClient {
  readonly #connection: RequestConnection;

  private constructor(connection: RequestConnection) {
    this.#connection = connection;
  }

  static async connect({ host, port }: Pick<EndPoint, 'host' | 'port'>): Promise<ProtocolClient> {
    const connection = await nodePlatform().net.connect({ host, port });
    return new ProtocolClient(new RequestConnection(connection, 'test-client'));
  }

  get isClosed(): boolean {
    return this.#connection.isClosed;
  }

  ask<Request, Response>(
    [request, response]: readonly [MessageCodec<Request>, MessageCodec<Response>],
    body: Partial<Request> = {},
    version: number = requireApi(request.apiKey ?? -1).maxVersion,
  ): Promise<Response> {
    return this.#connection.request(request, response, version, request.create(body));
  }

  /** Sends a body as it is; resolves with the decoded response. */
  async askRaw(apiKey: number, version: number, body: Buffer): Promise<unknown> {
    const { request, response } = await loadMessages(apiKey);
    const raw: MessageCodec<Buffer> = {
      ...request,
      size: () => body.length,
      spliced: () => 0,
      encode: (writer) => writer.raw(body),
    };
    return this.#connection.request(raw, response, version, body);
  }

  close(): void {
    this.#connection.close();
  }
}

/** One golden request: a body that Apache Kafka's own classes wrote. */
export interface GoldenRequest {
  readonly api: string;
  readonly apiKey: number;
  readonly version: number;
  readonly variant: string;
  readonly body: Buffer;
}

/** All golden requests of an API that are within its stable versions. */
export function goldenRequests(apiKey: number): GoldenRequest[] {
  const { name, minVersion, maxVersion } = requireApi(apiKey);
  const file = new URL(`../../../packages/protocol/test/golden/${name}.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { kind: string; hex: string } & Omit<GoldenRequest, 'body'>)
    .filter(
      ({ kind, version }) => kind === 'request' && version >= minVersion && version <= maxVersion,
    )
    .map(({ hex, ...line }) => ({ ...line, body: Buffer.from(hex, 'hex') }));
}

/** Runs `use` with a client of whoever listens there. @param at end point, or `host:port` */
export async function withClient<T>(
  at: string | { readonly host: string; readonly port: number },
  use: (client: ProtocolClient) => Promise<T>,
): Promise<T> {
  const [host = '', port] = typeof at === 'string' ? at.split(':') : [at.host, at.port];
  const client = await ProtocolClient.connect({ host, port: Number(port) });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}
