// What fetching does when a broker refuses a partition, against a cluster that answers as the test says.
import { createSimulation } from '@ottla/platform/simulated';
import { ErrorCode } from '@ottla/protocol';
import {
  createPartitionData,
  type FetchRequest,
  type FetchResponse,
  fetchResponse,
} from '@ottla/protocol/messages/fetch';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../connection/cluster.ts';
import type { LeaderHint } from '../metadata/cluster-metadata.ts';
import { resolveOptions } from '../options.ts';
import { resolveConsumerOptions } from './consumer-options.ts';
import { Fetcher } from './fetcher.ts';
import { PartitionReader } from './partition-reader.ts';

const FIRST_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const SECOND_ID = 'AAAAAAAAAAAAAAAAAAAAAg';

/** One partition that broker 1 leads in epoch 3, read from 100 on. */
function given() {
  const simulation = createSimulation({ seed: 1 });
  const leader = { topicId: FIRST_ID, leaderId: 1, leaderEpoch: 3 };
  const asked: {
    brokerId: number;
    request: FetchRequest;
    answer(response: FetchResponse<Buffer>): void;
  }[] = [];
  const hints: LeaderHint[] = [];
  const told = { outOfRange: 0, errors: [] as unknown[], refreshes: 0 };
  const { platform } = simulation.node('client');
  // Only what the code under test touches.
  const cluster = {
    options: resolveOptions({ bootstrapServers: 'b:1', platform }),
    get metadata() {
      return { topics: new Map([['t', { topicId: leader.topicId, partitions: [leader] }]]) };
    },
    requestRefresh: () => (told.refreshes += 1),
    refused: (hint: LeaderHint) => {
      hints.push(hint);
      const isNews = hint.leaderEpoch > leader.leaderEpoch;
      if (isNews) Object.assign(leader, { leaderId: hint.leaderId, leaderEpoch: hint.leaderEpoch });
      return isNews;
    },
    broker: (brokerId: number) =>
      Promise.resolve({
        versionOf: () => 17,
        send: (_: unknown, request: FetchRequest) =>
          new Promise<FetchResponse<Buffer>>((answer) => asked.push({ brokerId, request, answer })),
      }),
  } as unknown as Cluster;
  const reader = new PartitionReader({ topic: 't', partition: 0 }, 100, () => undefined);
  const fetcher = new Fetcher(cluster, resolveConsumerOptions({ bootstrapServers: 'b:1' }), {
    readers: () => [reader],
    onRecords: () => undefined,
    onOutOfRange: () => (told.outOfRange += 1),
    isValidated: () => true,
    onError: (error) => told.errors.push(error),
  });
  const answer = async (errorCode: number, currentLeader = { leaderId: -1, leaderEpoch: -1 }) => {
    const { request, answer: respond } = asked.at(-1)!;
    const partition = createPartitionData({ partitionIndex: 0, errorCode, currentLeader });
    // In a session a request names only what changed.
    const topicId = request.topics[0]?.topicId ?? leader.topicId;
    const responses = [{ topic: '', topicId, partitions: [partition] }];
    respond(fetchResponse.create({ sessionId: 7, responses }) as FetchResponse<Buffer>);
    await simulation.run(1);
  };
  const start = async () => {
    fetcher.wake();
    await simulation.run(1);
  };
  return { simulation, leader, asked, hints, told, reader, fetcher, answer, start };
}

describe('Fetcher', () => {
  it('given an offset outside the log of the leader, then says so', async () => {
    const { answer, start, told, fetcher } = given();
    await start();
    await answer(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect(told.outOfRange).toBe(1);
    fetcher.close();
  });

  it('given that answer from who led when it was asked and does not now, then asks the new leader instead', async () => {
    const { answer, start, told, leader, asked, fetcher } = given();
    await start();
    Object.assign(leader, { leaderId: 2, leaderEpoch: 4 });
    await answer(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect(told.outOfRange).toBe(0);
    expect(asked.map(({ brokerId }) => brokerId)).toEqual([1, 2]);
    expect(asked[1]!.request.topics[0]!.partitions[0]).toMatchObject({ fetchOffset: 100, currentLeaderEpoch: 4 }); // prettier-ignore
    fetcher.close();
  });

  it('given that answer for an offset that was sought away from, then it is of no use', async () => {
    const { answer, start, told, reader, fetcher } = given();
    await start();
    reader.seek(7);
    await answer(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect(told.outOfRange).toBe(0);
    fetcher.close();
  });

  it.each(['NOT_LEADER_OR_FOLLOWER', 'FENCED_LEADER_EPOCH'] as const)(
    'given %s with the new leader in the answer, then that one is asked at once (KIP-951)',
    async (name) => {
      const { answer, start, told, asked, fetcher } = given();
      await start();
      await answer(ErrorCode[name], { leaderId: 2, leaderEpoch: 4 });
      expect(asked.map(({ brokerId }) => brokerId)).toEqual([1, 2]);
      expect(told.errors).toEqual([]);
      fetcher.close();
    },
  );

  it.each([
    'NOT_LEADER_OR_FOLLOWER',
    'FENCED_LEADER_EPOCH',
    'UNKNOWN_LEADER_EPOCH',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'UNKNOWN_TOPIC_ID',
    'INCONSISTENT_TOPIC_ID',
    'REPLICA_NOT_AVAILABLE',
    'OFFSET_NOT_AVAILABLE',
    'KAFKA_STORAGE_ERROR',
    'UNKNOWN_SERVER_ERROR',
  ] as const)(
    'given %s, then asks again after a while, and the user hears nothing',
    async (name) => {
      const { simulation, answer, start, told, asked, fetcher } = given();
      await start();
      await answer(ErrorCode[name]);
      expect(asked).toHaveLength(1);
      await simulation.run(1_000);
      expect(asked).toHaveLength(2);
      expect(told.errors).toEqual([]);
      fetcher.close();
    },
  );

  it('given a partition that must not be read, then the user hears of it', async () => {
    const { answer, start, told, fetcher } = given();
    await start();
    await answer(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    expect(told.errors).toMatchObject([{ code: 'TOPIC_AUTHORIZATION_FAILED', topic: 't' }]);
    fetcher.close();
  });

  it('given a topic that was made anew, then its position is not taken for an offset of the new log', async () => {
    const { answer, start, told, leader, fetcher } = given();
    await start();
    await answer(ErrorCode.NONE);
    leader.topicId = SECOND_ID;
    await answer(ErrorCode.NONE);
    expect(told.outOfRange).toBe(0);
    await answer(ErrorCode.NONE);
    expect(told.outOfRange).toBe(1);
    fetcher.close();
  });
});
