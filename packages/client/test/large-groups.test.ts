// Groups that read thousands of topics: the leader shares them on its event loop, on which it also has to send heartbeats.
import { describe, expect, it, vi } from 'vitest';
import {
  cooperativeStickyAssignor,
  rangeAssignor,
  roundRobinAssignor,
  type Subscription,
  type TopicPartition,
} from '../src/index.ts';
import { EMPTY_METADATA } from '../src/metadata/cluster-metadata.ts';

const TOPICS = Array.from({ length: 1_500 }, (_, n) => `topic-${String(n).padStart(5, '0')}`);
const PARTITION_COUNTS = new Map(TOPICS.map((topic) => [topic, 2]));

/** What is counted: looks into lists, which grow with the group. */
function counting<T>(list: readonly T[], count: () => void): readonly T[] {
  return new Proxy(list, {
    get(target, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) count();
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
}

function member(
  topics: readonly string[],
  ownedPartitions: readonly TopicPartition[] = [],
): Subscription {
  const generationId = ownedPartitions.length === 0 ? -1 : 1;
  return {
    topics,
    ownedPartitions,
    generationId,
    userData: null,
    groupInstanceId: null,
    rackId: null,
  };
}

describe.each([rangeAssignor, roundRobinAssignor])('$name', (assignor) => {
  it('given thousands of topics, then it does not look through all of them for each', async () => {
    let looks = 0;
    const topics = counting(TOPICS, () => (looks += 1));
    const members = new Map(['a', 'b', 'c'].map((id) => [id, member(topics)]));
    const shares = await assignor.assign({
      members,
      partitionCounts: PARTITION_COUNTS,
      cluster: EMPTY_METADATA,
    });
    const given = [...shares.values()].flatMap(({ partitions }) => partitions);
    expect(given).toHaveLength(2 * TOPICS.length);
    expect(looks).toBeLessThan(10 * members.size * TOPICS.length);
  });
});

describe('cooperative-sticky', () => {
  it('given thousands of partitions that move to a new member, then they are left out of its share at one go', async () => {
    const all = TOPICS.flatMap((topic) => [0, 1].map((partition) => ({ topic, partition })));
    const members = new Map([
      ['a', member(TOPICS, all)],
      ['b', member(TOPICS)],
    ]);
    const walks = vi.spyOn(Array.prototype, 'filter');
    const shares = await cooperativeStickyAssignor().assign({
      members,
      partitionCounts: PARTITION_COUNTS,
      cluster: EMPTY_METADATA,
    });
    const count = walks.mock.calls.length;
    walks.mockRestore();
    expect(count).toBeLessThan(100);
    expect(shares.get('a')!.partitions).toHaveLength(TOPICS.length);
    expect(shares.get('b')!.partitions).toEqual([]);
  });
});
