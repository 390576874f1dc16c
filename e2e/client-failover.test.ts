// Our producer and a member of a group keep running on three Apache Kafka nodes while the nodes that lead and that coordinate
// are killed and come back: nothing lost, nothing twice, the order of each key kept.
import { Admin, Consumer, type ConsumerRecord, Producer } from '@ottla/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KafkaCluster, type KafkaNode, startKafkaCluster } from './src/kafka-cluster.ts';
import { until } from './src/processes.ts';
import { missing } from './src/toolchain.ts';

const TOPIC = 'payments';
const GROUP = 'ledger';
const PARTITIONS = 3;
const KEYS = 12;

const whyNot = missing(['java']);
let cluster: KafkaCluster;

beforeAll(async () => {
  if (whyNot !== undefined) return;
  cluster = await startKafkaCluster();
  await cluster.ready();
});
afterAll(() => cluster?.stop());

/** Sends numbered records of a dozen keys, a few at a time, until told to stop. */
class Sending {
  readonly producer: Producer;
  /** Numbers that were given out, by key. */
  readonly counts: number[] = Array.from({ length: KEYS }, () => 0);
  acknowledged = 0;
  readonly failures: unknown[] = [];
  #isOver = false;
  readonly #loop: Promise<void>;

  constructor(bootstrapServers: string) {
    this.producer = new Producer({ bootstrapServers, requestTimeoutMs: 10_000 });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
    await this.producer.flush();
    await this.producer.close();
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#isOver; turn += 1) {
      const key = turn % KEYS;
      const record = { topic: TOPIC, key: `key-${key}`, value: String(this.counts[key]) };
      this.counts[key]! += 1;
      await this.producer.enqueue(record, (error) => {
        if (error === undefined) this.acknowledged += 1;
        else this.failures.push(error);
      });
      if (turn % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Values by key, as they came. */
class Seen {
  readonly byKey = new Map<string, number[]>();
  count = 0;

  add({ key, value }: ConsumerRecord): void {
    const values = this.byKey.get(String(key)) ?? [];
    values.push(Number(String(value)));
    this.byKey.set(String(key), values);
    this.count += 1;
  }

  /** Which keys have a gap, something twice or a swap: none. */
  expectComplete(counts: readonly number[]): void {
    for (const [key, count] of counts.entries())
      expect(this.byKey.get(`key-${key}`), `key-${key}`).toEqual(
        Array.from({ length: count }, (_, number) => number),
      );
  }
}

async function readAll(count: number): Promise<Seen> {
  const seen = new Seen();
  await using consumer = new Consumer({
    bootstrapServers: cluster.bootstrap,
    autoOffsetReset: 'earliest',
  });
  await consumer.assign(
    Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: TOPIC, partition })),
  );
  for await (const record of consumer.records({ signal: AbortSignal.timeout(60_000) })) {
    seen.add(record);
    if (seen.count === count) break;
  }
  return seen;
}

it('given a producer and a consumer at work, when leader and coordinator are killed and return, then nothing is lost, twice or out of order', async (context) => {
  if (whyNot !== undefined) return context.skip(whyNot);
  await using admin = new Admin({ bootstrapServers: cluster.bootstrap });
  await admin.createTopics([{ name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 3 }]);
  const sending = new Sending(cluster.bootstrap);
  const consumed = new Seen();
  const consumer = new Consumer({
    bootstrapServers: cluster.bootstrap,
    groupId: GROUP,
    autoOffsetReset: 'earliest',
    sessionTimeoutMs: 30_000,
  });
  consumer.subscribe([TOPIC]);
  const consuming = (async () => {
    for await (const record of consumer) consumed.add(record);
  })();

  const progress = async (what: string): Promise<void> => {
    const [acknowledged, read] = [sending.acknowledged, consumed.count];
    await until(
      what,
      () => sending.acknowledged > acknowledged + 300 && consumed.count > read + 300,
      60_000,
    );
  };
  const leader = async (): Promise<KafkaNode> => {
    const [topic] = await admin.describeTopics([TOPIC]);
    return cluster.nodes.find(({ nodeId }) => nodeId === topic!.partitions[0]!.leaderId)!;
  };
  const coordinator = async (): Promise<KafkaNode> => {
    const [group] = await admin.describeGroups([GROUP]);
    return cluster.nodes.find(({ address }) => address === group!.coordinator)!;
  };

  await progress('records flow');
  for (const [what, find] of [
    ['the leader of a partition', leader],
    ['the coordinator of the group', coordinator],
  ] as const) {
    const victim = await find();
    await victim.kill();
    await progress(`records flow without ${what}, node ${victim.nodeId}`);
    victim.start();
    await cluster.ready();
    await progress(`records flow after ${what} came back`);
  }
  await sending.stop();
  expect(sending.failures).toEqual([]);
  const total = sending.counts.reduce((sum, count) => sum + count, 0);
  expect(sending.acknowledged).toBe(total);
  await until('the consumer has read everything', () => consumed.count >= total);
  await consumer.close();
  await consuming;

  (await readAll(total)).expectComplete(sending.counts);
  consumed.expectComplete(sending.counts);
});
