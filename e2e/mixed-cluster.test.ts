// Clusters of both kinds of nodes: Ottla's and Apache Kafka's, as brokers and as controllers.
import { Admin } from '@ottla/client';
import { afterEach, describe, expect, it } from 'vitest';
import { runTool } from './src/java-tools.ts';
import { type MixedCluster, type MixedNode, prepareMixedCluster } from './src/mixed-cluster.ts';
import { NumberedLoad } from './src/numbered-load.ts';
import { until } from './src/processes.ts';
import { missing } from './src/toolchain.ts';

const whyNot = missing(['java']);
/** A minute on a machine that does nothing else. */
const LIMIT_MS = 240_000;
let cluster: MixedCluster | undefined;
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

/** Java's console producer writes, its console consumer reads all of it in a group. */
async function carries(bootstrap: string, topic: string, lines: readonly string[]): Promise<void> {
  const to = ['--bootstrap-server', bootstrap, '--topic', topic];
  await runTool('consoleProducer', to, lines.map((line) => `${line}\n`).join(''));
  const read = ['--group', `${topic}-readers`, '--from-beginning', '--timeout-ms', '30000'];
  const limit = ['--max-messages', String(lines.length)];
  const { stdout } = await runTool('consoleConsumer', [...to, ...read, ...limit]);
  expect(stdout.trim().split('\n').sort()).toEqual([...lines].sort());
}

describe.skipIf(whyNot !== undefined)('an Ottla broker with an Apache Kafka controller', () => {
  it(
    'registers, hosts a topic, serves Java clients, and is there again after it was killed',
    async () => {
      cluster = await prepareMixedCluster([
        { id: 1, kind: 'ottla', roles: ['broker'] },
        { id: 100, kind: 'kafka', roles: ['controller'] },
      ]);
      for (const node of cluster.nodes) node.start();
      await cluster.ready();
      const { bootstrap } = cluster;
      const create = ['--create', '--topic', 'orders', '--partitions', '3'];
      await runTool('topics', ['--bootstrap-server', bootstrap, ...create]);
      await carries(bootstrap, 'orders', ['one', 'two', 'three', 'four']);
      await cluster.node(1).kill();
      cluster.node(1).start();
      await cluster.ready();
      await carries(bootstrap, 'payments', ['five', 'six']);
      const { stdout } = await runTool('getOffsets', ['--bootstrap-server', bootstrap]);
      expect(stdout).toContain('orders:');
    },
    LIMIT_MS,
  );
});

const PARTITIONS = 3;

/** A topic whose partitions have a replica on each broker; writing needs two of them. */
async function createReplicated(bootstrap: string, name: string, replicas: number): Promise<void> {
  await using admin = new Admin({ bootstrapServers: bootstrap });
  const configs = { 'min.insync.replicas': String(Math.min(2, replicas - 1)) };
  await admin.createTopics([
    { name, numPartitions: PARTITIONS, replicationFactor: replicas, configs },
  ]);
}

/** Node id of the quorum's leader, as soon as there is one. */
async function activeController(bootstrap: string): Promise<number> {
  await using admin = new Admin({ bootstrapServers: bootstrap, defaultApiTimeoutMs: 5_000 });
  let leaderId = -1;
  await until('the quorum has a leader', async () => {
    leaderId = await admin.describeQuorum().then(
      (quorum) => quorum.leaderId,
      () => -1,
    );
    return leaderId >= 0;
  });
  return leaderId;
}

/** Returns when all replicas of all partitions are in sync. */
async function inSync(bootstrap: string, topic: string, replicas: number): Promise<void> {
  await using admin = new Admin({ bootstrapServers: bootstrap });
  await until(`all replicas of ${topic} are in sync`, async () => {
    const [description] = await admin.describeTopics([topic]).catch(() => []);
    return description?.partitions.every(({ isr }) => isr.length === replicas) === true;
  });
}

/** Kills the node, waits for records to flow without it, starts it again, and waits until it is back. */
async function outlives(
  { nodes, bootstrap }: MixedCluster,
  node: MixedNode,
  load: NumberedLoad,
  replicas: number,
): Promise<void> {
  await node.kill();
  const rest = nodes.flatMap(({ address, isRunning }) => (isRunning && address) || []).join(',');
  await load.progress(`records flow without node ${node.id} (${node.kind})`);
  if (node.controllerAddress !== undefined) expect(await activeController(rest)).not.toBe(node.id);
  node.start();
  await cluster!.ready();
  await inSync(bootstrap, load.topic, replicas);
  await load.progress(`records flow with node ${node.id} (${node.kind}) again`);
}

describe.skipIf(whyNot !== undefined).each([
  ['Apache Kafka brokers with Ottla controllers', 'kafka', 'ottla'],
  ['Ottla brokers with Apache Kafka controllers', 'ottla', 'kafka'],
] as const)('%s', (_what, brokers, controllers) => {
  it(
    'lose nothing when the active controller is killed, and when a broker is',
    async () => {
      cluster = await prepareMixedCluster([
        ...[1, 2].map((id) => ({ id, kind: brokers, roles: ['broker'] as const })),
        ...[101, 102, 103].map((id) => ({ id, kind: controllers, roles: ['controller'] as const })),
      ]);
      for (const node of cluster.nodes) node.start();
      await cluster.ready();
      const { bootstrap } = cluster;
      await createReplicated(bootstrap, 'orders', 2);
      await inSync(bootstrap, 'orders', 2);
      const load = new NumberedLoad(bootstrap, 'orders');
      await load.progress('records flow');
      await outlives(cluster, cluster.node(await activeController(bootstrap)), load, 2);
      await outlives(cluster, cluster.node(1), load, 2);
      await load.expectNothingLost(PARTITIONS);
    },
    LIMIT_MS,
  );
});

describe.skipIf(whyNot !== undefined)('one quorum of both kinds', () => {
  it(
    'loses nothing when a node of either kind is killed, the active controller first',
    async () => {
      cluster = await prepareMixedCluster([
        { id: 1, kind: 'ottla', roles: ['broker', 'controller'] },
        { id: 2, kind: 'kafka', roles: ['broker', 'controller'] },
        { id: 3, kind: 'ottla', roles: ['broker', 'controller'] },
      ]);
      for (const node of cluster.nodes) node.start();
      await cluster.ready();
      const { bootstrap } = cluster;
      await createReplicated(bootstrap, 'orders', 3);
      await inSync(bootstrap, 'orders', 3);
      const load = new NumberedLoad(bootstrap, 'orders');
      await load.progress('records flow');
      const first = await activeController(bootstrap);
      await outlives(cluster, cluster.node(first), load, 3);
      await outlives(cluster, cluster.node(first === 2 ? 1 : 2), load, 3);
      await load.expectNothingLost(PARTITIONS);
    },
    LIMIT_MS,
  );
});
