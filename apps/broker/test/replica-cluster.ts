// Several data planes that replicate with each other over in-memory connections, and a controller that decides as the test
// says. Metadata reaches who is not cut off; virtual time.
import {
  EMPTY_IMAGE,
  MetadataDelta,
  type MetadataImage,
  type MetadataRecord,
  metadataRecord,
  topicById,
} from '@ottla/metadata';
import { type Connection, memoryDisk, NetError, silentLogger } from '@ottla/platform';
import { ErrorCode, type MessageCodec } from '@ottla/protocol';
import {
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  alterPartitionResponse,
} from '@ottla/protocol/messages/alter-partition';
import { produceRequest, produceResponse } from '@ottla/protocol/messages/produce';
import { decodeBatches, RecordBatchBuilder } from '@ottla/protocol/records';
import { IsrChanges } from '../src/replica/isr-changes.ts';
import type { Partition } from '../src/replica/partition.ts';
import type { LeaderConnection } from '../src/replica/replica-fetcher.ts';
import { ReplicationQuota } from '../src/replica/replication-quota.ts';
import { ReplicaFetchers } from '../src/replica/replica-fetchers.ts';
import { RequestConnection } from '../src/server/request-connection.ts';
import { DataPlane, topicIdOf } from './data-plane.ts';
import { settle } from './echo-apis.ts';
import { VirtualTime } from './virtual-time.ts';

export const LAG_MAX_MS = 10_000;
const SETTINGS = {
  waitMaxMs: 500,
  bytesMin: 1,
  partitionBytesMax: 1024 * 1024,
  responseBytesMax: 10 * 1024 * 1024,
  backoffMs: 1000,
  timeoutMs: 30_000,
};

interface Node {
  readonly id: number;
  readonly disk: ReturnType<typeof memoryDisk>;
  brokerEpoch: number;
  plane: DataPlane;
  fetchers: ReplicaFetchers;
  isrChanges: IsrChanges;
  isCut: boolean;
  /** What it has not heard of while it was cut off. */
  missed: (readonly MetadataRecord[])[];
  readonly connections: Set<Connection>;
}

export interface ReplicaClusterOptions {
  readonly brokers: number;
  /** Broker settings, `key=value`. */
  readonly config?: readonly string[];
  /** By broker id. */
  readonly racks?: Readonly<Record<number, string>>;
  /** Bytes per second of throttled replicas, on both sides. */
  readonly replicationRate?: number;
}

export class ReplicaCluster {
  readonly time = new VirtualTime();
  readonly #nodes = new Map<number, Node>();
  readonly #options: ReplicaClusterOptions;
  #image: MetadataImage = EMPTY_IMAGE;
  #nextBrokerEpoch = 100;

  private constructor(options: ReplicaClusterOptions) {
    this.#options = options;
  }

  static async start(options: ReplicaClusterOptions): Promise<ReplicaCluster> {
    const cluster = new ReplicaCluster(options);
    for (let id = 1; id <= options.brokers; id += 1) {
      await cluster.#start(id, memoryDisk());
      await cluster.commit(cluster.#registration(id, false));
    }
    return cluster;
  }

  get image(): MetadataImage {
    return this.#image;
  }

  plane(id: number): DataPlane {
    return this.#nodes.get(id)!.plane;
  }

  partition(id: number, topic = 'orders', partition = 0): Partition {
    return this.plane(id).replicas.partition(topic, partition)!;
  }

  async createTopic(
    replicas: readonly number[],
    configs: Readonly<Record<string, string>> = {},
    name = 'orders',
  ): Promise<void> {
    const topicId = topicIdOf(name);
    await this.commit(
      metadataRecord('TopicRecord', { name, topicId }),
      ...Object.entries(configs).map(([key, value]) =>
        metadataRecord('ConfigRecord', { resourceType: 2, resourceName: name, name: key, value }),
      ),
      metadataRecord('PartitionRecord', {
        partitionId: 0,
        topicId,
        replicas: [...replicas],
        isr: [...replicas],
        leader: replicas[0]!,
        leaderEpoch: 0,
        partitionEpoch: 0,
        directories: replicas.map(() => 'ZGlyZWN0b3J5LWRpcmVjdA'),
      }),
    );
  }

  /** Changes partition 0. */
  change(fields: Parameters<typeof metadataRecord>[1], topic = 'orders'): Promise<void> {
    const topicId = topicIdOf(topic);
    return this.commit(
      metadataRecord('PartitionChangeRecord', { topicId, partitionId: 0, ...fields }),
    );
  }

  /** Decides. Who is not cut off hears of it. */
  async commit(...records: readonly MetadataRecord[]): Promise<void> {
    const delta = new MetadataDelta(this.#image);
    for (const record of records) delta.replay(record);
    this.#image = delta.apply(this.#image.provenance);
    for (const node of this.#nodes.values()) {
      if (node.isCut) node.missed.push(records);
      else await node.plane.commit(...records);
    }
  }

  /** Nobody hears of the broker, nor the broker of anybody. */
  cut(id: number): void {
    const node = this.#nodes.get(id)!;
    node.isCut = true;
    for (const connection of node.connections) connection.destroy();
  }

  async heal(id: number): Promise<void> {
    const node = this.#nodes.get(id)!;
    node.isCut = false;
    for (const records of node.missed.splice(0)) await node.plane.commit(...records);
  }

  /** The controller counts the broker out. */
  fence(id: number): Promise<void> {
    return this.commit(this.#registration(id, true));
  }

  /** Stops in order and starts again under another broker epoch, with the metadata of then. */
  async restart(id: number): Promise<void> {
    const node = this.#nodes.get(id)!;
    this.cut(id);
    await this.#stop(node);
    this.#nodes.delete(id);
    await this.commit(this.#registration(id, true));
    await this.#start(id, node.disk);
    await this.commit(this.#registration(id, false));
  }

  /** Produces to partition 0 at a broker; resolves with the error code. */
  async produce(
    id: number,
    values: readonly string[],
    { acks = -1, topic = 'orders' }: { readonly acks?: number; readonly topic?: string } = {},
  ): Promise<number> {
    const builder = new RecordBatchBuilder({});
    for (const value of values) builder.append(1000, null, Buffer.from(value));
    const plane = this.plane(id);
    const body = produceRequest.create({
      acks,
      timeoutMs: 1_000_000,
      topicData: [
        {
          name: topic,
          topicId: topicIdOf(topic),
          partitionData: [{ index: 0, records: builder.build() }],
        },
      ],
    });
    const client = plane.connect();
    const correlationId = plane.send(produceRequest, 9, body, client);
    const response = await this.receive(plane, produceResponse, 9, correlationId, client);
    client.connection.destroy();
    return response.responses[0]!.partitionResponses[0]!.errorCode;
  }

  /** As `DataPlane.receive`, with time that goes on while nothing comes. */
  async receive<T, D extends T>(
    plane: DataPlane,
    codec: MessageCodec<T, D>,
    version: number,
    correlationId: number,
    client: ReturnType<DataPlane['connect']>,
  ): Promise<D> {
    await this.until(() => client.isClosed || client.correlationIds.includes(correlationId));
    return plane.receive(codec, version, correlationId, client);
  }

  /** Lets things happen until they have; time goes on when nothing else moves. */
  async until(condition: () => boolean, what = 'what was waited for', rounds = 400): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < 10; turn += 1) {
        if (condition()) return;
        await settle(1);
      }
      this.time.advance(10);
    }
    throw new Error(`${what} never came`);
  }

  /** The values in a broker's log, of all records or of the committed ones. */
  async values(id: number, topic = 'orders'): Promise<string[]> {
    const { log } = this.partition(id, topic);
    const region = await log!.read({
      offset: log!.logStartOffset,
      maxBytes: 1 << 24,
      endOffset: log!.logEndOffset,
      minOneBatch: true,
    });
    const chunks: Buffer[] = [];
    for (let left = region.sizeBytes; left > 0;) {
      const chunk = await region.next(left);
      chunks.push(Buffer.from(chunk.bytes));
      left -= chunk.bytes.length;
      chunk.release();
    }
    region.release();
    const values: string[] = [];
    for (const batch of decodeBatches(Buffer.concat(chunks)))
      for (const record of batch.records()) values.push(String(record.value));
    return values;
  }

  async close(): Promise<void> {
    for (const node of this.#nodes.values()) await this.#stop(node);
  }

  async #stop({ plane, fetchers, isrChanges }: Node): Promise<void> {
    isrChanges.close();
    await fetchers.close();
    await plane.close();
  }

  #registration(id: number, fenced: boolean): MetadataRecord {
    return metadataRecord('RegisterBrokerRecord', {
      brokerId: id,
      brokerEpoch: this.#nodes.get(id)?.brokerEpoch ?? this.#nextBrokerEpoch,
      endPoints: [{ name: 'PLAINTEXT', host: `broker-${id}`, port: 9092, securityProtocol: 0 }],
      rack: this.#options.racks?.[id] ?? null,
      fenced,
    });
  }

  async #start(id: number, disk: Node['disk']): Promise<void> {
    const brokerEpoch = (this.#nextBrokerEpoch += 1);
    const parts: Partial<Node> = {};
    const plane = await DataPlane.start({
      brokerId: id,
      disk,
      time: this.time,
      image: this.#image,
      config: this.#options.config ?? [],
      replication: ({ platform }) => {
        parts.isrChanges = new IsrChanges({
          platform,
          logger: silentLogger,
          brokerId: id,
          brokerEpoch: () => brokerEpoch,
          controller: { send: (_request, _response, body) => this.#ask(id, body) as never },
        });
        parts.fetchers = new ReplicaFetchers({
          platform,
          logger: silentLogger,
          brokerId: id,
          brokerEpoch: () => brokerEpoch,
          settings: SETTINGS,
          throttle: this.#quota(id, 'followerThrottledReplicas'),
          connect: (leaderId) => this.#connect(id, leaderId),
        });
        return {
          brokerEpoch: () => brokerEpoch,
          lagMaxMs: LAG_MAX_MS,
          isrChanges: parts.isrChanges,
          fetchers: parts.fetchers,
          leaderQuota: this.#quota(id, 'leaderThrottledReplicas'),
        };
      },
    });
    this.#nodes.set(id, {
      id,
      disk,
      brokerEpoch,
      plane,
      fetchers: parts.fetchers!,
      isrChanges: parts.isrChanges!,
      isCut: false,
      missed: [],
      connections: new Set(),
    });
  }

  #quota(
    brokerId: number,
    key: 'leaderThrottledReplicas' | 'followerThrottledReplicas',
  ): ReplicationQuota {
    return new ReplicationQuota({
      nowMs: () => this.time.monotonicMs(),
      windowMs: 1000,
      windows: 11,
      rate: () => this.#options.replicationRate ?? Infinity,
      throttled: ({ config }) => config[key],
      brokerId,
    });
  }

  async #connect(id: number, leaderId: number): Promise<LeaderConnection> {
    const from = this.#nodes.get(id);
    const leader = this.#nodes.get(leaderId);
    if (from === undefined || leader === undefined || from.isCut || leader.isCut)
      throw new NetError('ECONNREFUSED', 'cut off');
    const [near, far] = leader.plane.platform.net.pipe();
    for (const node of [from, leader]) node.connections.add(near);
    leader.plane.server.adopt(far, 'PLAINTEXT');
    return new RequestConnection(near, `broker-${id}`, {
      lease: (sizeBytes) => from.plane.buffers.lease(sizeBytes),
    });
  }

  /** AlterPartition as the controller answers it, without the rarer refusals. */
  async #ask(id: number, request: unknown): Promise<AlterPartitionResponse> {
    if (this.#nodes.get(id)!.isCut) throw new NetError('ECONNRESET', 'cut off');
    const { topics } = request as AlterPartitionRequest;
    const response = alterPartitionResponse.create();
    for (const { topicId, partitions } of topics) {
      const topic = topicById(this.#image, topicId)!;
      const answers: AlterPartitionResponse['topics'][number]['partitions'] = [];
      for (const asked of partitions) {
        const before = topic.partitions[asked.partitionIndex]!;
        const isOld =
          before.leaderEpoch !== asked.leaderEpoch ||
          before.partitionEpoch !== asked.partitionEpoch;
        const isr = asked.newIsrWithEpochs.map(({ brokerId }) => brokerId);
        if (!isOld)
          await this.commit(
            metadataRecord('PartitionChangeRecord', {
              topicId,
              partitionId: asked.partitionIndex,
              isr,
            }),
          );
        answers.push({
          partitionIndex: asked.partitionIndex,
          errorCode: isOld ? ErrorCode.INVALID_UPDATE_VERSION : ErrorCode.NONE,
          leaderId: before.leader,
          leaderEpoch: before.leaderEpoch,
          isr,
          leaderRecoveryState: 0,
          partitionEpoch: before.partitionEpoch + 1,
        });
      }
      response.topics.push({ topicId, partitions: answers });
    }
    return response;
  }
}
