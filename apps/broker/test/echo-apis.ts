// A tiny table of real APIs with handlers that tests steer, and a server around it on virtual time and in-memory pipes.

import { nodePlatform, silentLogger } from '@ottla/platform';
import type { Connection } from '@ottla/platform';
import { ApiKey, encodeRequest, ErrorCode } from '@ottla/protocol';
import type { Segment } from '@ottla/protocol';
import { apiVersionsRequest, apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import { fetchRequest, fetchResponse } from '@ottla/protocol/messages/fetch';
import type { FetchResponse } from '@ottla/protocol/messages/fetch';
import { heartbeatRequest, heartbeatResponse } from '@ottla/protocol/messages/heartbeat';
import type { HeartbeatRequest, HeartbeatResponse } from '@ottla/protocol/messages/heartbeat';
import { produceRequest, produceResponse } from '@ottla/protocol/messages/produce';
import { BrokerConfig } from '../src/config/broker-config.ts';
import { BrokerMetrics } from '../src/metrics/broker-metrics.ts';
import { NO_RESPONSE } from '../src/network/api-handler.ts';
import type { ApiHandler, ApiTable, NoResponse } from '../src/network/api-handler.ts';
import { BufferPool } from '@ottla/log';
import type { RequestContext } from '../src/network/request-context.ts';
import { RequestPipeline } from '../src/network/request-pipeline.ts';
import { SocketServer } from '../src/network/socket-server.ts';
import { TimerWheel } from '../src/purgatory/timer-wheel.ts';
import { VirtualTime } from './virtual-time.ts';

type MaybeAsync<T> = T | Promise<T>;

/** What the test's handlers do; a test replaces what it is about. */
export interface Behaviour {
  heartbeat(
    context: RequestContext,
    request: HeartbeatRequest,
  ): MaybeAsync<HeartbeatResponse | NoResponse>;
  fetch(context: RequestContext): MaybeAsync<FetchResponse>;
}

function table(): ApiTable<Behaviour> {
  const heartbeat = (behaviour: Behaviour): ApiHandler<HeartbeatRequest, HeartbeatResponse> => ({
    request: heartbeatRequest,
    response: heartbeatResponse,
    handle: (context, request) => behaviour.heartbeat(context, request),
    errorResponse: (_request, _version, code) => heartbeatResponse.create({ errorCode: code }),
  });
  const fetch = (behaviour: Behaviour): ApiHandler<unknown, FetchResponse> => ({
    request: fetchRequest,
    response: fetchResponse,
    handle: (context) => behaviour.fetch(context),
    errorResponse: (_request, _version, code) => fetchResponse.create({ errorCode: code }),
  });
  const produce = (): ApiHandler<unknown, unknown> => ({
    request: produceRequest,
    response: produceResponse as never,
    handle: () => NO_RESPONSE,
    errorResponse: () => produceResponse.create(),
  });
  const apiVersions = (): ApiHandler<unknown, unknown> => ({
    request: apiVersionsRequest,
    response: apiVersionsResponse as never,
    handle: () => apiVersionsResponse.create(),
    errorResponse: (_request, _version, code) => apiVersionsResponse.create({ errorCode: code }),
  });
  return new Map<number, never>([
    [ApiKey.Heartbeat, (() => Promise.resolve({ createHandler: heartbeat })) as never],
    [ApiKey.Fetch, (() => Promise.resolve({ createHandler: fetch })) as never],
    [ApiKey.Produce, (() => Promise.resolve({ createHandler: produce })) as never],
    [ApiKey.ApiVersions, (() => Promise.resolve({ createHandler: apiVersions })) as never],
  ]);
}

/** A server that nobody can reach but by `connect`. */
export class TestServer {
  readonly time = new VirtualTime();
  readonly lines: string[] = [];
  readonly metrics = new BrokerMetrics();
  readonly wheel = new TimerWheel({ clock: this.time, timers: this.time });
  readonly behaviour: Behaviour = {
    heartbeat: (_context, request) =>
      heartbeatResponse.create({ throttleTimeMs: request.generationId }),
    fetch: () => fetchResponse.create({ errorCode: ErrorCode.NONE }),
  };
  readonly server: SocketServer;

  constructor(overrides: readonly string[] = []) {
    const logger = { ...silentLogger, warn: this.#line, error: this.#line, child: () => logger };
    const pipeline = new RequestPipeline({
      services: this.behaviour,
      table: table(),
      logger,
      metrics: this.metrics,
    });
    this.server = new SocketServer({
      platform: { ...nodePlatform(), clock: this.time },
      config: BrokerConfig.load({ overrides }),
      logger,
      metrics: this.metrics,
      wheel: this.wheel,
      pipelines: { broker: pipeline, controller: pipeline },
      buffers: new BufferPool({ poison: true }),
    });
  }

  readonly #line = (message: string): void => void this.lines.push(message);

  /** A client's end of a new connection. */
  connect(): TestClient {
    const [client, served] = nodePlatform().net.pipe();
    this.server.adopt(served, 'PLAINTEXT');
    return new TestClient(client);
  }

  async close(): Promise<void> {
    await this.server.close();
    this.wheel.close();
  }
}

/** Collects whole response frames. */
export class TestClient {
  readonly connection: Connection;
  readonly frames: Buffer[] = [];
  isClosed = false;
  receivedBytes = 0;
  #chunks: Buffer[] = [];
  #chunkBytes = 0;

  constructor(connection: Connection) {
    this.connection = connection;
    connection.start({
      onData: (chunk) => {
        this.receivedBytes += chunk.length;
        this.#chunks.push(Buffer.from(chunk));
        this.#chunkBytes += chunk.length;
        this.#takeFrames();
      },
      onClose: () => {
        this.isClosed = true;
      },
    });
  }

  #takeFrames(): void {
    for (;;) {
      if (this.#chunkBytes < 4) return;
      if (this.#chunks[0]!.length < 4) this.#chunks = [Buffer.concat(this.#chunks)];
      const end = 4 + this.#chunks[0]!.readInt32BE(0);
      if (this.#chunkBytes < end) return;
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      this.frames.push(all.subarray(4, end));
      this.#chunks = [all.subarray(end)];
      this.#chunkBytes -= end;
    }
  }

  /** Correlation ids of the responses so far. */
  get correlationIds(): number[] {
    return this.frames.map((frame) => frame.readInt32BE(0));
  }

  /** Whole frames or pieces of them, none of them a region. */
  send(...bytes: readonly Segment[]): void {
    for (const piece of bytes) this.connection.write([piece as Uint8Array]);
  }
}

/** One whole request frame. `generationId` comes back as the response's throttle time. */
export function heartbeat(correlationId: number, generationId = 0): Buffer {
  const request = heartbeatRequest.create({ groupId: 'g', memberId: 'm', generationId });
  return Buffer.concat(
    encodeRequest(heartbeatRequest, 4, correlationId, 'test', request) as Buffer[],
  );
}

export function fetchFrame(correlationId: number): Buffer {
  return Buffer.concat(
    encodeRequest(fetchRequest, 12, correlationId, 'test', fetchRequest.create()) as Buffer[],
  );
}

/** Lets everything that is under way in memory arrive. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1)
    await new Promise<void>((resolve) => nodePlatform().timers.yield(resolve));
}
