// Everything about a cluster that is not records: topics, partitions, configs, groups, offsets. Each call goes to the
// broker that must answer it, and retries what may succeed later.
import { ErrorCode } from '@ottla/protocol';
import {
  createPartitionsRequest,
  createPartitionsResponse,
} from '@ottla/protocol/messages/create-partitions';
import { createTopicsRequest, createTopicsResponse } from '@ottla/protocol/messages/create-topics';
import {
  deleteRecordsRequest,
  deleteRecordsResponse,
} from '@ottla/protocol/messages/delete-records';
import { deleteTopicsRequest, deleteTopicsResponse } from '@ottla/protocol/messages/delete-topics';
import {
  describeClusterRequest,
  describeClusterResponse,
} from '@ottla/protocol/messages/describe-cluster';
import {
  describeLogDirsRequest,
  describeLogDirsResponse,
} from '@ottla/protocol/messages/describe-log-dirs';
import type { BrokerConnection } from '../connection/broker-connection.ts';
import { Cluster } from '../connection/cluster.ts';
import { BrokerError, throwOnError } from '../errors.ts';
import type { TopicMetadata } from '../metadata/cluster-metadata.ts';
import { type ClientOptions, resolveOptions } from '../options.ts';
import { withRetries } from '../retry.ts';
import { AdminConfigs } from './admin-configs.ts';
import { AdminGroups } from './admin-groups.ts';
import { AdminQuorum } from './admin-quorum.ts';
import { AdminReplicas } from './admin-replicas.ts';
import { describeEligibleLeaders, type EligibleLeaders } from './eligible-leaders.ts';
import { listOffsets, type OffsetQuery, type OffsetResult } from './list-offsets.ts';

const CREATE_TOPICS = { request: createTopicsRequest, response: createTopicsResponse };
const DELETE_TOPICS = { request: deleteTopicsRequest, response: deleteTopicsResponse };
const CREATE_PARTITIONS = { request: createPartitionsRequest, response: createPartitionsResponse };
const DELETE_RECORDS = { request: deleteRecordsRequest, response: deleteRecordsResponse };
const DESCRIBE_CLUSTER = { request: describeClusterRequest, response: describeClusterResponse };
const DESCRIBE_LOG_DIRS = { request: describeLogDirsRequest, response: describeLogDirsResponse };
const BROKER_DEFAULT = -1;

export interface NewTopic {
  readonly name: string;
  /** Default: the broker's `num.partitions`. */
  readonly numPartitions?: number;
  /** Default: the broker's `default.replication.factor`. */
  readonly replicationFactor?: number;
  readonly configs?: Readonly<Record<string, string>>;
  /** Replicas by partition; then neither of the two numbers may be given. */
  readonly assignments?: readonly (readonly number[])[];
}

export interface ListedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
}

export interface ClusterDescription {
  readonly clusterId: string;
  readonly controllerId: number;
  readonly brokers: readonly {
    readonly nodeId: number;
    readonly host: string;
    readonly port: number;
    readonly rack: string | null;
    /** Not counted in by the controller; only with `includeFencedBrokers`, false where the broker does not tell. */
    readonly isFenced: boolean;
  }[];
}

export interface LogDirDescription {
  readonly brokerId: number;
  readonly path: string;
  readonly errorCode: number;
  /** −1 when not told. */
  readonly totalBytes: number;
  readonly usableBytes: number;
  readonly replicas: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly sizeBytes: number;
    readonly offsetLag: number;
    readonly isFuture: boolean;
  }[];
}

export class Admin {
  readonly #cluster: Cluster;
  readonly #configs: AdminConfigs;
  readonly #groups: AdminGroups;
  readonly #quorum: AdminQuorum;
  readonly #replicas: AdminReplicas;

  constructor(options: ClientOptions) {
    this.#cluster = new Cluster(resolveOptions(options));
    this.#configs = new AdminConfigs(this.#cluster);
    this.#groups = new AdminGroups(this.#cluster);
    this.#quorum = new AdminQuorum((what, use) => this.#anyBroker(what, use));
    this.#replicas = new AdminReplicas((what, use) => this.#anyBroker(what, use));
  }

  /** Configs of topics, brokers and groups. */
  get describeConfigs(): AdminConfigs['describe'] {
    return this.#configs.describe;
  }
  get incrementalAlterConfigs(): AdminConfigs['alter'] {
    return this.#configs.alter;
  }
  get listGroups(): AdminGroups['list'] {
    return this.#groups.list;
  }
  get describeGroups(): AdminGroups['describe'] {
    return this.#groups.describe;
  }
  get deleteGroups(): AdminGroups['delete'] {
    return this.#groups.delete;
  }
  /** Takes members out of a group, by member id or group.instance.id. */
  get removeGroupMembers(): AdminGroups['removeMembers'] {
    return this.#groups.removeMembers;
  }
  /** Committed offsets of a group. */
  get listGroupOffsets(): AdminGroups['listOffsets'] {
    return this.#groups.listOffsets;
  }
  /** Commits offsets in the name of a group without members. */
  get alterGroupOffsets(): AdminGroups['alterOffsets'] {
    return this.#groups.alterOffsets;
  }
  get deleteGroupOffsets(): AdminGroups['deleteOffsets'] {
    return this.#groups.deleteOffsets;
  }

  /** Voters and observers of the metadata quorum (KIP-595). */
  get describeQuorum(): AdminQuorum['describe'] {
    return this.#quorum.describe;
  }
  /** Makes a controller a voter (KIP-853). */
  get addRaftVoter(): AdminQuorum['addVoter'] {
    return this.#quorum.addVoter;
  }
  get removeRaftVoter(): AdminQuorum['removeVoter'] {
    return this.#quorum.removeVoter;
  }
  /** Feature levels (KIP-584). */
  get describeFeatures(): AdminQuorum['describeFeatures'] {
    return this.#quorum.describeFeatures;
  }
  get updateFeatures(): AdminQuorum['updateFeatures'] {
    return this.#quorum.updateFeatures;
  }
  /** Elects preferred leaders, or unclean ones (KIP-460). */
  get electLeaders(): AdminReplicas['electLeaders'] {
    return this.#replicas.electLeaders;
  }
  /** Moves replicas to other brokers, or cancels that (KIP-455). */
  get alterPartitionReassignments(): AdminReplicas['alterReassignments'] {
    return this.#replicas.alterReassignments;
  }
  get listPartitionReassignments(): AdminReplicas['listReassignments'] {
    return this.#replicas.listReassignments;
  }
  /** Who may lead partitions of the topics though it is not in sync (KIP-966); partitions without such replicas are left out. */
  describeEligibleLeaders(topics: readonly string[]): Promise<EligibleLeaders[]> {
    return describeEligibleLeaders((what, use) => this.#anyBroker(what, use), topics);
  }
  /** Forgets a broker that will not come back. */
  get unregisterBroker(): AdminReplicas['unregisterBroker'] {
    return this.#replicas.unregisterBroker;
  }

  /** Creates topics. @throws BrokerError of the first that fails: `TOPIC_ALREADY_EXISTS`, `INVALID_REPLICATION_FACTOR` … */
  async createTopics(
    topics: readonly NewTopic[],
    options: { validateOnly?: boolean; timeoutMs?: number } = {},
  ): Promise<void> {
    const response = await this.#anyBroker('creating topics', async (connection) => {
      const answer = await connection.send(
        CREATE_TOPICS,
        createTopicsRequest.create({
          topics: topics.map((topic) => ({
            name: topic.name,
            numPartitions:
              topic.assignments === undefined ? (topic.numPartitions ?? BROKER_DEFAULT) : -1,
            replicationFactor:
              topic.assignments === undefined ? (topic.replicationFactor ?? BROKER_DEFAULT) : -1,
            assignments: (topic.assignments ?? []).map((brokerIds, partitionIndex) => ({
              partitionIndex,
              brokerIds: [...brokerIds],
            })),
            configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
          })),
          timeoutMs: options.timeoutMs ?? 30_000,
          validateOnly: options.validateOnly ?? false,
        }),
      );
      requireController(answer.topics);
      return answer;
    });
    for (const topic of response.topics)
      throwOnError(topic.errorCode, topic.errorMessage, { topic: topic.name ?? '' });
  }

  /** Deletes topics with all they hold. */
  async deleteTopics(
    names: readonly string[],
    options: { timeoutMs?: number } = {},
  ): Promise<void> {
    const response = await this.#anyBroker('deleting topics', async (connection) => {
      const answer = await connection.send(
        DELETE_TOPICS,
        deleteTopicsRequest.create(
          connection.versionOf(deleteTopicsRequest.apiKey!)! >= 6
            ? {
                topics: names.map((name) => ({ name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' })),
                timeoutMs: options.timeoutMs ?? 30_000,
              }
            : { topicNames: [...names], timeoutMs: options.timeoutMs ?? 30_000 },
        ),
      );
      requireController(answer.responses);
      return answer;
    });
    for (const topic of response.responses) {
      throwOnError(topic.errorCode, topic.errorMessage, { topic: topic.name ?? '' });
      if (topic.name !== null) this.#cluster.invalidate(topic.name);
    }
  }

  /** Grows topics to so many partitions. */
  async createPartitions(
    topics: readonly { readonly name: string; readonly totalCount: number }[],
    options: { validateOnly?: boolean; timeoutMs?: number } = {},
  ): Promise<void> {
    const response = await this.#anyBroker('adding partitions', async (connection) => {
      const answer = await connection.send(
        CREATE_PARTITIONS,
        createPartitionsRequest.create({
          topics: topics.map(({ name, totalCount }) => ({
            name,
            count: totalCount,
            assignments: null,
          })),
          timeoutMs: options.timeoutMs ?? 30_000,
          validateOnly: options.validateOnly ?? false,
        }),
      );
      requireController(answer.results);
      return answer;
    });
    for (const result of response.results) {
      throwOnError(result.errorCode, result.errorMessage, { topic: result.name });
      this.#cluster.invalidate(result.name);
    }
  }

  /** All topics, internal ones included. */
  async listTopics(): Promise<ListedTopic[]> {
    const metadata = await this.#retry('listing topics', () => this.#cluster.refresh(undefined));
    return [...metadata.topics.values()]
      .filter((topic) => topic.errorCode === 0)
      .map(({ name, topicId, isInternal }) => ({ name, topicId, isInternal }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Partitions, leaders and replicas of the topics. @param names undefined for all @throws BrokerError for an unknown topic */
  async describeTopics(names: readonly string[] | undefined): Promise<TopicMetadata[]> {
    const metadata = await this.#retry('describing topics', () => this.#cluster.refresh(names));
    if (names === undefined)
      return [...metadata.topics.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return names.map((name) => {
      const topic = metadata.topics.get(name);
      if (topic === undefined || topic.errorCode !== 0)
        throw new BrokerError(topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, undefined, {
          topic: name,
        });
      return topic;
    });
  }

  /** Brokers and the active controller. @param options fenced brokers are told from version 2 on (Kafka 4.0) */
  async describeCluster(
    options: { includeFencedBrokers?: boolean } = {},
  ): Promise<ClusterDescription> {
    const response = await this.#anyBroker('describing the cluster', (connection) =>
      connection.send(
        DESCRIBE_CLUSTER,
        describeClusterRequest.create(
          connection.versionOf(describeClusterRequest.apiKey!)! >= 2
            ? { includeFencedBrokers: options.includeFencedBrokers ?? false }
            : {},
        ),
      ),
    );
    throwOnError(response.errorCode, response.errorMessage);
    return {
      clusterId: response.clusterId,
      controllerId: response.controllerId,
      brokers: response.brokers.map(({ brokerId, host, port, rack, isFenced }) => ({
        nodeId: brokerId,
        host,
        port,
        rack,
        isFenced,
      })),
    };
  }

  /** First, last or timestamped offsets of partitions. */
  listOffsets(
    queries: readonly OffsetQuery[],
    options: { isolationLevel?: 'read_committed' | 'read_uncommitted' } = {},
  ): Promise<OffsetResult[]> {
    return listOffsets(this.#cluster, queries, options.isolationLevel);
  }

  /**
   * Deletes everything before an offset. @param partitions offset −1: everything up to the high watermark
   * @returns the new first offsets, in the order asked
   */
  async deleteRecords(
    partitions: readonly {
      readonly topic: string;
      readonly partition: number;
      readonly offset: number;
    }[],
  ): Promise<{ topic: string; partition: number; lowWatermark: number }[]> {
    return Promise.all(
      partitions.map(({ topic, partition, offset }) =>
        this.#retry(`deleting records of ${topic}-${partition}`, async () => {
          try {
            return await this.#deleteRecordsOf(topic, partition, offset);
          } catch (error) {
            // It may be led by another broker now, also when this one does not answer.
            this.#cluster.invalidate(topic);
            throw error;
          }
        }),
      ),
    );
  }

  async #deleteRecordsOf(
    topic: string,
    partition: number,
    offset: number,
  ): Promise<{ topic: string; partition: number; lowWatermark: number }> {
    const { leaderId } = await this.#cluster.leader(topic, partition);
    const connection = await this.#cluster.broker(leaderId);
    const response = await connection.send(
      DELETE_RECORDS,
      deleteRecordsRequest.create({
        topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
        timeoutMs: 30_000,
      }),
    );
    const { errorCode, lowWatermark } = response.topics[0]!.partitions[0]!;
    throwOnError(errorCode, undefined, { topic, partition });
    return { topic, partition, lowWatermark };
  }

  /** Sizes on disk. @param brokerIds default: all */
  async describeLogDirs(brokerIds?: readonly number[]): Promise<LogDirDescription[]> {
    const ids = brokerIds ?? [
      ...(await this.#retry('finding brokers', () => this.#cluster.refresh([]))).brokers.keys(),
    ];
    const found = await Promise.all(
      ids.map((brokerId) =>
        this.#retry(`describing log dirs of broker ${brokerId}`, () => this.#logDirsOf(brokerId)),
      ),
    );
    return found.flat();
  }

  async #logDirsOf(brokerId: number): Promise<LogDirDescription[]> {
    const connection = await this.#cluster.broker(brokerId);
    const response = await connection.send(
      DESCRIBE_LOG_DIRS,
      describeLogDirsRequest.create({ topics: null }),
    );
    throwOnError(response.errorCode);
    return response.results.map((dir) => ({
      brokerId,
      path: dir.logDir,
      errorCode: dir.errorCode,
      totalBytes: Number(dir.totalBytes),
      usableBytes: Number(dir.usableBytes),
      replicas: dir.topics.flatMap((topic) =>
        topic.partitions.map((partition) => ({
          topic: topic.name,
          partition: partition.partitionIndex,
          sizeBytes: partition.partitionSize,
          offsetLag: partition.offsetLag,
          isFuture: partition.isFutureKey,
        })),
      ),
    }));
  }

  async close(): Promise<void> {
    await this.#cluster.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #anyBroker<T>(what: string, use: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    return this.#retry(what, () => this.#cluster.askAny(use));
  }

  #retry<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    return withRetries(
      this.#cluster.options,
      what,
      this.#cluster.options.defaultApiTimeoutMs,
      attempt,
    );
  }
}

/** Who forwarded to a controller that had ceased to lead forwards to the new one when asked again. @throws BrokerError `NOT_CONTROLLER` */
function requireController(results: readonly { readonly errorCode: number }[]): void {
  if (results.some(({ errorCode }) => errorCode === ErrorCode.NOT_CONTROLLER))
    throw new BrokerError(ErrorCode.NOT_CONTROLLER, undefined);
}
