// What must hold of every partition after every step of every history.
import { expect } from 'vitest';
import { isElrEnabled } from '../../src/controller/decision-scope.ts';
import {
  DirectoryId,
  type MetadataImage,
  NO_LEADER,
  type PartitionImage,
  type TopicImage,
} from '../../src/index.ts';
import type { RandomCluster } from './random-cluster.ts';

/** @param before the image before the step */
export function checkLeadership(cluster: RandomCluster, before: MetadataImage): void {
  const { image } = cluster;
  expect(image.topics.nameById.size).toBe(image.topics.byName.size);
  for (const topic of image.topics.byName.values()) {
    const old = before.topics.byName.get(topic.name);
    for (const [id, partition] of topic.partitions.entries()) {
      const previous = old?.id === topic.id ? old.partitions[id] : undefined;
      checkPartition(image, partition);
      if (previous === undefined || previous === partition) continue;
      checkEpochs(previous, partition);
      // Only eligible leader replicas let an ISR lose its last member.
      const mayBeEmpty = isElrEnabled(cluster) || previous.isr.length === 0;
      if (!mayBeEmpty) expect(partition.isr.length).toBeGreaterThan(0);
      const isDecreed = cluster.mayBeUnclean(topic.name) && isTakenBack(previous, partition);
      if (!isDecreed) checkElected(cluster, before, previous, partition);
      checkCleanness(cluster, topic, previous, partition);
    }
  }
}

/** Subsets, no member twice, and who is in two places at once. */
function checkPartition(image: MetadataImage, partition: PartitionImage): void {
  const { replicas, isr, elr, leader, addingReplicas, removingReplicas } = partition;
  for (const ids of [replicas, isr, elr, addingReplicas, removingReplicas]) {
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => replicas.includes(id))).toBe(true);
  }
  expect(partition.directories).toHaveLength(replicas.length);
  expect(replicas.length).toBeGreaterThan(0);
  expect(isr.some((id) => elr.includes(id))).toBe(false);
  expect(addingReplicas.some((id) => removingReplicas.includes(id))).toBe(false);
  if (leader === NO_LEADER) return;
  expect(isr).toContain(leader);
  expect(partition.lastKnownElr).toEqual([]);
  const directory = partition.directories[replicas.indexOf(leader)] ?? '';
  const { logDirs = [] } = image.cluster.brokers.get(leader) ?? {};
  if (logDirs.length > 0 && directory !== DirectoryId.UNASSIGNED)
    expect(logDirs).toContain(directory);
  // Who is fenced left every ISR before, except the last one of it, and then nobody leads.
  for (const id of isr) expect(image.cluster.brokers.get(id)?.fenced).toBe(false);
}

function checkEpochs(previous: PartitionImage, partition: PartitionImage): void {
  expect(partition.partitionEpoch).toBeGreaterThan(previous.partitionEpoch);
  expect(partition.leaderEpoch).toBeGreaterThanOrEqual(previous.leaderEpoch);
  if (partition.leader !== previous.leader) {
    expect(partition.leaderEpoch).toBeGreaterThan(previous.leaderEpoch);
  }
  // Who lost its replica has to hear of it.
  if (previous.replicas.some((id) => !partition.replicas.includes(id))) {
    expect(partition.leaderEpoch).toBeGreaterThan(previous.leaderEpoch);
  }
}

/** Nobody is elected, or let into an ISR, that is fenced, shutting down or on its way out. */
function checkElected(
  { image }: RandomCluster,
  before: MetadataImage,
  previous: PartitionImage,
  partition: PartitionImage,
): void {
  const joined = partition.isr.filter((id) => !previous.isr.includes(id));
  if (partition.leader !== previous.leader && partition.leader !== NO_LEADER) {
    joined.push(partition.leader);
  }
  for (const id of joined) {
    const [now, then] = [image, before].map(({ cluster }) => cluster.brokers.get(id));
    // A step may fence a broker, or begin its shutdown, that it could elect a record earlier (one silence may end several
    // sessions); no other can.
    expect(now?.fenced && then?.fenced).toBeFalsy();
    expect(now?.inControlledShutdown && then?.inControlledShutdown).toBeFalsy();
  }
}

/**
 * A reassignment was taken back when only replicas that it had added were in sync. Then the first of those that were
 * there before is in sync by decree, whether it lives or not, and until it does nobody leads
 * (PartitionReassignmentRevert.java).
 */
function isTakenBack(previous: PartitionImage, { replicas, isr, leader }: PartitionImage): boolean {
  const [first, ...others] = isr;
  return (
    previous.isr.every((id) => previous.addingReplicas.includes(id)) &&
    first === replicas[0] &&
    others.length === 0 &&
    leader === NO_LEADER
  );
}

/** A leader that may lack records is chosen only where that is allowed, or is the last one known (KIP-966). */
function checkCleanness(
  cluster: RandomCluster,
  topic: TopicImage,
  previous: PartitionImage,
  partition: PartitionImage,
): void {
  const { leader } = partition;
  if (leader === NO_LEADER || leader === previous.leader) return;
  const couldLead = [...previous.isr, ...previous.elr, ...previous.lastKnownElr];
  if (couldLead.includes(leader) || cluster.mayBeUnclean(topic.name)) return;
  // A step may add a replica to the ISR and elect it, when that completes a reassignment.
  expect(cluster.altered).toContain(leader);
}
