// How a partition changes when its ISR does: who leads now, and the record that says so. Nothing here
// looks at anything but the partition and the wishes given.
// Kafka: org.apache.kafka.controller.PartitionChangeBuilder, while eligible leader replicas are off.
import type { Uuid } from '@ottla/protocol';
import { metadataGates } from '../feature-levels.ts';
import {
  LeaderRecoveryState,
  NO_LEADER,
  NO_LEADER_CHANGE,
  type PartitionImage,
} from '../image/partition-image.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';

/**
 * Who may be elected: `online` takes only members of the ISR and keeps a good leader; `preferred` also
 * replaces a good leader by the first replica; `unclean` takes any live replica when the ISR has none.
 */
export type Election = 'online' | 'preferred' | 'unclean';

/** A partition, and what is wished for it. */
export interface PartitionChange {
  readonly topicId: Uuid;
  readonly partitionId: number;
  readonly partition: PartitionImage;
  /** Finalized level of `metadata.version`. */
  readonly metadataVersion: number;
  readonly election: Election;
  /** Whether a broker could lead, its place in the ISR aside. */
  readonly isAcceptableLeader: (brokerId: number) => boolean;
  /** The ISR to be; when empty, the ISR stays as it is and the partition has no leader. */
  readonly targetIsr?: readonly number[];
  readonly targetLeaderRecoveryState?: number;
}

/** The record that brings the change about, or undefined when nothing changes. */
export function partitionChangeRecord(change: PartitionChange): MetadataRecord | undefined {
  const { partition, metadataVersion } = change;
  const targetIsr = change.targetIsr ?? partition.isr;
  const elected = electLeader(change, targetIsr);
  let leader = elected.leader === partition.leader ? NO_LEADER_CHANGE : elected.leader;
  let leaderRecoveryState: number = LeaderRecoveryState.NO_CHANGE;
  const recoveryWanted = change.targetLeaderRecoveryState ?? partition.leaderRecoveryState;
  if (recoveryWanted !== partition.leaderRecoveryState) leaderRecoveryState = recoveryWanted;

  let isr = targetIsr.length > 0 && !areSame(targetIsr, partition.isr) ? [...targetIsr] : null;
  if (elected.isUnclean && leader !== NO_LEADER_CHANGE) {
    // Whatever the others have may differ from the new leader's log: it is alone until they truncated.
    isr = [elected.leader];
    if (partition.leaderRecoveryState !== LeaderRecoveryState.RECOVERING) {
      leaderRecoveryState = LeaderRecoveryState.RECOVERING;
    }
  }
  if (leader === NO_LEADER_CHANGE && isr !== null && bumpsEpoch(isr, partition, metadataVersion)) {
    leader = partition.leader;
  }
  const eligibleLeaderReplicas = partition.elr.length > 0 ? [] : null;
  const isNoChange =
    leader === NO_LEADER_CHANGE &&
    isr === null &&
    leaderRecoveryState === LeaderRecoveryState.NO_CHANGE &&
    eligibleLeaderReplicas === null;
  if (isNoChange) return undefined;
  const { topicId, partitionId } = change;
  return metadataRecord(
    'PartitionChangeRecord',
    { topicId, partitionId, isr, leader, leaderRecoveryState, eligibleLeaderReplicas },
    metadataVersion,
  );
}

interface Elected {
  readonly leader: number;
  readonly isUnclean: boolean;
}

function electLeader(change: PartitionChange, targetIsr: readonly number[]): Elected {
  const { partition, election, isAcceptableLeader } = change;
  const isValid = (id: number): boolean => targetIsr.includes(id) && isAcceptableLeader(id);
  const preferred = partition.replicas[0] ?? NO_LEADER;
  if (election === 'preferred' && isValid(preferred)) {
    return { leader: preferred, isUnclean: false };
  }
  if (isValid(partition.leader)) return { leader: partition.leader, isUnclean: false };
  const clean = partition.replicas.find(isValid);
  if (clean !== undefined) return { leader: clean, isUnclean: false };
  if (election === 'unclean') {
    const any = partition.replicas.find(isAcceptableLeader);
    if (any !== undefined) return { leader: any, isUnclean: true };
  }
  return { leader: NO_LEADER, isUnclean: false };
}

/** Before 3.6-IV0 brokers needed a new leader epoch whenever the ISR shrank (KAFKA-15021). */
function bumpsEpoch(
  isr: readonly number[],
  partition: PartitionImage,
  metadataVersion: number,
): boolean {
  if (!metadataGates(metadataVersion).isLeaderEpochBumpRequiredOnIsrShrink) return false;
  return partition.isr.some((id) => !isr.includes(id));
}

function areSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
