import { ErrorCode } from '@ottla/protocol';
import { expect, it } from 'vitest';
import type { Partition } from '../replica/partition.ts';
import { DelayedFetch, type DelayedFetchOptions } from './delayed-fetch.ts';

/** A partition as far as a waiting fetch looks at it. */
function partition(end: number): { -readonly [K in keyof Partition]?: Partition[K] } {
  return { logStartOffset: 0, logEndOffset: end, highWatermark: end, readEnd: () => end };
}

function waiting(options: Partial<DelayedFetchOptions> = {}) {
  const partitions = Array.from({ length: 1_000 }, () => partition(5));
  const looks: number[] = [];
  const watched = partitions.map((one) => ({
    wanted: { fetchOffset: 5, maxBytes: 1_000, toldHighWatermark: -1 },
    partition: one,
  }));
  const fetch = new DelayedFetch({
    watched: watched as never,
    isolation: 'log-end',
    refusal: (each) => {
      looks.push(watched.indexOf(each as never));
      return ErrorCode.NONE;
    },
    isHeldBack: () => false,
    tellsHighWatermark: false,
    minBytes: 1,
    isAbandoned: () => false,
    answer: () => undefined,
    ...options,
  });
  return { fetch, partitions, looks };
}

it('given a fetch of many partitions, when one moves, then the others are not looked at again', () => {
  const { fetch, partitions, looks } = waiting();
  expect(fetch.tryComplete()).toBe(false);
  expect(looks).toHaveLength(1_000);

  looks.length = 0;
  expect(fetch.tryComplete(partitions[7])).toBe(false);
  expect(looks).toEqual([7]);

  partitions[7]!.readEnd = () => 6;
  Object.assign(partitions[7]!, { logEndOffset: 6 });
  expect(fetch.tryComplete(partitions[7])).toBe(true);
});

it('given a fetch that wants more than a byte, when one moves, then all count together', () => {
  const { fetch, partitions, looks } = waiting({ minBytes: 100 });
  expect(fetch.tryComplete(partitions[7])).toBe(false);
  expect(looks).toHaveLength(1_000);
});
