// The way to the cluster: one connection to each broker, opened when first needed; metadata, leaders and coordinators.
// Falls back to the bootstrap servers when every known broker is gone (KIP-899).
import { ErrorCode } from '@ottla/protocol';
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from '@ottla/protocol/messages/find-coordinator';
import { metadataRequest, metadataResponse } from '@ottla/protocol/messages/metadata';
import { BrokerError, ConnectionError, UsageError } from '../errors.ts';
import {
  type ClusterMetadata,
  EMPTY_METADATA,
  mergeMetadata,
  type PartitionMetadata,
  type TopicMetadata,
} from '../metadata/cluster-metadata.ts';
import type { ResolvedOptions } from '../options.ts';
import { withRetries } from '../retry.ts';
import { BrokerConnection } from './broker-connection.ts';

const METADATA = { request: metadataRequest, response: metadataResponse };
const FIND_COORDINATOR = { request: findCoordinatorRequest, response: findCoordinatorResponse };
const GROUP_COORDINATOR = 0;

export class Cluster {
  readonly options: ResolvedOptions;
  /** By `host:port` and purpose. */
  readonly #connections = new Map<string, Promise<BrokerConnection>>();
  #metadata: ClusterMetadata = EMPTY_METADATA;
  #fetchedMs = -Infinity;
  readonly #coordinators = new Map<string, { host: string; port: number }>();
  /** Topics that are being asked for: many callers share one answer. */
  readonly #lookUps = new Map<string, Promise<TopicMetadata>>();
  #isClosed = false;

  constructor(options: ResolvedOptions) {
    this.options = options;
  }

  get metadata(): ClusterMetadata {
    return this.#metadata;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A connection to an address; `purpose` keeps what blocks (consumer fetches) apart from the rest. */
  async connect(host: string, port: number, purpose = ''): Promise<BrokerConnection> {
    if (this.#isClosed) throw new UsageError('the client was closed', 'CLOSED');
    const key = `${host}:${port}/${purpose}`;
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const { platform, clientId, requestTimeoutMs } = this.options;
    const forget = (): void => {
      if (this.#connections.get(key) === opening) this.#connections.delete(key);
    };
    const opening: Promise<BrokerConnection> = BrokerConnection.open({
      platform,
      host,
      port,
      clientId,
      requestTimeoutMs,
      onClose: () => forget(),
    });
    this.#connections.set(key, opening);
    try {
      const connection = await opening;
      if (this.#isClosed) connection.close();
      return connection;
    } catch (error) {
      forget();
      throw error;
    }
  }

  /** A connection to any broker: a known one, else a bootstrap server. */
  async any(): Promise<BrokerConnection> {
    const { random } = this.options.platform;
    const known = [...this.#metadata.brokers.values()];
    const start = known.length === 0 ? 0 : random.below(known.length);
    const addresses = [
      ...known.slice(start),
      ...known.slice(0, start),
      ...this.options.bootstrapServers,
    ];
    let failure: unknown;
    for (const { host, port } of addresses) {
      try {
        return await this.connect(host, port);
      } catch (error) {
        if (this.#isClosed) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** A connection to a broker by its id. @throws ConnectionError (retriable) when it is not known */
  async broker(nodeId: number, purpose?: string): Promise<BrokerConnection> {
    const node = this.#metadata.brokers.get(nodeId) ?? (await this.refresh([])).brokers.get(nodeId);
    if (node === undefined)
      throw new ConnectionError(
        'BROKER_NOT_AVAILABLE',
        `broker ${nodeId} is not in the cluster now`,
      );
    return this.connect(node.host, node.port, purpose);
  }

  /** Asks for metadata now. @param topics their names; undefined for all */
  async refresh(
    topics: readonly string[] | undefined,
    allowAutoTopicCreation = false,
  ): Promise<ClusterMetadata> {
    const connection = await this.any();
    const response = await connection.send(
      METADATA,
      metadataRequest.create({
        topics: topics?.map((name) => ({ name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' })) ?? null,
        allowAutoTopicCreation,
      }),
    );
    this.#metadata = mergeMetadata(this.#metadata, response, topics === undefined);
    this.#fetchedMs = this.options.platform.clock.monotonicMs();
    return this.#metadata;
  }

  /** A topic from the cache, or asked for, with retries while its leaders are not known. @throws BrokerError */
  async topic(
    name: string,
    allowAutoTopicCreation = false,
    timeoutMs: number = this.options.defaultApiTimeoutMs,
  ): Promise<TopicMetadata> {
    const cached = this.#metadata.topics.get(name);
    const age = this.options.platform.clock.monotonicMs() - this.#fetchedMs;
    if (cached !== undefined && cached.errorCode === 0 && age < this.options.metadataMaxAgeMs)
      return cached;
    const key = `${name}/${allowAutoTopicCreation}`;
    const underWay = this.#lookUps.get(key);
    if (underWay !== undefined) return underWay;
    const lookUp = this.#lookUp(name, allowAutoTopicCreation, timeoutMs).finally(() =>
      this.#lookUps.delete(key),
    );
    this.#lookUps.set(key, lookUp);
    return lookUp;
  }

  #lookUp(
    name: string,
    allowAutoTopicCreation: boolean,
    timeoutMs: number,
  ): Promise<TopicMetadata> {
    return withRetries(this.options, `looking up topic ${name}`, timeoutMs, async () => {
      const topic = (await this.refresh([name], allowAutoTopicCreation)).topics.get(name);
      if (topic === undefined)
        throw new BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, undefined, { topic: name });
      const isMissing = topic.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      // Not there, and nobody is creating it: asking again would only take time.
      if (isMissing && !allowAutoTopicCreation)
        throw new UsageError(`topic ${name} does not exist`, 'UNKNOWN_TOPIC_OR_PARTITION', {
          topic: name,
        });
      if (topic.errorCode !== 0) throw new BrokerError(topic.errorCode, undefined, { topic: name });
      return topic;
    });
  }

  /** The partition's metadata with a leader. @throws BrokerError `LEADER_NOT_AVAILABLE` (retriable), `UNKNOWN_TOPIC_OR_PARTITION` */
  async leader(topic: string, partition: number): Promise<PartitionMetadata> {
    const found = (await this.topic(topic)).partitions[partition];
    if (found === undefined)
      throw new UsageError(
        `topic ${topic} has no partition ${partition}`,
        'UNKNOWN_TOPIC_OR_PARTITION',
        { topic, partition },
      );
    if (found.leaderId < 0) {
      this.invalidate(topic);
      throw new BrokerError(ErrorCode.LEADER_NOT_AVAILABLE, undefined, { topic, partition });
    }
    return found;
  }

  /** What is cached about the topic is not true any more. */
  invalidate(topic: string): void {
    const topics = new Map(this.#metadata.topics);
    topics.delete(topic);
    this.#metadata = { ...this.#metadata, topics };
  }

  /** A connection to the group's coordinator. @throws BrokerError (retriable) while there is none */
  async coordinator(group: string, purpose?: string): Promise<BrokerConnection> {
    const known = this.#coordinators.get(group);
    if (known !== undefined) return this.connect(known.host, known.port, purpose);
    const connection = await this.any();
    const response = await connection.send(
      FIND_COORDINATOR,
      findCoordinatorRequest.create({
        ...(connection.versionOf(findCoordinatorRequest.apiKey!)! >= 4
          ? { coordinatorKeys: [group] }
          : { key: group }),
        keyType: GROUP_COORDINATOR,
      }),
    );
    const found = response.coordinators[0] ?? response;
    if (found.errorCode !== ErrorCode.NONE)
      throw new BrokerError(found.errorCode, found.errorMessage, { group });
    this.#coordinators.set(group, { host: found.host, port: found.port });
    return this.connect(found.host, found.port, purpose);
  }

  /** The coordinator moved or is gone: the next use looks for it again. */
  forgetCoordinator(group: string): void {
    this.#coordinators.delete(group);
  }

  /** Cuts all connections; requests under way fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(
      connections.map((opening) =>
        opening.then(
          (connection) => connection.close(),
          () => undefined,
        ),
      ),
    );
  }
}
