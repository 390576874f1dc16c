// When a coordinator begins: at once where everything is written, else when it is, and only if it still leads.
import { describe, expect, it } from 'vitest';
import { coordinatorElections } from './coordinator-log.ts';
import type { Partition } from './partition.ts';

const TOPIC = '__consumer_offsets';

interface FakePartition {
  logEndOffset: number;
  leaderEpoch: number;
}

function elect(
  epochStartOffset: number,
  logEndOffset: number,
): {
  readonly heard: string[];
  readonly partition: FakePartition;
  readonly written: () => Promise<void>;
} {
  const heard: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const partition = {
    topic: TOPIC,
    id: 4,
    leaderEpoch: 7,
    epochStartOffset,
    logEndOffset,
    log: { settled: () => promise },
    leads: (epoch: number) => partition.leaderEpoch === epoch,
  };
  const elections = coordinatorElections({
    onElection: (id, epoch) => {
      heard.push(`${id} elected ${epoch}`);
      return Promise.resolve();
    },
    onResignation: (id) => heard.push(`${id} resigned`),
  });
  elections.elected!(partition as unknown as Partition);
  const written = async (): Promise<void> => {
    resolve();
    await promise;
    await Promise.resolve();
  };
  return { heard, partition, written };
}

describe('the election of a coordinator', () => {
  it('given a log that is written, begins in the same turn', () => {
    expect(elect(10, 10).heard).toEqual(['4 elected 7']);
  });

  it('given records of the last leader that are on their way to the disk, waits for them', async () => {
    const { heard, written } = elect(10, 8);
    expect(heard).toEqual([]);
    await written();
    expect(heard).toEqual(['4 elected 7']);
  });

  it('given another election meanwhile, does not begin', async () => {
    const { heard, partition, written } = elect(10, 8);
    partition.leaderEpoch = 8;
    await written();
    expect(heard).toEqual([]);
  });
});
