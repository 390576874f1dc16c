// Partitions whose replicas are on Apache Kafka 4.3.1 and on Ottla at once: leaders move to and fro, either kind dies, and
// what was acknowledged is there, once. The quorum is Ottla's three controllers; Kafka's node is a broker.
import { Admin, Consumer, Producer } from '@ottla/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type TestCluster } from '../apps/broker/test/cluster.ts';
import { type LoneKafkaNode, prepareKafkaNode } from './src/kafka-node.ts';
import { until } from './src/processes.ts';
import { freePort } from './src/servers.ts';
import { missing } from './src/toolchain.ts';

const LIMIT_MS = 180_000;
const KAFKA = 9;
const TOPIC = 'orders';
const PARTITIONS = [0, 1, 2].map((partition) => ({ topic: TOPIC, partition }));
const whyNot = missing(['java']);

describe.skipIf(whyNot !== undefined)('replicas on Apache Kafka and on Ottla', () => {
  let cluster: TestCluster;
  let kafka: LoneKafkaNode;
  let admin: Admin;
  let producer: Producer;
  const acknowledged: string[] = [];
  let produced = 0;

  const described = async () => (await admin.describeTopics([TOPIC]))[0]!.partitions;
  const leaders = async (): Promise<readonly number[]> => [
    ...new Set((await described()).map(({ leaderId }) => leaderId)),
  ];
  const produce = async (count: number): Promise<void> => {
    const sends = Array.from({ length: count }, async () => {
      const value = String((produced += 1));
      await producer.send({ topic: TOPIC, partition: produced % PARTITIONS.length, value });
      acknowledged.push(value);
    });
    await Promise.all(sends);
  };
  const inSync = (): Promise<void> =>
    until(
      'all replicas are in sync',
      async () => (await described()).every(({ isr }) => isr.length === 3),
      60_000,
    );
  /** Makes the first of the replicas lead. */
  const lead = async (replicas: readonly number[]): Promise<void> => {
    await admin.alterPartitionReassignments(PARTITIONS.map((one) => ({ ...one, replicas })));
    await inSync();
    await until('the reassignment is over', async () =>
      (await described()).every((one) => one.replicas.join() === replicas.join()),
    );
    await admin.electLeaders('preferred', PARTITIONS);
    await until('the leader is the preferred one', async () => {
      const now = await leaders();
      return now.length === 1 && now[0] === replicas[0];
    });
  };

  beforeAll(async () => {
    cluster = await startCluster({
      controllers: 3,
      brokers: 3,
      properties: { 'broker.session.timeout.ms': '3000', 'min.insync.replicas': '2' },
    });
    const voters = cluster.nodes.map(({ id, controllerAddress }) => `${id}@${controllerAddress}`);
    kafka = await prepareKafkaNode(cluster.clusterId, {
      'process.roles': 'broker',
      'node.id': String(KAFKA),
      listeners: `PLAINTEXT://127.0.0.1:${await freePort()}`,
      'controller.quorum.voters': voters.join(','),
    });
    kafka.start();
    const { bootstrapServers } = cluster;
    admin = new Admin({ bootstrapServers });
    producer = new Producer({ bootstrapServers, requestTimeoutMs: 3_000 });
    await until(
      'Kafka is a member',
      async () => (await admin.describeCluster()).brokers.length === 4,
      60_000,
    );
    await admin.createTopics([
      { name: TOPIC, numPartitions: PARTITIONS.length, replicationFactor: 3 },
    ]);
  }, LIMIT_MS);

  afterAll(async () => {
    await producer?.close();
    await admin?.close();
    await kafka?.remove();
    await cluster?.close();
  }, LIMIT_MS);

  it(
    'follow whoever leads, of either kind',
    async () => {
      await produce(300);
      for (const replicas of [
        [KAFKA, 1, 2],
        [1, KAFKA, 2],
        [2, 1, KAFKA],
      ]) {
        await lead(replicas);
        await produce(300);
      }
    },
    LIMIT_MS,
  );

  it(
    'given Kafka’s leader killed, lose nothing, and Kafka follows again',
    async () => {
      await lead([KAFKA, 1, 2]);
      await produce(100);
      await kafka.kill();
      await produce(100);
      expect(await leaders()).not.toContain(KAFKA);
      kafka.start();
      await inSync();
      await produce(100);
    },
    LIMIT_MS,
  );

  it(
    'given Ottla’s leader killed, lose nothing, and Ottla follows again',
    async () => {
      await lead([2, KAFKA, 1]);
      await produce(100);
      cluster.kill(2);
      await produce(100);
      expect(await leaders()).toEqual([KAFKA]);
      await cluster.restart(2);
      await inSync();
      await produce(100);
    },
    LIMIT_MS,
  );

  it(
    'have every acknowledged record once, whoever is asked',
    async () => {
      for (const replicas of [
        [KAFKA, 1, 2],
        [1, 2, KAFKA],
      ]) {
        await lead(replicas);
        await using consumer = new Consumer({
          bootstrapServers: cluster.bootstrapServers,
          autoOffsetReset: 'earliest',
        });
        await consumer.assign(PARTITIONS);
        const values: string[] = [];
        for await (const record of consumer) {
          values.push(String(record.value));
          if (values.length >= acknowledged.length) break;
        }
        expect(new Set(values)).toEqual(new Set(acknowledged));
        expect(values).toHaveLength(acknowledged.length);
      }
    },
    LIMIT_MS,
  );
});
