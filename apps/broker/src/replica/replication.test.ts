// Brokers that replicate with each other, by real frames: what is acknowledged is everywhere, what is not is cut off where
// leaders changed, and who lags is put out and let in again.
import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import {
  deleteRecordsRequest,
  deleteRecordsResponse,
} from '@ottla/protocol/messages/delete-records';
import {
  createFetchPartition,
  fetchRequest,
  fetchResponse,
  type PartitionData,
} from '@ottla/protocol/messages/fetch';
import { afterEach, describe, expect, it } from 'vitest';
import {
  LAG_MAX_MS,
  ReplicaCluster,
  type ReplicaClusterOptions,
} from '../../test/replica-cluster.ts';

const clusters: ReplicaCluster[] = [];
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.close();
});

async function start(options: Partial<ReplicaClusterOptions> = {}): Promise<ReplicaCluster> {
  const cluster = await ReplicaCluster.start({ brokers: 3, ...options });
  clusters.push(cluster);
  return cluster;
}

describe('replication', () => {
  it('given acks=all, answers when every replica in sync has the records', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2, 3]);
    expect(await cluster.produce(1, ['a', 'b'])).toBe(ErrorCode.NONE);
    for (const id of [1, 2, 3]) expect(await cluster.values(id)).toEqual(['a', 'b']);
    expect(cluster.partition(1).highWatermark).toBe(2);
    await cluster.until(() => cluster.partition(3).highWatermark === 2, 'the high watermark');
  });

  it('given a leader that is gone, the next one has all that was acknowledged', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2, 3]);
    await cluster.produce(1, ['a']);
    cluster.cut(1);
    await cluster.change({ leader: 2, isr: [2, 3] });
    expect(await cluster.produce(2, ['b'])).toBe(ErrorCode.NONE);
    expect(await cluster.values(3)).toEqual(['a', 'b']);
  });

  it('given an old leader with records that nobody else has, cuts them off and lets it in again', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2, 3]);
    await cluster.produce(1, ['a']);
    cluster.cut(1);
    expect(await cluster.produce(1, ['x', 'y'], { acks: 1 })).toBe(ErrorCode.NONE);
    await cluster.change({ leader: 2, isr: [2, 3] });
    await cluster.produce(2, ['b']);
    await cluster.heal(1);
    await cluster.until(() => cluster.partition(2).isr.includes(1), 'the return to the ISR');
    expect(await cluster.values(1)).toEqual(['a', 'b']);
    expect(await cluster.produce(2, ['c'])).toBe(ErrorCode.NONE);
    expect(await cluster.values(1)).toEqual(['a', 'b', 'c']);
  });

  it('given leaders that came and went without a record, still finds where the logs part', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2, 3]);
    await cluster.produce(1, ['a']);
    for (const leader of [2, 3, 1, 2, 3]) await cluster.change({ leader });
    expect(await cluster.produce(3, ['b'])).toBe(ErrorCode.NONE);
    for (const id of [1, 2, 3]) expect(await cluster.values(id)).toEqual(['a', 'b']);
  });

  it('given a follower that is away, puts it out after replica.lag.time.max.ms, not before', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2, 3]);
    await cluster.produce(1, ['a']);
    cluster.cut(3);
    const pending = cluster.produce(1, ['b']);
    await cluster.until(() => cluster.partition(2).logEndOffset === 2);
    cluster.plane(1).replicas.shrinkIsrs();
    expect(cluster.partition(1).isr).toEqual([1, 2, 3]);
    expect(cluster.partition(1).highWatermark).toBe(1);
    cluster.time.advance(LAG_MAX_MS + 1);
    await cluster.until(() => cluster.partition(2).logEndOffset === 2);
    cluster.plane(1).replicas.shrinkIsrs();
    await cluster.until(() => cluster.partition(1).isr.length === 2, 'the smaller ISR');
    expect(await pending).toBe(ErrorCode.NONE);
  });

  it('given fewer in sync than min.insync.replicas, refuses acks=all and commits nothing', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2, 3], { 'min.insync.replicas': '2' });
    await cluster.produce(1, ['a']);
    cluster.cut(2);
    cluster.cut(3);
    const waiting = cluster.produce(1, ['b']);
    await cluster.until(() => cluster.partition(1).logEndOffset === 2);
    await cluster.fence(3);
    await cluster.change({ isr: [1] });
    expect(await cluster.produce(1, ['c'])).toBe(ErrorCode.NOT_ENOUGH_REPLICAS);
    expect(await cluster.produce(1, ['d'], { acks: 1 })).toBe(ErrorCode.NONE);
    expect(cluster.partition(1).highWatermark).toBe(1);
    await cluster.heal(2);
    expect(await waiting).toBe(ErrorCode.NONE);
    expect(await cluster.values(2)).toEqual(['a', 'b', 'd']);
  });

  it('given a leader that resigns while producers wait, tells them so', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2, 3]);
    await cluster.produce(1, ['a']);
    cluster.cut(2);
    const waiting = cluster.produce(1, ['b']);
    await cluster.until(() => cluster.partition(1).logEndOffset === 2);
    await cluster.change({ leader: 3 });
    expect(await waiting).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  });

  it('given a follower that restarts, goes on where it was, under its new broker epoch', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2, 3]);
    await cluster.produce(1, ['a']);
    await cluster.change({ isr: [1, 2] });
    await cluster.restart(3);
    await cluster.produce(1, ['b']);
    await cluster.until(() => cluster.partition(1).isr.includes(3), 'the return to the ISR');
    expect(await cluster.values(3)).toEqual(['a', 'b']);
  });

  it('given a new replica, copies the log from its start; given a removed one, deletes it', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2]);
    await cluster.produce(1, ['a']);
    await cluster.change({ replicas: [1, 2, 3], directories: [] });
    await cluster.until(() => cluster.partition(1).isr.includes(3), 'the new replica in sync');
    expect(await cluster.values(3)).toEqual(['a']);
    await cluster.change({ replicas: [1, 3], isr: [1, 3], directories: [] });
    expect(cluster.partition(2)).toBeUndefined();
    expect(await cluster.produce(1, ['b'])).toBe(ErrorCode.NONE);
    expect(await cluster.values(3)).toEqual(['a', 'b']);
  });

  it('given records that were deleted, a new replica starts where the leader’s log starts', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2], { 'retention.ms': '-1' });
    await cluster.produce(1, ['a']);
    await cluster.produce(1, ['b']);
    await cluster.partition(1).log!.advanceLogStart(1);
    await cluster.until(() => cluster.partition(2).logStartOffset === 1, 'the start of the log');
    expect(cluster.partition(1).lowWatermark).toBeLessThanOrEqual(1);
    await cluster.change({ replicas: [1, 2, 3], directories: [] });
    await cluster.until(() => cluster.partition(1).isr.includes(3), 'the new replica in sync');
    expect(cluster.partition(3).logStartOffset).toBe(1);
    expect(await cluster.values(3)).toEqual(['b']);
  });

  it('given DeleteRecords, answers when every living replica has deleted them', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2], { 'retention.ms': '-1' });
    await cluster.produce(1, ['a', 'b', 'c']);
    const plane = cluster.plane(1);
    const client = plane.connect();
    const body = deleteRecordsRequest.create({
      timeoutMs: 60_000,
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, offset: 3 }] }],
    });
    const sent = plane.send(deleteRecordsRequest, 2, body, client);
    await cluster.until(() => cluster.partition(1).logStartOffset === 3);
    expect(cluster.partition(2).logStartOffset).toBe(0);
    const answer = await cluster.receive(plane, deleteRecordsResponse, 2, sent, client);
    expect(answer.topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, lowWatermark: 3 });
    expect(cluster.partition(2).logStartOffset).toBe(3);
  });

  it('given consumers in another rack, sends them to the replica there, which serves what is committed', async () => {
    const cluster = await start({
      config: ['replica.selector.class=RackAwareReplicaSelector'],
      racks: { 1: 'a', 2: 'b', 3: 'c' },
    });
    await cluster.createTopic([1, 2, 3], { 'retention.ms': '-1' });
    await cluster.produce(1, ['x']);
    const producedMs = cluster.time.monotonicMs();
    await cluster.until(() => cluster.partition(2).highWatermark === 1);
    // Not only with the next records, or after replica.fetch.wait.max.ms.
    expect(cluster.time.monotonicMs() - producedMs).toBeLessThan(100);
    await cluster.until(() => cluster.partition(1).progress(2)?.logEndOffset === 1);
    const fetch = async (id: number, rackId: string, version = 12): Promise<PartitionData> => {
      const request = fetchRequest.create({
        rackId,
        maxBytes: 1000,
        topics: [
          {
            topic: 'orders',
            topicId: ZERO_UUID,
            partitions: [createFetchPartition({ partitionMaxBytes: 1000 })],
          },
        ],
      });
      const plane = cluster.plane(id);
      const answer = await plane.request(
        fetchRequest,
        fetchResponse,
        version,
        request,
        plane.connect(),
      );
      return answer.responses[0]!.partitions[0]!;
    };
    expect(await fetch(1, 'b')).toMatchObject({
      preferredReadReplica: 2,
      records: Buffer.alloc(0),
    });
    const near = await fetch(2, 'b');
    expect(near).toMatchObject({ errorCode: 0, highWatermark: 1 });
    expect((near.records as Buffer).length).toBeGreaterThan(0);
    // Its own rack, no rack, an unknown one: from the leader.
    for (const rackId of ['a', '', 'z'])
      expect(await fetch(1, rackId)).toMatchObject({ preferredReadReplica: -1 });
    // Who is too old to be told.
    const refused = await fetch(2, '', 10);
    expect(refused.errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    // Who is out of sync may stay behind.
    cluster.cut(2);
    await cluster.fence(2);
    await cluster.change({ isr: [1, 3] });
    expect(await fetch(1, 'b')).toMatchObject({ preferredReadReplica: -1 });
  });

  it('given a throttled replica above its rate, gives it nothing for a while', async () => {
    const cluster = await start({ replicationRate: 1000 });
    await cluster.createTopic([1, 2], {
      'retention.ms': '-1',
      'leader.replication.throttled.replicas': '*',
      'follower.replication.throttled.replicas': '*',
    });
    for (let n = 0; n < 10; n += 1) await cluster.produce(1, ['x'.repeat(4000)]);
    const startedMs = cluster.time.monotonicMs();
    await cluster.change({ replicas: [1, 2, 3], directories: [] });
    await cluster.until(() => cluster.partition(1).isr.includes(3), 'the new replica', 6_000);
    const seconds = (cluster.time.monotonicMs() - startedMs) / 1000;
    // One answer is not cut; what follows waits until the windows have forgotten it.
    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThan(30);
  });

  it('leaves no memory held', async () => {
    const cluster = await start();
    await cluster.createTopic([1, 2, 3]);
    for (let n = 0; n < 20; n += 1) await cluster.produce(1, ['x'.repeat(100_000)]);
    for (const id of [1, 2, 3]) expect(cluster.plane(id).errors).toEqual([]);
    expect(cluster.plane(2).buffers.lentBytes).toBeLessThan(8 * 1024 * 1024);
  });
});
