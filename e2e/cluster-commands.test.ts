// `ottla cluster` as somebody types it, on three Apache Kafka nodes: status, drain, add.
import { Admin, Producer } from '@ottla/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKafkaCluster } from './src/kafka-cluster.ts';
import type { KafkaCluster } from './src/kafka-cluster.ts';
import { run } from './src/processes.ts';
import { ottlaCommand } from './src/servers.ts';
import { missing } from './src/toolchain.ts';

const LIMIT_MS = 180_000;
const PARTITIONS = 12;
const whyNot = missing(['java']);

describe.skipIf(whyNot !== undefined)('ottla cluster', () => {
  let cluster: KafkaCluster;

  const ottla = async (...args: string[]): Promise<string> => {
    const [program, ...rest] = ottlaCommand([...args, '--bootstrap-server', cluster.bootstrap]);
    return (await run(program!, rest)).stdout;
  };
  const holders = async (): Promise<number[]> => {
    await using admin = new Admin({ bootstrapServers: cluster.bootstrap });
    const [topic] = await admin.describeTopics(['orders']);
    const held = [0, 0, 0];
    for (const { replicas } of topic!.partitions)
      for (const nodeId of replicas) held[nodeId - 1]! += 1;
    return held;
  };

  beforeAll(async () => {
    cluster = await startKafkaCluster();
    await cluster.ready();
    await using admin = new Admin({ bootstrapServers: cluster.bootstrap });
    await admin.createTopics([{ name: 'orders', numPartitions: PARTITIONS, replicationFactor: 2 }]);
    await using producer = new Producer({ bootstrapServers: cluster.bootstrap });
    const value = 'x'.repeat(1000);
    await producer.sendBatch(
      Array.from({ length: 2_000 }, (_, key) => ({ topic: 'orders', key: String(key), value })),
    );
  }, LIMIT_MS);
  afterAll(() => cluster?.stop(), LIMIT_MS);

  it('shows members, who leads the quorum, and that all is well', async () => {
    const text = await ottla('cluster', 'status');
    expect(text).toMatch(/: 3 of 3 brokers active, controller [123], epoch \d+/);
    expect(text).toMatch(/All 12 partitions are fully replicated\./);
    const status = JSON.parse(await ottla('cluster', 'status', '--json'));
    expect(status.members.map((one: { quorum: string }) => one.quorum).toSorted()).toEqual([
      'leader',
      'voter',
      'voter',
    ]);
    expect(status.underReplicated).toEqual([]);
  });

  it(
    'drains a broker, and gives it its share again',
    async () => {
      expect(await ottla('cluster', 'drain', '3')).toContain('Broker 3 holds nothing any more');
      expect(await holders()).toEqual([12, 12, 0]);
      expect(await ottla('cluster', 'drain', '3')).toContain('Broker 3 holds no replicas.');
      expect(await ottla('cluster', 'add', '3', '--dry-run')).toMatch(/^orders-\d+: /);
      expect(await holders()).toEqual([12, 12, 0]);
      expect(await ottla('cluster', 'add', '3')).toContain('8 replicas moved to it');
      expect(await holders()).toEqual([8, 8, 8]);
    },
    LIMIT_MS,
  );

  it('says what cannot be, and what to do', async () => {
    await expect(ottla('cluster', 'drain', '9')).rejects.toThrow(
      /there is no node 9 in this cluster[\s\S]*There are 1, 2, 3/,
    );
    await expect(ottla('cluster', 'remove', '2', '--yes')).rejects.toThrow(
      /broker 2 still holds 8 replicas[\s\S]*ottla cluster drain 2/,
    );
  });
});
