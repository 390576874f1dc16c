// A cluster whose nodes are Ottla's and Apache Kafka's, each a process of its own with a properties file that either kind
// understands.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin } from '@ottla/client';
import { Child, run, until } from './processes.ts';
import { freePort, ottlaCommand } from './servers.ts';
import { kafkaClassPath } from './toolchain.ts';

export type Kind = 'ottla' | 'kafka';
export type Role = 'broker' | 'controller';

/** What a node is to be. */
export interface NodePlan {
  readonly id: number;
  readonly kind: Kind;
  readonly roles: readonly Role[];
}

/** One node; not running before `start`. */
export interface MixedNode extends NodePlan {
  /** What runs there from the next `start` on; the properties file and the data stay. */
  kind: Kind;
  /** Where clients reach it, `host:port`; undefined without the role of a broker. */
  readonly address: string | undefined;
  /** Where other nodes reach its controller. */
  readonly controllerAddress: string | undefined;
  /** Its properties file. */
  readonly file: string;
  readonly dataDir: string;
  readonly isRunning: boolean;
  /** What it printed, for failures. */
  readonly output: string;
  start(): void;
  /** Without a chance to say goodbye. */
  kill(): Promise<void>;
  /** In order. */
  stop(): Promise<void>;
}

export interface MixedCluster {
  readonly nodes: readonly MixedNode[];
  /** All brokers, separated by commas. */
  readonly bootstrap: string;
  node(id: number): MixedNode;
  /** Returns when these brokers (default: all) are registered and not fenced. */
  ready(ids?: readonly number[]): Promise<void>;
  /** Kills what runs and removes the data. */
  stop(): Promise<void>;
}

export const CLUSTER_ID = 'Ej3_evlyTlCg2mz1BVtabw';
const JVM = ['-Xms128m', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/**
 * What Apache Kafka is formatted with so that Ottla's nodes may join: a node that does not know a finalized feature is
 * refused, and Ottla serves these at level 0.
 */
export const SERVED_FEATURES: readonly string[] = [
  'group.version=0',
  'transaction.version=0',
  'share.version=0',
  'streams.version=0',
];

export interface MixedClusterOptions {
  /** Of every node. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** `static` (default): the voters stand in the configuration; `dynamic`: in the metadata log (KIP-853). */
  readonly quorum?: 'static' | 'dynamic';
  /** What `kafka-storage format` and `ottla storage format` are told; default {@link SERVED_FEATURES}. */
  readonly features?: readonly string[];
}

/** Prepares and formats all nodes. */
export async function prepareMixedCluster(
  plans: readonly NodePlan[],
  { overrides = {}, quorum = 'static', features = SERVED_FEATURES }: MixedClusterOptions = {},
): Promise<MixedCluster> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ottla-mixed-'));
  const nodes: Node[] = [];
  for (const plan of plans)
    nodes.push(
      new Node(plan, folder, {
        broker: plan.roles.includes('broker') ? await freePort() : undefined,
        controller: plan.roles.includes('controller') ? await freePort() : undefined,
      }),
    );
  const controllers = nodes.filter(({ controllerAddress }) => controllerAddress !== undefined);
  const voters = controllers.map(({ id, controllerAddress }) => `${id}@${controllerAddress}`);
  const servers = controllers.map(({ controllerAddress }) => controllerAddress);
  const settings =
    quorum === 'static'
      ? { 'controller.quorum.voters': voters.join(',') }
      : { 'controller.quorum.bootstrap.servers': servers.join(',') };
  const initial = voters.map((voter, index) => `${voter}:${directoryId(index)}`).join(',');
  const format = [
    ...features.flatMap((feature) => ['--feature', feature]),
    ...(quorum === 'static' ? [] : ['--initial-controllers', initial]),
  ];
  await Promise.all(nodes.map((node) => node.prepare({ ...settings, ...overrides }, format)));
  const bootstrap = nodes.flatMap(({ address }) => address ?? []).join(',');
  const brokerIds = nodes.filter(({ address }) => address !== undefined).map(({ id }) => id);
  return {
    nodes,
    bootstrap,
    node: (id) => nodes.find((one) => one.id === id)!,
    ready: (ids = brokerIds) => areRegistered(nodes, ids),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** 22 characters, the last of which can only be one of four. */
function directoryId(index: number): string {
  return `ottla-e2e-mixed-test${index}w`;
}

class Node implements MixedNode {
  readonly id: number;
  kind: Kind;
  readonly roles: readonly Role[];
  readonly address: string | undefined;
  readonly controllerAddress: string | undefined;
  readonly file: string;
  readonly dataDir: string;
  #child: Child | undefined;

  constructor(
    { id, kind, roles }: NodePlan,
    folder: string,
    ports: { readonly broker: number | undefined; readonly controller: number | undefined },
  ) {
    this.id = id;
    this.kind = kind;
    this.roles = roles;
    this.address = ports.broker === undefined ? undefined : `127.0.0.1:${ports.broker}`;
    this.controllerAddress =
      ports.controller === undefined ? undefined : `127.0.0.1:${ports.controller}`;
    this.file = path.join(folder, `server-${id}.properties`);
    this.dataDir = path.join(folder, `data-${id}`);
  }

  get isRunning(): boolean {
    return this.#child?.isRunning === true;
  }

  get output(): string {
    return `${this.#child?.stdout.slice(-6000)}\n${this.#child?.stderr.slice(-6000)}`;
  }

  async prepare(
    overrides: Readonly<Record<string, string>>,
    format: readonly string[],
  ): Promise<void> {
    const listeners = [
      ...(this.address === undefined ? [] : [`PLAINTEXT://${this.address}`]),
      ...(this.controllerAddress === undefined ? [] : [`CONTROLLER://${this.controllerAddress}`]),
    ];
    const settings = {
      'process.roles': this.roles.join(','),
      'node.id': String(this.id),
      listeners: listeners.join(','),
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'log.dirs': this.dataDir,
      'offsets.topic.num.partitions': '1',
      'offsets.topic.replication.factor': '1',
      'group.initial.rebalance.delay.ms': '0',
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
      ...overrides,
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(this.file, lines.join(''));
    const [command = '', ...args] =
      this.kind === 'kafka'
        ? ['java', ...JVM, '-cp', kafkaClassPath(), 'kafka.tools.StorageTool']
        : ottlaCommand(['storage']);
    await run(command, [...args, 'format', '-t', CLUSTER_ID, '-c', this.file, ...format]);
  }

  start(): void {
    const [command = '', ...args] =
      this.kind === 'kafka'
        ? ['java', ...JVM, '-cp', kafkaClassPath(), 'kafka.Kafka', this.file]
        : ottlaCommand(['server', '--config', this.file]);
    this.#child = new Child(command, args);
  }

  async kill(): Promise<void> {
    await this.#child?.stop('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#child?.stop('SIGTERM', 30_000);
  }
}

async function areRegistered(nodes: readonly Node[], ids: readonly number[]): Promise<void> {
  const wanted = [...ids].sort((a, b) => a - b).join(',');
  let seen = '';
  const bootstrapServers = nodes.flatMap(({ address, isRunning }) =>
    isRunning && address !== undefined ? [address] : [],
  );
  try {
    await until(
      `brokers ${wanted} are registered`,
      async () => {
        const admin = new Admin({ bootstrapServers, defaultApiTimeoutMs: 2_000 });
        try {
          const { brokers } = await admin.describeCluster();
          seen = brokers
            .map(({ nodeId }) => nodeId)
            .sort((a, b) => a - b)
            .join(',');
          return seen === wanted;
        } catch (error) {
          seen = String(error);
          return false;
        } finally {
          await admin.close();
        }
      },
      60_000,
    );
  } catch (error) {
    const outputs = nodes.map((node) => `--- node ${node.id} (${node.kind})\n${node.output}`);
    throw new Error(`${String(error)}; seen: ${seen}\n${outputs.join('\n')}`, { cause: error });
  }
}
