// The change of one partition under what holds in its cluster: features, configs, and who is alive.
import type { Uuid } from '@ottla/protocol';
import { DirectoryId, type PartitionImage } from '../image/partition-image.ts';
import type { MetadataRecordOf } from '../metadata-record.ts';
import {
  defaultDirectory,
  type DecisionScope,
  isActive,
  isElrEnabled,
  isUncleanElectionEnabled,
  metadataVersionOf,
  minIsrOf,
} from './decision-scope.ts';
import { partitionChangeRecord, type PartitionWishes } from './partition-change.ts';
import type { FoundPartition } from './slices.ts';

/** What is wished for a partition, and whom the state does not show as what they are about to be. */
export interface Wishes extends PartitionWishes {
  /** Must not be elected, although the state still shows it as serving. */
  readonly leaving?: number;
  /** May be elected, although the state still shows it as fenced. */
  readonly joining?: number;
}

/**
 * The record that changes the partition, or undefined when nothing changes. Without an election in the wishes it is
 * unclean where the topic allows that.
 */
export function decidePartition(
  scope: DecisionScope,
  { topic, partitionId, partition }: FoundPartition,
  { leaving, joining, ...wishes }: Wishes,
): MetadataRecordOf<'PartitionChangeRecord'> | undefined {
  const hasElr = isElrEnabled(scope);
  const isServing = (id: number): boolean =>
    id !== leaving &&
    id !== wishes.uncleanReplica &&
    (isActive(scope, id) || (id === joining && mayJoin(scope, id)));
  return partitionChangeRecord({
    ...wishes,
    election:
      wishes.election ?? (isUncleanElectionEnabled(scope, topic.name) ? 'unclean' : 'online'),
    topicId: topic.id,
    partitionId,
    partition,
    metadataVersion: metadataVersionOf(scope),
    isElrEnabled: hasElr,
    minIsr: hasElr ? minIsrOf(scope, topic) : 0,
    isAcceptableLeader: (id) => isServing(id) && isReplicaOnline(scope, partition, id),
    defaultDirectory: (id) => defaultDirectory(scope, id),
  });
}

/** A broker that is about to stop, or to be fenced again, is not elected even when it comes back for a moment. */
function mayJoin({ image, sessions }: DecisionScope, brokerId: number): boolean {
  const broker = image.cluster.brokers.get(brokerId);
  return broker?.inControlledShutdown === false && !sessions.isDeparting(brokerId);
}

/** Whether the log directory of the broker's replica is online; false when it has none. */
function isReplicaOnline(
  scope: DecisionScope,
  { replicas, directories }: PartitionImage,
  brokerId: number,
): boolean {
  const directory = directories[replicas.indexOf(brokerId)];
  return directory !== undefined && isDirectoryOnline(scope, brokerId, directory);
}

/** Whether a replica that the broker has in that log directory can be used, as far as the broker said. */
export function isDirectoryOnline(
  { image, sessions }: DecisionScope,
  brokerId: number,
  directory: Uuid,
): boolean {
  const broker = image.cluster.brokers.get(brokerId);
  if (broker === undefined || directory === DirectoryId.LOST) return false;
  if (directory === DirectoryId.UNASSIGNED || directory === DirectoryId.MIGRATING) return true;
  if (sessions.isDeparting(directory)) return false;
  // A broker from before directories were tracked names none; then nothing can be held against it.
  return broker.logDirs.length === 0 || broker.logDirs.includes(directory);
}
