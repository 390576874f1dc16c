// Three nodes on this machine, each broker and controller in a process of its own, that are killed, held up, stopped and
// started again one by one. What Ottla and Apache Kafka are started with is the same but for the command.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin } from '@ottla/client';
import { Child, until } from './processes.ts';
import { lastingPort } from './lasting-port.ts';
import type { Tool } from './toolchain.ts';

export const CLUSTER_ID = 'Ej3_evlyTlCg2mz1BVtabw';
const STOP_PATIENCE_MS = 60_000;
/** Of three JVMs on a machine with ten times more work than cores, too. */
const READY_LIMIT_MS = 300_000;

/** One node; it runs until it is killed, stopped, or gives up by itself. */
export interface ClusterNode {
  readonly nodeId: number;
  /** Where clients reach it, `host:port`. */
  readonly address: string;
  readonly dataDir: string;
  /** Of the server itself, also where it runs under another program; undefined while it does not run. */
  readonly pid: number | undefined;
  readonly isRunning: boolean;
  /** All that its processes have written so far. */
  readonly output: string;
  /** On the same ports and data. */
  start(): void;
  /** Without a chance to say goodbye. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
  /** SIGSTOP: it stands still with all its connections open. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
}

export interface Cluster {
  readonly name: string;
  /** All nodes, separated by commas. */
  readonly bootstrap: string;
  /** By ascending id. */
  readonly nodes: readonly ClusterNode[];
  /** Returns when all nodes are brokers of the cluster. */
  ready(): Promise<void>;
  /** Kills what runs and removes all data. */
  stop(): Promise<void>;
}

/** What stands between the nodes: each listener is advertised where this says. */
export interface Network {
  /** @returns the port at which others reach this one */
  front(nodeId: number, listener: string, port: number): Promise<number>;
}

/** What is special about one node. */
export interface NodeOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly dataDir?: string;
}

export interface ClusterOptions {
  /** Of all nodes. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly node?: (nodeId: number) => NodeOptions;
  readonly network?: Network;
  /** Called with the addresses of all nodes just before the first process starts. */
  readonly prepared?: (bootstrap: string) => Promise<void>;
}

/** Ottla, or the control. */
export interface ClusterKind {
  readonly name: string;
  readonly needs: readonly Tool[];
  /** Returns when the processes were started: `ready()` waits for them. */
  start(options?: ClusterOptions): Promise<Cluster>;
}

/** How a kind makes a node out of its `server.properties`. */
export interface NodeCommands {
  readonly name: string;
  /** Of all nodes; what a test asks for goes before it. */
  readonly settings: Readonly<Record<string, string>>;
  format(file: string): Promise<void>;
  command(file: string): readonly string[];
}

/** Topics that are created without saying so have three replicas, of which two must be in sync. */
const COMMON: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'INTERNAL',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'offsets.topic.num.partitions': '3',
  'group.initial.rebalance.delay.ms': '0',
};

const LISTENERS = ['PLAINTEXT', 'INTERNAL', 'CONTROLLER'] as const;
type Ports = Readonly<Record<(typeof LISTENERS)[number], number>>;

interface Layout {
  readonly nodeId: number;
  /** Where it listens. */
  readonly ports: Ports;
  /** Where others find it. */
  readonly fronts: Ports;
}

/** Prepares and starts three nodes. */
export async function startNodes(
  commands: NodeCommands,
  { settings = {}, node = () => ({}), network, prepared }: ClusterOptions = {},
): Promise<Cluster> {
  const folder = mkdtempSync(path.join(tmpdir(), 'cluster-e2e-'));
  const layouts: Layout[] = [];
  for (const nodeId of [1, 2, 3]) layouts.push(await layOut(nodeId, network));
  const voters = layouts
    .map(({ nodeId, fronts }) => `${nodeId}@127.0.0.1:${fronts.CONTROLLER}`)
    .join(',');
  const nodes = await Promise.all(
    layouts.map(async (layout) => {
      const own = node(layout.nodeId);
      const dataDir = own.dataDir ?? path.join(folder, `data-${layout.nodeId}`);
      const file = path.join(folder, `server-${layout.nodeId}.properties`);
      writeProperties(file, {
        ...COMMON,
        ...commands.settings,
        'controller.quorum.voters': voters,
        ...addresses(layout),
        'log.dirs': dataDir,
        ...settings,
        ...own.settings,
      });
      await commands.format(file);
      return new ProcessNode(layout, dataDir, commands.command(file), own.env);
    }),
  );
  const bootstrap = nodes.map(({ address }) => address).join(',');
  await prepared?.(bootstrap);
  for (const each of nodes) each.start();
  return {
    name: commands.name,
    bootstrap,
    nodes,
    ready: () => allRegistered(bootstrap, nodes),
    stop: async () => {
      await Promise.all(nodes.map((each) => each.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function layOut(nodeId: number, network: Network | undefined): Promise<Layout> {
  const entries: [string, number][] = [];
  for (const listener of LISTENERS) entries.push([listener, await lastingPort()]);
  const fronts: [string, number][] = [];
  for (const [listener, port] of entries)
    fronts.push([listener, (await network?.front(nodeId, listener, port)) ?? port]);
  return {
    nodeId,
    ports: Object.fromEntries(entries) as Ports,
    fronts: Object.fromEntries(fronts) as Ports,
  };
}

function addresses({ nodeId, ports, fronts }: Layout): Record<string, string> {
  const list = (at: Ports): string =>
    LISTENERS.map((listener) => `${listener}://127.0.0.1:${at[listener]}`).join(',');
  return {
    'node.id': String(nodeId),
    listeners: list(ports),
    'advertised.listeners': list(fronts),
  };
}

function writeProperties(file: string, settings: Readonly<Record<string, string>>): void {
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(file, lines.join(''));
}

class ProcessNode implements ClusterNode {
  readonly nodeId: number;
  readonly address: string;
  readonly dataDir: string;
  readonly #command: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: Child | undefined;
  #before = '';

  constructor(
    { nodeId, fronts }: Layout,
    dataDir: string,
    command: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.nodeId = nodeId;
    this.address = `127.0.0.1:${fronts.PLAINTEXT}`;
    this.dataDir = dataDir;
    this.#command = command;
    this.#env = { ...process.env, ...env };
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#child?.pid : undefined;
  }

  get isRunning(): boolean {
    return this.#child?.isRunning ?? false;
  }

  get output(): string {
    return this.#before + outputOf(this.#child);
  }

  start(): void {
    if (this.isRunning) throw new Error(`node ${this.nodeId} is running already`);
    this.#before += outputOf(this.#child);
    this.#child = new Child(this.#command[0]!, this.#command.slice(1), { env: this.#env });
  }

  async kill(): Promise<void> {
    await this.#child?.stop('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#child?.stop('SIGTERM', STOP_PATIENCE_MS);
  }

  pause(): void {
    if (this.pid !== undefined) process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    if (this.pid !== undefined) process.kill(this.pid, 'SIGCONT');
  }
}

function outputOf(child: Child | undefined): string {
  return child === undefined ? '' : child.stdout + child.stderr;
}

async function allRegistered(bootstrap: string, nodes: readonly ClusterNode[]): Promise<void> {
  await until(
    `${nodes.length} brokers are registered`,
    async () => {
      for (const { nodeId, isRunning, output } of nodes)
        if (!isRunning) throw new Error(`node ${nodeId} ended:\n${output.slice(-3000)}`);
      const admin = new Admin({ bootstrapServers: bootstrap, defaultApiTimeoutMs: 2_000 });
      try {
        return (await admin.describeCluster()).brokers.length === nodes.length;
      } catch {
        return false;
      } finally {
        await admin.close();
      }
    },
    READY_LIMIT_MS,
  );
}
