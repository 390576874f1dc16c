// What the controller grants is told in the log: a line for each broker, whatever the number of partitions.
import { expect, it } from 'vitest';
import { silentLogger } from '@ottla/platform';
import { ErrorCode, type MessageCodec } from '@ottla/protocol';
import type {
  AlterPartitionRequest,
  AlterPartitionResponse,
} from '@ottla/protocol/messages/alter-partition';
import { VirtualTime } from '../../test/virtual-time.ts';
import { IsrChanges } from './isr-changes.ts';
import type { IsrProposal } from './leader-state.ts';
import type { Partition } from './partition.ts';

const PROPOSAL = { isr: [], leaderEpoch: 1, partitionEpoch: 1 };

function replica(id: number): Partition {
  return {
    topicId: 'orders',
    id,
    name: `orders-${id}`,
    isPending: () => true,
    // As when the metadata told before the answer did.
    isrAnswered: () => 'outdated',
  } as unknown as Partition;
}

/** The same answer for all that is asked for. */
function answering(
  { topics }: AlterPartitionRequest,
  errorCode: number,
): Partial<AlterPartitionResponse> {
  return {
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  } as unknown as Partial<AlterPartitionResponse>;
}

async function linesAfter(
  wishes: readonly (readonly [Partition, Pick<IsrProposal, 'kind' | 'moved'>])[],
  errorCode: number = ErrorCode.NONE,
): Promise<string[]> {
  const time = new VirtualTime();
  const lines: string[] = [];
  const changes = new IsrChanges({
    platform: { timers: time },
    logger: {
      ...silentLogger,
      info: (message, fields) => void lines.push(`${message}: ${String(fields?.['partitions'])}`),
    },
    brokerId: 1,
    brokerEpoch: () => 7,
    controller: {
      send: <Q, R>(_request: MessageCodec<Q>, response: MessageCodec<R>, body: Q) =>
        Promise.resolve(
          response.create(answering(body as AlterPartitionRequest, errorCode) as Partial<R>),
        ),
    },
  });
  for (const [partition, wish] of wishes) changes.propose(partition, { ...PROPOSAL, ...wish });
  await time.pass(1_000);
  changes.close();
  return lines;
}

it('given replicas that leave the ISR and others that come, then each broker has a line', async () => {
  const lines = await linesAfter([
    [replica(0), { kind: 'shrink', moved: [2] }],
    [replica(1), { kind: 'expand', moved: [3] }],
    [replica(2), { kind: 'shrink', moved: [2] }],
  ]);
  expect(lines).toEqual([
    'replicas of broker 2 are out of sync: they do not keep up: orders-0',
    'replicas of broker 3 are in sync: orders-1',
    'replicas of broker 2 are out of sync: they do not keep up: orders-2',
  ]);
});

it('given many partitions that one broker joins at once, then some are named and all are counted', async () => {
  const joins = Array.from({ length: 9 }, (_, id) => replica(id));
  const lines = await linesAfter(joins.map((each) => [each, { kind: 'expand', moved: [3] }]));
  expect(lines.at(-1)).toBe(
    'replicas of broker 3 are in sync: orders-1, orders-2, orders-3, orders-4, orders-5 and 3 more',
  );
});

it('given a change that the controller did not grant, then nothing is told', async () => {
  const shrinks = [[replica(0), { kind: 'shrink', moved: [2] }]] as const;
  const lines = await linesAfter(shrinks, ErrorCode.INVALID_UPDATE_VERSION);
  expect(lines).toEqual([]);
});
