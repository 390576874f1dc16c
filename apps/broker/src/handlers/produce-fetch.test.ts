import { ErrorCode } from '@ottla/protocol';
import { fetchRequest, fetchResponse, type FetchPartition } from '@ottla/protocol/messages/fetch';
import { produceRequest, produceResponse } from '@ottla/protocol/messages/produce';
import { RecordBatchBuilder, type RecordBatchBuilderOptions } from '@ottla/protocol/records';
import { afterEach, describe, expect, it } from 'vitest';
import { DataPlane, type DataPlaneOptions, topicIdOf } from '../../test/data-plane.ts';
import { settle, type TestClient } from '../../test/echo-apis.ts';
import {
  BROKER_2,
  isrChange,
  leaderChange,
  registration,
  removeTopic,
} from '../../test/metadata-records.ts';

const planes: DataPlane[] = [];
afterEach(async () => {
  for (const plane of planes.splice(0)) {
    expect(plane.errors).toEqual([]);
    await plane.close();
    expect(plane.buffers.lentBytes).toBe(0);
  }
});

async function start(options: DataPlaneOptions = {}): Promise<DataPlane> {
  const plane = await DataPlane.start(options);
  planes.push(plane);
  return plane;
}

const NOW_MS = 1_700_000_000_000;

function batch(
  values: readonly string[],
  options: RecordBatchBuilderOptions = {},
  timestamp = NOW_MS,
): Buffer {
  const builder = new RecordBatchBuilder(options);
  for (const value of values) builder.append(timestamp, null, Buffer.from(value));
  return Buffer.from(builder.build());
}

async function produce(
  plane: DataPlane,
  records: Buffer | null,
  options: {
    topic?: string;
    index?: number;
    acks?: number;
    version?: number;
    clientId?: string;
  } = {},
) {
  const { topic = 'orders', index = 0, acks = -1, version = 12, clientId = 'test' } = options;
  const response = await plane.request(
    produceRequest,
    produceResponse,
    version,
    {
      acks,
      timeoutMs: 1000,
      topicData: [
        {
          name: version >= 13 ? '' : topic,
          topicId: version >= 13 ? topicIdOf(topic) : topicIdOf(''),
          partitionData: [{ index, records }],
        },
      ],
    },
    plane.client,
    clientId,
  );
  return response.responses[0]!.partitionResponses[0]!;
}

function wanted(partition: number, fetchOffset: number, more: Partial<FetchPartition> = {}) {
  return {
    partition,
    currentLeaderEpoch: -1,
    fetchOffset,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 1024 * 1024,
    replicaDirectoryId: ZERO,
    highWatermark: 9223372036854775807n,
    ...more,
  };
}

const ZERO = 'AAAAAAAAAAAAAAAAAAAAAA';

function fetchBody(
  partitions: FetchPartition[],
  more: object = {},
  topic = 'orders',
  version = 12,
) {
  return {
    maxWaitMs: 0,
    minBytes: 1,
    topics: [
      {
        topic: version >= 13 ? '' : topic,
        topicId: version >= 13 ? topicIdOf(topic) : ZERO,
        partitions: partitions.map((each) => ({ ...each, replicaDirectoryId: ZERO })),
      },
    ],
    ...more,
  };
}

async function consume(
  plane: DataPlane,
  partitions: FetchPartition[],
  more: object = {},
  version = 12,
  client: TestClient = plane.client,
) {
  const body = fetchBody(partitions, more, 'orders', version);
  return plane.request(fetchRequest, fetchResponse, version, body, client);
}

describe('Produce', () => {
  it.each([3, 5, 8, 9, 12, 13])('version %i: appends and tells offsets', async (version) => {
    const plane = await start();
    await plane.createTopic('orders');
    const first = await produce(plane, batch(['a', 'b']), { version });
    const second = await produce(plane, batch(['c']), { version, acks: 1 });
    expect([first.errorCode, first.baseOffset, second.baseOffset]).toEqual([0, 0, 2]);
    expect(second.logAppendTimeMs).toBe(-1);
    if (version >= 5) expect(second.logStartOffset).toBe(0);
  });

  it('given log append time, tells it', async () => {
    const plane = await start();
    await plane.createTopic('orders', { configs: { 'message.timestamp.type': 'LogAppendTime' } });
    const response = await produce(plane, batch(['a'], {}, 5));
    expect(response.logAppendTimeMs).toBe(plane.time.nowMs());
  });

  it.each([
    ['no records', null, 'INVALID_RECORD'],
    ['no batch', Buffer.alloc(0), 'INVALID_RECORD'],
    ['two batches', Buffer.concat([batch(['a']), batch(['b'])]), 'INVALID_RECORD'],
    ['half a batch', batch(['a']).subarray(0, 40), 'INVALID_RECORD'],
    ['a control batch', batch(['a'], { control: true }), 'INVALID_RECORD'],
  ] as const)('refuses %s', async (_what, records, error) => {
    const plane = await start();
    await plane.createTopic('orders');
    const response = await produce(plane, records as Buffer | null);
    expect(response.errorCode).toBe(ErrorCode[error]);
    expect(response.baseOffset).toBe(-1);
    expect(plane.replicas.partition('orders', 0)!.logEndOffset).toBe(0);
  });

  it('refuses a batch whose sum is wrong, and takes the next one', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const damaged = batch(['a']);
    damaged[66] = damaged[66]! ^ 1;
    expect((await produce(plane, damaged)).errorCode).toBe(ErrorCode.CORRUPT_MESSAGE);
    expect((await produce(plane, batch(['b']))).baseOffset).toBe(0);
  });

  it('refuses zstd before version 7 and takes it from then on', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const records = batch(['a'], { compression: 4 });
    expect((await produce(plane, records, { version: 6 })).errorCode).toBe(
      ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    );
    expect((await produce(plane, records, { version: 7 })).errorCode).toBe(0);
  });

  it('refuses a batch above max.message.bytes', async () => {
    const plane = await start();
    await plane.createTopic('orders', { configs: { 'max.message.bytes': '100' } });
    const response = await produce(plane, batch(['a'.repeat(100)]));
    expect(response.errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE);
  });

  it('tells which record has no key where a compacted topic demands one', async () => {
    const plane = await start();
    await plane.createTopic('orders', { configs: { 'cleanup.policy': 'compact' } });
    const builder = new RecordBatchBuilder({});
    builder.append(NOW_MS, Buffer.from('k'), Buffer.from('v'));
    builder.append(NOW_MS, null, Buffer.from('v'));
    const response = await produce(plane, Buffer.from(builder.build()));
    expect(response.errorCode).toBe(ErrorCode.INVALID_RECORD);
    expect(response.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1]);
    expect(response.errorMessage).toContain('key');
    expect(response.logStartOffset).toBe(0);
  });

  it('refuses a timestamp too far ahead', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const response = await produce(plane, batch(['a'], {}, NOW_MS + 7_200_000));
    expect(response.errorCode).toBe(ErrorCode.INVALID_TIMESTAMP);
    expect(response.recordErrors).toHaveLength(1);
  });

  it('refuses acks other than −1, 0 and 1, unknown and internal topics', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    await plane.createTopic('__consumer_offsets');
    const code = async (options: object) => (await produce(plane, batch(['a']), options)).errorCode;
    expect(await code({ acks: 2 })).toBe(ErrorCode.INVALID_REQUIRED_ACKS);
    expect(await code({ topic: 'nothing' })).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(await code({ index: 9 })).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(await code({ topic: 'nothing', version: 13 })).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
    const internal = { topic: '__consumer_offsets' };
    expect(await code(internal)).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION);
    expect(await code({ ...internal, clientId: '__admin_client' })).toBe(0);
  });

  it('given an idempotent producer, answers a repeated batch as the first time and refuses gaps', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const send = (baseSequence: number) =>
      produce(plane, batch(['a', 'b'], { producerId: 7, producerEpoch: 0, baseSequence }));
    expect((await send(0)).baseOffset).toBe(0);
    expect((await send(2)).baseOffset).toBe(2);
    const repeated = await send(2);
    expect([repeated.errorCode, repeated.baseOffset]).toEqual([0, 2]);
    expect((await send(9)).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(plane.replicas.partition('orders', 0)!.logEndOffset).toBe(4);
  });

  // Found by the schedule isolate-from-nodes, seed 2101: a Java producer repeated such a batch for five minutes.
  it('given a batch with more than five behind it, when it comes again, then it is called a duplicate and not a gap', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const send = (baseSequence: number) =>
      produce(plane, batch(['a', 'b'], { producerId: 7, producerEpoch: 0, baseSequence }));
    for (let sequence = 0; sequence < 16; sequence += 2) await send(sequence);
    expect((await send(0)).errorCode).toBe(ErrorCode.DUPLICATE_SEQUENCE_NUMBER);
    expect((await send(18)).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(plane.replicas.partition('orders', 0)!.logEndOffset).toBe(16);
  });

  it('refuses transactions for good', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const records = batch(['a'], {
      producerId: 7,
      producerEpoch: 0,
      baseSequence: 0,
      transactional: true,
    });
    expect((await produce(plane, records)).errorCode).toBe(
      ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    );
  });

  it('given another leader, names it from version 10 on', async () => {
    const plane = await start();
    await plane.register();
    await plane.createTopic('orders', { replicas: [BROKER_2, 1], isr: [BROKER_2, 1] });
    await plane.commit(registration(BROKER_2), leaderChange('orders', BROKER_2));
    const response = await plane.request(produceRequest, produceResponse, 10, {
      acks: 1,
      topicData: [
        { name: 'orders', topicId: ZERO, partitionData: [{ index: 0, records: batch(['a']) }] },
      ],
    });
    const [partition] = response.responses[0]!.partitionResponses;
    expect(partition!.errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    expect(partition!.currentLeader).toEqual({ leaderId: BROKER_2, leaderEpoch: 1 });
    expect(response.nodeEndpoints).toEqual([
      { nodeId: BROKER_2, host: 'broker-2', port: 9092, rack: null },
    ]);
  });

  it('given acks=0, answers nothing; given an error then, closes the connection', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const client = plane.connect();
    const body = (name: string) =>
      produceRequest.create({
        acks: 0,
        topicData: [{ name, topicId: ZERO, partitionData: [{ index: 0, records: batch(['a']) }] }],
      });
    plane.send(produceRequest, 9, body('orders'), client);
    await settle(50);
    expect(plane.replicas.partition('orders', 0)!.logEndOffset).toBe(1);
    expect([client.frames.length, client.isClosed]).toEqual([0, false]);
    plane.send(produceRequest, 9, body('nothing'), client);
    await settle(50);
    expect([client.frames.length, client.isClosed]).toEqual([0, true]);
  });

  it('given replicas that do not follow, times out; with too few in sync, refuses at once', async () => {
    const plane = await start();
    await plane.createTopic('orders', { replicas: [1, BROKER_2] });
    await plane.createTopic('strict', {
      replicas: [1, BROKER_2],
      isr: [1],
      configs: { 'min.insync.replicas': '2' },
    });
    expect((await produce(plane, batch(['a']), { topic: 'strict' })).errorCode).toBe(
      ErrorCode.NOT_ENOUGH_REPLICAS,
    );
    const id = plane.send(
      produceRequest,
      9,
      produceRequest.create({
        acks: -1,
        timeoutMs: 500,
        topicData: [
          { name: 'orders', topicId: ZERO, partitionData: [{ index: 0, records: batch(['a']) }] },
        ],
      }),
    );
    await settle(50);
    expect(plane.purgatory.sizeOf('Produce')).toBe(1);
    expect(plane.buffers.lentBytes).toBeLessThan(1024);
    plane.time.advance(600);
    const response = await plane.receive(produceResponse, 9, id);
    expect(response.responses[0]!.partitionResponses[0]!.errorCode).toBe(
      ErrorCode.REQUEST_TIMED_OUT,
    );
  });

  it('given replicas that leave the in-sync set, acknowledges what waits', async () => {
    const plane = await start();
    await plane.createTopic('orders', { replicas: [1, BROKER_2] });
    const waiting = produce(plane, batch(['a']));
    await settle(50);
    expect(plane.purgatory.sizeOf('Produce')).toBe(1);
    await plane.commit(isrChange('orders', [1]));
    expect((await waiting).errorCode).toBe(0);
  });

  it('given a disk that fails, answers KAFKA_STORAGE_ERROR from then on and tells the server', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const partition = plane.replicas.partition('orders', 0)!;
    plane.directory.context.onFailure(Object.assign(new Error('broken'), { code: 'X' }) as never);
    expect(plane.failures).toHaveLength(1);
    expect(partition.isOffline).toBe(true);
    const response = await produce(plane, batch(['a']));
    expect(response.errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    const fetched = await consume(plane, [wanted(0, 0)], {}, 5);
    expect(fetched.responses[0]!.partitions[0]!.errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  });
});

describe('Fetch', () => {
  it.each([4, 6, 7, 11, 12, 13, 18])(
    'version %i: gives the bytes that were produced',
    async (version) => {
      const plane = await start();
      await plane.createTopic('orders');
      const first = batch(['a', 'b']);
      const second = batch(['c'], { compression: 1 });
      await produce(plane, first);
      await produce(plane, second);
      const response = await consume(plane, [wanted(0, 0)], {}, version);
      const [data] = response.responses[0]!.partitions;
      expect([data!.errorCode, data!.highWatermark, data!.lastStableOffset]).toEqual([0, 3, 3]);
      // Only base offset and leader epoch may differ, and the second batch's are 2 and 0.
      first.writeInt32BE(0, 12);
      second.writeBigInt64BE(2n, 0);
      second.writeInt32BE(0, 12);
      expect(data!.records!.equals(Buffer.concat([first, second]))).toBe(true);
    },
  );

  it('gives the same bytes from files as from memory', async () => {
    const plane = await start({ tailCacheBytes: 1 });
    await plane.createTopic('orders');
    for (let n = 0; n < 20; n += 1) await produce(plane, batch([`value ${n}`]));
    const response = await consume(plane, [wanted(0, 7)]);
    const { records } = response.responses[0]!.partitions[0]!;
    expect(records!.readBigInt64BE(0)).toBe(7n);
    expect(records!.includes('value 19')).toBe(true);
  });

  it('waits for bytes, and answers when they come', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const consumer = plane.connect();
    const id = plane.send(
      fetchRequest,
      12,
      fetchRequest.create(fetchBody([wanted(0, 0)], { maxWaitMs: 500 })),
      consumer,
    );
    await settle(50);
    expect([consumer.frames.length, plane.purgatory.size]).toEqual([0, 1]);
    await produce(plane, batch(['a']));
    const response = await plane.receive(fetchResponse, 12, id, consumer);
    expect(response.responses[0]!.partitions[0]!.records!.length).toBeGreaterThan(60);
    expect(plane.purgatory.size).toBe(0);
  });

  it('given min bytes, goes on waiting until there are as many, or time is up', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const consumer = plane.connect();
    const more = { maxWaitMs: 500, minBytes: 150 };
    const send = () =>
      plane.send(fetchRequest, 12, fetchRequest.create(fetchBody([wanted(0, 0)], more)), consumer);
    const first = send();
    await produce(plane, batch(['a']));
    await settle(50);
    expect(consumer.frames.length).toBe(0);
    plane.time.advance(600);
    const late = await plane.receive(fetchResponse, 12, first, consumer);
    expect(late.responses[0]!.partitions[0]!.records!.length).toBe(batch(['a']).length);
    const second = send();
    await produce(plane, batch(['a']));
    await produce(plane, batch(['a']));
    const enough = await plane.receive(fetchResponse, 12, second, consumer);
    expect(enough.responses[0]!.partitions[0]!.records!.length).toBe(3 * batch(['a']).length);
  });

  it('given a deleted topic, answers what waits for it', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const consumer = plane.connect();
    const body = fetchBody([wanted(0, 0)], { maxWaitMs: 500 }, 'orders', 13);
    const id = plane.send(fetchRequest, 13, fetchRequest.create(body), consumer);
    await settle(50);
    await plane.commit(removeTopic('orders'));
    const response = await plane.receive(fetchResponse, 13, id, consumer);
    expect(response.responses[0]!.partitions[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
  });

  it.each([
    ['memory', 64 * 1024 * 1024],
    ['files', 1],
  ])(
    'from %s, gives the first batch whole even when it is larger than every limit, and no part of another',
    async (_where, tailCacheBytes) => {
      const plane = await start({ tailCacheBytes });
      await plane.createTopic('orders', { partitions: 2 });
      for (const index of [0, 1]) await produce(plane, batch(['a'.repeat(500)]), { index });
      await produce(plane, batch(['second']));
      const small = { partitionMaxBytes: 10 };
      const response = await consume(plane, [wanted(0, 0, small), wanted(1, 0, small)], {
        maxBytes: 1,
      });
      const sizes = response.responses[0]!.partitions.map(({ records }) => records!.length);
      expect(sizes).toEqual([batch(['a'.repeat(500)]).length, 0]);
      const room = await consume(plane, [wanted(0, 0), wanted(1, 0, small)]);
      expect(room.responses[0]!.partitions[1]!.records!.length).toBe(0);
      const enough = await consume(plane, [wanted(0, 0), wanted(1, 0)]);
      expect(enough.responses[0]!.partitions[1]!.records!.length).toBe(sizes[0]);
    },
  );

  it('tells errors: out of range, leader epochs, unknown topics', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    await produce(plane, batch(['a']));
    await plane.commit(leaderChange('orders', 1));
    const code = async (partition: FetchPartition) =>
      (await consume(plane, [partition], { maxWaitMs: 0 })).responses[0]!.partitions[0]!.errorCode;
    expect(await code(wanted(0, 2))).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect(await code(wanted(0, 0, { currentLeaderEpoch: 0 }))).toBe(ErrorCode.FENCED_LEADER_EPOCH);
    expect(await code(wanted(0, 0, { currentLeaderEpoch: 2 }))).toBe(
      ErrorCode.UNKNOWN_LEADER_EPOCH,
    );
    expect(await code(wanted(0, 1, { currentLeaderEpoch: 1 }))).toBe(ErrorCode.NONE);
    expect(await code(wanted(3, 0))).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });

  it('given a reader whose last epoch ended earlier, tells where the logs part', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    await produce(plane, batch(['a', 'b']));
    await plane.commit(leaderChange('orders', 1));
    await produce(plane, batch(['c', 'd', 'e']));
    const response = await consume(plane, [wanted(0, 4, { lastFetchedEpoch: 0 })], {
      maxWaitMs: 100,
    });
    const [data] = response.responses[0]!.partitions;
    expect(data!.divergingEpoch).toEqual({ epoch: 0, endOffset: 2 });
    expect(data!.records!.length).toBe(0);
  });

  it('given read_committed, lists aborted transactions, here none', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    await produce(plane, batch(['a']));
    for (let round = 0; round < 2; round += 1) {
      const response = await consume(plane, [wanted(0, 0)], { isolationLevel: 1 });
      expect(response.responses[0]!.partitions[0]!.abortedTransactions).toEqual([]);
    }
  });

  it('does not show consumers what is not committed', async () => {
    const plane = await start();
    await plane.createTopic('orders', { replicas: [1, BROKER_2] });
    await produce(plane, batch(['a']), { acks: 1 });
    const response = await consume(plane, [wanted(0, 0)]);
    const [data] = response.responses[0]!.partitions;
    expect([data!.errorCode, data!.highWatermark, data!.records!.length]).toEqual([0, 0, 0]);
  });

  it('given ten thousand requests, leaves no bytes behind', async () => {
    const plane = await start({ tailCacheBytes: 4 * 1024 * 1024 });
    await plane.createTopic('orders', { partitions: 4 });
    const records = batch(['x'.repeat(200)]);
    const consumers = [plane.connect(), plane.connect()];
    for (let n = 0; n < 5000; n += 1) {
      const index = n % 4;
      const body = produceRequest.create({
        acks: 1,
        topicData: [{ name: 'orders', topicId: ZERO, partitionData: [{ index, records }] }],
      });
      const produced = plane.send(produceRequest, 12, body);
      const consumer = consumers[n % 2]!;
      const fetched = plane.send(
        fetchRequest,
        12,
        fetchRequest.create(fetchBody([wanted(index, Math.max(0, Math.floor(n / 4) - 3))])),
        consumer,
      );
      // Some are never read: their connection is cut.
      if (n % 500 === 0) {
        consumers[n % 2] = plane.connect();
        consumer.connection.destroy();
      } else await plane.receive(fetchResponse, 12, fetched, consumer);
      await plane.receive(produceResponse, 12, produced);
    }
    await settle(50);
    await plane.commit(removeTopic('orders'));
    expect(plane.directory.context.tailCache.usedBytes).toBe(0);
    expect(plane.buffers.lentBytes).toBeLessThan(16 * 1024);
    expect(plane.slabs.usedBytes).toBe(0);
  });
});
