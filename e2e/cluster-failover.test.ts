// Whole servers with the real client: brokers die and come back under load, and nothing that was acknowledged is lost.
import { Admin, Consumer, Producer } from '@ottla/client';
import { afterEach, describe, expect, it } from 'vitest';
import { startCluster, type TestCluster } from '../apps/broker/test/cluster.ts';

let cluster: TestCluster;
afterEach(() => cluster.close());

const TOPIC = 'orders';

async function start(properties: Readonly<Record<string, string>> = {}): Promise<void> {
  cluster = await startCluster({ controllers: 3, brokers: 3, properties });
  await using admin = new Admin({ bootstrapServers: cluster.bootstrapServers });
  await admin.createTopics([{ name: TOPIC, numPartitions: 3, replicationFactor: 3 }]);
}

/** Produces numbered values, a few at a time, until it is stopped; what was acknowledged is kept. */
class Load {
  readonly acknowledged = new Set<string>();
  readonly failed: unknown[] = [];
  readonly #producer = new Producer({
    bootstrapServers: cluster.bootstrapServers,
    retryBackoffMs: 20,
    retryBackoffMsMax: 100,
    deliveryTimeoutMs: 30_000,
    requestTimeoutMs: 2_000,
  });
  #isStopped = false;
  #next = 0;
  readonly #done: Promise<unknown>;

  constructor() {
    this.#done = Promise.all(Array.from({ length: 5 }, () => this.#run()));
  }

  /** Resolves when so many more are acknowledged. */
  async more(count: number): Promise<void> {
    const target = this.acknowledged.size + count;
    while (this.acknowledged.size < target)
      await new Promise<void>((resolve) => void setImmediate(resolve));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    await this.#producer.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const value = String((this.#next += 1));
      try {
        await this.#producer.send({ topic: TOPIC, value, partition: this.#next % 3 });
        this.acknowledged.add(value);
      } catch (error) {
        this.failed.push(error);
      }
    }
  }
}

/** All values of the topic, read from its beginning. */
async function readAll(count: number): Promise<string[]> {
  await using consumer = new Consumer({
    bootstrapServers: cluster.bootstrapServers,
    autoOffsetReset: 'earliest',
  });
  await consumer.assign([0, 1, 2].map((partition) => ({ topic: TOPIC, partition })));
  const values: string[] = [];
  for await (const record of consumer) {
    values.push(String(record.value));
    if (values.length >= count) break;
  }
  return values;
}

describe('a cluster of three whose topics have three replicas', () => {
  it(
    'given a broker that is killed and comes back, loses nothing and repeats nothing',
    { timeout: 60_000 },
    async () => {
      await start({ 'min.insync.replicas': '2' });
      const load = new Load();
      await load.more(200);
      for (const id of [2, 1, 3]) {
        cluster.kill(id);
        await load.more(200);
        await cluster.restart(id);
        await load.more(200);
        await inSync();
      }
      await load.stop();
      expect(load.failed).toEqual([]);
      const values = await readAll(load.acknowledged.size);
      expect(new Set(values)).toEqual(load.acknowledged);
      expect(values).toHaveLength(load.acknowledged.size);
    },
  );

  it('given a rolling restart, clients see no error', { timeout: 60_000 }, async () => {
    await start({ 'min.insync.replicas': '2' });
    const load = new Load();
    for (const id of [1, 2, 3]) {
      await load.more(100);
      await cluster.stop(id);
      await load.more(100);
      await cluster.restart(id);
      await inSync();
    }
    await load.stop();
    expect(load.failed).toEqual([]);
    const values = await readAll(load.acknowledged.size);
    expect(values).toHaveLength(load.acknowledged.size);
    expect(new Set(values)).toEqual(load.acknowledged);
  });

  it(
    'given a group whose coordinator dies, goes on from what was committed',
    { timeout: 60_000 },
    async () => {
      await start({ 'offsets.topic.replication.factor': '3' });
      await using producer = new Producer({ bootstrapServers: cluster.bootstrapServers });
      const produce = (value: string): Promise<unknown> =>
        producer.send({ topic: TOPIC, partition: 0, value });
      const options = {
        bootstrapServers: cluster.bootstrapServers,
        groupId: 'billing',
        autoOffsetReset: 'earliest' as const,
        sessionTimeoutMs: 6_000,
        requestTimeoutMs: 2_000,
      };
      await produce('a');
      await using consumer = new Consumer(options);
      consumer.subscribe([TOPIC]);
      const records = consumer[Symbol.asyncIterator]();
      expect(String((await records.next()).value?.value)).toBe('a');
      await consumer.commit();
      const coordinator = await leaderOf('__consumer_offsets');
      cluster.kill(coordinator);
      // The member knows where it is; what was committed only the next coordinator can tell.
      await using admin = new Admin({ bootstrapServers: cluster.bootstrapServers });
      expect(JSON.stringify([...(await admin.listGroupOffsets('billing'))])).toContain(
        '"offset":1',
      );
      await produce('b');
      expect(String((await records.next()).value?.value)).toBe('b');
      await consumer.commit();
      await cluster.restart(coordinator);
      const offsets = await admin.listGroupOffsets('billing');
      expect(JSON.stringify([...offsets])).toContain('"offset":2');
    },
  );
});

describe('a broker with several data directories', () => {
  it('spreads replicas over them', async () => {
    cluster = await startCluster({
      controllers: 1,
      brokers: 1,
      properties: { 'log.dirs': '/first,/second' },
    });
    await using admin = new Admin({ bootstrapServers: cluster.bootstrapServers });
    await admin.createTopics([{ name: TOPIC, numPartitions: 6, replicationFactor: 1 }]);
    const directories = await admin.describeLogDirs();
    expect(directories.map(({ replicas }) => replicas.length)).toEqual([3, 3]);
  });
});

/** Until every replica is in sync. */
async function inSync(): Promise<void> {
  await using admin = new Admin({ bootstrapServers: cluster.bootstrapServers });
  for (;;) {
    const [topic] = await admin.describeTopics([TOPIC]);
    if (topic?.partitions.every(({ isr }) => isr.length === 3)) return;
    await new Promise<void>((resolve) => void setTimeout(resolve, 20));
  }
}

async function leaderOf(topic: string): Promise<number> {
  await using admin = new Admin({ bootstrapServers: cluster.bootstrapServers });
  const [described] = await admin.describeTopics([topic]);
  return described!.partitions[0]!.leaderId;
}
