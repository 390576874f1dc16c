// The data plane of a broker without the rest: partitions on a disk in memory, their handlers, real frames over an
// in-memory connection, on virtual time. Metadata is given as records, as the log of the cluster would.
import { GroupCoordinator } from '@ottla/coordinator';
import { BufferPool, LogDirectory, SlabPool } from '@ottla/log';
import {
  EMPTY_IMAGE,
  MetadataDelta,
  type MetadataImage,
  type MetadataRecord,
  metadataRecord,
} from '@ottla/metadata';
import { type Disk, memoryDisk, nodePlatform, type Platform, silentLogger } from '@ottla/platform';
import {
  ApiKey,
  decodeResponseHeader,
  encodeRequest,
  type MessageCodec,
  Reader,
} from '@ottla/protocol';
import { BrokerConfig } from '../src/config/broker-config.ts';
import { BROKER_API_TABLE } from '../src/handlers/api-table.ts';
import { BrokerMetrics } from '../src/metrics/broker-metrics.ts';
import { RequestPipeline } from '../src/network/request-pipeline.ts';
import { SocketServer } from '../src/network/socket-server.ts';
import { Purgatory } from '../src/purgatory/purgatory.ts';
import { TimerWheel } from '../src/purgatory/timer-wheel.ts';
import { coordinatorElections } from '../src/replica/coordinator-log.ts';
import { partitionCount, Replicas, type ReplicasOptions } from '../src/replica/replicas.ts';
import type { BrokerServices } from '../src/server/broker-services.ts';
import { settle, TestClient } from './echo-apis.ts';
import { VirtualTime } from './virtual-time.ts';

export const BROKER_ID = 1;
/** What the data plane answers itself. */
export const DATA_PLANE_APIS: readonly number[] = [
  ApiKey.Produce,
  ApiKey.Fetch,
  ApiKey.ListOffsets,
  ApiKey.OffsetForLeaderEpoch,
  ApiKey.DeleteRecords,
  ApiKey.DescribeLogDirs,
  ApiKey.InitProducerId,
  ApiKey.FindCoordinator,
  ApiKey.JoinGroup,
  ApiKey.SyncGroup,
  ApiKey.Heartbeat,
  ApiKey.LeaveGroup,
  ApiKey.OffsetCommit,
  ApiKey.OffsetFetch,
  ApiKey.DescribeGroups,
  ApiKey.ListGroups,
  ApiKey.DeleteGroups,
  ApiKey.OffsetDelete,
];
const DIRECTORY_ID = 'ZGlyZWN0b3J5LWRpcmVjdA';

export interface DataPlaneOptions {
  readonly disk?: Disk;
  /** Broker settings, `key=value`. */
  readonly config?: readonly string[];
  readonly tailCacheBytes?: number;
  readonly image?: MetadataImage;
  /** Overwrite memory that was given back; default true. */
  readonly poison?: boolean;
  /** Default `BROKER_ID`. */
  readonly brokerId?: number;
  /** Default: of its own. */
  readonly time?: VirtualTime;
  /** How it replicates with others; default: not at all. */
  readonly replication?: (
    plane: DataPlane,
  ) => Pick<
    ReplicasOptions,
    'brokerEpoch' | 'lagMaxMs' | 'isrChanges' | 'fetchers' | 'leaderQuota'
  >;
}

/** A topic's id, made of its name. */
export function topicIdOf(name: string): string {
  return Buffer.from(name.padEnd(16, '.').slice(0, 16)).toString('base64url');
}

export class DataPlane {
  readonly time: VirtualTime;
  readonly wheel: TimerWheel;
  readonly purgatory: Purgatory;
  readonly slabs: SlabPool;
  readonly errors: unknown[] = [];
  readonly buffers: BufferPool;
  readonly metrics = new BrokerMetrics();
  /** Topics that somebody wanted to be created. */
  readonly autoCreated: string[] = [];
  readonly failures: unknown[] = [];
  readonly config: BrokerConfig;
  readonly platform: Platform;
  readonly directory: LogDirectory;
  readonly replicas: Replicas;
  readonly groups: GroupCoordinator;
  readonly server: SocketServer;
  readonly brokerId: number;
  image: MetadataImage;
  /** Opens and answers frames. */
  readonly pipeline: RequestPipeline<BrokerServices>;
  #client: TestClient | undefined;
  #correlationId = 0;
  #producerIds = 1000;

  private constructor(
    options: DataPlaneOptions,
    platform: Platform,
    directory: LogDirectory,
    time: VirtualTime,
  ) {
    this.time = time;
    this.brokerId = options.brokerId ?? BROKER_ID;
    this.platform = platform;
    this.slabs = directory.context.slabs;
    this.buffers = new BufferPool({ poison: options.poison ?? true });
    this.wheel = new TimerWheel({ clock: time, timers: time });
    this.purgatory = new Purgatory({
      wheel: this.wheel,
      operationsMax: 1000,
      onError: (error) => this.errors.push(error),
    });
    this.config = BrokerConfig.load({ overrides: options.config ?? [] });
    this.image = options.image ?? EMPTY_IMAGE;
    this.directory = directory;
    this.replicas = new Replicas({
      platform,
      logger: silentLogger,
      brokerId: this.brokerId,
      directories: [this.directory],
      purgatory: this.purgatory,
      topicConfig: (overrides) => this.config.topic(overrides),
      image: this.image,
      ...options.replication?.(this),
    });
    this.groups = new GroupCoordinator({
      platform,
      topics: {
        topicId: (name) => this.image.topics.byName.get(name)?.id,
        topicName: (id) => this.image.topics.nameById.get(id),
        partitionCount: (name) => partitionCount(this.image, name),
      },
      offsetsPartitionCount: () => partitionCount(this.image, '__consumer_offsets'),
      config: { initialRebalanceDelayMs: 0 },
    });
    this.replicas.listen(coordinatorElections(this.groups));
    this.pipeline = this.#createPipeline();
    this.server = this.#serve(this.pipeline);
  }

  static async start(options: DataPlaneOptions = {}): Promise<DataPlane> {
    const time = options.time ?? new VirtualTime();
    const node = nodePlatform();
    const platform: Platform = {
      ...node,
      disk: options.disk ?? memoryDisk(),
      clock: time,
      timers: {
        set: (delayMs, callback) => time.set(delayMs, callback),
        sleep: (delayMs, signal) => time.sleep(delayMs, signal),
        yield: (callback) => node.timers.yield(callback),
      },
    };
    const slabs = new SlabPool({ poison: options.poison ?? true });
    const directory = await LogDirectory.open({
      platform,
      logger: silentLogger,
      path: '/data',
      slabs,
      readBuffers: new BufferPool({ poison: options.poison ?? true }),
      ...(options.tailCacheBytes === undefined ? {} : { tailCacheBytes: options.tailCacheBytes }),
      onFailure: (error) => {
        plane.failures.push(error);
        plane.replicas.directoryFailed(directory);
      },
    });
    const plane: DataPlane = new DataPlane(options, platform, directory, time);
    await plane.replicas.load(plane.image);
    for (const apiKey of DATA_PLANE_APIS) await plane.pipeline.load(apiKey);
    return plane;
  }

  #createPipeline(): RequestPipeline<BrokerServices> {
    const services: Partial<BrokerServices> = {
      platform: this.platform,
      logger: silentLogger,
      config: this.config,
      metrics: this.metrics,
      wheel: this.wheel,
      purgatory: this.purgatory,
      brokerId: this.brokerId,
      image: () => this.image,
      replicas: this.replicas,
      groups: this.groups,
      producerIds: { next: () => Promise.resolve((this.#producerIds += 1)) },
      autoCreation: {
        create: (names) => {
          this.autoCreated.push(...names);
          return new Map();
        },
        underWay: () => Promise.resolve(),
      },
    };
    return new RequestPipeline({
      services: services as BrokerServices,
      table: BROKER_API_TABLE,
      logger: { ...silentLogger, error: this.#onError },
      metrics: this.metrics,
    });
  }

  #serve(pipeline: RequestPipeline<BrokerServices>): SocketServer {
    return new SocketServer({
      platform: this.platform,
      config: this.config,
      logger: silentLogger,
      metrics: this.metrics,
      wheel: this.wheel,
      pipelines: { broker: pipeline, controller: pipeline },
      buffers: this.buffers,
    });
  }

  readonly #onError = (message: string, fields?: unknown): void => {
    this.errors.push([message, fields]);
  };

  /** Takes metadata records in, as if they were committed. */
  async commit(...records: readonly MetadataRecord[]): Promise<void> {
    const delta = new MetadataDelta(this.image);
    for (const record of records) delta.replay(record);
    this.image = delta.apply(this.image.provenance);
    await this.replicas.apply(delta, this.image);
  }

  /** Registers this broker under a name and port that responses can name. */
  async register(): Promise<void> {
    await this.commit(
      metadataRecord('RegisterBrokerRecord', {
        brokerId: BROKER_ID,
        brokerEpoch: 1,
        endPoints: [{ name: 'PLAINTEXT', host: 'broker-1', port: 9092, securityProtocol: 0 }],
        fenced: false,
      }),
    );
  }

  async createTopic(
    name: string,
    options: {
      readonly partitions?: number;
      readonly configs?: Readonly<Record<string, string>>;
      readonly topicId?: string;
      readonly replicas?: readonly number[];
      readonly isr?: readonly number[];
    } = {},
  ): Promise<void> {
    const topicId = options.topicId ?? topicIdOf(name);
    const replicas = [...(options.replicas ?? [BROKER_ID])];
    await this.commit(
      metadataRecord('TopicRecord', { name, topicId }),
      ...Object.entries(options.configs ?? {}).map(([key, value]) =>
        metadataRecord('ConfigRecord', { resourceType: 2, resourceName: name, name: key, value }),
      ),
      ...Array.from({ length: options.partitions ?? 1 }, (_, partitionId) =>
        metadataRecord('PartitionRecord', {
          partitionId,
          topicId,
          replicas,
          isr: [...(options.isr ?? replicas)],
          leader: BROKER_ID,
          leaderEpoch: 0,
          partitionEpoch: 0,
          directories: replicas.map(() => DIRECTORY_ID),
        }),
      ),
    );
  }

  /** A connection of its own. */
  connect(): TestClient {
    const [client, served] = this.platform.net.pipe();
    this.server.adopt(served, 'PLAINTEXT');
    return new TestClient(client);
  }

  /** Sends a request without waiting for its response. @returns its correlation id */
  send<T, D extends T>(
    codec: MessageCodec<T, D>,
    version: number,
    body: T,
    client: TestClient = this.client,
    clientId = 'test',
  ): number {
    const correlationId = (this.#correlationId += 1);
    client.send(...encodeRequest(codec, version, correlationId, clientId, body));
    return correlationId;
  }

  /** The response with this correlation id; fails when none comes although nothing is left to do. */
  async receive<T, D extends T>(
    codec: MessageCodec<T, D>,
    version: number,
    correlationId: number,
    client: TestClient = this.client,
  ): Promise<D> {
    for (let turn = 0; turn < 500; turn += 1) {
      const at = client.correlationIds.indexOf(correlationId);
      if (at >= 0) {
        const [frame] = client.frames.splice(at, 1);
        const reader = new Reader(frame!);
        decodeResponseHeader(reader, codec.apiKey!, version);
        return codec.decode(reader, version);
      }
      await settle(1);
    }
    throw new Error(`no response ${correlationId}${client.isClosed ? ': closed' : ''}`);
  }

  async request<Q, QD extends Q, R, RD extends R>(
    request: MessageCodec<Q, QD>,
    response: MessageCodec<R, RD>,
    version: number,
    body: Partial<Q>,
    client: TestClient = this.client,
    clientId = 'test',
  ): Promise<RD> {
    const id = this.send(request, version, request.create(body), client, clientId);
    return this.receive(response, version, id, client);
  }

  /** The connection of those who do not care. */
  get client(): TestClient {
    this.#client ??= this.connect();
    return this.#client;
  }

  async close(): Promise<void> {
    await this.server.close();
    this.purgatory.close();
    await this.groups.close();
    await this.replicas.close();
    await this.directory.close();
    this.wheel.close();
  }
}
