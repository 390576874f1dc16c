// A thousand brokers in one process: three whole controllers, one whole broker, the others without data (`light-broker.ts`).
// All register, a hundred thousand partitions are created and get leaders, a broker dies, the active controller dies, the
// partitions of one broker are moved to others. Tells what each step took, in virtual and in real time.
import type { ServerParts } from '../../apps/broker/test/server-parts.ts';
import { Admin } from '@ottla/client';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { LightBroker, type WantedIsr } from './light-broker.ts';
import { Member } from './member.ts';
import type { PlannedMember } from './member-properties.ts';
import { preload } from './preload.ts';

export interface ThousandOptions {
  readonly seed: number;
  readonly brokers: number;
  readonly partitions: number;
}

type Whole = NonNullable<ServerParts['broker']>;

const PARTITIONS_PER_TOPIC_MAX = 1_000;
const CLUSTER_ID = 'YS10aG91c2FuZC1icm9rZQ';
const HEARTBEAT_MS = 2_000;
const LIMIT_MS = 600_000;
const VOTERS = [101, 102, 103];
/** The whole broker. */
const EYES_ID = 1;
/** Twice the time after which a silent broker is fenced, and more. */
const SESSIONS_MS = 20_000;

/** Runs all steps and prints a line for each. @throws Error when the cluster does not do what it should */
export async function runThousand(options: ThousandOptions): Promise<void> {
  await preload();
  const { brokers, partitions } = options;
  const world = new ThousandBrokers(options);
  await world.step('the controllers and one whole broker serve', () => world.serve());
  await world.step(`${brokers} brokers are registered and count`, () => world.register());
  await world.step(`${partitions} partitions are created and led`, () => world.create());
  await world.step('a minute of heartbeats', () => world.rest());
  await world.step('a broker dies: nothing is led by it', () => world.killBroker());
  await world.step('the active controller dies: another one is, and hears every broker', () =>
    world.killController(),
  );
  await world.step('the partitions of a broker move to others', () => world.drain());
  console.log(`peak resident memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
}

class ThousandBrokers {
  readonly #options: ThousandOptions;
  readonly #simulation: Simulation;
  readonly #members: readonly Member[];
  readonly #lights: readonly LightBroker[];
  readonly #admin: Admin;

  constructor(options: ThousandOptions) {
    this.#options = options;
    const simulation = createSimulation({ seed: options.seed });
    this.#simulation = simulation;
    this.#members = plannedServers().map(
      (planned) =>
        new Member({
          simulation,
          planned,
          clusterId: CLUSTER_ID,
          isSynced: false,
          logger: () => undefined,
        }),
    );
    this.#lights = Array.from(
      { length: options.brokers - 1 },
      (_, index) =>
        new LightBroker({
          simulation,
          nodeId: index + 2,
          clusterId: CLUSTER_ID,
          heartbeatIntervalMs: HEARTBEAT_MS,
          eyes: () => this.#parts,
        }),
    );
    this.#admin = new Admin({
      bootstrapServers: 'broker-1:9092',
      platform: simulation.node('admin').platform,
      defaultApiTimeoutMs: LIMIT_MS,
      requestTimeoutMs: LIMIT_MS,
    });
  }

  /** Does it, and prints what it took. */
  async step(name: string, work: () => Promise<unknown>): Promise<void> {
    const { elapsedMs, eventCount } = this.#simulation;
    const startedMs = performance.now();
    await work();
    const figures = [
      `${((this.#simulation.elapsedMs - elapsedMs) / 1_000).toFixed(2)} virtual s`,
      `${((performance.now() - startedMs) / 1_000).toFixed(1)} real s`,
      `${this.#simulation.eventCount - eventCount} events`,
      `${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MB`,
    ];
    console.log(`${name}: ${figures.join(', ')}`);
  }

  async serve(): Promise<void> {
    for (const member of this.#members) member.begin();
    await this.#until(() => this.#members.every(({ server }) => server !== undefined));
  }

  async register(): Promise<void> {
    const starting = Promise.all(this.#lights.map((light) => light.start()));
    await this.#simulation.settle(starting, LIMIT_MS);
  }

  async create(): Promise<void> {
    const { partitions } = this.#options;
    const perTopic = Math.min(PARTITIONS_PER_TOPIC_MAX, partitions);
    for (let index = 0; index < partitions / perTopic; index++) {
      const name = `topic-${index}`;
      const topic = { name, numPartitions: perTopic, replicationFactor: 3 };
      await this.#simulation.settle(this.#admin.createTopics([topic]), LIMIT_MS);
    }
    await this.#until(() => this.#allLed());
  }

  async rest(): Promise<void> {
    await this.#simulation.run(60_000);
  }

  async killBroker(): Promise<void> {
    const dead = this.#lights[0]!;
    dead.node.crash({ peers: 'silent' });
    await this.#until(
      () => this.#allLed() && this.#partitions().every(({ image }) => image.leader !== dead.nodeId),
    );
  }

  async killController(): Promise<void> {
    const before = this.#parts.quorum.leader?.id;
    this.#members.find(({ nodeId }) => nodeId === before)?.crash(LIMIT_MS, { peers: 'silent' });
    await this.#until(() => {
      const now = this.#parts.quorum.leader?.id;
      return now !== undefined && now !== before;
    });
    await this.#simulation.run(SESSIONS_MS);
    const brokers = [...this.#whole.image.cluster.brokers.values()];
    const fenced = brokers.filter((broker) => broker.fenced).length;
    // The one that died before.
    if (fenced > 1) throw new Error(`${fenced} brokers are fenced after the controller's failover`);
  }

  /** Moves what one broker has, and does not lead, to others. */
  async drain(): Promise<void> {
    const from = 2 + Math.floor(this.#options.brokers / 2);
    const ids = this.#lights.slice(1).map(({ nodeId }) => nodeId);
    const moves = this.#partitions().flatMap(({ topic, partition, image }, index) => {
      const { replicas, leader } = image;
      if (!replicas.includes(from) || leader === EYES_ID || leader === from) return [];
      const free = ids.filter((id) => !replicas.includes(id));
      const to = free[index % free.length] ?? from;
      return [{ topic, partition, replicas: replicas.map((id) => (id === from ? to : id)) }];
    });
    await this.#simulation.settle(this.#admin.alterPartitionReassignments(moves), LIMIT_MS);
    const names = new Set(moves.map(({ topic, partition }) => `${topic}-${partition}`));
    for (;;) {
      const open = this.#partitions().filter(
        ({ topic, partition, image }) =>
          names.has(`${topic}-${partition}`) && image.replicas.includes(from),
      );
      if (open.length === 0) return;
      this.#vouch(open);
      await this.#simulation.run(100);
    }
  }

  /** Every leader says that the replicas that come have all that is committed. */
  #vouch(open: readonly NamedPartition[]): void {
    const { brokers } = this.#whole.image.cluster;
    const byLeader = Map.groupBy(open, ({ image }) => image.leader);
    for (const [leader, partitions] of byLeader) {
      const wanted = partitions.map(({ topicId, partition, image }): WantedIsr => {
        const { leaderEpoch, partitionEpoch } = image;
        const isr = [...new Set([...image.isr, ...image.addingReplicas])].map((brokerId) => ({
          brokerId,
          brokerEpoch: brokers.get(brokerId)?.brokerEpoch ?? -1,
        }));
        return { topicId, partition, leaderEpoch, partitionEpoch, isr };
      });
      void this.#lights.find(({ nodeId }) => nodeId === leader)?.propose(wanted);
    }
  }

  get #parts(): ServerParts {
    const parts = this.#members.at(-1)?.parts;
    if (parts === undefined) throw new Error('the whole broker is down');
    return parts;
  }

  get #whole(): Whole {
    return this.#parts.broker!;
  }

  #partitions(): NamedPartition[] {
    return [...this.#whole.image.topics.byName].flatMap(([topic, { id: topicId, partitions }]) =>
      partitions.map((image, partition) => ({ topic, topicId, partition, image })),
    );
  }

  #allLed(): boolean {
    const all = this.#partitions();
    return all.length === this.#options.partitions && all.every(({ image }) => image.leader >= 0);
  }

  /** Looks four times a virtual second: a look goes over all partitions. */
  async #until(isDone: () => boolean): Promise<void> {
    const limitMs = this.#simulation.elapsedMs + LIMIT_MS;
    while (!isDone()) {
      if (this.#simulation.elapsedMs > limitMs) throw new Error('it did not happen in time');
      await this.#simulation.run(250);
    }
  }
}

interface NamedPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly image: PartitionView;
}

interface PartitionView {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly isr: readonly number[];
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
}

/** The whole broker is the last. */
function plannedServers(): PlannedMember[] {
  const shared = {
    'controller.quorum.voters': VOTERS.map((id) => `${id}@controller-${id}:9093`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': '/data',
    // What leads and has no data is not fetched from, so nobody may be found to lag.
    'replica.lag.time.max.ms': '100000000',
    'broker.heartbeat.interval.ms': String(HEARTBEAT_MS),
  };
  const server = (name: string, nodeId: number, role: string, listener: string): PlannedMember => {
    const own = { 'node.id': String(nodeId), 'process.roles': role, listeners: listener };
    const isBroker = role === 'broker';
    return {
      name,
      nodeId,
      isBroker,
      isController: !isBroker,
      properties: { ...shared, ...own },
      format: undefined,
      isLate: false,
    };
  };
  return [
    ...VOTERS.map((id) =>
      server(`controller-${id}`, id, 'controller', `CONTROLLER://controller-${id}:9093`),
    ),
    server('broker-1', EYES_ID, 'broker', 'PLAINTEXT://broker-1:9092'),
  ];
}
