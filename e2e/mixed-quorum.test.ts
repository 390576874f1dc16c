// One quorum of both kinds that grows by itself (KIP-853): controllers of Apache Kafka join a quorum that Ottla leads, and the
// other way round; the leader dies, and the others go on with all that was acknowledged.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin } from '@ottla/client';
import { afterEach, describe, expect, it } from 'vitest';
import { lastingPort } from './src/lasting-port.ts';
import { Child, run, until } from './src/processes.ts';
import { ottlaCommand } from './src/servers.ts';
import { kafkaClassPath, missing } from './src/toolchain.ts';

const LIMIT_MS = 180_000;
const CLUSTER_ID = 'Ej3_evlyTlCg2mz1BVtabw';
const JVM = ['-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
/** What Ottla does not serve yet. */
const LEVELS = ['transaction', 'group', 'share', 'streams'].flatMap((name) => [
  '--feature',
  `${name}.version=0`,
]);
const whyNot = missing(['java']);

type Kind = 'Ottla' | 'Apache Kafka';

/** Broker and controller in one process of either kind. */
class Node {
  readonly id: number;
  readonly kind: Kind;
  readonly address: string;
  readonly #file: string;
  #child: Child | undefined;

  constructor(id: number, kind: Kind, address: string, file: string) {
    this.id = id;
    this.kind = kind;
    this.address = address;
    this.#file = file;
  }

  async format(isFirst: boolean): Promise<void> {
    const voters = isFirst ? '--standalone' : '--no-initial-controllers';
    const args = ['format', '-t', CLUSTER_ID, '-c', this.#file, voters];
    const [command = '', ...rest] =
      this.kind === 'Ottla'
        ? ottlaCommand(['storage', ...args])
        : ['java', ...JVM, '-cp', kafkaClassPath(), 'kafka.tools.StorageTool', ...args, ...LEVELS];
    await run(command, rest);
  }

  start(): void {
    const [command = '', ...args] =
      this.kind === 'Ottla'
        ? ottlaCommand(['server', '--config', this.#file])
        : ['java', ...JVM, '-cp', kafkaClassPath(), 'kafka.Kafka', this.#file];
    this.#child = new Child(command, args);
  }

  async kill(): Promise<void> {
    await this.#child?.stop('SIGKILL');
  }
}

let folder: string | undefined;
let nodes: Node[] = [];
afterEach(async () => {
  for (const node of nodes) await node.kill();
  nodes = [];
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** Formats nodes 1, 2, …; the first is the first voter, the others are to join. */
async function prepare(kinds: readonly Kind[]): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'mixed-quorum-'));
  folder = directory;
  const first = await lastingPort();
  for (const [index, kind] of kinds.entries()) {
    const id = index + 1;
    const port = await lastingPort();
    const controllerPort = index === 0 ? first : await lastingPort();
    const file = path.join(directory, `node-${id}.properties`);
    const settings = [
      'process.roles=broker,controller',
      `node.id=${id}`,
      'controller.listener.names=CONTROLLER',
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      `controller.quorum.bootstrap.servers=127.0.0.1:${first}`,
      'controller.quorum.auto.join.enable=true',
      `log.dirs=${path.join(directory, `data-${id}`)}`,
      'offsets.topic.replication.factor=1',
      '',
    ];
    writeFileSync(file, settings.join('\n'));
    nodes.push(new Node(id, kind, `127.0.0.1:${port}`, file));
  }
  for (const node of nodes) await node.format(node.id === 1);
}

async function asking<T>(among: readonly Node[], use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ bootstrapServers: among.map(({ address }) => address).join(',') });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

async function quorum(among: readonly Node[]): Promise<{ leader: number; voters: number[] }> {
  try {
    return await asking(among, async (admin) => {
      const { leaderId, voters } = await admin.describeQuorum();
      const ids = voters.map(({ nodeId }) => nodeId);
      return { leader: leaderId, voters: ids.toSorted((a, b) => a - b) };
    });
  } catch {
    return { leader: -1, voters: [] };
  }
}

async function createTopic(among: readonly Node[], name: string): Promise<void> {
  await until(`topic ${name}`, async () => {
    try {
      await asking(among, (admin) =>
        admin.createTopics([{ name, numPartitions: 1, replicationFactor: 1 }]),
      );
      return true;
    } catch (error) {
      return (error as { code?: unknown }).code === 'TOPIC_ALREADY_EXISTS';
    }
  });
}

describe.skipIf(whyNot !== undefined)('one quorum of both kinds', () => {
  const kinds: readonly (readonly Kind[])[] = [
    ['Ottla', 'Apache Kafka', 'Ottla'],
    ['Apache Kafka', 'Ottla', 'Ottla'],
  ];
  for (const [first = 'Ottla', ...others] of kinds)
    it(
      `given ${first} as the first voter, then ${others.join(' and ')} join, and go on without it`,
      async () => {
        await prepare([first, ...others]);
        nodes[0]!.start();
        await until('a leader', async () => (await quorum(nodes)).leader === 1, LIMIT_MS);
        await createTopic(nodes, 'alone');
        for (const node of nodes.slice(1)) {
          node.start();
          const ids = nodes.slice(0, node.id).map(({ id }) => id);
          await until(
            `voters ${ids.join()}`,
            async () => (await quorum(nodes)).voters.join() === ids.join(),
            LIMIT_MS,
          );
          await createTopic(nodes, `with-${node.id}`);
        }
        const rest = nodes.slice(1);
        await nodes[0]!.kill();
        await until('another leader', async () => [2, 3].includes((await quorum(rest)).leader));
        await createTopic(rest, 'without-the-first');
        const names = await asking(rest, (admin) => admin.listTopics());
        expect(names.map(({ name }) => name)).toEqual(
          expect.arrayContaining(['alone', 'with-2', 'with-3', 'without-the-first']),
        );
        nodes[0]!.start();
        await until('the first one follows', async () => {
          const { leader, voters } = await quorum([nodes[0]!]);
          return leader !== 1 && voters.length === 3;
        });
      },
      LIMIT_MS,
    );
});
