// Random partitions and wishes, as Apache Kafka 4.3.1's PartitionChangeBuilder decides on them (test/golden/README.md).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Election } from '../src/controller/leader-election.ts';
import { partitionChangeRecord } from '../src/controller/partition-change.ts';
import { changePartition } from '../src/image/partition-image.ts';
import {
  DirectoryId,
  metadataRecord,
  type MetadataRecordOf,
  type PartitionImage,
} from '../src/index.ts';

type Change = MetadataRecordOf<'PartitionChangeRecord'>['value'];

interface Case {
  readonly level: number;
  readonly isElrEnabled: boolean;
  readonly minIsr: number;
  readonly alive: number[];
  readonly replicas: number[];
  readonly isr: number[];
  readonly elr: number[];
  readonly lastKnownElr: number[];
  readonly leader: number;
  readonly addingReplicas: number[];
  readonly removingReplicas: number[];
  readonly leaderRecoveryState: number;
  readonly wishes: {
    readonly election: Election;
    readonly isr?: number[];
    readonly leaderRecoveryState?: number;
    readonly uncleanReplica?: number;
    readonly replicas?: number[];
    readonly addingReplicas?: number[];
    readonly removingReplicas?: number[];
    /** Broker whose replica is in another directory. */
    readonly moved?: number;
  };
  readonly record: Partial<Change> | null;
}

const cases: Case[] = readFileSync(new URL('golden/partition-changes.jsonl', import.meta.url))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

function directoryOf(brokerId: number): string {
  const bytes = Buffer.alloc(16);
  bytes[0] = bytes[8] = 0x40;
  bytes[15] = brokerId;
  return bytes.toString('base64url');
}

/** Since 3.7-IV2. */
const hasDirectories = ({ level }: Case): boolean => level >= 17;

function partitionOf(one: Case): PartitionImage {
  return {
    replicas: one.replicas,
    directories: one.replicas.map(hasDirectories(one) ? directoryOf : () => DirectoryId.MIGRATING),
    isr: one.isr,
    removingReplicas: one.removingReplicas,
    addingReplicas: one.addingReplicas,
    leader: one.leader,
    leaderRecoveryState: one.leaderRecoveryState,
    leaderEpoch: 5,
    partitionEpoch: 9,
    elr: one.elr,
    lastKnownElr: one.lastKnownElr,
  };
}

function decided(one: Case, partition: PartitionImage): PartitionImage {
  const { moved, ...wishes } = one.wishes;
  const record = partitionChangeRecord({
    ...wishes,
    ...(moved === undefined ? {} : { directories: new Map([[moved, directoryOf(100 + moved)]]) }),
    topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    partitionId: 0,
    partition,
    metadataVersion: one.level,
    isElrEnabled: one.isElrEnabled,
    minIsr: one.minIsr,
    isAcceptableLeader: (id) => one.alive.includes(id),
    defaultDirectory: directoryOf,
  });
  return record === undefined ? partition : changePartition(partition, record.value);
}

/** What Kafka's record makes of it. */
function expected({ record }: Case, partition: PartitionImage): PartitionImage {
  if (record === null) return partition;
  const { value } = metadataRecord('PartitionChangeRecord', record);
  return changePartition(partition, value);
}

/** What must agree. The order of eligible replicas says nothing, and two of Kafka's results Ottla does not copy. */
function comparable(partition: PartitionImage): object {
  const { partitionEpoch: _, elr, lastKnownElr, replicas, ...rest } = partition;
  return {
    ...rest,
    replicas,
    // A replica that a completed move took away is not eligible: Kafka lists it, and never elects it.
    elr: elr.filter((id) => replicas.includes(id)).toSorted((a, b) => a - b),
    // Where a move bumps the epoch of a partition without a leader, Kafka notes −1 as the last known one.
    lastKnownElr: lastKnownElr.filter((id) => id >= 0),
  };
}

describe('changes of partitions', () => {
  it('are decided as Apache Kafka decides them', () => {
    for (const [index, one] of cases.entries()) {
      const partition = partitionOf(one);

      const ours = comparable(decided(one, partition));
      const theirs = comparable(expected(one, partition));
      expect(ours, `case ${index}: ${JSON.stringify(one)}`).toEqual(theirs);
    }
  });
});
