import type { OngoingReassignment, TopicMetadata } from '@ottla/client';
import { describe, expect, it } from 'vitest';
import { unsafePartitions } from './status.ts';

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
