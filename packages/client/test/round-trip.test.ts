// Producer, consumer and admin against Ottla's own broker, in this process.
import { startBroker, type TestBroker } from '@ottla/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Admin,
  Consumer,
  type ConsumerOptions,
  type ConsumerRecord,
  Producer,
} from '../src/index.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker({ overrides: { 'group.initial.rebalance.delay.ms': 0 } });
});
afterAll(() => broker.close());

/** Of the first record; recent, or retention would take the records away. */
const START_MS = Date.now();

const client = () => ({ bootstrapServers: broker.bootstrapServers });

async function fill(topic: string, count: number, partitions = 1): Promise<void> {
  await broker.createTopic(topic, { partitions });
  await using producer = new Producer(client());
  await producer.sendBatch(
    Array.from({ length: count }, (_, index) => ({
      topic,
      partition: index % partitions,
      value: `${index}`,
      timestamp: START_MS + index,
    })),
  );
}

async function read(consumer: Consumer, count: number): Promise<ConsumerRecord[]> {
  const records: ConsumerRecord[] = [];
  for await (const record of consumer.records({ signal: AbortSignal.timeout(20_000) })) {
    records.push(record);
    if (records.length === count) break;
  }
  return records;
}

async function readAssigned(topic: string, count: number, options: Partial<ConsumerOptions> = {}) {
  await using consumer = new Consumer({ ...client(), autoOffsetReset: 'earliest', ...options });
  await consumer.assign([{ topic, partition: 0 }]);
  // Awaited here, or `await using` would close the consumer first.
  return await read(consumer, count);
}

const texts = (records: readonly ConsumerRecord[]) => records.map(({ value }) => String(value));
const numbers = (from: number, end: number) =>
  Array.from({ length: end - from }, (_, index) => `${from + index}`);

describe('Producer and Consumer', () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'given compression %s, then keys, values, headers and timestamps come back as they went',
    async (compression) => {
      const topic = `compressed-${compression}`;
      await broker.createTopic(topic);
      await using producer = new Producer({ ...client(), compression });
      const sent = await producer.send({
        topic,
        key: 'ключ',
        value: Buffer.alloc(2_000, 'x'),
        headers: [
          ['a', 'one'],
          ['a', Buffer.from([0, 255])],
          ['b', null],
        ],
        timestamp: START_MS,
      });
      const tombstone = await producer.send({ topic, key: 'k', value: null });
      expect([sent.offset, tombstone.offset]).toEqual([0, 1]);

      const [record, deleted] = await readAssigned(topic, 2);
      expect(record).toMatchObject({
        topic,
        partition: 0,
        offset: 0,
        timestamp: START_MS,
      });
      expect(String(record!.key)).toBe('ключ');
      expect(record!.value).toEqual(Buffer.alloc(2_000, 'x'));
      expect(record!.headers.map(({ key, value }) => [key, value])).toEqual([
        ['a', Buffer.from('one')],
        ['a', Buffer.from([0, 255])],
        ['b', null],
      ]);
      expect(deleted!.value).toBeNull();
    },
  );

  it('given 5,000 records of one sendBatch, then all are read in order, by batch as well', async () => {
    await fill('many', 5_000);
    expect(texts(await readAssigned('many', 5_000))).toEqual(numbers(0, 5_000));
    await using consumer = new Consumer({ ...client(), autoOffsetReset: 'earliest' });
    await consumer.assign([{ topic: 'many', partition: 0 }]);
    const values: string[] = [];
    for await (const batch of consumer.batches({ signal: AbortSignal.timeout(20_000) })) {
      values.push(...texts(batch.records));
      if (values.length === 5_000) break;
    }
    expect(values).toEqual(numbers(0, 5_000));
  });

  it('given keys, then equal keys go to one partition', async () => {
    await broker.createTopic('keyed', { partitions: 6 });
    await using producer = new Producer(client());
    const send = (key: string) => producer.send({ topic: 'keyed', key, value: '' });
    const first = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(send));
    const second = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(send));
    expect(second.map(({ partition }) => partition)).toEqual(
      first.map(({ partition }) => partition),
    );
    expect(new Set(first.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  });

  it('given a seek, then goes on there; given a pause, then hands out nothing until resume', async () => {
    await fill('seek', 10);
    await using consumer = new Consumer({ ...client(), autoOffsetReset: 'earliest' });
    const target = { topic: 'seek', partition: 0 };
    await consumer.assign([target]);
    expect(texts(await read(consumer, 3))).toEqual(['0', '1', '2']);
    expect(consumer.position(target)).toBe(3);
    consumer.seek(target, 8);
    expect(texts(await read(consumer, 2))).toEqual(['8', '9']);
    consumer.seek(target, 0);
    consumer.pause([target]);
    const paused = consumer.records({ signal: AbortSignal.timeout(150) }).next();
    await expect(paused).rejects.toMatchObject({ name: 'TimeoutError' });
    consumer.resume([target]);
    expect(texts(await read(consumer, 1))).toEqual(['0']);
  });

  it('given an offset beyond the log, then resets as told, and with none says so', async () => {
    await fill('reset', 5);
    await using consumer = new Consumer({ ...client(), autoOffsetReset: 'earliest' });
    await consumer.assign([{ topic: 'reset', partition: 0, offset: 1_000 }]);
    expect(texts(await read(consumer, 1))).toEqual(['0']);
    await using strict = new Consumer({ ...client(), autoOffsetReset: 'none' });
    await strict.assign([{ topic: 'reset', partition: 0, offset: 1_000 }]);
    await expect(read(strict, 1)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
  });

  it('given an iteration that waits, when the consumer is closed, then it ends', async () => {
    await fill('closing', 1);
    const consumer = new Consumer({ ...client(), autoOffsetReset: 'latest' });
    await consumer.assign([{ topic: 'closing', partition: 0 }]);
    const next = consumer.records().next();
    await consumer.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('given a broker that restarts, then producer and consumer go on where they were', async () => {
    await fill('restarted', 3);
    await using producer = new Producer(client());
    await using consumer = new Consumer({ ...client(), autoOffsetReset: 'earliest' });
    await consumer.assign([{ topic: 'restarted', partition: 0 }]);
    expect(texts(await read(consumer, 3))).toEqual(numbers(0, 3));
    await producer.send({ topic: 'restarted', value: '3' });
    await broker.restart();
    await producer.send({ topic: 'restarted', value: '4' });
    expect(texts(await read(consumer, 2))).toEqual(['3', '4']);
  });
});

describe('Consumer in a group', () => {
  const member = (groupId: string) =>
    new Consumer({ ...client(), groupId, autoOffsetReset: 'earliest', heartbeatIntervalMs: 50 });

  async function until(holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error('what was waited for did not happen');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  it('given committed offsets, then the next member goes on behind them', async () => {
    await fill('resumed', 6);
    const first = member('resumed');
    first.subscribe(['resumed']);
    expect(texts(await read(first, 4))).toEqual(numbers(0, 4));
    await first.commit([{ topic: 'resumed', partition: 0, offset: 4 }]);
    await first.close();
    await using second = member('resumed');
    second.subscribe(['resumed']);
    expect(texts(await read(second, 2))).toEqual(['4', '5']);
  });

  it('given a second member, then they share the partitions; when it leaves, then the first has all', async () => {
    await fill('shared', 4, 4);
    await using first = member('shared');
    first.subscribe(['shared']);
    await until(() => first.assignment().length === 4);
    const second = member('shared');
    second.subscribe(['shared']);
    await until(() => first.assignment().length === 2 && second.assignment().length === 2);
    const owned = [...first.assignment(), ...second.assignment()].map(({ partition }) => partition);
    expect(owned.sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    await second.close();
    await until(() => first.assignment().length === 4);
  });

  it('given a commit without a group, then says what is missing', async () => {
    await using consumer = new Consumer(client());
    await expect(consumer.commit()).rejects.toThrow(/groupId/);
    expect(() => consumer.subscribe(['x'])).toThrow(/groupId/);
  });
});

describe('Admin', () => {
  it('given topics, then creates, lists, describes, grows and deletes them', async () => {
    await using admin = new Admin(client());
    await admin.createTopics([
      { name: 'life', numPartitions: 2, configs: { 'retention.ms': '1000' } },
    ]);
    await expect(admin.createTopics([{ name: 'life' }])).rejects.toMatchObject({
      code: 'TOPIC_ALREADY_EXISTS',
      topic: 'life',
      retriable: false,
    });
    expect((await admin.listTopics()).map(({ name }) => name)).toContain('life');
    const { entries } = await admin.describeConfigs(
      { type: 'topic', name: 'life' },
      { names: ['retention.ms'] },
    );
    expect(entries[0]).toMatchObject({
      name: 'retention.ms',
      value: '1000',
      source: 'dynamicTopic',
    });
    await admin.incrementalAlterConfigs({ type: 'topic', name: 'life' }, [
      { name: 'retention.ms', operation: 'delete' },
    ]);
    await admin.createPartitions([{ name: 'life', totalCount: 5 }]);
    await expect
      .poll(async () => (await admin.describeTopics(['life']))[0]!.partitions.length)
      .toBe(5);
    await admin.deleteTopics(['life']);
    await expect
      .poll(async () => (await admin.listTopics()).map(({ name }) => name))
      .not.toContain('life');
  });

  it('given records, then finds offsets by place and time, and deletes up to one', async () => {
    await fill('offsets', 10);
    await using admin = new Admin(client());
    const places = ['earliest', 'latest', 'maxTimestamp', START_MS + 4, START_MS + 50] as const;
    const at = (place: (typeof places)[number]) => ({ topic: 'offsets', partition: 0, at: place });
    const found = await admin.listOffsets(places.map(at));
    expect(found.map(({ offset }) => offset)).toEqual([0, 10, 9, 4, -1]);
    const [deleted] = await admin.deleteRecords([{ topic: 'offsets', partition: 0, offset: 6 }]);
    expect(deleted!.lowWatermark).toBe(6);
    expect((await admin.listOffsets([at('earliest')]))[0]!.offset).toBe(6);
  });

  it('given a group without members, then alters, lists and deletes its offsets, and the group', async () => {
    await fill('grouped', 3);
    await using admin = new Admin(client());
    const target = { topic: 'grouped', partition: 0 };
    await admin.alterGroupOffsets('idle', [{ ...target, offset: 2, metadata: 'why' }]);
    expect(await admin.listGroupOffsets('idle')).toMatchObject([
      { ...target, offset: 2, metadata: 'why' },
    ]);
    expect((await admin.listGroups()).map(({ groupId }) => groupId)).toContain('idle');
    expect((await admin.describeGroups(['idle']))[0]).toMatchObject({
      state: 'Empty',
      members: [],
    });
    await admin.deleteGroupOffsets('idle', [target]);
    expect(await admin.listGroupOffsets('idle', [target])).toMatchObject([{ offset: -1 }]);
    await admin.alterGroupOffsets('idle', [{ ...target, offset: 1 }]);
    await admin.deleteGroups(['idle']);
    expect((await admin.listGroups()).map(({ groupId }) => groupId)).not.toContain('idle');
  });

  it('given a cluster, then describes it and its log directories', async () => {
    await using admin = new Admin(client());
    expect((await admin.describeCluster()).brokers).toMatchObject([
      { host: '127.0.0.1', port: broker.port },
    ]);
    expect((await admin.describeLogDirs())[0]).toMatchObject({ errorCode: 0 });
  });

  it('given a topic that is not there, then names it', async () => {
    await using admin = new Admin(client());
    await expect(admin.describeTopics(['nowhere'])).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
      topic: 'nowhere',
    });
  });
});
