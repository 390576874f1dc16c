// The partitions of this broker: turns metadata into open logs, leaders and deletions. Decisions are made in the turn that
// brings the metadata, disk work follows in order, one change after the other. Kafka: ReplicaManager, LogManager's loading.
import type { LogDirectory } from '@ottla/log';
import {
  ConfigResourceType,
  configsOf,
  localReplicaChanges,
  type LocalReplica,
  type MetadataDelta,
  type MetadataImage,
  partitionOf,
  topicById,
  topicByName,
} from '@ottla/metadata';
import type { Logger, Platform } from '@ottla/platform';
import { ErrorCode, type Uuid } from '@ottla/protocol';
import type { TopicConfig } from '../config/topic-config.ts';
import type { Purgatory } from '../purgatory/purgatory.ts';
import { DamagedReplicas } from './damaged-replicas.ts';
import { Partition, type PartitionHost } from './partition.ts';
import type { IsrProposal } from './leader-state.ts';
import type { FollowerThrottle } from './replica-fetcher.ts';
import { PartitionFolders } from './partition-folders.ts';

export interface ReplicasOptions {
  readonly platform: Pick<Platform, 'disk' | 'random' | 'clock'>;
  readonly logger: Logger;
  readonly brokerId: number;
  /** Of this broker's registration; −1 before it, the default. */
  readonly brokerEpoch?: () => number;
  /** `replica.lag.time.max.ms`; default 30 s. */
  readonly lagMaxMs?: number;
  /** Asks the controller for another ISR; default: nobody is asked. */
  readonly isrChanges?: IsrRequests;
  /** Told where a replica is, where the metadata says otherwise; default: nobody is. */
  readonly assignments?: { assign(partition: Partition, directoryId: Uuid): void };
  /** Bounds what is given to followers; default: nothing does. */
  readonly leaderQuota?: FollowerThrottle;
  /** Fetches from the leaders; default: nobody does. */
  readonly fetchers?: FollowerFetchers;
  /** Open, not started; at least one. Closed by their owner after `close`. */
  readonly directories: readonly LogDirectory[];
  /** Paths of directories that could not be opened; default none. */
  readonly lostPaths?: readonly string[];
  /** Told whenever a partition (its key there) moved. */
  readonly purgatory: Pick<Purgatory, 'checkAndComplete'>;
  /** Effective settings of a topic with these own values: `BrokerConfig.topic`. */
  readonly topicConfig: (overrides: ReadonlyMap<string, string>) => TopicConfig;
  /** The image before `load`. */
  readonly image: MetadataImage;
}

/** Asks the controller for another ISR. */
export interface IsrRequests {
  propose(partition: Partition, proposal: IsrProposal): void;
}

/** Keeps the replicas that follow up with their leaders. */
export interface FollowerFetchers {
  /** Brings the fetching in line with `partition.following`, also where nothing is to be fetched any more. */
  assign(partition: Partition): void;
}

/** Hears of leadership. Called in the turn in which it changed, in order. */
export interface LeadershipListener {
  /** The broker leads the partition, from `partition.leaderEpoch` on. */
  elected?(partition: Partition): void;
  /** The broker ceased to lead the partition. */
  resigned?(partition: Partition): void;
}

interface HostedTopic {
  readonly name: string;
  readonly id: Uuid;
  /** By partition id; undefined where other brokers have the replicas. */
  readonly partitions: (Partition | undefined)[];
  /** Put together once for all of them. */
  config: TopicConfig;
}

const OPENED_AT_ONCE = 8;
const LAG_MAX_MS_DEFAULT = 30_000;

/** All partitions of this broker. */
export class Replicas {
  readonly directories: readonly LogDirectory[];
  /** Paths of directories that could not be opened. */
  readonly lostPaths: readonly string[];
  readonly #options: ReplicasOptions;
  readonly #logger: Logger;
  readonly #folders: PartitionFolders;
  readonly #saidCompacted = new Set<string>();
  readonly #byName = new Map<string, HostedTopic>();
  readonly #byId = new Map<Uuid, HostedTopic>();
  /** All of them; undefined when they are to be put together anew. */
  #all: readonly Partition[] | undefined;
  readonly #listeners = new Set<LeadershipListener>();
  readonly #partitionHost: PartitionHost;
  readonly #damaged: DamagedReplicas;
  #image: MetadataImage;
  #work: Promise<void> = Promise.resolve();

  constructor(options: ReplicasOptions) {
    this.directories = options.directories;
    this.lostPaths = options.lostPaths ?? [];
    this.#options = options;
    this.#logger = options.logger;
    this.#image = options.image;
    this.#folders = new PartitionFolders(options);
    const { clock } = options.platform;
    this.#partitionHost = {
      brokerId: options.brokerId,
      nowMs: () => clock.monotonicMs(),
      brokerEpoch: options.brokerEpoch ?? (() => -1),
      brokers: (id) => this.#image.cluster.brokers.get(id),
      lagMaxMs: options.lagMaxMs ?? LAG_MAX_MS_DEFAULT,
      moved: (partition) => options.purgatory.checkAndComplete(partition),
      propose: (partition, proposal) => options.isrChanges?.propose(partition, proposal),
      rewritten: (partition) => this.#update(partition),
      caughtUp: (partition) => this.#damaged.caughtUp(partition),
    };
    this.#damaged = new DamagedReplicas({
      logger: options.logger,
      brokerId: options.brokerId,
      assign: (partition, directoryId) => options.assignments?.assign(partition, directoryId),
      directoryOf: (partition) => this.#folders.directoryOf(partition)?.meta?.directoryId,
      leaveAlone: (partition, isLeftAlone) => {
        partition.leaveAlone(isLeftAlone);
        options.fetchers?.assign(partition);
      },
      replace: (partition) => this.#enqueue(() => this.#replace(partition)).catch(() => undefined),
    });
    for (const directory of options.directories)
      directory.onDamage = (name) => this.#foundDamaged(name);
  }

  /** Whether what a follower out of sync fetches is held back for now. */
  isHeldBack(partition: Partition, followerId: number): boolean {
    const { leaderQuota } = this.#options;
    if (followerId < 0 || leaderQuota === undefined || partition.isr.includes(followerId))
      return false;
    return leaderQuota.isHeldBack(partition);
  }

  /** A follower was given so many bytes. */
  givenToFollower(partition: Partition, bytes: number): void {
    this.#options.leaderQuota?.record(partition, bytes);
  }

  /** The newest metadata given to `load` or `apply`. */
  get image(): MetadataImage {
    return this.#image;
  }

  /**
   * Opens every log that the image wants here, leads what it should, and starts the directories. Folders of unknown
   * topics stay where they are, with a warning.
   */
  async load(image: MetadataImage): Promise<void> {
    this.#image = image;
    const wanted: LocalReplica[] = [];
    for (const topic of image.topics.byName.values()) {
      topic.partitions.forEach((partition, partitionId) => {
        if (partition.replicas.includes(this.#options.brokerId))
          wanted.push({ topicName: topic.name, topicId: topic.id, partitionId, partition });
      });
    }
    const created = wanted.map((replica) => this.#host(replica));
    await this.#enqueue(async () => {
      await this.#folders.find(image);
      await this.#openAll(created);
      this.#folders.loaded();
      for (const directory of this.directories) await directory.start();
    });
  }

  /**
   * Applies a change of the metadata. Lookups see it at once; leaders whose logs are not open yet answer
   * NOT_LEADER_OR_FOLLOWER until they are.
   *
   * @returns settles when the logs are opened, deleted and configured; never rejects (a failure takes the partition offline)
   */
  apply(delta: MetadataDelta, image: MetadataImage): Promise<void> {
    this.#image = image;
    const changes = localReplicaChanges(delta.topics, this.#options.brokerId);
    const removed = changes.deletes
      .map(({ topicId, partitionId }) => this.#unhost(topicId, partitionId))
      .filter((partition) => partition !== undefined);
    const opening: Partition[] = [];
    for (const replica of [...changes.leaders, ...changes.followers]) {
      const partition = this.#byId.get(replica.topicId)?.partitions[replica.partitionId];
      if (partition === undefined) opening.push(this.#host(replica));
      else this.#update(partition);
    }
    for (const resource of delta.changedConfigResources)
      if (resource.type === ConfigResourceType.TOPIC) this.#configure(resource.name);
    if (removed.length === 0 && opening.length === 0) return this.#work;
    return this.#enqueue(async () => {
      for (const partition of removed) await this.#delete(partition);
      await this.#openAll(opening);
    });
  }

  /** Where that fails, the directory has failed; those that are in others are opened all the same. */
  async #delete(partition: Partition): Promise<void> {
    try {
      await this.#folders.delete(partition);
    } catch (error) {
      this.#logger.error('a log cannot be deleted', { name: partition.name, error });
    }
  }

  /** The broker's own settings changed, which stand in where topics have none. */
  reconfigure(): void {
    for (const name of this.#byName.keys()) this.#configure(name);
  }

  /** Hears of elections from here on, and at once of those that were. Returns how to stop. */
  listen(listener: LeadershipListener): () => void {
    this.#listeners.add(listener);
    for (const partition of this.partitions())
      if (partition.isLeader) listener.elected?.(partition);
    return () => this.#listeners.delete(listener);
  }

  /** The replica of a topic's present incarnation, or undefined when this broker has none. */
  partition(topic: string, id: number): Partition | undefined {
    return this.#byName.get(topic)?.partitions[id];
  }

  /** As `partition`, by topic id. */
  partitionById(topicId: Uuid, id: number): Partition | undefined {
    return this.#byId.get(topicId)?.partitions[id];
  }

  /** Why `partition` found nothing: the code to answer. */
  whyMissing(topic: string, id: number): number {
    return partitionOf(this.#image, topic, id) === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** Why `partitionById` found nothing: the code to answer. */
  whyMissingById(topicId: Uuid, id: number): number {
    const topic = topicById(this.#image, topicId);
    if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_ID;
    return topic.partitions[id] === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** Every partition that this broker holds a replica of; the same array until one comes or goes. */
  partitions(): readonly Partition[] {
    this.#all ??= [...this.#byName.values()].flatMap(({ partitions }) =>
      partitions.filter((partition) => partition !== undefined),
    );
    return this.#all;
  }

  /** A directory failed (`LogDirectory`'s `onFailure`): its partitions answer KAFKA_STORAGE_ERROR from here on. */
  directoryFailed(directory: LogDirectory): void {
    for (const partition of this.partitions()) {
      if (this.#folders.directoryOf(partition) !== directory) continue;
      const wasLeader = partition.isLeader;
      partition.goOffline();
      this.#options.fetchers?.assign(partition);
      if (wasLeader) this.#tell('resigned', partition);
    }
  }

  /** Puts out of the ISR who lags (`replica.lag.time.max.ms`). To be called every half of that time. */
  shrinkIsrs(): void {
    for (const partition of this.partitions()) if (partition.isLeader) partition.shrinkIsr();
  }

  /** Resolves when all changes given so far are done. */
  settled(): Promise<void> {
    return this.#work;
  }

  /** Resigns everywhere; then the directories can be closed. */
  async close(): Promise<void> {
    await this.#work;
    for (const partition of this.partitions()) {
      const wasLeader = partition.isLeader;
      partition.remove();
      this.#options.fetchers?.assign(partition);
      if (wasLeader) this.#tell('resigned', partition);
    }
  }

  #host(replica: LocalReplica): Partition {
    const { topicName, topicId, partitionId } = replica;
    const topic = this.#byId.get(topicId) ?? {
      name: topicName,
      id: topicId,
      partitions: [],
      config: this.#configOf(topicName),
    };
    const partition = new Partition(
      { topic: topicName, topicId, id: partitionId },
      topic.config,
      this.#partitionHost,
    );
    partition.update(replica.partition);
    topic.partitions[partitionId] = partition;
    this.#byId.set(topicId, topic);
    this.#byName.set(topicName, topic);
    this.#all = undefined;
    return partition;
  }

  #unhost(topicId: Uuid, partitionId: number): Partition | undefined {
    const topic = this.#byId.get(topicId);
    const partition = topic?.partitions[partitionId];
    if (topic === undefined || partition === undefined) return undefined;
    topic.partitions[partitionId] = undefined;
    this.#all = undefined;
    if (topic.partitions.every((other) => other === undefined)) {
      this.#byId.delete(topicId);
      if (this.#byName.get(topic.name) === topic) this.#byName.delete(topic.name);
    }
    const wasLeader = partition.isLeader;
    partition.remove();
    this.#damaged.forget(partition);
    this.#options.fetchers?.assign(partition);
    if (wasLeader) this.#tell('resigned', partition);
    return partition;
  }

  #foundDamaged(name: string): void {
    const split = name.lastIndexOf('-');
    const partition = this.partition(name.slice(0, split), Number(name.slice(split + 1)));
    if (partition !== undefined) this.#damaged.found(partition);
  }

  /** A new log in the place of the one that is there, which goes as that of a deleted topic does. */
  async #replace(partition: Partition): Promise<void> {
    if (partition.isDeleted || partition.isOffline) return;
    await this.#folders.delete(partition);
    await this.#open(partition);
  }

  /** Brings a partition up to the newest image. */
  #update(partition: Partition): void {
    const image = topicById(this.#image, partition.topicId)?.partitions[partition.id];
    if (image === undefined || partition.isDeleted || partition.isOffline) return;
    const change = partition.update(image);
    this.#options.fetchers?.assign(partition);
    if (change === 'resigned' || change === 'replaced') this.#tell('resigned', partition);
    if (change === 'elected' || change === 'replaced') this.#tell('elected', partition);
    this.#damaged.updated(partition);
  }

  async #openAll(partitions: readonly Partition[]): Promise<void> {
    let next = 0;
    const work = async (): Promise<void> => {
      for (let item = partitions[next++]; item !== undefined; item = partitions[next++])
        await this.#open(item);
    };
    const workers = Math.min(OPENED_AT_ONCE, partitions.length);
    await Promise.all(Array.from({ length: workers }, work));
  }

  async #open(partition: Partition): Promise<void> {
    if (partition.isDeleted) return;
    try {
      const log = await this.#folders.open(partition);
      // The settings may have changed meanwhile.
      log.configure(partition.config);
      if (partition.id === 0) this.#sayIfCompacted(partition.topic, partition.config);
      partition.open(log);
      this.#update(partition);
      const directoryId = this.#folders.directoryOf(partition)?.meta?.directoryId;
      // One that takes the place of a damaged one is not told of before it has what is committed.
      const isTold = directoryId !== partition.directoryId && !this.#damaged.has(partition);
      if (directoryId !== undefined && isTold)
        this.#options.assignments?.assign(partition, directoryId);
    } catch (error) {
      this.#logger.error('a partition cannot be opened', { partition: partition.name, error });
      partition.goOffline();
      this.#options.fetchers?.assign(partition);
    }
  }

  #configure(topicName: string): void {
    const topic = this.#byName.get(topicName);
    if (topic === undefined) return;
    const config = this.#configOf(topicName);
    this.#sayIfCompacted(topicName, config);
    topic.config = config;
    for (const partition of topic.partitions) partition?.configure(config);
  }

  /** There is no log cleaner yet; who asks for compaction is told once for each topic. */
  #sayIfCompacted(topicName: string, config: TopicConfig): void {
    if (!config.cleanupPolicy.includes('compact') || this.#saidCompacted.has(topicName)) return;
    this.#saidCompacted.add(topicName);
    const text = 'cleanup.policy=compact keeps every record: this version has no log cleaner yet';
    if (topicName.startsWith('__')) this.#logger.debug(text, { topic: topicName });
    else this.#logger.warn(text, { topic: topicName });
  }

  #configOf(topicName: string): TopicConfig {
    const resource = { type: ConfigResourceType.TOPIC, name: topicName };
    return this.#options.topicConfig(configsOf(this.#image, resource));
  }

  #tell(what: 'elected' | 'resigned', partition: Partition): void {
    for (const listener of this.#listeners) listener[what]?.(partition);
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch((error: unknown) => {
      this.#logger.error('a change of the partitions failed', { error });
    });
    return done;
  }
}

/** Partition count of a topic in the image, 0 when there is none. */
export function partitionCount(image: MetadataImage, topic: string): number {
  return topicByName(image, topic)?.partitions.length ?? 0;
}
