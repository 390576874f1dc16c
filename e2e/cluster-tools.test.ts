// Apache Kafka's own tools for operators, on a cluster of three Ottla nodes: moves with a throttle, elections, features, members.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin, Producer } from '@ottla/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from './src/cluster.ts';
import { type JavaTool, runTool } from './src/java-tools.ts';
import { ottlaCluster } from './src/ottla-cluster.ts';
import { until } from './src/processes.ts';
import { missing } from './src/toolchain.ts';

const LIMIT_MS = 120_000;
const TOPIC = 'orders';
const whyNot = missing(['java']);

describe.skipIf(whyNot !== undefined)("Apache Kafka's tools on a cluster of Ottla", () => {
  let cluster: Cluster;
  let folder: string;

  const tool = async (name: JavaTool, ...args: string[]): Promise<string> =>
    (await runTool(name, ['--bootstrap-server', cluster.bootstrap, ...args])).stdout;
  /** `kafka-cluster.sh` wants its command first. */
  const clusterTool = async (command: string, ...args: string[]): Promise<string> =>
    (await runTool('cluster', [command, '--bootstrap-server', cluster.bootstrap, ...args])).stdout;

  /** Runs `kafka-reassign-partitions.sh` with replicas by partition. */
  const reassign = (replicas: number[][], ...args: string[]): Promise<string> => {
    const moves = path.join(folder, 'moves.json');
    const partitions = replicas.map((ids, partition) => ({
      topic: TOPIC,
      partition,
      replicas: ids,
    }));
    writeFileSync(moves, JSON.stringify({ version: 1, partitions }));
    return tool('reassign', '--reassignment-json-file', moves, ...args);
  };
  const replicasOf = async (): Promise<readonly (readonly number[])[]> => {
    await using admin = new Admin({ bootstrapServers: cluster.bootstrap });
    const [topic] = await admin.describeTopics([TOPIC]);
    return topic!.partitions.map(({ replicas }) => replicas);
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'cluster-tools-'));
    // Leaders stay where they are until the tool moves them.
    cluster = await ottlaCluster.start({ settings: { 'auto.leader.rebalance.enable': 'false' } });
    await cluster.ready();
    await using admin = new Admin({ bootstrapServers: cluster.bootstrap });
    await admin.createTopics([
      {
        name: TOPIC,
        assignments: [
          [1, 2],
          [2, 1],
        ],
      },
    ]);
    await using producer = new Producer({ bootstrapServers: cluster.bootstrap });
    const value = 'x'.repeat(1000);
    await producer.sendBatch(
      Array.from({ length: 1000 }, (_, key) => ({ topic: TOPIC, key: String(key), value })),
    );
  }, LIMIT_MS);

  afterAll(async () => {
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, LIMIT_MS);

  it(
    'kafka-reassign-partitions moves replicas with a throttle, and takes the throttle away',
    async () => {
      const moves = [
        [3, 1],
        [2, 3],
      ];
      expect(await reassign(moves, '--execute', '--throttle', '50000000')).toContain(
        `Successfully started partition reassignments for ${TOPIC}-0,${TOPIC}-1`,
      );
      await until('the moves are through', async () =>
        (await tool('reassign', '--list')).includes('No partition'),
      );

      const verified = await reassign(moves, '--verify');
      expect(verified).toContain(`Reassignment of partition ${TOPIC}-0 is completed.`);
      expect(verified).toContain('Clearing broker-level throttles on brokers 1,2,3');
      expect(await replicasOf()).toEqual(moves);
    },
    LIMIT_MS,
  );

  it(
    'kafka-leader-election elects preferred leaders, and refuses what is not needed',
    async () => {
      expect(
        await tool('leaderElection', '--election-type', 'preferred', '--all-topic-partitions'),
      ).toContain(`Successfully completed leader election (PREFERRED) for partitions ${TOPIC}-0`);
      const one = ['--topic', TOPIC, '--partition', '0'];
      expect(await tool('leaderElection', '--election-type', 'unclean', ...one)).toContain(
        `Valid replica already elected for partitions ${TOPIC}-0`,
      );
    },
    LIMIT_MS,
  );

  it(
    'kafka-features shows levels and moves them, those of the quorum as well',
    async () => {
      const elr = 'eligible.leader.replicas.version';
      expect(await tool('features', 'downgrade', '--feature', `${elr}=0`)).toContain(
        `${elr} was downgraded to 0.`,
      );
      expect(await tool('features', 'upgrade', '--feature', `${elr}=1`)).toContain(
        `${elr} was upgraded to 1.`,
      );
      expect(await tool('features', 'upgrade', '--feature', 'kraft.version=1')).toContain(
        'kraft.version was upgraded to 1.',
      );
      const levels = await tool('features', 'describe');
      expect(levels).toMatch(/kraft\.version .* FinalizedVersionLevel: 1 /);
      expect(levels).toMatch(/metadata\.version .* FinalizedVersionLevel: 4\.3-IV0 /);
      await expect(
        tool('features', 'downgrade', '--feature', 'metadata.version=29'),
      ).rejects.toThrow('it might delete metadata information');
    },
    LIMIT_MS,
  );

  it(
    'kafka-cluster lists members, and unregisters one that will not come back',
    async () => {
      await cluster.nodes[2]!.kill();

      expect(await clusterTool('unregister', '--id', '3')).toContain(
        'Broker 3 is no longer registered.',
      );
      const members = await clusterTool('list-endpoints', '--include-fenced-brokers');
      expect(members).toMatch(/^1 .* unfenced +broker/m);
      expect(members).not.toMatch(/^3 /m);
    },
    LIMIT_MS,
  );
});
