// Three brokers, leaders that move, brokers that crash, connections cut at any byte, answers that are lost: each record is in
// the log once, records of one sender in their order, and every sender has an answer. One seed is one history.
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { ApiKey, ErrorCode } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import { Producer, type ProducerOptions } from '../src/index.ts';
import { FakeBroker, FakeCluster } from './fake-broker.ts';

const PARTITIONS = 4;
const RECORDS = 240;
const SEEDS = Number(process.env['CHAOS_SEEDS'] ?? 12);
const FIRST_SEED = Number(process.env['CHAOS_SEED'] ?? 1);

interface World {
  readonly simulation: Simulation;
  readonly cluster: FakeCluster;
  readonly brokers: readonly FakeBroker[];
}

async function world(seed: number): Promise<World> {
  const simulation = createSimulation({ seed });
  const cluster = new FakeCluster();
  const brokers: FakeBroker[] = [];
  for (const nodeId of [1, 2, 3]) {
    const host = `broker-${nodeId}`;
    const { platform } = simulation.node(host);
    const topics = { orders: PARTITIONS };
    const options = { platform, host, nodeId, cluster, topics, messageMaxBytes: 1_500 };
    brokers.push(await simulation.settle(FakeBroker.start(options)));
  }
  return { simulation, cluster, brokers };
}

/** Something bad, now. */
function disturb({ simulation, cluster, brokers }: World): void {
  const { random, net } = simulation;
  const host = `broker-${1 + random.below(3)}`;
  const broker = brokers[random.below(3)]!;
  switch (random.below(7)) {
    case 0:
      cluster.moveLeader(`orders-${random.below(PARTITIONS)}`, 1 + random.below(3));
      break;
    case 1:
      net.cutAfter({ from: 'client', to: host }, random.below(1_500));
      break;
    case 2:
      net.cutAfter({ from: host, to: 'client' }, random.below(300));
      break;
    case 3:
      net.reset({ to: host });
      break;
    case 4: {
      const accept = net.refuse(host);
      net.reset({ to: host });
      simulation.at(random.below(400), accept);
      break;
    }
    case 5:
      broker.inject({ apiKey: ApiKey.Produce, fault: { kind: 'loseAnswer' } });
      break;
    default:
      broker.inject({
        apiKey: ApiKey.Produce,
        fault: { kind: 'error', errorCode: ErrorCode.NOT_ENOUGH_REPLICAS },
      });
  }
}

async function history(seed: number, options: Partial<ProducerOptions>): Promise<World> {
  const here = await world(seed);
  const { simulation } = here;
  const producer = new Producer({
    bootstrapServers: ['broker-1:9092', 'broker-2:9092', 'broker-3:9092'],
    platform: simulation.node('client').platform,
    requestTimeoutMs: 700,
    metadataMaxAgeMs: 1_500,
    batchSizeBytes: 400,
    ...options,
  });
  const sent: Promise<unknown>[] = [];
  for (let index = 0; index < RECORDS; index += 1) {
    const partition = index % PARTITIONS;
    const value = `${index}`.padEnd(10 + (index % 60), '.');
    sent.push(producer.send({ topic: 'orders', partition, value }));
    if (index % 8 === 0) await simulation.run(simulation.random.below(20));
    if (index % 6 === 0) disturb(here);
  }
  const results = await simulation.settle(Promise.allSettled(sent), 300_000);
  expect(
    results.filter(({ status }) => status === 'rejected'),
    `seed ${seed}`,
  ).toEqual([]);
  await simulation.settle(producer.close());
  await simulation.run(60_000);
  return here;
}

function numbersIn(broker: FakeBroker, partition: number): number[] {
  return broker.values('orders', partition).map((value) => parseInt(value, 10));
}

const expected = Array.from({ length: PARTITIONS }, (_, partition) =>
  Array.from({ length: RECORDS / PARTITIONS }, (__, at) => at * PARTITIONS + partition),
);

describe('Producer in a cluster where everything fails', () => {
  it.each([
    ['without linger', { lingerMs: 0 }],
    ['with linger and compression', { lingerMs: 5, compression: 'lz4' }],
    ['with little memory', { bufferMemoryBytes: 600 }],
  ] as const)('%s, given many seeds, then each record once and in order', async (_, options) => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
      const replay = `replay: CHAOS_SEED=${seed} CHAOS_SEEDS=1 npx vitest run --project @ottla/client producer-chaos`;
      const { brokers } = await history(seed, options);
      const written = expected.map((__, partition) => numbersIn(brokers[0]!, partition));
      expect(written, replay).toEqual(expected);
      expect(
        brokers.map(({ connectionCount }) => connectionCount),
        replay,
      ).toEqual([0, 0, 0]);
    }
  });

  it('given one seed, when run twice, then the history is the same', async () => {
    const first = await history(99, {});
    const second = await history(99, {});
    expect(second.simulation.traceHash).toBe(first.simulation.traceHash);
  });
});
