// Only a replica that was not in sync is left. With unclean.leader.election.enable=false its partition stays without a leader, and nothing is lost;
// with true it leads, and exactly what was written without it is lost. The same of Ottla and of Apache Kafka.
import { Admin, Consumer, Producer } from '@ottla/client';
import { afterEach, describe, expect, it } from 'vitest';
import type { Cluster } from './src/cluster.ts';
import { kafkaCluster } from './src/kafka-cluster.ts';
import { ottlaCluster } from './src/ottla-cluster.ts';
import { until } from './src/processes.ts';
import { missing } from './src/toolchain.ts';

const LIMIT_MS = 60_000;
const TOPICS = ['clean', 'unclean'] as const;
type Topic = (typeof TOPICS)[number];
/** The third node keeps the quorum and has no replica. */
const [SURVIVOR, BEHIND] = [1, 2];

describe.each([ottlaCluster, kafkaCluster])('$name', (kind) => {
  const whyNot = missing([...kind.needs]);
  let cluster: Cluster;
  afterEach(() => cluster.stop());

  async function partitionOf(topic: Topic) {
    await using admin = new Admin({
      bootstrapServers: cluster.bootstrap,
      requestTimeoutMs: 2_000,
      defaultApiTimeoutMs: LIMIT_MS,
    });
    return (await admin.describeTopics([topic]))[0]!.partitions[0]!;
  }

  const untilLedBy = (topic: Topic, leader: number, isr: readonly number[]): Promise<void> =>
    until(
      `${topic} is led by ${leader}, and ${isr.join()} in sync`,
      async () => {
        const now = await partitionOf(topic);
        return now.leaderId === leader && now.isr.toSorted((a, b) => a - b).join() === isr.join();
      },
      LIMIT_MS,
    );

  async function write(value: string, topics: readonly Topic[]): Promise<void> {
    await using producer = new Producer({
      bootstrapServers: cluster.bootstrap,
      requestTimeoutMs: 2_000,
    });
    for (const topic of topics) await producer.send({ topic, partition: 0, value });
  }

  async function read(topic: Topic, count: number): Promise<string[]> {
    await using consumer = new Consumer({
      bootstrapServers: cluster.bootstrap,
      autoOffsetReset: 'earliest',
    });
    await consumer.assign([{ topic, partition: 0 }]);
    const values: string[] = [];
    for await (const { value } of consumer) {
      values.push(String(value));
      if (values.length === count) break;
    }
    return values;
  }

  const node = (nodeId: number) => cluster.nodes[nodeId - 1]!;

  it.skipIf(whyNot !== undefined)(
    'given only a replica that was not in sync, then it leads where that is allowed, and nowhere else',
    { timeout: 5 * LIMIT_MS },
    async () => {
      cluster = await kind.start({
        settings: { 'min.insync.replicas': '1', 'auto.leader.rebalance.enable': 'false' },
      });
      await cluster.ready();
      {
        await using admin = new Admin({ bootstrapServers: cluster.bootstrap });
        await admin.createTopics(
          TOPICS.map((name) => ({
            name,
            assignments: [[SURVIVOR, BEHIND]],
            configs: { 'unclean.leader.election.enable': String(name === 'unclean') },
          })),
        );
      }
      for (const topic of TOPICS) await untilLedBy(topic, SURVIVOR, [SURVIVOR, BEHIND]);
      await write('before', TOPICS);
      await node(BEHIND).kill();
      for (const topic of TOPICS) await untilLedBy(topic, SURVIVOR, [SURVIVOR]);
      await write('without it', TOPICS);
      await node(SURVIVOR).kill();
      node(BEHIND).start();
      await untilLedBy('unclean', BEHIND, [BEHIND]);
      expect((await partitionOf('clean')).leaderId).toBe(-1);
      await write('after', ['unclean']);
      expect(await read('unclean', 2)).toEqual(['before', 'after']);
      expect((await partitionOf('clean')).leaderId).toBe(-1);

      node(SURVIVOR).start();
      await untilLedBy('clean', SURVIVOR, [SURVIVOR, BEHIND]);
      await untilLedBy('unclean', BEHIND, [SURVIVOR, BEHIND]);
      await write('at last', TOPICS);
      expect(await read('clean', 3)).toEqual(['before', 'without it', 'at last']);
      expect(await read('unclean', 3)).toEqual(['before', 'after', 'at last']);
    },
  );
});
