// A broker that leads thousands of partitions asks for as many ISRs when another one comes or goes.
import { silentLogger } from '@ottla/platform';
import { ErrorCode, type MessageCodec } from '@ottla/protocol';
import type {
  AlterPartitionRequest,
  AlterPartitionResponse,
} from '@ottla/protocol/messages/alter-partition';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualTime } from '../../test/virtual-time.ts';
import { IsrChanges } from './isr-changes.ts';
import type { IsrProposal } from './leader-state.ts';
import type { Partition } from './partition.ts';

const TOPICS = 3_000;
const PROPOSAL: IsrProposal = {
  kind: 'shrink',
  moved: [2],
  isr: [],
  leaderEpoch: 1,
  partitionEpoch: 2,
};

let changes: IsrChanges;
afterEach(() => changes.close());

describe('changes of the ISR', () => {
  it('given thousands of topics, when they are asked for together, then each finds its answer without a look at all others', async () => {
    const time = new VirtualTime();
    let looks = 0;
    const partitionsOf = new Map<string, number>();
    changes = new IsrChanges({
      platform: { timers: time },
      logger: silentLogger,
      brokerId: 1,
      brokerEpoch: () => 7,
      controller: {
        send: <Q, R>(_request: MessageCodec<Q>, _response: MessageCodec<R>, body: Q) => {
          const { topics } = body as AlterPartitionRequest;
          for (const { topicId, partitions } of topics)
            partitionsOf.set(topicId, (partitionsOf.get(topicId) ?? 0) + partitions.length);
          const answered = topics.map(({ topicId, partitions }) => ({
            get topicId() {
              looks += 1;
              return topicId;
            },
            partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0 })),
          }));
          const response = { errorCode: ErrorCode.NONE, topics: answered };
          return Promise.resolve(response as unknown as AlterPartitionResponse as R);
        },
      },
    });
    let answers = 0;
    for (let topic = 0; topic < TOPICS; topic += 1)
      for (const id of [0, 1]) {
        const partition = {
          topicId: `topic-${topic}`,
          id,
          isPending: () => true,
          isrAnswered: (_: unknown, answer: { partitionIndex: number }) => {
            answers += answer.partitionIndex === id ? 1 : 0;
            return 'committed';
          },
        };
        changes.propose(partition as unknown as Partition, PROPOSAL);
      }
    await time.pass(100);
    expect(answers).toBe(2 * TOPICS);
    expect(changes.shrinkings).toBe(2 * TOPICS);
    expect([...partitionsOf.values()]).toEqual(Array.from({ length: TOPICS }, () => 2));
    expect(looks).toBeLessThan(4 * TOPICS);
  });
});
