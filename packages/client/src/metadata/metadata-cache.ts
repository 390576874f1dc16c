// What brokers said of the cluster, and how far they are believed: a machine without I/O. A leader epoch that anybody told,
// in metadata, in a hint or with a committed offset, is remembered, also while the topic's metadata is not known. Who tells of
// a leader before that is behind, as a broker is that was cut off, and its leader is not asked. Kafka: Metadata; KIP-320.
import { ErrorCode } from '@ottla/protocol';
import type {
  MetadataResponse,
  MetadataResponsePartition,
  MetadataResponseTopic,
} from '@ottla/protocol/messages/metadata';
import {
  type BrokerNode,
  type ClusterMetadata,
  EMPTY_METADATA,
  type LeaderHint,
  type PartitionMetadata,
  type TopicMetadata,
} from './cluster-metadata.ts';

const NO_LEADER = -1;
const NO_EPOCH = -1;

/** What was told of the leaders of one topic. */
interface SeenTopic {
  /** Undefined until metadata told it. A topic of another id is another topic: its epochs start again. */
  topicId: string | undefined;
  /** The newest by partition index; −1 or nothing where none was told. */
  readonly epochs: number[];
}

export class MetadataCache {
  #snapshot: ClusterMetadata = EMPTY_METADATA;
  readonly #seen = new Map<string, SeenTopic>();

  /** Another object when anything changed. */
  get snapshot(): ClusterMetadata {
    return this.#snapshot;
  }

  /**
   * Takes an answer in. Topics that it does not name stay as they are.
   *
   * @param isComplete whether all topics were asked for: then those it does not name are gone
   * @returns whether the broker is behind: it tells of a leader, or of a topic's absence, after which more was told
   */
  merge(response: MetadataResponse, isComplete: boolean): { readonly isBehind: boolean } {
    const before = this.#snapshot.topics;
    const topics = new Map(isComplete ? [] : before);
    let isBehind = false;
    for (const topic of response.topics) {
      if (topic.name === null) continue;
      isBehind ||= this.#isBehind(topic.name, topic);
      topics.set(topic.name, this.#believe(topic.name, topic, before.get(topic.name)));
    }
    if (isComplete)
      for (const name of this.#seen.keys()) if (!topics.has(name)) this.#seen.delete(name);
    this.#snapshot = {
      clusterId: response.clusterId,
      controllerId: response.controllerId,
      brokers: new Map(
        response.brokers.map(({ nodeId, host, port, rack }) => [
          nodeId,
          { nodeId, host, port, rack },
        ]),
      ),
      topics,
    };
    return { isBehind };
  }

  /** A broker told who leads. @returns whether that was news */
  learnLeader(
    { topic: name, partition, leaderId, leaderEpoch }: LeaderHint,
    endpoint: BrokerNode | undefined,
  ): boolean {
    const known = this.#snapshot.topics.get(name)?.partitions[partition];
    if (known === undefined || leaderEpoch < this.#seenEpoch(name, partition)) return false;
    const isNews = leaderEpoch > known.leaderEpoch || known.leaderId === NO_LEADER;
    if (!isNews || (endpoint === undefined && !this.#snapshot.brokers.has(leaderId))) return false;
    this.#see(name, partition, leaderEpoch);
    if (endpoint !== undefined)
      this.#snapshot = {
        ...this.#snapshot,
        brokers: new Map(this.#snapshot.brokers).set(endpoint.nodeId, endpoint),
      };
    this.#setPartition(name, { ...known, leaderId, leaderEpoch });
    return true;
  }

  /**
   * There is, or was, a leader of this epoch: a committed offset names it, say. An older one is no leader any more.
   * @returns whether that was news
   */
  seeLeaderEpoch(name: string, partition: number, leaderEpoch: number): boolean {
    if (leaderEpoch <= this.#seenEpoch(name, partition)) return false;
    this.#see(name, partition, leaderEpoch);
    const known = this.#snapshot.topics.get(name)?.partitions[partition];
    // A cluster that tells no epochs (before Kafka 2.2) cannot be doubted.
    if (known !== undefined && known.leaderEpoch !== NO_EPOCH)
      this.#setPartition(name, { ...known, leaderId: NO_LEADER, leaderEpoch });
    return true;
  }

  /** What is cached about the topic is not true any more; its epochs are remembered. */
  invalidate(name: string): void {
    if (!this.#snapshot.topics.has(name)) return;
    const topics = new Map(this.#snapshot.topics);
    topics.delete(name);
    this.#snapshot = { ...this.#snapshot, topics };
  }

  /** Where brokers listen is not true any more. */
  forgetBrokers(): void {
    this.#snapshot = { ...this.#snapshot, brokers: new Map() };
  }

  #isBehind(name: string, topic: MetadataResponseTopic): boolean {
    const seen = this.#seen.get(name);
    if (seen === undefined) return false;
    if (topic.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) return true;
    return topic.partitions.some((partition) => isOlder(partition, seenBefore(seen, topic)));
  }

  #believe(
    name: string,
    topic: MetadataResponseTopic,
    before: TopicMetadata | undefined,
  ): TopicMetadata {
    const { topicId, isInternal, errorCode } = topic;
    if (errorCode !== ErrorCode.NONE)
      return { name, topicId, isInternal, errorCode, partitions: [] };
    const seen = seenBefore(this.#seen.get(name), topic);
    this.#seen.set(name, { topicId, epochs: seen });
    const known = before?.topicId === topicId ? before.partitions : [];
    const partitions = topic.partitions.map((partition): PartitionMetadata => {
      const { partitionIndex: index } = partition;
      if (!isOlder(partition, seen)) {
        seen[index] = Math.max(partition.leaderEpoch, seen[index] ?? NO_EPOCH);
        return partitionOf(partition);
      }
      const leaderEpoch = seen[index]!;
      return known[index]?.leaderEpoch === leaderEpoch
        ? known[index]
        : { ...partitionOf(partition), leaderId: NO_LEADER, leaderEpoch };
    });
    partitions.sort((a, b) => a.partition - b.partition);
    return { name, topicId, isInternal, errorCode, partitions };
  }

  #seenEpoch(name: string, partition: number): number {
    return this.#seen.get(name)?.epochs[partition] ?? NO_EPOCH;
  }

  #see(name: string, partition: number, leaderEpoch: number): void {
    let seen = this.#seen.get(name);
    if (seen === undefined) this.#seen.set(name, (seen = { topicId: undefined, epochs: [] }));
    seen.epochs[partition] = leaderEpoch;
  }

  #setPartition(name: string, partition: PartitionMetadata): void {
    const topic = this.#snapshot.topics.get(name)!;
    const partitions = topic.partitions.with(partition.partition, partition);
    const topics = new Map(this.#snapshot.topics).set(name, { ...topic, partitions });
    this.#snapshot = { ...this.#snapshot, topics };
  }
}

/** The epochs that count for a topic of that id. */
function seenBefore(seen: SeenTopic | undefined, { topicId }: MetadataResponseTopic): number[] {
  const isSame = seen?.topicId === undefined || seen.topicId === topicId;
  return isSame ? (seen?.epochs ?? []) : [];
}

function isOlder(
  { partitionIndex, leaderEpoch }: MetadataResponsePartition,
  seen: readonly number[],
): boolean {
  return leaderEpoch !== NO_EPOCH && leaderEpoch < (seen[partitionIndex] ?? NO_EPOCH);
}

function partitionOf(partition: MetadataResponsePartition): PartitionMetadata {
  const hasNone = partition.errorCode === ErrorCode.LEADER_NOT_AVAILABLE;
  return {
    partition: partition.partitionIndex,
    leaderId: hasNone ? NO_LEADER : partition.leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicas: partition.replicaNodes,
    isr: partition.isrNodes,
    offlineReplicas: partition.offlineReplicas,
  };
}
