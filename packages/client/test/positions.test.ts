// Where a consumer goes on after the leader changed (KIP-320), and how offsets of many partitions are asked for.
import { describe, expect, it } from 'vitest';
import { listOffsets } from '../src/admin/list-offsets.ts';
import { stubCluster } from './stub-cluster.ts';
import { type AutoOffsetReset, resolveConsumerOptions } from '../src/consumer/consumer-options.ts';
import { PartitionReader } from '../src/consumer/partition-reader.ts';
import { Positions } from '../src/consumer/positions.ts';

function given(endOffset: number, leaderEpoch: number, autoOffsetReset: AutoOffsetReset) {
  const { cluster, requests } = stubCluster(() => ({
    topics: [{ topic: 't', partitions: [{ partition: 0, errorCode: 0, leaderEpoch, endOffset }] }],
  }));
  const options = resolveConsumerOptions({ bootstrapServers: 'b:1', autoOffsetReset });
  const reader = new PartitionReader({ topic: 't', partition: 0 }, 0, () => undefined);
  reader.seek(100, 3);
  return { positions: new Positions(cluster, options), reader, requests };
}

describe('Positions', () => {
  it('given that the epoch ends behind the position, then goes on where it was', async () => {
    const { positions, reader } = given(120, 3, 'earliest');
    await positions.validate(reader, 4);
    expect(reader).toMatchObject({ position: 100, validatedEpoch: 4 });
  });

  it('given a log that was cut before the position, then goes on where the logs part', async () => {
    const { positions, reader } = given(80, 2, 'earliest');
    await positions.validate(reader, 4);
    expect(reader).toMatchObject({ position: 80, fetchOffset: 80, validatedEpoch: 4 });
  });

  it('given a log that was cut behind the position, then what was fetched ahead is fetched again', async () => {
    const { positions, reader } = given(120, 3, 'earliest');
    Object.assign(reader, { fetchOffset: 150, fetchedEpoch: 3 });
    await positions.validate(reader, 4);
    expect(reader).toMatchObject({ position: 100, fetchOffset: 100, validatedEpoch: -1 });
    await positions.validate(reader, 4);
    expect(reader).toMatchObject({ position: 100, fetchOffset: 100, validatedEpoch: 4 });
  });

  it('given records fetched ahead that are all there, then they are kept', async () => {
    const { positions, reader, requests } = given(150, 3, 'earliest');
    Object.assign(reader, { fetchOffset: 150, fetchedEpoch: 4 });
    await positions.validate(reader, 5);
    expect(reader).toMatchObject({ position: 100, fetchOffset: 150, validatedEpoch: 5 });
    expect(requests[0]!.request).toMatchObject({ topics: [{ partitions: [{ leaderEpoch: 4 }] }] });
  });

  it("given a log that was cut and 'none', then says so and stays", async () => {
    const { positions, reader } = given(80, 2, 'none');
    await expect(positions.validate(reader, 4)).rejects.toMatchObject({ code: 'LOG_TRUNCATION' });
    expect(reader.position).toBe(100);
  });

  it('given a seek while the leader is asked, then its answer is of no use', async () => {
    const { positions, reader } = given(80, 2, 'earliest');
    const validation = positions.validate(reader, 4);
    reader.seek(7);
    await validation;
    expect(reader).toMatchObject({ position: 7, validatedEpoch: -1 });
  });
});

describe('listOffsets', () => {
  interface Asked {
    readonly topics: readonly {
      readonly name: string;
      readonly partitions: readonly { readonly partitionIndex: number }[];
    }[];
  }

  function answering(errorOf: (partition: number, brokerCalls: number) => number) {
    const calls = new Map<number, number>();
    return stubCluster(({ brokerId, request }) => {
      calls.set(brokerId, (calls.get(brokerId) ?? 0) + 1);
      return {
        topics: (request as Asked).topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            errorCode: errorOf(partitionIndex, calls.get(brokerId)!),
            offset: 10 * partitionIndex,
            timestamp: -1,
            leaderEpoch: 4,
          })),
        })),
      };
    });
  }

  const queries = (count: number) =>
    Array.from({ length: count }, (_, partition) => ({
      topic: 't',
      partition,
      at: 'latest' as const,
    }));

  it('given 30 partitions of 3 brokers, then three requests, and the answers in order', async () => {
    const { cluster, requests } = answering(() => 0);
    const found = await listOffsets(cluster, queries(30));
    expect(found.map(({ offset }) => offset)).toEqual(
      queries(30).map((each) => each.partition * 10),
    );
    expect(requests.map(({ brokerId }) => brokerId)).toEqual([0, 1, 2]);
  });

  it('given one partition that has moved, then only that is asked for again', async () => {
    const notLeader = 6;
    const { cluster, requests, simulation } = answering((partition, call) =>
      partition === 4 && call === 1 ? notLeader : 0,
    );
    const found = await simulation.settle(listOffsets(cluster, queries(6)));
    expect(found.map(({ offset }) => offset)).toEqual([0, 10, 20, 30, 40, 50]);
    expect(requests).toHaveLength(4);
    expect((requests[3]!.request as Asked).topics[0]!.partitions).toHaveLength(1);
  });

  it('given the first and the last offset of one partition, then both are answered', async () => {
    const { cluster, requests } = answering(() => 0);
    const target = { topic: 't', partition: 2 };
    const found = await listOffsets(cluster, [
      { ...target, at: 'earliest' },
      { ...target, at: 'latest' },
    ]);
    expect(found).toHaveLength(2);
    expect(requests).toHaveLength(2);
  });

  it('given a partition that nobody may read, then that is the error', async () => {
    const { cluster } = answering((partition) => (partition === 1 ? 29 : 0));
    await expect(listOffsets(cluster, queries(3))).rejects.toMatchObject({
      code: 'TOPIC_AUTHORIZATION_FAILED',
      partition: 1,
    });
  });
});
