// node --conditions=@ottla/source tools/sim/thousand.ts [--brokers 1000] [--partitions 100000] [--seed 1]
// A thousand brokers in one process: three whole controllers, one whole broker, the others without data (`light-broker.ts`).
// All register, a hundred thousand partitions are created and get leaders, a broker dies, the active controller dies, the
// partitions of one broker are moved to others. Tells what each step took, in virtual and in real time.
import { parseArgs } from 'node:util';
import { Admin } from '@ottla/client';
import { createSimulation } from '@ottla/platform/simulated';
import { LightBroker, type WantedIsr } from './light-broker.ts';
import { Member } from './member.ts';
import { preload } from './preload.ts';

const { values } = parseArgs({
  options: {
    brokers: { type: 'string', default: '1000' },
    partitions: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});
const BROKERS = Number(values.brokers);
const PARTITIONS = Number(values.partitions);
const PARTITIONS_PER_TOPIC = Math.min(1_000, PARTITIONS);
const CLUSTER_ID = 'YS10aG91c2FuZC1icm9rZQ';
const HEARTBEAT_MS = 2_000;
const LIMIT_MS = 600_000;
const VOTERS = [101, 102, 103];
const EYES_ID = 1;

await preload();
const simulation = createSimulation({ seed: Number(values.seed) });
const members = startServers();
const eyes = members.at(-1)!;
const topics = (): TopicsImage => eyes.parts!.broker!.image.topics;
type TopicsImage = NonNullable<NonNullable<(typeof eyes)['parts']>['broker']>['image']['topics'];

await step('the controllers and one whole broker serve', () =>
  simulation.runUntil(isServing, LIMIT_MS),
);
const lights = Array.from(
  { length: BROKERS - 1 },
  (_, index) =>
    new LightBroker({
      simulation,
      nodeId: index + 2,
      clusterId: CLUSTER_ID,
      heartbeatIntervalMs: HEARTBEAT_MS,
      eyes: () => eyes.parts!,
    }),
);
await step(`${BROKERS} brokers are registered and count`, () =>
  simulation.settle(Promise.all(lights.map((light) => light.start())), LIMIT_MS),
);
const admin = new Admin({
  bootstrapServers: 'broker-1:9092',
  platform: simulation.node('admin').platform,
  defaultApiTimeoutMs: 120_000,
});
await step(`${PARTITIONS} partitions are created`, createTopics);
await step('all partitions have leaders', () =>
  simulation.runUntil(() => leaderless() === 0, LIMIT_MS),
);
await step('a minute of heartbeats', () => simulation.run(60_000));
await step('a broker dies: nothing is led by it', () => {
  const dead = lights[0]!;
  dead.node.crash({ peers: 'silent' });
  return simulation.runUntil(() => ledBy(dead.nodeId) === 0 && leaderless() === 0, LIMIT_MS);
});
await step(
  'the active controller dies: another one is active, every broker is heard',
  failControllerOver,
);
await step('the partitions of a broker move to others', drainOne);
console.log(`peak resident memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);

function startServers(): Member[] {
  const shared = {
    'controller.quorum.voters': VOTERS.map((id) => `${id}@controller-${id}:9093`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': '/data',
    // What leads and has no data is not fetched from, so nobody may be found to lag.
    'replica.lag.time.max.ms': '100000000',
    'broker.heartbeat.interval.ms': String(HEARTBEAT_MS),
  };
  const controllers = VOTERS.map(
    (id) =>
      [
        `controller-${id}`,
        {
          ...shared,
          'node.id': String(id),
          'process.roles': 'controller',
          listeners: `CONTROLLER://controller-${id}:9093`,
        },
      ] as const,
  );
  const broker = {
    'node.id': String(EYES_ID),
    'process.roles': 'broker',
    listeners: 'PLAINTEXT://broker-1:9092',
  };
  return [...controllers, ['broker-1', { ...shared, ...broker }] as const].map(
    ([name, properties]) => {
      const options = {
        simulation,
        name,
        properties,
        clusterId: CLUSTER_ID,
        isSynced: false,
        logger: () => undefined,
      };
      const member = new Member(options);
      member.begin();
      return member;
    },
  );
}

function isServing(): boolean {
  return members.every(({ server }) => server !== undefined);
}

async function createTopics(): Promise<void> {
  for (let index = 0; index < PARTITIONS / PARTITIONS_PER_TOPIC; index++) {
    const topic = {
      name: `topic-${index}`,
      numPartitions: PARTITIONS_PER_TOPIC,
      replicationFactor: 3,
    };
    await simulation.settle(admin.createTopics([topic]), LIMIT_MS);
  }
}

function* allPartitions() {
  for (const [, { id, name, partitions }] of topics().byName)
    for (const [partition, image] of partitions.entries())
      yield { topicId: id, topic: name, partition, image };
}

function leaderless(): number {
  let count = 0;
  let total = 0;
  for (const { image } of allPartitions()) {
    total++;
    if (image.leader < 0) count++;
  }
  return count + (PARTITIONS - total);
}

function ledBy(brokerId: number): number {
  let count = 0;
  for (const { image } of allPartitions()) if (image.leader === brokerId) count++;
  return count;
}

async function failControllerOver(): Promise<void> {
  const before = eyes.parts!.quorum.leader!.id;
  members.find(({ nodeId }) => nodeId === before)!.crash(3_600_000, { peers: 'silent' });
  await simulation.runUntil(() => {
    const { leader } = eyes.parts!.quorum;
    return leader !== undefined && leader.id !== before;
  }, LIMIT_MS);
  const offset = eyes.parts!.broker!.image.provenance.lastContainedOffset;
  // Two sessions' time: whoever is not heard of would be fenced by then.
  await simulation.run(20_000);
  const { image } = eyes.parts!.broker!;
  const fenced = [...image.cluster.brokers.values()].filter((broker) => broker.fenced).length;
  if (fenced > 1)
    throw new Error(`${fenced} brokers are fenced after the failover, from offset ${offset} on`);
}

async function drainOne(): Promise<void> {
  const from = 2 + Math.floor(BROKERS / 2);
  const moved = [...allPartitions()].filter(
    ({ image }) =>
      image.replicas.includes(from) && image.leader !== EYES_ID && image.leader !== from,
  );
  const live = new Set(lights.slice(1).map(({ nodeId }) => nodeId));
  const chosen = moved.map(({ topic, partition, image }, index) => {
    const free = [...live].filter((id) => !image.replicas.includes(id) && id !== from);
    const to = free[index % free.length]!;
    return { topic, partition, replicas: image.replicas.map((id) => (id === from ? to : id)) };
  });
  console.log(`   (${chosen.length} partitions)`);
  await simulation.settle(admin.alterPartitionReassignments(chosen), LIMIT_MS);
  const keys = new Set(chosen.map(({ topic, partition }) => `${topic}-${partition}`));
  const isOpen = ({
    topic,
    partition,
    image,
  }: ReturnType<typeof allPartitions> extends Generator<infer P> ? P : never) =>
    keys.has(`${topic}-${partition}`) &&
    (image.addingReplicas.length > 0 || image.replicas.includes(from));
  for (;;) {
    const open = [...allPartitions()].filter(isOpen);
    if (open.length === 0) return;
    for (const light of lights) {
      const wanted = open.flatMap(({ topicId, partition, image }): WantedIsr[] => {
        if (image.leader !== light.nodeId || image.addingReplicas.length === 0) return [];
        const isr = [...new Set([...image.isr, ...image.addingReplicas])];
        const { leaderEpoch, partitionEpoch } = image;
        return [
          {
            topicId,
            partition,
            leaderEpoch,
            partitionEpoch,
            isr: isr.map((brokerId) => ({ brokerId, brokerEpoch: epochOf(brokerId) })),
          },
        ];
      });
      if (wanted.length > 0) void light.propose(wanted);
    }
    await simulation.run(1_000);
  }
}

function epochOf(brokerId: number): number {
  return eyes.parts!.broker!.image.cluster.brokers.get(brokerId)?.brokerEpoch ?? -1;
}

async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  const before = {
    realMs: performance.now(),
    virtualMs: simulation.elapsedMs,
    events: simulation.eventCount,
  };
  await work();
  const cells = [
    `${((simulation.elapsedMs - before.virtualMs) / 1_000).toFixed(2)} virtual s`,
    `${((performance.now() - before.realMs) / 1_000).toFixed(1)} real s`,
    `${simulation.eventCount - before.events} events`,
    `${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MB`,
  ];
  console.log(`${name}: ${cells.join(', ')}`);
}
