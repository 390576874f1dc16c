// Random histories of one controller of a quorum: it leads, loses what was not committed or keeps it, and leads again, while requests
// that take several turns are under way. Nothing it does may contradict the log, and nobody waits for ever.
import fc from 'fast-check';
import { silentLogger } from '@ottla/platform';
import { expect, it } from 'vitest';
import {
  Controller,
  ControllerDriver,
  type ControllerOperation,
  type ControllerRequest,
  createBootstrap,
  MetadataError,
  MetadataLoader,
} from '../src/index.ts';
import {
  CLUSTER_ID,
  directoryOf,
  incarnationOf,
  seededRandom,
  TEST_FEATURES,
  testConfigs,
} from './support/cluster.ts';
import { contentsOf } from './support/images.ts';
import { MemoryQuorum } from './support/memory-quorum.ts';
import { VirtualTime } from './support/virtual-time.ts';

const NODE_ID = 100;
const brokerId = fc.integer({ min: 1, max: 3 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('register' as const), brokerId, start: fc.nat(2) }),
  fc.record({
    kind: fc.constant('heartbeat' as const),
    brokerId,
    wantFence: fc.boolean(),
    wantShutDown: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('serve' as const) }),
  fc.record({ kind: fc.constant('serve' as const) }),
  fc.record({ kind: fc.constant('unregister' as const), brokerId }),
  fc.record({ kind: fc.constant('createTopic' as const), name: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ kind: fc.constant('deleteTopic' as const), name: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ kind: fc.constant('reassign' as const), to: brokerId }),
  fc.record({ kind: fc.constant('turn' as const) }),
  fc.record({ kind: fc.constant('turn' as const) }),
  fc.record({ kind: fc.constant('commit' as const) }),
  fc.record({ kind: fc.constant('silence' as const), ms: fc.integer({ min: 100, max: 6000 }) }),
  fc.record({ kind: fc.constant('lose' as const), keeps: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One controller, and all requests that it was asked. */
class Node {
  readonly time = new VirtualTime();
  readonly quorum = new MemoryQuorum(NODE_ID);
  readonly fatal: unknown[] = [];
  readonly asked: Promise<unknown>[] = [];
  readonly driver: ControllerDriver;
  #epoch = 0;

  constructor(seed: number) {
    const controller = new Controller({
      clusterId: CLUSTER_ID,
      nodeId: NODE_ID,
      random: seededRandom(seed),
      configs: testConfigs,
      bootstrap: createBootstrap({ 'eligible.leader.replicas.version': seed % 2 }),
      supportedFeatures: TEST_FEATURES,
      recordsPerSliceMax: 1,
    });
    this.driver = new ControllerDriver({
      controller,
      quorum: this.quorum,
      clock: this.time,
      timers: this.time,
      logger: silentLogger,
      onFatal: (error) => this.fatal.push(error),
    });
    this.driver.start();
    this.lead();
  }

  lead(): void {
    this.quorum.lead(++this.#epoch);
  }

  perform(one: Step): void {
    switch (one.kind) {
      case 'register':
        return this.#register(one.brokerId, one.start);
      case 'heartbeat':
        return this.#beat(one.brokerId, one);
      case 'serve':
        for (const id of [1, 2, 3]) this.#beat(id, { wantFence: false, wantShutDown: false });
        return;
      case 'unregister':
        return this.#ask('unregisterBroker', { brokerId: one.brokerId });
      case 'createTopic':
        return this.#createTopic(one.name);
      case 'deleteTopic':
        return this.#ask('deleteTopics', { topics: [], topicNames: [one.name], timeoutMs: 0 });
      case 'reassign':
        return this.#reassign(one.to);
      case 'turn':
        return this.time.advance(0);
      case 'commit':
        return this.quorum.commitAll();
      case 'silence':
        return this.time.advance(one.ms);
      case 'lose':
        this.quorum.lose(++this.#epoch, one);
        return this.lead();
    }
  }

  /** Lets everything go on, and be committed, until everybody has an answer and the controller's own work in turns is done. */
  async settle(): Promise<void> {
    let isSettled = false;
    const all = Promise.all(this.asked).then(() => (isSettled = true));
    for (let turn = 0; !isSettled || this.driver.waitingRequests.count > 0; turn++) {
      expect(turn, 'turns until nobody waits').toBeLessThan(500);
      this.time.advance(0);
      this.quorum.commitAll();
      await new Promise(setImmediate);
    }
    await all;
  }

  #register(id: number, start: number): void {
    this.#ask('registerBroker', {
      brokerId: id,
      clusterId: CLUSTER_ID,
      incarnationId: incarnationOf(id, start),
      listeners: [],
      features: TEST_FEATURES,
      rack: null,
      isMigratingZkBroker: false,
      logDirs: [directoryOf(id)],
      previousBrokerEpoch: -1,
    });
  }

  #beat(id: number, wishes: { wantFence: boolean; wantShutDown: boolean }): void {
    this.#ask('brokerHeartbeat', {
      brokerId: id,
      brokerEpoch: this.driver.image.cluster.brokers.get(id)?.brokerEpoch ?? -1,
      currentMetadataOffset: this.quorum.logEndOffset,
      offlineLogDirs: [],
      cordonedLogDirs: null,
      wantFence: wishes.wantFence,
      wantShutDown: wishes.wantShutDown,
    });
  }

  #createTopic(name: string): void {
    const brokers = [...this.driver.image.cluster.brokers.keys()];
    const assignments = brokers.map((_, partitionIndex) => ({
      partitionIndex,
      brokerIds: brokers,
    }));
    const topic = { name, numPartitions: -1, replicationFactor: -1, assignments, configs: [] };
    this.#ask('createTopics', { topics: [topic], timeoutMs: 0, validateOnly: false });
  }

  #reassign(to: number): void {
    const topics = [...this.driver.image.topics.byName.values()].map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((_, partitionIndex) => ({ partitionIndex, replicas: [to] })),
    }));
    this.#ask('alterPartitionReassignments', {
      timeoutMs: 0,
      allowReplicationFactorChange: true,
      topics,
    });
  }

  #ask<O extends ControllerOperation>(operation: O, request: ControllerRequest<O>): void {
    const answer = this.driver.submit(operation, request, { apiVersion: 4 });
    this.asked.push(
      answer.catch((error: unknown) => {
        expect(error).toBeInstanceOf(MetadataError);
        expect((error as MetadataError).code).toBe('NOT_CONTROLLER');
      }),
    );
  }
}

it('whatever is lost and kept of its log, a controller and its log agree, and everybody is answered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }),
      fc.nat(),
      async (steps, seed) => {
        const node = new Node(seed);
        for (const one of steps) {
          node.perform(one);
          await Promise.resolve();
        }
        await node.settle();

        expect(node.fatal).toEqual([]);
        expect(node.driver.waitingRequests.count).toBe(0);
        const loader = new MetadataLoader(() => {});
        loader.handleCommit(node.quorum.committed);
        expect(contentsOf(loader.image)).toEqual(contentsOf(node.driver.image));
        await node.driver.close();
        expect(node.time.pendingCount).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});
