// A reassignment: replicas that are being added to a partition and removed from it. Both live in the
// partition's replica list until the new ones are in sync.
//
//   [1,2,3] ──▶ wanted [3,4] ──▶ replicas [3,4,1,2], adding [4], removing [1,2] ──▶ 3 and 4 in sync ──▶ [3,4]
//
// Kafka: org.apache.kafka.controller.PartitionReassignmentReplicas and PartitionReassignmentRevert; KIP-455.
import type { PartitionImage } from '../image/partition-image.ts';

/** What a partition's assignment is while it changes. */
export interface Reassignment {
  /** Everybody who holds a replica, or is to hold one. */
  readonly replicas: readonly number[];
  /** Sorted. */
  readonly removingReplicas: readonly number[];
  /** Sorted. */
  readonly addingReplicas: readonly number[];
}

/** Replicas and ISR, with no reassignment going on. */
export interface SettledAssignment {
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/** Whether replicas of the partition are being moved. */
export function isReassigning(partition: Omit<Reassignment, 'replicas'>): boolean {
  return partition.removingReplicas.length > 0 || partition.addingReplicas.length > 0;
}

/** The way to other replicas, and who is in sync where that changes at once. */
export type Way = Reassignment & { readonly isr?: readonly number[] };

/**
 * The way from a partition's replicas to the `wanted` ones: those come first, so that the first of them is preferred. Where one
 * is under way, the new one starts where that began: who was being added and is not wanted any more goes at once (unless
 * nobody else is in sync), and who still is stays new, so that a cancellation goes back to the beginning.
 */
export function reassignmentTo(
  { replicas, addingReplicas, isr }: Pick<PartitionImage, 'replicas' | 'addingReplicas' | 'isr'>,
  wanted: readonly number[],
): Way {
  const unwanted = without(addingReplicas, wanted);
  const inSync = without(isr, unwanted);
  const gone = inSync.length > 0 ? unwanted : [];
  const removingReplicas = sortedDifference(without(replicas, gone), wanted);
  return {
    replicas: [...wanted, ...removingReplicas],
    removingReplicas,
    addingReplicas: sortedDifference(wanted, without(replicas, addingReplicas)),
    ...(isr.some((id) => gone.includes(id)) ? { isr: inSync } : {}),
  };
}

/** What is there when the reassignment ends with that ISR; undefined when it cannot end yet, or there is none. */
export function completedReassignment(
  { replicas, removingReplicas, addingReplicas }: Reassignment,
  targetIsr: readonly number[],
): SettledAssignment | undefined {
  if (!isReassigning({ removingReplicas, addingReplicas })) return undefined;
  const settled = {
    replicas: without(replicas, removingReplicas),
    isr: without(targetIsr, removingReplicas),
  };
  if (removingReplicas.length > 0) {
    if (settled.isr.length === 0 || settled.replicas.length === 0) return undefined;
  }
  // The new ones may be unhealthy: all of them have to catch up.
  if (!includesAll(settled.isr, addingReplicas)) return undefined;
  // With fewer replicas than before, ending early could leave fewer in sync than there were.
  const isShrinking = addingReplicas.length < removingReplicas.length;
  if (isShrinking && !includesAll(settled.isr, settled.replicas)) return undefined;
  return settled;
}

/** What is there when the reassignment is cancelled. */
export interface RevertedAssignment extends SettledAssignment {
  /** Whether only replicas that were being added are in sync, so that one that is not has to lead. */
  readonly isUnclean: boolean;
}

/** The assignment as it was before; undefined when all replicas are new, so that there is nothing to go back to. */
export function revertedReassignment(partition: PartitionImage): RevertedAssignment | undefined {
  const replicas = without(partition.replicas, partition.addingReplicas);
  const isr = without(partition.isr, partition.addingReplicas);
  if (isr.length > 0) return { replicas, isr, isUnclean: false };
  const [first] = replicas;
  return first === undefined ? undefined : { replicas, isr: [first], isUnclean: true };
}

/** Number of replicas that the partition has, or will have when its reassignment is through. */
export function replicationFactorAfter(partition: PartitionImage): number {
  return new Set(without(partition.replicas, partition.removingReplicas)).size;
}

function without(ids: readonly number[], others: readonly number[]): number[] {
  return ids.filter((id) => !others.includes(id));
}

function includesAll(ids: readonly number[], wanted: readonly number[]): boolean {
  return wanted.every((id) => ids.includes(id));
}

function sortedDifference(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set(without(a, b))].toSorted((x, y) => x - y);
}
