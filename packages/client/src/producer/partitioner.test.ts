// Where keyless records go (KIP-480, KIP-794).
import { describe, expect, it } from 'vitest';
import { choosePartition, type PartitionLoad, StickyPartitioner } from './partitioner.ts';

const idle: PartitionLoad = { hasLeader: true, queuedBatches: 0 };
const leaderless: PartitionLoad = { hasLeader: false, queuedBatches: 0 };

function loads(...queued: readonly (number | 'none')[]): (partition: number) => PartitionLoad {
  return (partition) => {
    const each = queued[partition]!;
    return each === 'none' ? leaderless : { hasLeader: true, queuedBatches: each };
  };
}

/** Every draw once: how often each partition is chosen. */
function histogram(count: number, loadOf: (partition: number) => PartitionLoad): number[] {
  const chosen = Array.from({ length: count }, () => 0);
  let total = 0;
  choosePartition(count, loadOf, (bound) => {
    total = bound;
    return 0;
  });
  for (let draw = 0; draw < total; draw += 1)
    chosen[choosePartition(count, loadOf, () => draw)]! += 1;
  return chosen;
}

describe('choosePartition', () => {
  it('given queues of 0, 3 and 1 batches, then chooses them 4, 1 and 3 times out of 8', () => {
    expect(histogram(3, loads(0, 3, 1))).toEqual([4, 1, 3]);
  });

  it('given equal queues, then each as often', () => {
    expect(histogram(4, loads(2, 2, 2, 2))).toEqual([1, 1, 1, 1]);
  });

  it('given a partition without a leader, then never chooses it', () => {
    expect(histogram(3, loads(0, 'none', 1))).toEqual([2, 0, 1]);
  });

  it('given no leader at all, then any', () => {
    expect(
      choosePartition(
        3,
        () => leaderless,
        () => 2,
      ),
    ).toBe(2);
  });
});

describe('StickyPartitioner', () => {
  const partitioner = () => {
    let next = -1;
    return new StickyPartitioner(100, (bound) => (next = (next + 1) % bound));
  };

  it('given records of less than a batch, then stays; given a batch, then goes on', () => {
    const sticky = partitioner();
    const chosen: number[] = [];
    for (let record = 0; record < 6; record += 1) {
      chosen.push(sticky.choose(3, () => idle));
      sticky.produced(50, false);
    }
    expect(chosen).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('given a batch that still fills, then stays up to twice its size', () => {
    const sticky = partitioner();
    const chosen: number[] = [];
    for (let record = 0; record < 6; record += 1) {
      chosen.push(sticky.choose(3, () => idle));
      sticky.produced(50, true);
    }
    expect(chosen).toEqual([0, 0, 0, 0, 1, 1]);
  });

  it('given a topic that was made anew with fewer partitions, then leaves the one that is gone', () => {
    const sticky = new StickyPartitioner(100, (bound) => bound - 1);
    expect(sticky.choose(4, () => idle)).toBe(3);
    expect(sticky.choose(2, () => idle)).toBe(1);
  });
});
