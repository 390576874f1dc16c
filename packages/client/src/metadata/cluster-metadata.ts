// What is known of the cluster: brokers, topics, leaders. Immutable snapshots, merged from Metadata responses.
import { ErrorCode } from '@ottla/protocol';
import type { MetadataResponse } from '@ottla/protocol/messages/metadata';

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
  for (const topic of response.topics) {
    if (topic.name === null) continue;
    topics.set(topic.name, {
      name: topic.name,
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      errorCode: topic.errorCode,
      partitions: topic.partitions
        .map((partition) => ({
          partition: partition.partitionIndex,
          leaderId:
            partition.errorCode === ErrorCode.LEADER_NOT_AVAILABLE ? -1 : partition.leaderId,
          leaderEpoch: partition.leaderEpoch,
          replicas: partition.replicaNodes,
          isr: partition.isrNodes,
          offlineReplicas: partition.offlineReplicas,
        }))
        .sort((a, b) => a.partition - b.partition),
    });
  }
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
