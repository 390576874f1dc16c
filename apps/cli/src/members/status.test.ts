import type { OngoingReassignment, TopicMetadata } from '@ottla/client';
import { describe, expect, it } from 'vitest';
import { unsafePartitions, unsafeTable, withLeaders } from './status.ts';

/** Partition 0 of the topic. */
function topicWith(
  replicas: readonly number[],
  isr: readonly number[],
  leaderId = isr[0] ?? -1,
): TopicMetadata {
  const partition = { partition: 0, leaderId, replicas, isr };
  return { name: 'orders', partitions: [partition] } as unknown as TopicMetadata;
}

/** Broker 4 comes in the place of broker 3. */
const MOVE: OngoingReassignment = {
  topic: 'orders',
  partition: 0,
  replicas: [1, 2, 4, 3],
  addingReplicas: [4],
  removingReplicas: [3],
};

describe('under-replicated partitions in `ottla cluster status`', () => {
  it.each([
    ['all in sync', topicWith([1, 2, 3], [1, 2, 3]), [], 0],
    ['one out of sync', topicWith([1, 2, 3], [1, 2]), [], 1],
    ['nobody leads', topicWith([1], [1], -1), [], 1],
    [
      'a replica comes, and those that were there are in sync',
      topicWith([1, 2, 4, 3], [1, 2, 3]),
      [MOVE],
      0,
    ],
    [
      'a replica comes, and one that was there is out of sync',
      topicWith([1, 2, 4, 3], [1, 2]),
      [MOVE],
      1,
    ],
  ])('%s', (_, topic, reassigning, count) => {
    expect(unsafePartitions({ topics: [topic], reassigning })).toHaveLength(count);
  });
});

describe('who may lead, in `ottla cluster status`', () => {
  const stdout = { isTty: false, hasColors: false, columns: undefined, write: () => undefined };
  const unsafe = (partition: number, leader: number | null, isr: readonly number[]) => ({
    topic: 'orders',
    partition,
    leader,
    replicas: [1, 2],
    isr,
  });
  const table = (...args: Parameters<typeof withLeaders>) => {
    const shown = withLeaders(...args);
    return unsafeTable({ stdout }, shown, shown.length);
  };

  it('given replicas out of sync that have all that is committed, then names them', () => {
    const eligible = [
      { topic: 'orders', partition: 0, eligible: [2], lastKnown: [] },
      { topic: 'orders', partition: 1, eligible: [], lastKnown: [1] },
    ];
    const partitions = [unsafe(0, 1, [1]), unsafe(1, null, [])];
    expect(withLeaders(partitions, eligible)).toMatchObject([
      { eligibleLeaders: [2], lastKnownLeaders: [] },
      { eligibleLeaders: [], lastKnownLeaders: [1] },
    ]);
    expect(table(partitions, eligible)).toBe(`
TOPIC   PARTITION  LEADER  REPLICAS  IN SYNC  MAY LEAD
orders          0       1  1,2       1        2
orders          1       -  1,2                nobody without loss (last: 1)
`);
  });

  it('given nothing to say, then there is no such column', () => {
    expect(table([unsafe(0, 1, [1])], [])).toBe(`
TOPIC   PARTITION  LEADER  REPLICAS  IN SYNC
orders          0       1  1,2       1
`);
  });
});
