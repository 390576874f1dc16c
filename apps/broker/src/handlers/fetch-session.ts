// One fetch session: what its client wants of each partition, and what it was last told. Kafka: FetchSession.
import type { Uuid } from '@ottla/protocol';
import type {
  FetchPartition,
  FetchTopic,
  ForgottenTopic,
  PartitionData,
} from '@ottla/protocol/messages/fetch';

const EPOCH_MAX = 2 ** 31 - 1;
const FIRST_INCREMENTAL_EPOCH = 1;
const NOTHING_TOLD = -1;

/** One partition of a fetch. What is wanted changes with requests, what was told with responses. */
export interface WantedPartition {
  /** In its session; made of what names the topic, and the partition. */
  readonly key: string;
  /** '' from version 13 on. */
  readonly topic: string;
  /** Zero before version 13. */
  readonly topicId: Uuid;
  readonly partition: number;
  maxBytes: number;
  fetchOffset: number;
  /** −1: not said. */
  currentLeaderEpoch: number;
  /** −1: not said. */
  lastFetchedEpoch: number;
  /** Where a follower's log starts; −1 of a consumer. */
  logStartOffset: number;
  /** High watermark that the client knows, −1 when it must be told. */
  toldHighWatermark: number;
  toldLogStartOffset: number;
}

/** The partitions of a full request, in its order. */
export function wantedPartitions(topics: readonly FetchTopic[]): WantedPartition[] {
  const wanted: WantedPartition[] = [];
  for (const topic of topics)
    for (const partition of topic.partitions) wanted.push(wantedPartition(topic, partition));
  return wanted;
}

function keyOf(topic: { topic: string; topicId: Uuid }, partition: number): string {
  return `${topic.topic}/${topic.topicId}/${partition}`;
}

function wantedPartition(topic: FetchTopic, asked: FetchPartition): WantedPartition {
  return {
    key: keyOf(topic, asked.partition),
    topic: topic.topic,
    topicId: topic.topicId,
    partition: asked.partition,
    maxBytes: asked.partitionMaxBytes,
    fetchOffset: asked.fetchOffset,
    currentLeaderEpoch: asked.currentLeaderEpoch,
    lastFetchedEpoch: asked.lastFetchedEpoch,
    logStartOffset: asked.logStartOffset,
    toldHighWatermark: NOTHING_TOLD,
    toldLogStartOffset: NOTHING_TOLD,
  };
}

export interface FetchSessionOptions {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly isPrivileged: boolean;
  readonly nowMs: number;
  readonly partitions: Iterable<WantedPartition>;
}

export class FetchSession {
  readonly id: number;
  readonly usesTopicIds: boolean;
  /** A follower's. */
  readonly isPrivileged: boolean;
  readonly createdMs: number;
  lastUsedMs: number;
  #epoch = FIRST_INCREMENTAL_EPOCH;
  /** In the order in which they are read. */
  readonly #partitions = new Map<string, WantedPartition>();

  constructor(options: FetchSessionOptions) {
    this.id = options.id;
    this.usesTopicIds = options.usesTopicIds;
    this.isPrivileged = options.isPrivileged;
    this.createdMs = options.nowMs;
    this.lastUsedMs = options.nowMs;
    for (const partition of options.partitions) this.#partitions.set(partition.key, partition);
  }

  /** What the next request must carry. */
  get epoch(): number {
    return this.#epoch;
  }

  get size(): number {
    return this.#partitions.size;
  }

  /** Live: in the order in which they are to be read. */
  partitions(): Iterable<WantedPartition> {
    return this.#partitions.values();
  }

  /** The next epoch; after the highest comes 1 again, for 0 begins a session. */
  advance(): void {
    this.#epoch = this.#epoch === EPOCH_MAX ? FIRST_INCREMENTAL_EPOCH : this.#epoch + 1;
  }

  /** Takes in what a request adds, changes and forgets. */
  update(topics: readonly FetchTopic[], forgotten: readonly ForgottenTopic[]): void {
    for (const topic of topics) {
      for (const asked of topic.partitions) {
        const known = this.#partitions.get(keyOf(topic, asked.partition));
        if (known === undefined) {
          const added = wantedPartition(topic, asked);
          this.#partitions.set(added.key, added);
          continue;
        }
        known.maxBytes = asked.partitionMaxBytes;
        known.fetchOffset = asked.fetchOffset;
        known.currentLeaderEpoch = asked.currentLeaderEpoch;
        known.lastFetchedEpoch = asked.lastFetchedEpoch;
        known.logStartOffset = asked.logStartOffset;
      }
    }
    for (const topic of forgotten)
      for (const partition of topic.partitions) this.#partitions.delete(keyOf(topic, partition));
  }

  /** Whether the client must be told, and takes down that it is. A partition that gave records is read last next time. */
  tell(partition: WantedPartition, data: PartitionData, sizeBytes: number): boolean {
    const isNews = note(partition, data);
    if (sizeBytes === 0) return isNews;
    this.#partitions.delete(partition.key);
    this.#partitions.set(partition.key, partition);
    return true;
  }
}

/** Takes down what the client is told in a full response, or whether an incremental one must tell it. */
export function note(partition: WantedPartition, data: PartitionData): boolean {
  const isNews =
    partition.toldHighWatermark !== data.highWatermark ||
    partition.toldLogStartOffset !== data.logStartOffset ||
    data.errorCode !== 0 ||
    data.preferredReadReplica >= 0 ||
    data.divergingEpoch.epoch >= 0;
  // After an error the partition is sent again when it is over, whatever it says.
  partition.toldHighWatermark = data.errorCode === 0 ? data.highWatermark : NOTHING_TOLD;
  partition.toldLogStartOffset = data.logStartOffset;
  return isNews;
}
