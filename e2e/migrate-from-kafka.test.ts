// docs/migrate-from-kafka.md, typed: three Apache Kafka nodes become Ottla nodes on the same files and data, one goes
// back, while records are produced and read in a group. What was acknowledged is there, once; the group goes on where it was.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Admin, Consumer } from '@ottla/client';
import { afterEach, expect, it } from 'vitest';
import { type JavaTool, runTool } from './src/java-tools.ts';
import { type MixedCluster, type MixedNode, prepareMixedCluster } from './src/mixed-cluster.ts';
import { NumberedLoad, Seen } from './src/numbered-load.ts';
import { run, until } from './src/processes.ts';
import { ottlaCommand } from './src/servers.ts';
import { missing } from './src/toolchain.ts';

const TOPIC = 'orders';
const PARTITIONS = 3;
const LIMIT_MS = 300_000;
const LOWERED = ['group.version', 'transaction.version', 'share.version', 'streams.version'];
const whyNot = missing(['java']);
const page = readFileSync(
  path.resolve(import.meta.dirname, '../docs/migrate-from-kafka.md'),
  'utf8',
);

const SCRIPTS: Readonly<Record<string, JavaTool>> = {
  'bin/kafka-features.sh': 'features',
  'bin/kafka-topics.sh': 'topics',
  'bin/kafka-metadata-quorum.sh': 'metadataQuorum',
  'bin/kafka-leader-election.sh': 'leaderElection',
};

let cluster: MixedCluster | undefined;
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

/** The commands under a heading that begins so, one for each line. */
function commandsUnder(heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading));
  if (section === undefined) throw new Error(`no section ${heading}`);
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```/gms)];
  return blocks.flatMap(([, text = '']) => text.split('\n').filter((line) => line !== ''));
}

/** Types a command of the page for one node. @returns what it printed */
async function type(
  command: string,
  { bootstrap }: MixedCluster,
  node: MixedNode,
): Promise<string> {
  const [program = '', ...args] = command
    .replaceAll('localhost:9092', bootstrap)
    .replaceAll('server.properties', node.file)
    .split(' ');
  const tool = SCRIPTS[program];
  if (tool !== undefined) return (await runTool(tool, args)).stdout;
  switch (`${program} ${args[0]}`) {
    case `bin/kafka-server-stop.sh --node-id=1`:
    case `ottla-stop --node-id=1`:
      await node.stop();
      return '';
    case `bin/kafka-server-start.sh ${node.file}`:
      node.kind = 'kafka';
      node.start();
      return '';
    case 'ottla server':
      node.kind = 'ottla';
      node.start();
      return '';
    case 'ottla storage': {
      const [executable = '', ...rest] = ottlaCommand(args);
      return (await run(executable, rest)).stdout;
    }
    default:
      throw new Error(`the test does not know how to type: ${command}`);
  }
}

/** As the page says: nothing is behind, and the node is one of the quorum that has caught up. */
async function caughtUp(admin: Admin): Promise<void> {
  await cluster!.ready();
  await until('all replicas are in sync', async () => {
    const topics = await admin.describeTopics([TOPIC, '__consumer_offsets']).catch(() => []);
    return (
      topics.length === 2 &&
      topics.every(({ partitions }) => partitions.every(({ isr }) => isr.length === 3))
    );
  });
}

it.skipIf(whyNot !== undefined)(
  'given a cluster of Apache Kafka at work, when its nodes are moved one by one and one goes back, then nothing is lost',
  async () => {
    const factors = { 'offsets.topic.replication.factor': '3', 'min.insync.replicas': '2' };
    cluster = await prepareMixedCluster(
      [1, 2, 3].map((id) => ({ id, kind: 'kafka', roles: ['broker', 'controller'] as const })),
      { quorum: 'dynamic', features: [], overrides: factors },
    );
    const { nodes, bootstrap } = cluster;
    for (const node of nodes) node.start();
    await cluster.ready();
    await using admin = new Admin({ bootstrapServers: bootstrap });
    await admin.createTopics([{ name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 3 }]);
    const load = new NumberedLoad(bootstrap, TOPIC);
    const read = new Seen();
    const consumer = new Consumer({
      bootstrapServers: bootstrap,
      groupId: 'ledger',
      autoOffsetReset: 'earliest',
    });
    consumer.subscribe([TOPIC]);
    const reading = (async () => {
      for await (const record of consumer) read.add(record);
    })();
    await load.progress('records flow');

    for (const node of nodes)
      for (const command of commandsUnder('1.')) await type(command, cluster, node);
    for (const command of commandsUnder('2.')) await type(command, cluster, nodes[0]!);
    await until('the features are at what Ottla serves', async () => {
      const { finalized } = await admin.describeFeatures();
      return LOWERED.every((feature) => (finalized.get(feature) ?? 0) === 0);
    });

    const [behind = '', stop = '', start = '', quorum = '', election = '', ...more] =
      commandsUnder('3.');
    expect(more).toEqual([]);
    for (const node of nodes) {
      expect(await type(behind, cluster, node)).not.toContain('Partition:');
      await type(stop, cluster, node);
      await load.progress(`records flow without node ${node.id}`);
      await type(start, cluster, node);
      await caughtUp(admin);
      await load.progress(`records flow with Ottla on node ${node.id}`);
    }
    expect(await type(quorum, cluster, nodes[0]!)).toMatch(/Leader/);
    await type(election, cluster, nodes[0]!);

    for (const command of commandsUnder('Back again')) await type(command, cluster, nodes[1]!);
    await caughtUp(admin);
    await load.progress('records flow with Apache Kafka on node 2 again');

    await load.expectNothingLost(PARTITIONS);
    await until('the group has read everything', () => read.count >= load.sent);
    await consumer.close();
    await reading;
    read.expectComplete(load.counts);
  },
  LIMIT_MS,
);
