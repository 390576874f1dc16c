// Three Apache Kafka nodes, each broker and controller, that can be killed and started again one by one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin } from '@ottla/client';
import { Child, run, until } from './processes.ts';
import { freePort } from './servers.ts';
import { kafkaClassPath } from './toolchain.ts';

const JVM = ['-Xms192m', '-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
const CLUSTER_ID = 'Ej3_evlyTlCg2mz1BVtabw';

/** One node; it runs until it is killed. */
export interface KafkaNode {
  readonly nodeId: number;
  /** Where clients reach it, `host:port`. */
  readonly address: string;
  /** Without a chance to say goodbye. */
  kill(): Promise<void>;
  /** On the same ports and data. */
  start(): void;
}

export interface KafkaCluster {
  /** All nodes, separated by commas. */
  readonly bootstrap: string;
  readonly nodes: readonly KafkaNode[];
  /** Returns when all nodes are brokers of the cluster. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

interface Layout {
  readonly nodeId: number;
  readonly port: number;
  readonly controllerPort: number;
}

/** Starts three nodes. Topics that are created without saying so have three replicas, of which two must be in sync. */
export async function startKafkaCluster(
  overrides: Readonly<Record<string, string>> = {},
): Promise<KafkaCluster> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kafka-cluster-'));
  const layouts: Layout[] = [];
  for (const nodeId of [1, 2, 3])
    layouts.push({ nodeId, port: await freePort(), controllerPort: await freePort() });
  const nodes = await Promise.all(
    layouts.map((layout) => prepareNode(folder, layout, layouts, overrides)),
  );
  const bootstrap = layouts.map(({ port }) => `127.0.0.1:${port}`).join(',');
  for (const node of nodes) node.start();
  return {
    bootstrap,
    nodes,
    ready: () => allRegistered(bootstrap, nodes.length),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function prepareNode(
  folder: string,
  { nodeId, port, controllerPort }: Layout,
  all: readonly Layout[],
  overrides: Readonly<Record<string, string>>,
): Promise<KafkaNode> {
  const voters = all.map((one) => `${one.nodeId}@127.0.0.1:${one.controllerPort}`).join(',');
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': String(nodeId),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': voters,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': path.join(folder, `data-${nodeId}`),
    'default.replication.factor': '3',
    'min.insync.replicas': '2',
    'offsets.topic.replication.factor': '3',
    'offsets.topic.num.partitions': '3',
    'group.initial.rebalance.delay.ms': '0',
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    ...overrides,
  };
  const file = path.join(folder, `server-${nodeId}.properties`);
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(file, lines.join(''));
  const tool = ['-cp', kafkaClassPath(), 'kafka.tools.StorageTool', 'format'];
  await run('java', [...JVM, ...tool, '-t', CLUSTER_ID, '-c', file]);
  let child: Child | undefined;
  return {
    nodeId,
    address: `127.0.0.1:${port}`,
    start: () => {
      child = new Child('java', [...JVM, '-cp', kafkaClassPath(), 'kafka.Kafka', file]);
    },
    kill: async () => {
      await child?.stop('SIGKILL');
    },
  };
}

async function allRegistered(bootstrapServers: string, count: number): Promise<void> {
  await until(
    `${count} brokers are registered`,
    async () => {
      const admin = new Admin({ bootstrapServers, defaultApiTimeoutMs: 2_000 });
      try {
        return (await admin.describeCluster()).brokers.length === count;
      } catch {
        return false;
      } finally {
        await admin.close();
      }
    },
    120_000,
  );
}
