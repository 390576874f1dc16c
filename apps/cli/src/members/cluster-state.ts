// What the commands of `ottla cluster` look at: brokers, quorum, and where every replica is.
import type { Admin, ClusterDescription, QuorumDescription, TopicMetadata } from '@ottla/client';
import { errorNameOf } from '../cli-error.ts';
import type { PlacedPartition } from './placement.ts';

export interface ClusterState {
  readonly cluster: ClusterDescription;
  /** Undefined where the cluster does not tell, as before Kafka 3.3. */
  readonly quorum: QuorumDescription | undefined;
  readonly topics: readonly TopicMetadata[];
  /** Topic and partition of every move under way. */
  readonly reassigning: readonly string[];
}

/** Asks the cluster. */
export async function clusterState(admin: Admin): Promise<ClusterState> {
  const [cluster, quorum, topics, reassigning] = await Promise.all([
    admin.describeCluster({ includeFencedBrokers: true }),
    unlessUnsupported(admin.describeQuorum()),
    admin.describeTopics(undefined),
    unlessUnsupported(admin.listPartitionReassignments()),
  ]);
  return {
    cluster,
    quorum,
    topics,
    reassigning: (reassigning ?? []).map(({ topic, partition }) => `${topic}-${partition}`),
  };
}

/** Every partition with its replicas. */
export function placements(topics: readonly TopicMetadata[]): PlacedPartition[] {
  return topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partition, replicas }) => ({ topic, partition, replicas })),
  );
}

async function unlessUnsupported<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (errorNameOf(error) === 'UNSUPPORTED_VERSION') return undefined;
    throw error;
  }
}
