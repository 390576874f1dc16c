// A cluster of several servers in one process, on any machines: Node's sockets with disks in memory, or a simulated
// world. Nodes can be stopped, killed and started again; their addresses stay.
import type { Logger, Platform } from '@ottla/platform';
import {
  BrokerConfig,
  MEMORY_PRESETS,
  type RunningServer,
  startServer,
  type StartOptions,
} from '../src/index.ts';
import { type Machine, MortalMachine } from './mortal-machine.ts';

export interface ClusterOptions {
  /** 1: a quorum whose voters are in the log; 3: one whose voters are in the configuration. Default 1. */
  readonly controllers?: 1 | 3;
  /** Of three controllers only the first votes at first, and the voters are in the log. Default false. */
  readonly isDynamic?: boolean;
  /** Nodes with the role of a broker, combined ones included. Default 3. */
  readonly brokers?: number;
  /** Default: controllers are brokers too. Otherwise they are nodes 101, 102, … */
  readonly combined?: boolean;
  /** Of every node; a function: of one node. */
  readonly properties?:
    | Readonly<Record<string, string>>
    | ((nodeId: number) => Readonly<Record<string, string>>);
  /** A machine for a node; default: loopback with a disk in memory. */
  readonly machine?: (nodeId: number) => Machine;
  readonly logger?: (nodeId: number) => Logger;
  /** Told of a node that stopped by itself. */
  readonly onFatal?: (nodeId: number, error: unknown) => void;
}

export interface ClusterNode {
  readonly id: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
  readonly machine: Machine;
  /** Where clients (of a controller alone: other nodes) reach it, `host:port`. */
  readonly address: string;
  /** Where other nodes reach its controller, `host:port`. */
  readonly controllerAddress: string;
  /** Undefined while it is not running. */
  readonly server: RunningServer | undefined;
}

export interface TestCluster {
  readonly clusterId: string;
  /** By ascending id. */
  readonly nodes: readonly ClusterNode[];
  /** All brokers. */
  readonly bootstrapServers: string;
  node(id: number): ClusterNode;
  /** Ends a node without a goodbye: as `kill -9`, or in a simulated world a crash. */
  kill(id: number): void;
  /** Gracefully. */
  stop(id: number): Promise<void>;
  /** Starts a node that was killed or stopped; resolves when it serves. */
  restart(id: number): Promise<RunningServer>;
  /** The active controller, as the nodes that run agree; undefined while they do not. */
  activeController(): number | undefined;
  /** Kills what still runs: a test that ends need not wait for goodbyes. */
  close(): Promise<void>;
}

const CLUSTER_ID = 'b3R0bGEtdGVzdC1jbHVzdA';
/** Failures are noticed soon, so that tests are short. */
const QUICK: Readonly<Record<string, string>> = {
  ...MEMORY_PRESETS,
  'broker.heartbeat.interval.ms': '100',
  'broker.session.timeout.ms': '1000',
  'controller.quorum.election.timeout.ms': '300',
  'controller.quorum.fetch.timeout.ms': '500',
  'offsets.topic.num.partitions': '1',
};

/** Starts all nodes; resolves when all serve. */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { controllers = 1, brokers = 3, combined = true } = options;
  const controllerIds = numbers(combined ? 1 : 101, controllers);
  const brokerIds = numbers(1, brokers);
  const ids = [...new Set([...brokerIds, ...controllerIds])].sort((a, b) => a - b);
  const nodes: Node[] = [];
  for (const id of ids) {
    const machine = options.machine?.(id) ?? new MortalMachine();
    const isBroker = brokerIds.includes(id);
    const isController = controllerIds.includes(id);
    nodes.push(
      new Node(options, id, machine, {
        broker: isBroker ? await freePort(machine) : undefined,
        controller: isController ? await freePort(machine) : undefined,
      }),
    );
  }
  const cluster = new Cluster(nodes, options.isDynamic ?? false);
  await cluster.start();
  return cluster;
}

class Cluster implements TestCluster {
  readonly clusterId = CLUSTER_ID;
  readonly nodes: readonly Node[];
  readonly #isDynamic: boolean;

  constructor(nodes: readonly Node[], isDynamic: boolean) {
    this.nodes = nodes;
    this.#isDynamic = isDynamic;
  }

  get bootstrapServers(): string {
    return this.nodes
      .filter(({ isBroker }) => isBroker)
      .map(({ address }) => address)
      .join(',');
  }

  async start(): Promise<void> {
    try {
      await Promise.all(
        this.nodes.map((node) => node.start(this.#quorum(), node.machine.platform)),
      );
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  node(id: number): Node {
    const node = this.nodes.find((one) => one.id === id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  kill(id: number): void {
    this.node(id).kill();
  }

  async stop(id: number): Promise<void> {
    await this.node(id).stop();
  }

  async restart(id: number): Promise<RunningServer> {
    const node = this.node(id);
    return node.start(this.#quorum(), node.machine.restart());
  }

  activeController(): number | undefined {
    const running = this.nodes.flatMap(({ server }) => server ?? []);
    const leaders = new Set(running.map((server) => server.activeController()));
    return leaders.size === 1 ? [...leaders][0] : undefined;
  }

  async close(): Promise<void> {
    for (const node of this.nodes) node.kill();
  }

  /** One controller: it writes itself into the log, and the others ask it. More: all are told of all. */
  #quorum(): Record<string, string> {
    const controllers = this.nodes.filter(({ isController }) => isController);
    return controllers.length === 1 || this.#isDynamic
      ? { 'controller.quorum.bootstrap.servers': controllers[0]!.controllerAddress }
      : {
          'controller.quorum.voters': controllers
            .map(({ id, controllerAddress }) => `${id}@${controllerAddress}`)
            .join(','),
        };
  }
}

class Node implements ClusterNode {
  readonly id: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
  readonly machine: Machine;
  readonly address: string;
  readonly controllerAddress: string;
  readonly #options: ClusterOptions;
  readonly #listeners: string;
  #server: RunningServer | undefined;

  constructor(
    options: ClusterOptions,
    id: number,
    machine: Machine,
    ports: { readonly broker: number | undefined; readonly controller: number | undefined },
  ) {
    this.#options = options;
    this.id = id;
    this.machine = machine;
    this.isBroker = ports.broker !== undefined;
    this.isController = ports.controller !== undefined;
    this.controllerAddress = `${machine.address}:${ports.controller}`;
    this.address = `${machine.address}:${ports.broker ?? ports.controller}`;
    this.#listeners = [
      ...(this.isBroker ? [`PLAINTEXT://${this.address}`] : []),
      ...(this.isController ? [`CONTROLLER://${this.controllerAddress}`] : []),
    ].join(',');
  }

  get server(): RunningServer | undefined {
    return this.#server;
  }

  async start(
    quorum: Readonly<Record<string, string>>,
    platform: Platform,
  ): Promise<RunningServer> {
    const { properties = {}, logger, onFatal } = this.#options;
    const roles = [
      ...(this.isBroker ? ['broker'] : []),
      ...(this.isController ? ['controller'] : []),
    ];
    const config = BrokerConfig.load({
      presets: {
        ...QUICK,
        ...quorum,
        'node.id': String(this.id),
        'process.roles': roles.join(','),
        'controller.listener.names': 'CONTROLLER',
        listeners: this.#listeners,
        ...(typeof properties === 'function' ? properties(this.id) : properties),
      },
    });
    const startOptions: StartOptions = {
      config,
      platform,
      clusterId: CLUSTER_ID,
      memory: { isDiskGiven: true },
      ...(logger === undefined ? {} : { logger: logger(this.id) }),
      onFatal: (error) => {
        this.#server = undefined;
        onFatal?.(this.id, error);
      },
    };
    this.#server = await startServer(startOptions);
    return this.#server;
  }

  kill(): void {
    this.#server = undefined;
    this.machine.crash();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }
}

function numbers(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

async function freePort({ platform, address }: Machine): Promise<number> {
  const listener = await platform.net.listen({ host: address, port: 0 }, (connection) =>
    connection.destroy(),
  );
  await listener.close();
  return listener.port;
}
