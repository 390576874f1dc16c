import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { assigned, TestCluster } from '../../test/support/cluster.ts';
import { ConfigResourceType, configsOf, createBootstrap, ELR_FEATURE } from '../index.ts';
import { grownReplicas } from './replica-growth.ts';
import type { UsableBroker } from './replica-placer.ts';

const TOPIC = '__consumer_offsets';
const PARTITIONS = 6;

let cluster: TestCluster;
beforeEach(() => start());

function start(levels: Record<string, number> = {}): void {
  cluster = new TestCluster({
    bootstrap: createBootstrap(levels),
    growingTopics: () => [TOPIC, '__not_there'],
  }).startBrokers(1);
  const partitions = Array.from({ length: PARTITIONS }, () => [1]);
  cluster.createTopic(TOPIC, assigned(...partitions));
  cluster.createTopic('mine', assigned([1]));
}

function look(): void {
  cluster.append(cluster.controller.growInternalTopics(cluster.moment));
}

/** Every replica catches up; the leaders say so. */
function catchUp(): void {
  for (const [partitionId, { replicas }] of partitions().entries()) {
    cluster.alterIsr(TOPIC, replicas, { partitionId });
  }
}

const partitions = () => cluster.image.topics.byName.get(TOPIC)?.partitions ?? [];
const factors = (): ReadonlySet<number> => new Set(partitions().map((p) => p.replicas.length));
const minIsr = (): string | undefined =>
  configsOf(cluster.image, { type: ConfigResourceType.TOPIC, name: TOPIC }).get(
    'min.insync.replicas',
  );

describe('internal topics', () => {
  it('given brokers that join, then they gain replicas up to three, and two have to be in sync', () => {
    look();
    expect(factors()).toEqual(new Set([1]));

    cluster.startBrokers(2);
    look();
    expect(factors()).toEqual(new Set([2]));
    look();
    expect(minIsr()).toBeUndefined();
    catchUp();
    look();
    expect(minIsr()).toBe('2');

    cluster.startBrokers(3);
    look();
    catchUp();
    cluster.startBrokers(4);
    look();
    expect(factors()).toEqual(new Set([3]));
    expect(partitions().every((p) => p.addingReplicas.length === 0)).toBe(true);
    expect(minIsr()).toBe('2');
  });

  it('given replicas on their way, then nothing is planned on top', () => {
    cluster.startBrokers(2);
    look();
    cluster.startBrokers(3);
    look();

    expect(factors()).toEqual(new Set([2]));
  });

  it('given a broker that is unregistered before it caught up, then another takes its place', () => {
    cluster.startBrokers(2);
    look();
    cluster.handle('unregisterBroker', { brokerId: 2 });
    look();
    expect(partitions().map((p) => [p.replicas, p.addingReplicas])).toEqual(
      partitions().map(() => [[1], []]),
    );

    cluster.startBrokers(3);
    look();
    cluster.handle('unregisterBroker', { brokerId: 3 });
    cluster.startBrokers(4);
    look();
    catchUp();
    expect(factors()).toEqual(new Set([2]));
    expect(partitions().every((p) => p.isr.includes(4) && p.addingReplicas.length === 0)).toBe(
      true,
    );
  });

  it('given three brokers, then each is preferred as a leader equally often', () => {
    cluster.startBrokers(2, 3);
    look();
    catchUp();

    cluster.append(cluster.controller.electPreferredLeaders(cluster.moment));

    for (const id of [1, 2, 3]) {
      expect(partitions().filter(({ leader }) => leader === id)).toHaveLength(PARTITIONS / 3);
    }
  });

  it('given other topics, or a broker that is fenced, then nothing is done', () => {
    cluster.register(2);
    look();

    expect(factors()).toEqual(new Set([1]));
    cluster.heartbeat(2);
    look();
    expect(cluster.partition('mine').replicas).toEqual([1]);
  });

  it('given a value of min.insync.replicas that somebody set, then it stays', () => {
    const configs = [{ name: 'min.insync.replicas', configOperation: 0, value: '1' }];
    const resources = [{ resourceType: 2, resourceName: TOPIC, configs }];
    cluster.handle('incrementalAlterConfigs', { resources, validateOnly: false });

    cluster.startBrokers(2);
    look();
    catchUp();
    look();

    expect(minIsr()).toBe('1');
  });

  it('given eligible leader replicas, then those of the old min.insync.replicas are forgotten', () => {
    start({ [ELR_FEATURE]: 1 });
    cluster.startBrokers(2);
    look();
    catchUp();
    look();

    expect(cluster.log.at(-1)?.records.map(({ type }) => type)).toEqual([
      'ConfigRecord',
      'ClearElrRecord',
    ]);
  });

  it('given that nothing is left to do, then nothing is written', () => {
    cluster.startBrokers(2, 3);
    look();
    catchUp();
    look();
    const before = cluster.nextOffset;

    look();

    expect(cluster.nextOffset).toBe(before);
  });
});

describe('grownReplicas', () => {
  it('given any cluster, then nobody loses a replica, and racks and machines are spread', () => {
    const broker = fc.record({
      rack: fc.constantFrom(null, 'a', 'b'),
      host: fc.constantFrom('h1', 'h2'),
    });
    const clusters = fc.array(broker, { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(
        clusters,
        fc.array(fc.nat(6), { maxLength: 9 }),
        fc.nat(6),
        (specs, firsts, n) => {
          const brokers = specs.map((spec, brokerId): UsableBroker => ({
            ...spec,
            brokerId,
            fenced: false,
          }));
          const factor = 1 + (n % brokers.length);
          const before = firsts.map((id) => [id % brokers.length]);

          const after = grownReplicas(before, brokers, factor);

          const racks = new Set(brokers.map(({ rack }) => rack)).size;
          for (const [index, replicas] of after.entries()) {
            expect(replicas).toContain(before[index]?.[0]);
            expect(new Set(replicas).size).toBe(factor);
            const used = new Set(replicas.map((id) => brokers[id]?.rack));
            expect(used.size).toBe(Math.min(factor, racks));
          }
        },
      ),
    );
  });
});
