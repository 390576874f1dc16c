// `ottla storage format` beside kafka-storage, and kafka-metadata-quorum on Ottla's controllers: three initial voters, of
// which Apache Kafka formatted one, and a fourth that is added while they run.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin } from '@ottla/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from './src/java-tools.ts';
import { lastingPort } from './src/lasting-port.ts';
import { Child, run, until } from './src/processes.ts';
import { ottlaCommand } from './src/servers.ts';
import { missing } from './src/toolchain.ts';

const LIMIT_MS = 120_000;
const CLUSTER_ID = 'Ej3_evlyTlCg2mz1BVtabw';
const DIRECTORY_IDS = [
  'JEXY6aqzQY-32P5TStzaFg',
  'MvDxzVmcRsaTz33bUuRU6A',
  '07R5amHmR32VDA6jHkGbTA',
];
/** What Ottla does not serve yet. */
const LEVELS = ['transaction', 'group', 'share', 'streams'].flatMap((name) => [
  '--feature',
  `${name}.version=0`,
]);
const whyNot = missing(['java']);

interface Node {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  readonly file: string;
  readonly dataDir: string;
  child?: Child;
}

describe.skipIf(whyNot !== undefined)('a dynamic quorum and the tools of Apache Kafka', () => {
  const nodes: Node[] = [];
  let folder: string;
  let initialControllers: string;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'quorum-tools-'));
    for (const id of [1, 2, 3, 4]) {
      const [port, controllerPort] = [await lastingPort(), await lastingPort()];
      const file = path.join(folder, `node-${id}.properties`);
      nodes.push({ id, port, controllerPort, file, dataDir: path.join(folder, `data-${id}`) });
    }
    const servers = nodes.slice(0, 3).map(({ controllerPort }) => `127.0.0.1:${controllerPort}`);
    for (const node of nodes) writeFileSync(node.file, settings(node, servers));
    initialControllers = nodes
      .slice(0, 3)
      .map((node, at) => `${node.id}@127.0.0.1:${node.controllerPort}:${DIRECTORY_IDS[at]}`)
      .join(',');
  });

  afterAll(async () => {
    for (const { child } of nodes) await child?.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const settings = ({ id, port, controllerPort, dataDir }: Node, servers: string[]): string =>
    [
      'process.roles=broker,controller',
      `node.id=${id}`,
      'controller.listener.names=CONTROLLER',
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      `controller.quorum.bootstrap.servers=${servers.join(',')}`,
      `log.dirs=${dataDir}`,
      'offsets.topic.num.partitions=1',
      '',
    ].join('\n');

  const ottla = (...args: string[]): Promise<{ stdout: string }> => {
    const [command = '', ...rest] = ottlaCommand(args);
    return run(command, rest);
  };
  const format = (node: Node, ...args: string[]): Promise<{ stdout: string }> =>
    ottla('storage', 'format', '-t', CLUSTER_ID, '-c', node.file, ...args);
  const start = (node: Node): void => {
    const [command = '', ...args] = ottlaCommand(['server', '--config', node.file]);
    node.child = new Child(command, args);
  };
  const bootstrap = (): string =>
    nodes
      .slice(0, 3)
      .map(({ port }) => `127.0.0.1:${port}`)
      .join(',');
  const quorum = async (...args: string[]): Promise<string> =>
    (await runTool('metadataQuorum', ['--bootstrap-server', bootstrap(), ...args])).stdout;
  const voters = async (): Promise<number[]> => {
    const status = await quorum('describe', '--status');
    const line = status.split('\n').find((each) => each.startsWith('CurrentVoters:')) ?? '';
    return [...line.matchAll(/"id": (\d+)/g)].map((match) => Number(match[1]));
  };

  /** Names, records and identity of what formatting leaves; times and random ids left out. */
  const left = async (dataDir: string): Promise<string[]> => {
    const lines = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).toSorted();
    const meta = readFileSync(path.join(dataDir, 'meta.properties'), 'utf8');
    lines.push(
      ...meta
        .split('\n')
        .filter((line) => /^(cluster|node|version|directory)/.test(line))
        .toSorted(),
    );
    for (const file of lines.filter((name) => name.endsWith('.checkpoint'))) {
      const dump = await runTool('dumpLog', [
        '--cluster-metadata-decoder',
        '--files',
        path.join(dataDir, file),
      ]);
      for (const line of dump.stdout.split('\n')) {
        const payload = /(payload: |SnapshotHeader|KRaftVersion|Voters|SnapshotFooter).*/.exec(
          line,
        );
        if (payload !== null) lines.push(payload[0].replace(/"lastContainedLogTimestamp":\d+/, ''));
      }
    }
    return lines;
  };

  it(
    'given the same options, then both tools leave the same files with the same records',
    async () => {
      for (const [name, ...args] of [
        ['initial', '--initial-controllers', initialControllers],
        ['none', '--no-initial-controllers'],
        ['older', '--no-initial-controllers', '--release-version', '4.0'],
      ] as const) {
        const folders = ['ottla', 'kafka'].map((who) => path.join(folder, `${name}-${who}`));
        for (const dataDir of folders) mkdirSync(dataDir);
        const files = folders.map((dataDir) => {
          const file = `${dataDir}.properties`;
          writeFileSync(file, settings({ ...nodes[0]!, dataDir }, ['127.0.0.1:9093']));
          return file;
        });
        await ottla('storage', 'format', '-t', CLUSTER_ID, '-c', files[0]!, ...args);
        await runTool('storage', ['format', '-t', CLUSTER_ID, '-c', files[1]!, ...args, ...LEVELS]);
        const [ours, theirs] = [await left(folders[0]!), await left(folders[1]!)];
        const known = (lines: string[]): string[] =>
          name === 'initial' ? lines : lines.filter((line) => !line.startsWith('directory.id'));
        expect(known(ours)).toEqual(known(theirs));
        expect(ours.length).toBeGreaterThan(6);
      }
    },
    LIMIT_MS,
  );

  it(
    'given three initial controllers, one formatted by Apache Kafka, then they form a quorum',
    async () => {
      const option = ['--initial-controllers', initialControllers];
      await format(nodes[0]!, ...option);
      await format(nodes[1]!, ...option);
      await runTool('storage', [
        'format',
        '-t',
        CLUSTER_ID,
        '-c',
        nodes[2]!.file,
        ...option,
        ...LEVELS,
      ]);
      const info = await ottla('storage', 'info', '-c', nodes[2]!.file);
      expect(info.stdout).toContain(`directory.id=${DIRECTORY_IDS[2]}`);
      for (const node of nodes.slice(0, 3)) start(node);
      await until('three brokers', async () => (await brokers()) === 3, LIMIT_MS);
      const status = await quorum('describe', '--status');
      expect(status).toMatch(/ClusterId:\s+Ej3_evlyTlCg2mz1BVtabw/);
      expect(await voters()).toEqual([1, 2, 3]);
      for (const id of DIRECTORY_IDS) expect(status).toContain(id);
    },
    LIMIT_MS,
  );

  const brokers = async (): Promise<number> => {
    const admin = new Admin({ bootstrapServers: bootstrap() });
    try {
      return (await admin.describeCluster()).brokers.length;
    } catch {
      return 0; // nobody answers yet
    } finally {
      await admin.close();
    }
  };

  it(
    'given a fourth controller, when it is added, then it votes, and is listed as an observer until then',
    async () => {
      const [, , , fourth] = nodes as [Node, Node, Node, Node];
      await format(fourth, '--no-initial-controllers');
      start(fourth);
      await until('four brokers', async () => (await brokers()) === 4, LIMIT_MS);
      await until('an observer', async () =>
        /^4\s.*Observer/m.test(await quorum('describe', '--replication')),
      );
      const added = await quorum('--command-config', fourth.file, 'add-controller');
      expect(added).toMatch(/Added controller 4/);
      expect(await voters()).toEqual([1, 2, 3, 4]);
    },
    LIMIT_MS,
  );

  it(
    'given a voter, when it is removed, then it votes no more; the leader too',
    async () => {
      const status = await quorum('describe', '--status');
      const leader = Number(/LeaderId:\s+(\d+)/.exec(status)![1]);
      const directory = new RegExp(`"id": ${leader}, "directoryId": "([^"]+)"`).exec(status)![1]!;
      const removed = await quorum(
        'remove-controller',
        '--controller-id',
        String(leader),
        '--controller-directory-id',
        directory,
      );
      expect(removed).toMatch(/Removed\s+KRaft controller/);
      const rest = [1, 2, 3, 4].filter((id) => id !== leader);
      await until('a leader among the rest', async () => {
        const found = await quorum('describe', '--status').catch(() => '');
        return rest.includes(Number(/LeaderId:\s+(\d+)/.exec(found)?.[1]));
      });
      expect(await voters()).toEqual(rest);
    },
    LIMIT_MS,
  );
});
