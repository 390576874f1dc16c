import type { Admin, TopicMetadata } from '@ottla/client';
import { describe, expect, it } from 'vitest';
import { knownOffsets } from './known-offsets.ts';

/** Partition n of the topic is led by the n-th of these. */
function topicLedBy(...leaders: readonly number[]): TopicMetadata {
  return {
    name: 'orders',
    partitions: leaders.map((leaderId, partition) => ({ partition, leaderId })),
  } as unknown as TopicMetadata;
}

/** The offsets are 10 times the partition; whoever asks for a partition in `dead` hears an error. */
function adminWithout(dead: readonly number[]): Pick<Admin, 'listOffsets'> {
  return {
    listOffsets: (async (queries: readonly { partition: number; at: unknown }[]) => {
      if (queries.some(({ partition }) => dead.includes(partition)))
        throw new Error('connection refused');
      return queries.map(({ partition, at }) => ({ offset: at === 'latest' ? 10 * partition : 0 }));
    }) as unknown as Admin['listOffsets'],
  };
}

describe('offsets of a topic, as far as its leaders answer', () => {
  it('given a leader that is gone, then tells who, and the offsets of the others', async () => {
    const topic = topicLedBy(1, 2, 1, 2);
    const { of, silent } = await knownOffsets(adminWithout([1, 3]), [topic]);
    expect([0, 1, 2, 3].map((partition) => of('orders', partition)?.latest)).toEqual([
      0,
      undefined,
      20,
      undefined,
    ]);
    expect(silent.map(({ nodeId }) => nodeId)).toEqual([2]);
  });

  it('given a partition without a leader, then asks nobody for it', async () => {
    const { of, silent } = await knownOffsets(adminWithout([0]), [topicLedBy(-1, 2)]);
    expect(of('orders', 0)).toBeUndefined();
    expect(of('orders', 1)).toEqual({ earliest: 0, latest: 10 });
    expect(silent).toEqual([]);
  });
});
