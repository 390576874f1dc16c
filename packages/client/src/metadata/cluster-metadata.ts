// What is known of the cluster: brokers, topics, leaders. Immutable snapshots, merged from Metadata responses and from hints
// that come with other answers. What a broker says about an older leader epoch is not believed.
import { ErrorCode } from '@ottla/protocol';
import type { MetadataResponse, MetadataResponseTopic } from '@ottla/protocol/messages/metadata';

export interface BrokerNode {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

export interface PartitionMetadata {
  readonly partition: number;
  /** −1 while there is none. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly offlineReplicas: readonly number[];
}

export interface TopicMetadata {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  /** Error code of the topic; 0 for none. */
  readonly errorCode: number;
  /** By partition index. */
  readonly partitions: readonly PartitionMetadata[];
}

export interface ClusterMetadata {
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly brokers: ReadonlyMap<number, BrokerNode>;
  readonly topics: ReadonlyMap<string, TopicMetadata>;
}

/** A new leader, as an answer to a request to the old one tells it (KIP-951). */
export interface LeaderHint {
  readonly topic: string;
  readonly partition: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

export const EMPTY_METADATA: ClusterMetadata = {
  clusterId: null,
  controllerId: -1,
  brokers: new Map(),
  topics: new Map(),
};

/** The response as a snapshot; topics that it does not name are taken from `before`. */
export function mergeMetadata(
  before: ClusterMetadata,
  response: MetadataResponse,
  isComplete: boolean,
): ClusterMetadata {
  const topics = new Map(isComplete ? [] : before.topics);
  for (const topic of response.topics)
    if (topic.name !== null)
      topics.set(topic.name, mergeTopic(topic.name, topic, before.topics.get(topic.name)));
  return {
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
}

/** The snapshot with a new leader; itself when the hint is not news. */
export function applyLeaderHint(
  metadata: ClusterMetadata,
  { topic: name, partition, leaderId, leaderEpoch }: LeaderHint,
  endpoint: BrokerNode | undefined,
): ClusterMetadata {
  const topic = metadata.topics.get(name);
  const known = topic?.partitions[partition];
  if (topic === undefined || known === undefined || leaderEpoch <= known.leaderEpoch)
    return metadata;
  if (endpoint === undefined && !metadata.brokers.has(leaderId)) return metadata;
  const partitions = topic.partitions.with(partition, { ...known, leaderId, leaderEpoch });
  return {
    ...metadata,
    brokers:
      endpoint === undefined
        ? metadata.brokers
        : new Map(metadata.brokers).set(endpoint.nodeId, endpoint),
    topics: new Map(metadata.topics).set(name, { ...topic, partitions }),
  };
}

function mergeTopic(
  name: string,
  topic: MetadataResponseTopic,
  before: TopicMetadata | undefined,
): TopicMetadata {
  // A topic of another id is another topic: its epochs start again.
  const isSame = before?.topicId === topic.topicId;
  return {
    name,
    topicId: topic.topicId,
    isInternal: topic.isInternal,
    errorCode: topic.errorCode,
    partitions: topic.partitions
      .map((partition): PartitionMetadata => {
        const known = isSame ? before.partitions[partition.partitionIndex] : undefined;
        if (known !== undefined && known.leaderEpoch > partition.leaderEpoch) return known;
        const hasNone = partition.errorCode === ErrorCode.LEADER_NOT_AVAILABLE;
        return {
          partition: partition.partitionIndex,
          leaderId: hasNone ? -1 : partition.leaderId,
          leaderEpoch: partition.leaderEpoch,
          replicas: partition.replicaNodes,
          isr: partition.isrNodes,
          offlineReplicas: partition.offlineReplicas,
        };
      })
      .sort((a, b) => a.partition - b.partition),
  };
}
