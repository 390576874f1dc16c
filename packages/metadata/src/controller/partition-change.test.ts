import { describe, expect, it } from 'vitest';
import { LeaderRecoveryState, NO_LEADER, type PartitionImage } from '../index.ts';
import { changePartition } from '../image/partition-image.ts';
import { type PartitionChange, partitionChangeRecord } from './partition-change.ts';

const TOPIC_ID = 'cHJ0LWNoYW5nZS10b3BpYw';
const RECOVERING = LeaderRecoveryState.RECOVERING;
const directory = (id: number): string => Buffer.alloc(16, 0x40 + id).toString('base64url');

function partitionOf(changes: Partial<PartitionImage> = {}): PartitionImage {
  const replicas = changes.replicas ?? [1, 2, 3];
  return {
    replicas,
    directories: replicas.map(directory),
    isr: replicas,
    removingReplicas: [],
    addingReplicas: [],
    leader: replicas[0] ?? NO_LEADER,
    leaderRecoveryState: LeaderRecoveryState.RECOVERED,
    leaderEpoch: 5,
    partitionEpoch: 9,
    elr: [],
    lastKnownElr: [],
    ...changes,
  };
}

interface Rules extends Partial<PartitionChange> {
  readonly alive?: readonly number[];
}

/** The partition after the change; undefined when there is none. */
function changed(before: Partial<PartitionImage>, rules: Rules): PartitionImage | undefined {
  const { alive = [1, 2, 3, 4, 5], ...change } = rules;
  const partition = partitionOf(before);
  const record = partitionChangeRecord({
    topicId: TOPIC_ID,
    partitionId: 0,
    partition,
    metadataVersion: 30,
    isElrEnabled: false,
    minIsr: 1,
    isAcceptableLeader: (id) => alive.includes(id),
    defaultDirectory: directory,
    ...change,
  });
  return record && changePartition(partition, record.value);
}

describe('an election', () => {
  it('given a leader that is alive and in sync, then nothing changes', () => {
    expect(changed({ leader: 2 }, {})).toBeUndefined();
  });

  it('given a dead leader, then the first live replica of the ISR leads in a new epoch', () => {
    expect(changed({ isr: [1, 3] }, { alive: [2, 3], isr: [3] })).toMatchObject({
      leader: 3,
      isr: [3],
      leaderEpoch: 6,
      partitionEpoch: 10,
    });
  });

  it('given a preferred election, then the first replica leads when it is in sync, and only then', () => {
    const preferred = { election: 'preferred' } as const;

    expect(changed({ leader: 2 }, preferred)).toMatchObject({ leader: 1, leaderEpoch: 6 });
    expect(changed({ leader: 2, isr: [2, 3] }, preferred)).toBeUndefined();
    expect(changed({ leader: 2 }, { ...preferred, alive: [2, 3] })).toBeUndefined();
  });

  it('given a preferred election, then no replica outside the ISR leads whatever happens', () => {
    const change = { election: 'preferred', alive: [3] } as const;

    expect(changed({ leader: NO_LEADER, isr: [1] }, change)).toBeUndefined();
  });

  it('given nobody in sync, then an unclean election makes any live replica a leader that has to recover alone', () => {
    const gone = { isr: [], alive: [2, 3] };

    expect(changed({ isr: [1] }, gone)).toMatchObject({ leader: NO_LEADER, isr: [1] });
    expect(changed({ isr: [1] }, { ...gone, election: 'unclean' })).toMatchObject({
      leader: 2,
      isr: [2],
      leaderRecoveryState: RECOVERING,
    });
  });

  it('given a member of the ISR, then an unclean election is clean', () => {
    const change = { election: 'unclean', alive: [2, 3], isr: [3] } as const;

    expect(changed({ isr: [1, 3] }, change)).toMatchObject({ leader: 3, leaderRecoveryState: 0 });
  });

  it('given a metadata.version before 3.6, then the leader epoch moves whenever the ISR shrinks', () => {
    const shrink = { isr: [1, 2], directories: new Map() };

    expect(changed({}, { ...shrink, metadataVersion: 11 })).toMatchObject({ leaderEpoch: 6 });
    expect(changed({}, { ...shrink, metadataVersion: 12 })).toMatchObject({ leaderEpoch: 5 });
  });
});

describe('eligible leader replicas (KIP-966)', () => {
  const elr = { isElrEnabled: true, minIsr: 2 };

  it('given an ISR below min.insync.replicas, then those who left since then stay eligible', () => {
    expect(changed({}, { ...elr, isr: [1, 2] })).toMatchObject({ isr: [1, 2], elr: [] });
    expect(changed({ isr: [1, 2] }, { ...elr, isr: [1] })).toMatchObject({ isr: [1], elr: [2] });
    expect(changed({ isr: [1], elr: [2] }, { ...elr, isr: [], alive: [] })).toMatchObject({
      isr: [],
      elr: [2, 1],
      leader: NO_LEADER,
      lastKnownElr: [1],
    });
  });

  it('given min.insync.replicas in sync again, then nobody has to be remembered', () => {
    const before = { isr: [1], elr: [3], lastKnownElr: [] };

    expect(changed(before, { ...elr, isr: [1, 2] })).toMatchObject({ isr: [1, 2], elr: [] });
  });

  it('given an empty ISR, then an eligible replica that is alive leads cleanly and is the ISR', () => {
    const before = { isr: [], elr: [2, 3], leader: NO_LEADER, lastKnownElr: [3] };

    expect(changed(before, { ...elr, alive: [3] })).toMatchObject({
      leader: 3,
      isr: [3],
      elr: [2],
      lastKnownElr: [],
      leaderRecoveryState: 0,
    });
  });

  it('given an eligible replica but a live ISR, then the ISR leads', () => {
    const change = { ...elr, minIsr: 3, alive: [2, 3], isr: [3] };

    expect(changed({ isr: [1, 3], elr: [2] }, change)).toMatchObject({ leader: 3, elr: [2, 1] });
  });

  it('given a replica that lost its disk, then it is not eligible any more', () => {
    const before = { isr: [], elr: [2, 3], leader: NO_LEADER, lastKnownElr: [3] };
    const change = { ...elr, uncleanReplica: 2, alive: [] };

    expect(changed(before, change)).toMatchObject({ isr: [], elr: [3], lastKnownElr: [3] });
  });

  it('given nobody eligible, then only the last known leader may lead, uncleanly', () => {
    const before = { isr: [], elr: [], leader: NO_LEADER, lastKnownElr: [3] };

    expect(changed(before, { ...elr, alive: [1, 2] })).toBeUndefined();
    expect(changed(before, { ...elr, alive: [1, 3] })).toMatchObject({
      leader: 3,
      isr: [3],
      lastKnownElr: [],
      leaderRecoveryState: RECOVERING,
    });
  });

  it('given nobody eligible and an unclean election, then the last known leader goes before anyone else', () => {
    const before = { isr: [], elr: [], leader: NO_LEADER, lastKnownElr: [3] };
    const unclean = { ...elr, election: 'unclean' } as const;

    expect(changed(before, { ...unclean, alive: [1, 3] })?.leader).toBe(3);
    expect(changed(before, { ...unclean, alive: [1, 2] })?.leader).toBe(1);
  });

  it('given several last known members, then none of them is taken for the last leader', () => {
    const before = { isr: [], elr: [], leader: NO_LEADER, lastKnownElr: [2, 3] };

    expect(changed(before, { ...elr, alive: [2, 3] })).toBeUndefined();
  });

  it('given the feature switched off again, then the next change forgets who was eligible', () => {
    expect(changed({ isr: [1], elr: [2] }, { isr: [1, 3] })).toMatchObject({
      isr: [1, 3],
      elr: [],
    });
  });

  it('given an unclean election, then nobody stays eligible', () => {
    const before = { isr: [], elr: [2], leader: NO_LEADER, lastKnownElr: [2] };
    const change = { ...elr, election: 'unclean', alive: [1] } as const;

    expect(changed(before, change)).toMatchObject({
      leader: 1,
      isr: [1],
      elr: [],
      lastKnownElr: [],
    });
  });
});

describe('a reassignment', () => {
  const moving = {
    replicas: [3, 4, 1, 2],
    isr: [1, 2, 3],
    leader: 1,
    removingReplicas: [1, 2],
    addingReplicas: [4],
  };

  it('given a new replica that is not in sync, then both old and new ones stay', () => {
    expect(changed(moving, { isr: [1, 2] })).toMatchObject({ ...moving, isr: [1, 2] });
  });

  it('given all new replicas in sync, then the old ones are gone and the leader is one of the new', () => {
    expect(changed(moving, { isr: [1, 2, 3, 4] })).toMatchObject({
      replicas: [3, 4],
      directories: [directory(3), directory(4)],
      isr: [3, 4],
      leader: 3,
      leaderEpoch: 6,
      removingReplicas: [],
      addingReplicas: [],
    });
  });

  it('given only removals, then it completes as soon as what stays is in sync', () => {
    const change = { replicas: [1, 2], removingReplicas: [3] };

    const record = changed({}, { ...change, replicas: [1, 2, 3] });
    expect(record).toMatchObject({
      replicas: [1, 2],
      isr: [1, 2],
      leader: 1,
      removingReplicas: [],
    });
    // The one that was removed has to hear of it.
    expect(record?.leaderEpoch).toBe(6);
  });

  it('given fewer replicas than before, then it waits until all that stay are in sync', () => {
    const shrinking = {
      replicas: [4, 3, 1, 2],
      isr: [1, 2, 4],
      leader: 1,
      removingReplicas: [1, 2],
      addingReplicas: [4],
    };

    expect(changed(shrinking, {})).toBeUndefined();
    expect(changed(shrinking, { isr: [1, 2, 3, 4] })).toMatchObject({ replicas: [4, 3] });
  });

  it('given eligible leader replicas, then one that the reassignment removed is not among them', () => {
    const change = { isElrEnabled: true, minIsr: 3, isr: [1, 2, 3, 4] };

    expect(changed(moving, change)).toMatchObject({ replicas: [3, 4], isr: [3, 4], elr: [] });
  });
});

describe('a log directory', () => {
  it('given another one for a replica, then only that changes', () => {
    const directories = new Map([[2, directory(9)]]);

    const after = changed({}, { directories });

    expect(after?.directories).toEqual([directory(1), directory(9), directory(3)]);
    expect(after).toMatchObject({ leader: 1, leaderEpoch: 5, partitionEpoch: 10 });
  });

  it('given a metadata.version before directories, then none is written', () => {
    expect(changed({}, { directories: new Map([[2, 'x']]), metadataVersion: 16 })).toBeUndefined();
  });
});
