import { describeTopicPartitionsResponse } from '@ottla/protocol/messages/describe-topic-partitions';
import { expect, it } from 'vitest';
import type { BrokerCall } from '../src/admin/broker-call.ts';
import { describeEligibleLeaders } from '../src/admin/eligible-leaders.ts';

const partition = (
  partitionIndex: number,
  elr: number[] | null,
  lastKnownElr: number[] | null,
) => ({
  errorCode: 0,
  partitionIndex,
  leaderId: -1,
  leaderEpoch: 3,
  replicaNodes: [1, 2, 3],
  isrNodes: [],
  eligibleLeaderReplicas: elr,
  lastKnownElr,
  offlineReplicas: [],
});

/** Answers with one page after the other; undefined: a broker that does not serve the API. */
function pages(answers: readonly object[] | undefined): { call: BrokerCall; asked: object[] } {
  const asked: object[] = [];
  const connection = {
    versionOf: () => (answers === undefined ? undefined : 0),
    send: (_api: unknown, request: object) => {
      asked.push(request);
      return Promise.resolve(describeTopicPartitionsResponse.create(answers![asked.length - 1]));
    },
  };
  return { call: (_what, use) => use(connection as never), asked };
}

const topic = (name: string, ...partitions: ReturnType<typeof partition>[]) => ({
  errorCode: 0,
  name,
  topicId: 'b3JkZXJzLW9yZGVycy1vcg',
  isInternal: false,
  partitions,
  topicAuthorizedOperations: 0,
});

it('tells of partitions that have some, page by page', async () => {
  const { call, asked } = pages([
    {
      topics: [topic('orders', partition(0, [2], []), partition(1, [], null))],
      nextCursor: { topicName: 'orders', partitionIndex: 2 },
    },
    { topics: [topic('orders', partition(2, [], [3]))], nextCursor: null },
  ]);
  expect(await describeEligibleLeaders(call, ['orders'])).toEqual([
    { topic: 'orders', partition: 0, eligible: [2], lastKnown: [] },
    { topic: 'orders', partition: 2, eligible: [], lastKnown: [3] },
  ]);
  expect(asked).toMatchObject([
    { topics: [{ name: 'orders' }], cursor: null },
    { topics: [{ name: 'orders' }], cursor: { topicName: 'orders', partitionIndex: 2 } },
  ]);
});

it('given a broker that does not serve it, then there are none', async () => {
  const { call, asked } = pages(undefined);
  expect(await describeEligibleLeaders(call, ['orders'])).toEqual([]);
  expect(asked).toEqual([]);
});

it('given no topics, then nobody is asked: the request would mean all of them', async () => {
  const { call, asked } = pages([]);
  expect(await describeEligibleLeaders(call, [])).toEqual([]);
  expect(asked).toEqual([]);
});
