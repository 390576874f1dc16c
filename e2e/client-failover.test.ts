// Our producer and a member of a group keep running on three Apache Kafka nodes while the nodes that lead and that coordinate
// are killed and come back: nothing lost, nothing twice, the order of each key kept.
import { Admin, Consumer } from '@ottla/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KafkaCluster, type KafkaNode, startKafkaCluster } from './src/kafka-cluster.ts';
import { NumberedLoad, readAll, Seen } from './src/numbered-load.ts';
import { until } from './src/processes.ts';
import { missing } from './src/toolchain.ts';

const TOPIC = 'payments';
const GROUP = 'ledger';
const PARTITIONS = 3;

const whyNot = missing(['java']);
let cluster: KafkaCluster;

beforeAll(async () => {
  if (whyNot !== undefined) return;
  cluster = await startKafkaCluster();
  await cluster.ready();
});
afterAll(() => cluster?.stop());

it('given a producer and a consumer at work, when leader and coordinator are killed and return, then nothing is lost, twice or out of order', async (context) => {
  if (whyNot !== undefined) return context.skip(whyNot);
  await using admin = new Admin({ bootstrapServers: cluster.bootstrap });
  await admin.createTopics([{ name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 3 }]);
  const sending = new NumberedLoad(cluster.bootstrap, TOPIC);
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
  const total = sending.sent;
  expect(sending.acknowledged).toBe(total);
  await until('the consumer has read everything', () => consumed.count >= total);
  await consumer.close();
  await consuming;

  (await readAll(cluster.bootstrap, TOPIC, PARTITIONS, total)).expectComplete(sending.counts);
  consumed.expectComplete(sending.counts);
});
