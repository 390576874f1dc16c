// Random histories of a cluster: whatever happens, the log, its snapshot and the images agree, and
// the rules of leadership hold after every step.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EMPTY_IMAGE,
  imageRecords,
  type MetadataImage,
  MetadataLoader,
  NO_LEADER,
  type PartitionImage,
} from '../src/index.ts';
import { contentsOf } from './support/images.ts';
import { incarnationOf, TestCluster } from './support/cluster.ts';

const brokerId = fc.integer({ min: 0, max: 4 });
const topicName = fc.constantFrom('a', 'b', 'c.d', 'c_d', 'e');
const step = fc.oneof(
  fc.record({ kind: fc.constant('register' as const), brokerId, start: fc.nat(2) }),
  fc.record({ kind: fc.constant('heartbeat' as const), brokerId, wantFence: fc.boolean() }),
  fc.record({ kind: fc.constant('heartbeats' as const) }),
  fc.record({ kind: fc.constant('shutDown' as const), brokerId }),
  fc.record({ kind: fc.constant('unregister' as const), brokerId }),
  fc.record({ kind: fc.constant('silence' as const), ms: fc.integer({ min: 1, max: 6000 }) }),
  fc.record({
    kind: fc.constant('createTopic' as const),
    name: topicName,
    partitions: fc.integer({ min: 1, max: 4 }),
    replicas: fc.integer({ min: 1, max: 3 }),
    unclean: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('deleteTopic' as const), name: topicName }),
  fc.record({
    kind: fc.constant('grow' as const),
    name: topicName,
    by: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constant('shrinkIsr' as const), name: topicName, keep: brokerId }),
  fc.record({ kind: fc.constant('growIsr' as const), name: topicName }),
  fc.record({ kind: fc.constant('setConfig' as const), name: topicName, value: fc.nat(3) }),
  fc.record({ kind: fc.constant('producerIds' as const), brokerId }),
  fc.record({ kind: fc.constant('balance' as const) }),
);
const history = fc.array(step, { minLength: 20, maxLength: 60, size: 'max' });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe('Controller, over random histories', () => {
  it('keeps its invariants, and log, snapshot and image agree', () => {
    fc.assert(
      fc.property(history, fc.nat(), (steps, seed) => {
        const cluster = new TestCluster({}, seed).startBrokers(0, 1, 2, 3);
        for (const one of steps) {
          const before = cluster.image;
          perform(cluster, one);
          checkPartitions(cluster.image, before);
        }
        checkReplay(cluster);
      }),
      { numRuns: 200 },
    );
  });

  it('goes back to exactly what is committed, however much was not', () => {
    fc.assert(
      fc.property(history, history, (kept, lost) => {
        const cluster = new TestCluster().startBrokers(0, 1, 2, 3);
        for (const one of kept) perform(cluster, one);
        const committed = contentsOf(cluster.image);
        const offset = cluster.nextOffset;

        const commit = cluster.controller.commit.bind(cluster.controller);
        cluster.controller.commit = () => {};
        for (const one of lost) perform(cluster, one);
        expect(contentsOf(cluster.controller.committed)).toEqual(committed);
        cluster.controller.revert();
        cluster.controller.commit = commit;

        expect(contentsOf(cluster.image)).toEqual(committed);
        expect(cluster.image.provenance.lastContainedOffset).toBe(offset - 1);
      }),
      { numRuns: 50 },
    );
  });
});

function perform(cluster: TestCluster, one: Step): void {
  switch (one.kind) {
    case 'register':
      cluster.register(one.brokerId, { incarnationId: incarnationOf(one.brokerId, one.start) });
      return;
    case 'heartbeat':
      cluster.heartbeat(one.brokerId, { wantFence: one.wantFence });
      return;
    case 'heartbeats':
      for (const id of cluster.image.cluster.brokers.keys()) cluster.heartbeat(id);
      return;
    case 'shutDown':
      cluster.heartbeat(one.brokerId, { wantShutDown: true });
      return;
    case 'unregister':
      cluster.handle('unregisterBroker', { brokerId: one.brokerId });
      return;
    case 'silence':
      cluster.nowMs += one.ms;
      fenceStale(cluster);
      return;
    case 'createTopic':
      cluster.createTopic(one.name, {
        numPartitions: one.partitions,
        replicationFactor: one.replicas,
        configs: one.unclean ? [{ name: 'unclean.leader.election.enable', value: 'true' }] : [],
      });
      return;
    case 'balance':
      cluster.append(cluster.controller.electPreferredLeaders(cluster.moment));
      return;
    case 'producerIds': {
      const brokerEpoch = cluster.image.cluster.brokers.get(one.brokerId)?.brokerEpoch ?? -1;
      cluster.handle('allocateProducerIds', { brokerId: one.brokerId, brokerEpoch });
      return;
    }
    default:
      changeTopic(cluster, one);
  }
}

function changeTopic(
  cluster: TestCluster,
  one: Extract<Step, { kind: 'deleteTopic' | 'grow' | 'shrinkIsr' | 'growIsr' | 'setConfig' }>,
): void {
  const topic = cluster.image.topics.byName.get(one.name);
  switch (one.kind) {
    case 'deleteTopic':
      cluster.handle('deleteTopics', { topics: [], topicNames: [one.name], timeoutMs: 0 }, 5);
      return;
    case 'grow': {
      const count = (topic?.partitions.length ?? 0) + one.by;
      const topics = [{ name: one.name, count, assignments: null }];
      cluster.handle('createPartitions', { topics, timeoutMs: 0, validateOnly: false });
      return;
    }
    case 'setConfig': {
      const configs = [{ name: 'retention.ms', configOperation: 0, value: String(one.value) }];
      const resources = [{ resourceType: 2, resourceName: one.name, configs }];
      cluster.handle('incrementalAlterConfigs', { resources, validateOnly: false });
      return;
    }
    case 'shrinkIsr':
    case 'growIsr':
      for (const [id, partition] of topic?.partitions.entries() ?? []) {
        const keeps = (replica: number): boolean =>
          one.kind === 'growIsr' || replica === partition.leader || replica === one.keep;
        const isr = partition.replicas.filter(keeps);
        alterIsr(cluster, topic?.id ?? '', id, partition, isr);
      }
  }
}

function alterIsr(
  cluster: TestCluster,
  topicId: string,
  partitionIndex: number,
  partition: PartitionImage,
  isr: readonly number[],
): void {
  const { leader, leaderEpoch, partitionEpoch } = partition;
  cluster.handle('alterPartition', {
    brokerId: leader,
    brokerEpoch: cluster.image.cluster.brokers.get(leader)?.brokerEpoch ?? -1,
    topics: [
      {
        topicId,
        partitions: [
          {
            partitionIndex,
            leaderEpoch,
            newIsr: [],
            newIsrWithEpochs: isr.map((id) => ({ brokerId: id, brokerEpoch: -1 })),
            leaderRecoveryState: 0,
            partitionEpoch,
          },
        ],
      },
    ],
  });
}

function fenceStale(cluster: TestCluster): void {
  for (;;) {
    const result = cluster.controller.fenceOneStaleBroker(cluster.moment);
    cluster.append(result);
    if (!result.response) return;
  }
}

function checkPartitions(image: MetadataImage, before: MetadataImage): void {
  expect(image.topics.nameById.size).toBe(image.topics.byName.size);
  for (const topic of image.topics.byName.values()) {
    const old = before.topics.byName.get(topic.name);
    for (const [id, partition] of topic.partitions.entries()) {
      checkPartition(image, partition);
      const previous = old?.id === topic.id ? old.partitions[id] : undefined;
      if (previous === undefined || previous === partition) continue;
      expect(partition.partitionEpoch).toBeGreaterThan(previous.partitionEpoch);
      expect(partition.leaderEpoch).toBeGreaterThanOrEqual(previous.leaderEpoch);
      if (partition.leader !== previous.leader) {
        expect(partition.leaderEpoch).toBeGreaterThan(previous.leaderEpoch);
      }
    }
  }
}

/** One leader at most, alive and in sync; the ISR is never empty and within the replicas. */
function checkPartition(image: MetadataImage, partition: PartitionImage): void {
  expect(partition.isr.length).toBeGreaterThan(0);
  expect(new Set(partition.isr).size).toBe(partition.isr.length);
  expect(partition.isr.every((id) => partition.replicas.includes(id))).toBe(true);
  expect(partition.directories).toHaveLength(partition.replicas.length);
  if (partition.leader === NO_LEADER) return;
  expect(partition.isr).toContain(partition.leader);
  for (const id of partition.isr) {
    expect(image.cluster.brokers.get(id)?.fenced).toBe(false);
  }
}

/** Log → image, image → snapshot → image, and log → controller all come to the same. */
function checkReplay(cluster: TestCluster): void {
  const loader = new MetadataLoader((delta, image) => {
    expect(delta.image).not.toBe(image);
  });
  loader.handleCommit(cluster.log);
  expect(contentsOf(loader.image)).toEqual(contentsOf(cluster.image));
  expect(loader.image.provenance).toEqual(cluster.image.provenance);

  const fromSnapshot = new MetadataLoader(() => {});
  fromSnapshot.handleSnapshot({
    provenance: cluster.image.provenance,
    records: imageRecords(cluster.image),
  });
  expect(fromSnapshot.image).toEqual(loader.image);
  expect(fromSnapshot.image).not.toEqual(EMPTY_IMAGE);
}
