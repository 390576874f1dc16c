// How a partition changes: who leads now, who is in sync, who stays eligible (KIP-966), which replicas
// there are, and the one record that says so. Nothing here looks at anything but the partition and
// the wishes given. Kafka: org.apache.kafka.controller.PartitionChangeBuilder.
import type { Uuid } from '@ottla/protocol';
import type { PartitionChangeRecord } from '@ottla/protocol/messages/partition-change-record';
import { metadataGates } from '../feature-levels.ts';
import {
  LeaderRecoveryState,
  NO_LEADER,
  NO_LEADER_CHANGE,
  type PartitionImage,
} from '../image/partition-image.ts';
import { metadataRecord, type MetadataRecordOf } from '../metadata-record.ts';
import { type Candidates, electLeader, type Election } from './leader-election.ts';
import { completedReassignment } from './reassignment.ts';

/** What a partition is to become; what is left out stays, as far as the rules let it. */
export interface PartitionWishes {
  /** Default `online`. */
  readonly election?: Election;
  /**
   * The ISR to be. When it is empty: with eligible leader replicas the ISR becomes empty, without them it stays as it
   * is. In both cases nobody of it leads.
   */
  readonly isr?: readonly number[];
  readonly leaderRecoveryState?: number;
  readonly replicas?: readonly number[];
  readonly removingReplicas?: readonly number[];
  readonly addingReplicas?: readonly number[];
  /** Broker whose disk may have lost records: it is not eligible any more. */
  readonly uncleanReplica?: number;
  /** Log directories of replicas, by broker id, where they differ from the partition's. */
  readonly directories?: ReadonlyMap<number, Uuid>;
}

/** A partition, what holds in its cluster, and what is wished for it. */
export interface PartitionChange extends PartitionWishes {
  readonly topicId: Uuid;
  readonly partitionId: number;
  readonly partition: PartitionImage;
  /** Finalized level of `metadata.version`. */
  readonly metadataVersion: number;
  /** Whether `eligible.leader.replicas.version` is at 1. */
  readonly isElrEnabled: boolean;
  /** `min.insync.replicas` of the topic, at most its replication factor. */
  readonly minIsr: number;
  /** Whether a broker could lead, its place in the ISR aside. */
  readonly isAcceptableLeader: (brokerId: number) => boolean;
  /** Log directory that a new replica on the broker is recorded with. */
  readonly defaultDirectory: (brokerId: number) => Uuid;
}

type Draft = Partial<PartitionChangeRecord> & { leader: number; isr: number[] | null };

/** What the partition is to be: wishes, and what the rules make of them. */
interface Target extends Candidates {
  readonly removingReplicas: readonly number[];
  readonly addingReplicas: readonly number[];
}

/** The record that brings the change about, or undefined when nothing changes. */
export function partitionChangeRecord(
  change: PartitionChange,
): MetadataRecordOf<'PartitionChangeRecord'> | undefined {
  const { partition, topicId, partitionId, metadataVersion } = change;
  const draft: Draft = { leader: NO_LEADER_CHANGE, isr: null };
  const target = applyElection(change, targetOf(change), draft);
  bumpEpochOnRemoval(partition, target, draft);
  recordElr(change, target, draft);
  recordIsr(change, target, draft);
  recordLastKnownLeader(change, draft);
  recordAssignment(change, target, draft);
  const recovery = change.leaderRecoveryState ?? partition.leaderRecoveryState;
  if (recovery !== partition.leaderRecoveryState) draft.leaderRecoveryState = recovery;
  const isNoOp = draft.leader === NO_LEADER_CHANGE && draft.isr === null;
  if (isNoOp && Object.keys(draft).length === 2) return undefined;
  return metadataRecord(
    'PartitionChangeRecord',
    { topicId, partitionId, ...draft },
    metadataVersion,
  );
}

/** The wishes, with a reassignment completed where that is possible, and with the members that stay eligible. */
function targetOf(change: PartitionChange): Target {
  const { partition } = change;
  const wished = {
    replicas: change.replicas ?? partition.replicas,
    removingReplicas: change.removingReplicas ?? partition.removingReplicas,
    addingReplicas: change.addingReplicas ?? partition.addingReplicas,
    isr: change.isr ?? partition.isr,
  };
  const completed = completedReassignment(wished, wished.isr);
  const settled =
    completed === undefined ? wished : { ...completed, removingReplicas: [], addingReplicas: [] };
  return { ...settled, elr: eligibleReplicas(change, settled) };
}

/**
 * Who may lead if the ISR is lost: as long as it is smaller than `min.insync.replicas`, no record that was acknowledged
 * to a producer with `acks=all` is beyond those who were members when it fell below. A replica that a completed
 * reassignment removed is gone; Kafka would still list it, and never elect it.
 */
function eligibleReplicas(
  { partition, isElrEnabled, minIsr, uncleanReplica }: PartitionChange,
  { isr, replicas }: Pick<Target, 'isr' | 'replicas'>,
): readonly number[] {
  if (!isElrEnabled) return partition.elr;
  if (isr.length >= minIsr) return [];
  const members = new Set([...partition.elr, ...partition.isr]);
  const isEligible = (id: number): boolean =>
    !isr.includes(id) && id !== uncleanReplica && replicas.includes(id);
  return [...members].filter(isEligible);
}

/** Elects, and returns the target as the election left it. */
function applyElection(change: PartitionChange, target: Target, draft: Draft): Target {
  const { partition } = change;
  const { leader, isUnclean } = electLeader(change, target);
  if (leader === partition.leader) return target;
  draft.leader = leader;
  if (isUnclean) {
    // What the others have may differ from the new leader's log: it is alone until they truncated.
    draft.isr = [leader];
    if (partition.leaderRecoveryState !== LeaderRecoveryState.RECOVERING) {
      draft.leaderRecoveryState = LeaderRecoveryState.RECOVERING;
    }
  }
  if (!target.elr.includes(leader)) return target;
  return { ...target, isr: [leader], elr: target.elr.filter((id) => id !== leader) };
}

/** A replica that goes must hear of it: the leader epoch moves even when the leader stays. */
function bumpEpochOnRemoval(partition: PartitionImage, target: Target, draft: Draft): void {
  if (draft.leader !== NO_LEADER_CHANGE) return;
  if (partition.replicas.some((id) => !target.replicas.includes(id)))
    draft.leader = partition.leader;
}

/**
 * While the feature is off nobody has to be remembered, except where it was switched off while the ISR was empty. (Kafka
 * forgets them there too, and then nobody may lead.)
 */
function recordElr(change: PartitionChange, target: Target, draft: Draft): void {
  const { partition, isElrEnabled } = change;
  const isUnclean = draft.isr !== null;
  const isOver = !isElrEnabled && target.isr.length > 0;
  const elr = isUnclean || isOver ? [] : target.elr;
  if (!areSame(elr, partition.elr)) draft.eligibleLeaderReplicas = [...elr];
}

function recordIsr(change: PartitionChange, { isr }: Target, draft: Draft): void {
  const { partition, isElrEnabled, metadataVersion } = change;
  const mayChange = draft.isr === null && (isr.length > 0 || isElrEnabled);
  if (mayChange && !areSame(isr, partition.isr)) draft.isr = [...isr];
  if (draft.isr === null || draft.leader !== NO_LEADER_CHANGE) return;
  // Before 3.6-IV0 brokers needed a new leader epoch whenever the ISR shrank (KAFKA-15021).
  if (!metadataGates(metadataVersion).isLeaderEpochBumpRequiredOnIsrShrink) return;
  const next = draft.isr;
  if (partition.isr.some((id) => !next.includes(id))) draft.leader = partition.leader;
}

/**
 * `lastKnownElr` holds the last leader while there is none: it may come back when nobody else is eligible. It must not
 * stay when there is a leader again, even with the feature off: much later it would lead with a log from long ago.
 */
function recordLastKnownLeader({ partition, isElrEnabled }: PartitionChange, draft: Draft): void {
  const { leader, lastKnownElr } = partition;
  if (draft.leader >= 0 && lastKnownElr.length > 0) draft.lastKnownElr = [];
  const isLost = draft.leader === NO_LEADER && leader !== NO_LEADER;
  if (isElrEnabled && isLost && lastKnownElr.length === 0) draft.lastKnownElr = [leader];
}

function recordAssignment(change: PartitionChange, target: Target, draft: Draft): void {
  const { partition, metadataVersion } = change;
  if (target.replicas.length > 0) {
    if (metadataGates(metadataVersion).isDirectoryAssignmentSupported) {
      const directories = target.replicas.map((id) => directoryOf(change, id));
      if (!areSame(directories, partition.directories)) draft.directories = directories;
    }
    if (!areSame(target.replicas, partition.replicas)) draft.replicas = [...target.replicas];
  }
  if (!areSame(target.removingReplicas, partition.removingReplicas)) {
    draft.removingReplicas = [...target.removingReplicas];
  }
  if (!areSame(target.addingReplicas, partition.addingReplicas)) {
    draft.addingReplicas = [...target.addingReplicas];
  }
}

function directoryOf(change: PartitionChange, brokerId: number): Uuid {
  const { replicas, directories } = change.partition;
  return (
    change.directories?.get(brokerId) ??
    directories[replicas.indexOf(brokerId)] ??
    change.defaultDirectory(brokerId)
  );
}

function areSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
