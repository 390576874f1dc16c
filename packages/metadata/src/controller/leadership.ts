// What happens to leaders and ISRs when a broker comes or goes. Partitions are found by going through
// all of them: 100,000 take a few milliseconds, which an index per broker would have to earn back on
// every change. Kafka: ReplicationControlManager.generateLeaderAndIsrUpdates and its callers.
import type { Uuid } from '@ottla/protocol';
import { type BrokerRegistration, isActiveBroker } from '../image/cluster-image.ts';
import { DirectoryId, NO_LEADER, type PartitionImage } from '../image/partition-image.ts';
import type { TopicImage } from '../image/metadata-image.ts';
import { brokerChangeRecord, metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import {
  type DecisionScope,
  isUncleanElectionEnabled,
  metadataVersionOf,
} from './decision-scope.ts';
import { partitionChangeRecord } from './partition-change.ts';

/** Records that fence a broker: it leaves every ISR, then the registration says so. */
export function fenceBroker(scope: DecisionScope, broker: BrokerRegistration): MetadataRecord[] {
  const { brokerId, brokerEpoch } = broker;
  const change = brokerChangeRecord({ brokerId, brokerEpoch, fenced: 1 });
  return [...removeFromIsrs(scope, brokerId), change];
}

/** Records that unfence a broker: partitions without a leader may get one. */
export function unfenceBroker(scope: DecisionScope, broker: BrokerRegistration): MetadataRecord[] {
  const { brokerId, brokerEpoch } = broker;
  const change = brokerChangeRecord({ brokerId, brokerEpoch, fenced: -1 });
  const elections = changePartitions(scope, {
    joining: brokerId,
    concerns: (partition) => partition.leader === NO_LEADER,
  });
  return [change, ...elections];
}

/** Records that move everything away from a broker that is about to stop. */
export function beginControlledShutdown(
  scope: DecisionScope,
  broker: BrokerRegistration,
): MetadataRecord[] {
  const { brokerId, brokerEpoch } = broker;
  const changes = removeFromIsrs(scope, brokerId);
  if (broker.inControlledShutdown) return changes;
  return [brokerChangeRecord({ brokerId, brokerEpoch, inControlledShutdown: 1 }), ...changes];
}

/** Records that take a broker out of the cluster. */
export function unregisterBroker(
  scope: DecisionScope,
  { brokerId, brokerEpoch }: BrokerRegistration,
): MetadataRecord[] {
  const removal = metadataRecord('UnregisterBrokerRecord', { brokerId, brokerEpoch });
  return [...removeFromIsrs(scope, brokerId), removal];
}

/** Records that take a broker out of every ISR and every leadership. */
export function removeFromIsrs(scope: DecisionScope, brokerId: number): MetadataRecord[] {
  const concerns = (partition: PartitionImage): boolean => partition.isr.includes(brokerId);
  return changePartitions(scope, { leaving: brokerId, concerns });
}

/** Records for replicas in log directories of a broker that went offline. */
export function loseDirectories(
  scope: DecisionScope,
  brokerId: number,
  directories: readonly Uuid[],
): MetadataRecord[] {
  return changePartitions(scope, {
    leaving: brokerId,
    concerns: ({ replicas, directories: assigned }) => {
      const directory = assigned[replicas.indexOf(brokerId)];
      return directory !== undefined && directories.includes(directory);
    },
  });
}

/** Whether any partition is led by the broker. */
export function hasLeaderships(scope: DecisionScope, brokerId: number): boolean {
  for (const topic of scope.image.topics.byName.values()) {
    if (topic.partitions.some((partition) => partition.leader === brokerId)) return true;
  }
  return false;
}

/** Records that give leadership back to preferred leaders, at most `countMax` of them. */
export function electPreferredLeaders(scope: DecisionScope, countMax: number): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const topic of scope.image.topics.byName.values()) {
    for (const [partitionId, partition] of topic.partitions.entries()) {
      if (partition.leader === partition.replicas[0]) continue;
      const record = partitionChangeRecord({
        topicId: topic.id,
        partitionId,
        partition,
        metadataVersion: metadataVersionOf(scope),
        election: 'preferred',
        isAcceptableLeader: (id) => canLead(scope, partition, id),
      });
      if (record !== undefined) records.push(record);
      if (records.length >= countMax) return records;
    }
  }
  return records;
}

/** Whether a broker is active and its replica's log directory is online. */
export function canLead(
  scope: DecisionScope,
  partition: PartitionImage,
  brokerId: number,
): boolean {
  const broker = scope.image.cluster.brokers.get(brokerId);
  return isActiveBroker(broker) && isReplicaOnline(broker, partition, brokerId);
}

interface PartitionSelection {
  /** Is to leave the ISRs, and must not be elected. */
  readonly leaving?: number;
  /** May be elected although the state still shows it as fenced. */
  readonly joining?: number;
  readonly concerns: (partition: PartitionImage) => boolean;
}

function changePartitions(scope: DecisionScope, selection: PartitionSelection): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const topic of scope.image.topics.byName.values()) {
    for (const [partitionId, partition] of topic.partitions.entries()) {
      if (!selection.concerns(partition)) continue;
      const record = changePartition(scope, topic, partitionId, partition, selection);
      if (record !== undefined) records.push(record);
    }
  }
  return records;
}

function changePartition(
  scope: DecisionScope,
  topic: TopicImage,
  partitionId: number,
  partition: PartitionImage,
  { leaving, joining }: PartitionSelection,
): MetadataRecord | undefined {
  const { brokers } = scope.image.cluster;
  return partitionChangeRecord({
    topicId: topic.id,
    partitionId,
    partition,
    metadataVersion: metadataVersionOf(scope),
    election: isUncleanElectionEnabled(scope, topic.name) ? 'unclean' : 'online',
    isAcceptableLeader: (id) =>
      id !== leaving &&
      (id === joining
        ? isReplicaOnline(brokers.get(id), partition, id)
        : canLead(scope, partition, id)),
    targetIsr: partition.isr.filter((id) => id !== leaving),
  });
}

function isReplicaOnline(
  broker: BrokerRegistration | undefined,
  partition: PartitionImage,
  brokerId: number,
): boolean {
  const directory = partition.directories[partition.replicas.indexOf(brokerId)];
  if (broker === undefined || directory === undefined || directory === DirectoryId.LOST)
    return false;
  if (directory === DirectoryId.UNASSIGNED || directory === DirectoryId.MIGRATING) return true;
  // A broker from before directories were tracked names none; then nothing can be held against it.
  return broker.logDirs.length === 0 || broker.logDirs.includes(directory);
}
