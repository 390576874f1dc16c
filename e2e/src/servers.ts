// The two servers that every test runs against: Ottla, and Apache Kafka 4.3.1 as the control.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin } from '@ottla/client';
import { Child, run, until } from './processes.ts';
import { kafkaClassPath, type Tool } from './toolchain.ts';

export interface ServerUnderTest {
  readonly name: string;
  readonly bootstrap: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Stops in order and starts again on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerKind {
  readonly name: string;
  readonly needs: readonly Tool[];
  start(overrides?: Readonly<Record<string, string>>): Promise<ServerUnderTest>;
}

const root = path.resolve(import.meta.dirname, '../..');
const COMMON = { 'group.initial.rebalance.delay.ms': '0', 'offsets.topic.num.partitions': '5' };

/** A free port of this machine. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** How Ottla is started from source; a prefix (strace) may go before it. */
export function ottlaCommand(args: readonly string[]): readonly string[] {
  return [
    process.execPath,
    '--conditions=@ottla/source',
    path.join(root, 'apps/cli/src/main.ts'),
    ...args,
  ];
}

/** A server with its port and folders, not yet running. */
export interface PreparedServer {
  readonly name: string;
  readonly port: number;
  readonly folder: string;
  readonly dataDir: string;
  readonly command: readonly string[];
}

/** Ottla on a free port; `command` is the `ottla` to run, from source by default. */
export async function prepareOttla(
  overrides: Readonly<Record<string, string>> = {},
  command: readonly string[] = ottlaCommand([]),
): Promise<PreparedServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ottla-e2e-'));
  const port = await freePort();
  const dataDir = `${folder}/data`;
  const settings = {
    ...COMMON,
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': dataDir,
    ...overrides,
  };
  const args = Object.entries(settings).flatMap(([key, value]) => [
    '--override',
    `${key}=${value}`,
  ]);
  return { name: 'Ottla', port, folder, dataDir, command: [...command, 'server', ...args] };
}

/** Small and quick to start: enough for what tests ask. */
const TEST_JVM = ['-Xms256m', '-Xmx512m', '-XX:TieredStopAtLevel=1'];

/** Apache Kafka on free ports, its storage formatted. */
export async function prepareApacheKafka(
  overrides: Readonly<Record<string, string>> = {},
  jvm: readonly string[] = TEST_JVM,
): Promise<PreparedServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kafka-e2e-'));
  const port = await freePort();
  const controllerPort = await freePort();
  const dataDir = `${folder}/data`;
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataDir,
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    ...COMMON,
    ...overrides,
  };
  const file = path.join(folder, 'server.properties');
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  await run('java', [
    '-cp',
    kafkaClassPath(),
    'kafka.tools.StorageTool',
    'format',
    '--standalone',
    '-t',
    'Ej3_evlyTlCg2mz1BVtabw',
    '-c',
    file,
  ]);
  const command = ['java', ...jvm, '-cp', kafkaClassPath(), 'kafka.Kafka', file];
  return { name: 'Apache Kafka 4.3.1', port, folder, dataDir, command };
}

export const ottla: ServerKind = {
  name: 'Ottla',
  needs: [],
  start: async (overrides) => startPrepared(await prepareOttla(overrides)),
};

export const apacheKafka: ServerKind = {
  name: 'Apache Kafka 4.3.1',
  needs: ['java'],
  start: async (overrides) => startPrepared(await prepareApacheKafka(overrides)),
};

/** A topic with one replica. */
export async function createTopic(
  bootstrap: string,
  name: string,
  partitions: number,
): Promise<void> {
  const admin = new Admin({ bootstrapServers: [bootstrap] });
  try {
    await admin.createTopics([{ name, numPartitions: partitions, replicationFactor: 1 }]);
  } finally {
    await admin.close();
  }
}

/** Both, for `describe.each`. */
export const serverKinds: readonly ServerKind[] = [ottla, apacheKafka];

/** Runs a prepared server, and returns when it answers. */
export async function startPrepared({
  name,
  port,
  folder,
  dataDir,
  command,
}: PreparedServer): Promise<ServerUnderTest> {
  const bootstrap = `127.0.0.1:${port}`;
  const spawn = (): Child => new Child(command[0]!, command.slice(1));
  let child = spawn();
  const ready = async (): Promise<void> => {
    await until(
      `${name} answers on ${bootstrap}`,
      async () => {
        if (!child.isRunning)
          throw new Error(
            `${name} ended:\n${child.stdout.slice(-3000)}\n${child.stderr.slice(-3000)}`,
          );
        const admin = new Admin({ bootstrapServers: [bootstrap], defaultApiTimeoutMs: 1_000 });
        try {
          return (await admin.describeCluster()).brokers.length === 1;
        } catch {
          return false;
        } finally {
          await admin.close();
        }
      },
      120_000,
    );
  };
  await ready();
  return {
    name,
    bootstrap,
    dataDir,
    get pid() {
      return child.pid!;
    },
    restart: async () => {
      await child.stop('SIGTERM', 60_000);
      child = spawn();
      await ready();
    },
    stop: async () => {
      await child.stop('SIGTERM', 60_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
