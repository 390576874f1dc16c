// What a consumer does when leaders change: an old leader does not know what was committed after it, and must not be
// believed; a topic made anew is another topic. Two scripted brokers, of which one is behind.
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { ApiKey, ErrorCode } from '@ottla/protocol';
import * as fetch from '@ottla/protocol/messages/fetch';
import * as listOffsets from '@ottla/protocol/messages/list-offsets';
import * as metadata from '@ottla/protocol/messages/metadata';
import * as epochs from '@ottla/protocol/messages/offset-for-leader-epoch';
import * as offsetFetch from '@ottla/protocol/messages/offset-fetch';
import { Compression, RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { Consumer, type ConsumerOptions } from '../src/index.ts';
import { FakeBroker } from './fake-broker.ts';

const TOPIC = 'orders';
const TARGET = { topic: TOPIC, partition: 0 };
const FIRST_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const SECOND_ID = 'AAAAAAAAAAAAAAAAAAAAAg';

/** What one broker holds of `orders-0`, and what it thinks of who leads. */
interface View {
  leaderId: number;
  leaderEpoch: number;
  topicId: string;
  /** Exclusive. */
  endOffset: number;
  /** Where each epoch begins, oldest first. */
  epochs: readonly (readonly [epoch: number, startOffset: number])[];
}

interface World {
  readonly simulation: Simulation;
  readonly brokers: readonly FakeBroker[];
  readonly views: readonly [View, View];
  readonly committed: { offset: number; leaderEpoch: number };
  consumer(options?: Partial<ConsumerOptions>): Consumer;
}

/** Broker 1 led epoch 3 and was cut off; broker 2 leads epoch 4, and a group has committed what it wrote. */
async function afterAFailover(): Promise<World> {
  const simulation = createSimulation({ seed: 1 });
  const common = { topicId: FIRST_ID };
  const views: [View, View] = [
    { ...common, leaderId: 1, leaderEpoch: 3, endOffset: 50, epochs: [[3, 0]] },
    { ...common, leaderId: 2, leaderEpoch: 4, endOffset: 103, epochs: [[3, 0], [4, 50]] }, // prettier-ignore
  ];
  const committed = { offset: 100, leaderEpoch: 4 };
  const brokers: FakeBroker[] = [];
  for (const [index, view] of views.entries()) {
    const nodeId = index + 1;
    const host = `broker-${nodeId}`;
    const { platform } = simulation.node(host);
    const start = FakeBroker.start({ platform, host, nodeId, topics: { [TOPIC]: 1 } });
    const broker = await simulation.settle(start);
    serve(broker, nodeId, view, committed);
    brokers.push(broker);
  }
  const consumer = (options: Partial<ConsumerOptions> = {}): Consumer =>
    new Consumer({
      bootstrapServers: 'broker-1:9092',
      platform: simulation.node('client').platform,
      requestTimeoutMs: 2_000,
      groupId: 'billing',
      autoCommit: false,
      autoOffsetReset: 'earliest',
      fetchMaxWaitMs: 100,
      ...options,
    });
  return { simulation, brokers, views, committed, consumer };
}

function serve(
  broker: FakeBroker,
  nodeId: number,
  view: View,
  committed: World['committed'],
): void {
  /** As a broker checks the epoch that a client names. */
  const refusal = (currentLeaderEpoch: number): number => {
    if (currentLeaderEpoch > view.leaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH;
    if (currentLeaderEpoch >= 0 && currentLeaderEpoch < view.leaderEpoch)
      return ErrorCode.FENCED_LEADER_EPOCH;
    return view.leaderId === nodeId ? 0 : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  };
  broker.script({
    request: metadata.metadataRequest,
    response: metadata.metadataResponse,
    answer: () => ({
      brokers: [1, 2].map((id) => ({ nodeId: id, host: `broker-${id}`, port: 9092, rack: null })),
      topics: [
        metadata.createMetadataResponseTopic({
          name: TOPIC,
          topicId: view.topicId,
          partitions: [metadata.createMetadataResponsePartition({ partitionIndex: 0, ...view })],
        }),
      ],
    }),
  });
  broker.script({
    request: offsetFetch.offsetFetchRequest,
    response: offsetFetch.offsetFetchResponse,
    answer: () => ({
      groups: [
        offsetFetch.createOffsetFetchResponseGroup({
          groupId: 'billing',
          topics: [
            offsetFetch.createOffsetFetchResponseTopics({
              name: TOPIC,
              partitions: [
                offsetFetch.createOffsetFetchResponsePartitions({
                  partitionIndex: 0,
                  committedOffset: committed.offset,
                  committedLeaderEpoch: committed.leaderEpoch,
                }),
              ],
            }),
          ],
        }),
      ],
    }),
  });
  broker.script({
    request: listOffsets.listOffsetsRequest,
    response: listOffsets.listOffsetsResponse,
    answer: ({ topics }) => {
      const { currentLeaderEpoch, timestamp } = topics[0]!.partitions[0]!;
      const errorCode = refusal(currentLeaderEpoch);
      const offset = timestamp === -1 ? view.endOffset : 0;
      const partition = { partitionIndex: 0, errorCode, offset, leaderEpoch: view.leaderEpoch };
      return {
        topics: [
          { name: TOPIC, partitions: [listOffsets.createListOffsetsPartitionResponse(partition)] },
        ],
      };
    },
  });
  broker.script({
    request: epochs.offsetForLeaderEpochRequest,
    response: epochs.offsetForLeaderEpochResponse,
    answer: ({ topics }) => {
      const { currentLeaderEpoch, leaderEpoch } = topics[0]!.partitions[0]!;
      const errorCode = refusal(currentLeaderEpoch);
      const found = errorCode === 0 ? endOf(view, leaderEpoch) : [-1, -1];
      const partition = { partition: 0, errorCode, leaderEpoch: found[0]!, endOffset: found[1]! };
      return { topics: [{ topic: TOPIC, partitions: [partition] }] };
    },
  });
  broker.script({
    request: fetch.fetchRequest,
    response: fetch.fetchResponse,
    answer: ({ topics }) => ({
      responses: topics.map(({ topicId, partitions }) => ({
        topic: '',
        topicId,
        partitions: partitions.map(({ currentLeaderEpoch, fetchOffset }) => {
          const code =
            topicId === view.topicId ? refusal(currentLeaderEpoch) : ErrorCode.UNKNOWN_TOPIC_ID;
          const isOutside = fetchOffset > view.endOffset;
          return fetch.createPartitionData({
            partitionIndex: 0,
            errorCode: code === 0 && isOutside ? ErrorCode.OFFSET_OUT_OF_RANGE : code,
            highWatermark: view.endOffset,
            records: code === 0 && !isOutside ? recordsFrom(view, fetchOffset) : null,
          });
        }),
      })),
    }),
  });
}

/** The largest epoch up to `leaderEpoch`, and where it ends. */
function endOf({ epochs: known, endOffset }: View, leaderEpoch: number): readonly number[] {
  const at = known.findLastIndex(([epoch]) => epoch <= leaderEpoch);
  const isBeyond = leaderEpoch > known.at(-1)![0];
  return at < 0 || isBeyond ? [-1, -1] : [known[at]![0], known[at + 1]?.[1] ?? endOffset];
}

/** One batch for each record: its offset is its value. */
function recordsFrom({ epochs: known, endOffset }: View, fetchOffset: number): Buffer | null {
  const batches: Buffer[] = [];
  for (let offset = fetchOffset; offset < Math.min(endOffset, fetchOffset + 20); offset += 1) {
    const builder = new RecordBatchBuilder({ compression: Compression.none });
    builder.append(1, null, Buffer.from(String(offset)), []);
    const batch = builder.build();
    batch.writeBigInt64BE(BigInt(offset), 0);
    batch.writeInt32BE(known.findLast(([, start]) => start <= offset)![0], 12);
    batches.push(Buffer.from(batch));
  }
  return batches.length === 0 ? null : Buffer.concat(batches);
}

async function offsetsOf(world: World, consumer: Consumer, count: number): Promise<number[]> {
  const offsets: number[] = [];
  const read = async (): Promise<void> => {
    while (offsets.length < count)
      for (const { records } of await consumer.poll({ timeoutMs: 1_000 }))
        offsets.push(...records.map(({ offset }) => offset));
  };
  await world.simulation.settle(read());
  return offsets;
}

describe('Consumer in a failover', () => {
  it('given metadata of an old leader, when offsets were committed since, then goes on behind them and asks the old leader for nothing', async () => {
    const world = await afterAFailover();
    const consumer = world.consumer();
    await world.simulation.settle(consumer.assign([TARGET]));
    const [old, current] = world.brokers;
    const read = offsetsOf(world, consumer, 3);
    expect(await read).toEqual([100, 101, 102]);
    expect(old!.count(ApiKey.Fetch)).toBe(0);
    expect(old!.count(ApiKey.OffsetForLeaderEpoch)).toBe(0);
    expect(current!.count(ApiKey.ListOffsets) + old!.count(ApiKey.ListOffsets)).toBe(0);
    await world.simulation.settle(consumer.close());
  });

  it('given a leader that was followed by another and leads again, then reads on without a gap', async () => {
    const world = await afterAFailover();
    const consumer = world.consumer();
    const [old, current] = world.views;
    await world.simulation.settle(consumer.assign([TARGET]));
    expect(await offsetsOf(world, consumer, 3)).toEqual([100, 101, 102]);
    const now = { leaderId: 1, leaderEpoch: 5, endOffset: 106 };
    Object.assign(old, { ...now, epochs: [...current.epochs, [5, 103]] });
    Object.assign(current, { leaderId: 1, leaderEpoch: 5 });
    expect(await offsetsOf(world, consumer, 3)).toEqual([103, 104, 105]);
    await world.simulation.settle(consumer.close());
  });

  it('given a topic that is made anew under its name and has more records by then, then reads it from its start', async () => {
    const world = await afterAFailover();
    const consumer = world.consumer();
    await world.simulation.settle(consumer.assign([TARGET]));
    expect(await offsetsOf(world, consumer, 3)).toEqual([100, 101, 102]);
    for (const view of world.views)
      Object.assign(view, {
        topicId: SECOND_ID,
        leaderId: 1,
        leaderEpoch: 4,
        endOffset: 500,
        epochs: [[4, 0]],
      });
    expect((await offsetsOf(world, consumer, 3)).slice(0, 3)).toEqual([0, 1, 2]);
    await world.simulation.settle(consumer.close());
  });

  it('given an offset that was committed without an epoch, then it is read from the leader that is known', async () => {
    const world = await afterAFailover();
    Object.assign(world.committed, { offset: 10, leaderEpoch: -1 });
    const consumer = world.consumer();
    await world.simulation.settle(consumer.assign([TARGET]));
    expect((await offsetsOf(world, consumer, 3)).slice(0, 3)).toEqual([10, 11, 12]);
    await world.simulation.settle(consumer.close());
  });

  it('given a seek with the epoch of the record before, then an old leader is not asked for it', async () => {
    const world = await afterAFailover();
    const consumer = world.consumer({ autoOffsetReset: 'none' });
    Object.assign(world.committed, { offset: 10, leaderEpoch: 3 });
    await world.simulation.settle(consumer.assign([TARGET]));
    consumer.seek(TARGET, 101, 4);
    expect(await offsetsOf(world, consumer, 2)).toEqual([101, 102]);
    await world.simulation.settle(consumer.close());
  });
});
