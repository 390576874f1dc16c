// What a delta means to one broker: the replicas it has to start, to lead, to follow or to drop.
// Kafka: org.apache.kafka.image.LocalReplicaChanges.
import type { Uuid } from '@ottla/protocol';
import type { PartitionImage } from './partition-image.ts';
import type { TopicDelta, TopicsDelta } from './topics-delta.ts';

/** One partition that the broker holds a replica of, after the change. */
export interface LocalReplica {
  readonly topicName: string;
  readonly topicId: Uuid;
  readonly partitionId: number;
  readonly partition: PartitionImage;
}

/** A partition of which the broker has no replica any more. */
export interface DeletedReplica {
  readonly topicName: string;
  readonly topicId: Uuid;
  readonly partitionId: number;
  /** True when the whole topic is gone, false when the replica moved elsewhere. */
  readonly isTopicDeleted: boolean;
}

/** Changes of the replicas of one broker. */
export interface LocalReplicaChanges {
  /** Do these first: a topic may have been deleted and created again under the same name. */
  readonly deletes: readonly DeletedReplica[];
  /** Partitions that this broker leads now and whose partition epoch moved. */
  readonly leaders: readonly LocalReplica[];
  /** Those of `leaders` whose leader epoch moved as well: it was elected. */
  readonly electedLeaders: readonly LocalReplica[];
  /** Partitions that this broker follows (or that have no leader) and whose partition epoch moved. */
  readonly followers: readonly LocalReplica[];
}

/** What `delta` changes for the replicas of `brokerId`. */
export function localReplicaChanges(delta: TopicsDelta, brokerId: number): LocalReplicaChanges {
  const changes = {
    deletes: [] as DeletedReplica[],
    leaders: [] as LocalReplica[],
    electedLeaders: [] as LocalReplica[],
    followers: [] as LocalReplica[],
  };
  for (const topic of delta.deletedTopics.values()) {
    topic.partitions.forEach((partition, partitionId) => {
      if (!partition.replicas.includes(brokerId)) return;
      const { name: topicName, id: topicId } = topic;
      changes.deletes.push({ topicName, topicId, partitionId, isTopicDeleted: true });
    });
  }
  for (const topic of delta.changedTopics.values()) addTopicChanges(changes, topic, brokerId);
  return changes;
}

type Changes = {
  -readonly [K in keyof LocalReplicaChanges]: Array<LocalReplicaChanges[K][number]>;
};

function addTopicChanges(changes: Changes, topic: TopicDelta, brokerId: number): void {
  const { name: topicName, id: topicId } = topic;
  for (const [partitionId, partition] of topic.changedPartitions) {
    const before = topic.base.partitions[partitionId];
    const replica = { topicName, topicId, partitionId, partition };
    if (!partition.replicas.includes(brokerId)) {
      if (before?.replicas.includes(brokerId)) {
        changes.deletes.push({ topicName, topicId, partitionId, isTopicDeleted: false });
      }
    } else if (before === undefined || before.partitionEpoch !== partition.partitionEpoch) {
      if (partition.leader !== brokerId) {
        changes.followers.push(replica);
        continue;
      }
      changes.leaders.push(replica);
      if (before?.leaderEpoch !== partition.leaderEpoch) changes.electedLeaders.push(replica);
    }
  }
}
