import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  assigned,
  directoryOf,
  incarnationOf,
  TEST_FEATURES,
  testConfigs,
  TestCluster,
} from '../../test/support/cluster.ts';
import {
  type ControllerOptions,
  type ControllerRequest,
  type ControllerResult,
  ELR_FEATURE,
  type MetadataRecord,
  NO_LEADER,
} from '../index.ts';

const SLICE_RECORDS_MAX = 20;
const PARTITIONS = 3 * SLICE_RECORDS_MAX - 10;

let cluster: TestCluster;
beforeEach(() => start());

function start(options: Partial<ControllerOptions> = {}): void {
  cluster = new TestCluster({ recordsPerSliceMax: SLICE_RECORDS_MAX, ...options });
  cluster.startBrokers(1, 2, 3);
  cluster.createTopic('big', assigned(...Array.from({ length: PARTITIONS }, () => [1, 2])));
  cluster.createTopic('small', assigned([2, 1]));
}

/** Fencing of broker 1, decided up to its first slice and not appended. */
function beginFencing(): ControllerResult<unknown> {
  for (const id of [2, 3]) {
    cluster.nowMs += 5000;
    cluster.heartbeat(id);
  }
  const result = cluster.controller.fenceOneStaleBroker(cluster.moment);
  expect(result.rest).toBeDefined();
  return result;
}

const leadersOf = (topic: string): ReadonlySet<number> =>
  new Set(cluster.image.topics.byName.get(topic)?.partitions.map(({ leader }) => leader));

function finalizeElr(): void {
  const update = { feature: ELR_FEATURE, maxVersionLevel: 1, allowDowngrade: false };
  const featureUpdates = [{ ...update, upgradeType: 1 }];
  const request = { timeoutMs: 0, featureUpdates, validateOnly: false };
  expect(cluster.handle('updateFeatures', request).errorCode).toBe(ErrorCode.NONE);
}

const idOf = (topic: string): string => cluster.image.topics.byName.get(topic)?.id ?? ZERO_UUID;

const indexes = (partitionIds: readonly number[]): Array<{ partitionIndex: number }> =>
  partitionIds.map((partitionIndex) => ({ partitionIndex }));

const isFenced = (id: number): boolean | undefined => cluster.image.cluster.brokers.get(id)?.fenced;

describe('work on many partitions', () => {
  it('given a broker with many partitions, when it is fenced, then no turn writes more than a slice, and the fencing comes last', () => {
    const slices: Array<readonly MetadataRecord[]> = [];

    cluster.nowMs += 4000;
    for (let part = beginFencing(); ; part = cluster.controller.resume(part.rest, cluster.moment)) {
      slices.push(part.records);
      cluster.appendPart(part);
      if (part.rest === undefined) break;
    }

    expect(slices).toHaveLength(3);
    for (const records of slices) expect(records.length).toBeLessThanOrEqual(SLICE_RECORDS_MAX);
    expect(slices.at(-1)?.at(-1)?.type).toBe('BrokerRegistrationChangeRecord');
    expect(leadersOf('big')).toEqual(new Set([2]));
    expect(cluster.partition('small').isr).toEqual([2]);
    expect(isFenced(1)).toBe(true);
  });

  it('given a broker half-way out, then it joins no ISR, leads nothing new, and leaves new partitions too', () => {
    const part = beginFencing();
    cluster.appendPart(part);
    expect(leadersOf('big')).toEqual(new Set([1, 2]));

    // A zombie: silent to the controller, yet it fetches.
    expect(cluster.alterIsr('small', [2, 1])).toBe(ErrorCode.INELIGIBLE_REPLICA);
    const elected = cluster.handle('electLeaders', {
      electionType: 0,
      topicPartitions: [{ topic: 'big', partitions: [0] }],
      timeoutMs: 0,
    });
    expect(elected.replicaElectionResults[0]?.partitionResult[0]?.errorCode).toBe(
      ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
    );
    cluster.createTopic('new', assigned([1, 2]));
    expect(cluster.partition('new')).toMatchObject({ leader: 2, isr: [2] });

    cluster.finish(part);
    expect(isFenced(1)).toBe(true);
    for (const topic of cluster.image.topics.byName.values()) {
      for (const { isr } of topic.partitions) expect(isr).not.toContain(1);
    }
  });

  it('given a broker half-way out, then new partitions of one replica go to the others', () => {
    cluster.appendPart(beginFencing());

    const created = cluster.createTopic('one', { numPartitions: 9, replicationFactor: 1 });
    const grown = cluster.handle('createPartitions', {
      topics: [{ name: 'one', count: 18, assignments: null }],
      timeoutMs: 0,
      validateOnly: false,
    });

    expect(created).toMatchObject({ errorCode: ErrorCode.NONE, numPartitions: 9 });
    expect(grown.results).toMatchObject([{ errorCode: ErrorCode.NONE }]);
    expect(leadersOf('one')).toEqual(new Set([2, 3]));
  });

  it('given a broker that is out, then it may come back like any other', () => {
    cluster.append(beginFencing());

    cluster.heartbeat(1);

    expect(isFenced(1)).toBe(false);
    expect(cluster.alterIsr('small', [2, 1])).toBe(ErrorCode.NONE);
  });

  it('given a topic that is deleted meanwhile, then the rest of the work leaves it alone', () => {
    const part = beginFencing();
    cluster.appendPart(part);
    cluster.handle('deleteTopics', { topics: [], topicNames: ['big'], timeoutMs: 0 }, 5);

    cluster.finish(part);

    expect(isFenced(1)).toBe(true);
    expect(cluster.partition('small').isr).toEqual([2]);
  });

  it('given a broker that registers anew meanwhile, then the fencing of its old incarnation does not touch it', () => {
    const part = beginFencing();
    cluster.appendPart(part);
    const { brokerEpoch } = cluster.register(1, { incarnationId: incarnationOf(1, 1) });

    cluster.finish(part);
    cluster.heartbeat(1);

    expect(cluster.image.cluster.brokers.get(1)).toMatchObject({ brokerEpoch, fenced: false });
  });

  describe('given a registration half-way', () => {
    type Registration = ControllerRequest<'registerBroker'>;
    const restart = (start: number, changes: Partial<Registration> = {}): Registration =>
      cluster.registration(1, { incarnationId: incarnationOf(1, start), ...changes });
    const beginRegistration = (changes: Partial<Registration> = {}) => {
      cluster.nowMs += 9001;
      const part = cluster.decide('registerBroker', restart(1, changes));
      cluster.appendPart(part);
      expect(part.rest).toBeDefined();
      return part;
    };

    it('when another process with its id has registered and lives, then that one stays', () => {
      const part = beginRegistration();
      cluster.handle('registerBroker', restart(2));
      cluster.heartbeat(1);

      const { response } = cluster.finish(part);

      expect(response).toMatchObject({
        errorCode: ErrorCode.DUPLICATE_BROKER_REGISTRATION,
        brokerEpoch: -1,
      });
      expect(cluster.image.cluster.brokers.get(1)?.incarnationId).toBe(incarnationOf(1, 2));
    });

    it('when the process that was missed is heard of again, then it is replaced all the same: its partitions are gone', () => {
      const part = beginRegistration();
      cluster.heartbeat(1);

      expect(cluster.finish(part).response.errorCode).toBe(ErrorCode.NONE);
      expect(cluster.image.cluster.brokers.get(1)).toMatchObject({
        incarnationId: incarnationOf(1, 1),
        fenced: true,
      });
    });

    it('when a feature is finalized that it does not know, then it is refused', () => {
      const features = TEST_FEATURES.filter(({ name }) => name !== ELR_FEATURE);
      const part = beginRegistration({ features });
      finalizeElr();

      expect(cluster.finish(part).response.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
    });

    it('when eligible leader replicas are switched on, then it is not one: its logs may lack records', () => {
      const configs = [{ name: 'min.insync.replicas', configOperation: 0, value: '2' }];
      const resources = [{ resourceType: 2, resourceName: 'big', configs }];
      cluster.handle('incrementalAlterConfigs', { resources, validateOnly: false });
      const part = beginRegistration();
      finalizeElr();

      expect(cluster.finish(part).response.errorCode).toBe(ErrorCode.NONE);

      expect(cluster.partition('big', PARTITIONS - 1)).toMatchObject({ isr: [2], elr: [] });
    });

    it('when another broker has registered with its directory, then it is refused', () => {
      const logDirs = [directoryOf(8)];
      const part = beginRegistration({ logDirs });
      cluster.register(4, { logDirs });

      expect(cluster.finish(part).response.errorCode).toBe(ErrorCode.INVALID_REGISTRATION);
    });
  });

  it('given a broker that is fenced again before all its partitions have it back, then it gets no more of them', () => {
    const lonely = Array.from({ length: PARTITIONS }, () => [1]);
    cluster.createTopic('lonely', assigned(...lonely));
    cluster.append(cluster.decide('brokerHeartbeat', cluster.beat(1, { wantFence: true })));
    const unfencing = cluster.decide('brokerHeartbeat', cluster.beat(1));
    cluster.appendPart(unfencing);
    expect(leadersOf('lonely')).toEqual(new Set([1, NO_LEADER]));
    cluster.append(cluster.decide('brokerHeartbeat', cluster.beat(1, { wantFence: true })));

    cluster.finish(unfencing);

    expect(isFenced(1)).toBe(true);
    expect(leadersOf('lonely')).toEqual(new Set([NO_LEADER]));
  });

  it('given this controller is lost half-way, then the next one fences the broker again, from the beginning', () => {
    cluster.appendPart(beginFencing());

    cluster.append(cluster.controller.activate(cluster.nowMs));
    expect(isFenced(1)).toBe(false);
    cluster.nowMs += 9001;
    for (const id of [2, 3]) cluster.heartbeat(id);
    cluster.fenceStale();

    expect(isFenced(1)).toBe(true);
    expect(leadersOf('big')).toEqual(new Set([2]));
  });

  it('given a failure half-way, then the broker is not held for ever', () => {
    let isBroken = false;
    const configs = {
      ...testConfigs,
      effectiveTopicConfig: () => {
        if (isBroken) throw new Error('broken');
        return null;
      },
    };
    start({ configs });
    const part = beginFencing();
    cluster.appendPart(part);

    isBroken = true;
    expect(() => cluster.finish(part)).toThrow('broken');
    isBroken = false;

    expect(cluster.alterIsr('small', [2, 1])).toBe(ErrorCode.NONE);
  });

  it('given a controlled shutdown, then the broker may stop only when everybody has read the last slice', () => {
    const shutDown = { wantShutDown: true };
    const first = cluster.decide('brokerHeartbeat', {
      brokerId: 1,
      brokerEpoch: cluster.image.cluster.brokers.get(1)?.brokerEpoch ?? -1,
      currentMetadataOffset: cluster.nextOffset,
      wantFence: false,
      wantShutDown: true,
      offlineLogDirs: [],
      cordonedLogDirs: null,
    });
    cluster.appendPart(first);
    for (const id of [2, 3]) cluster.heartbeat(id);
    expect(cluster.heartbeat(1, shutDown).shouldShutDown).toBe(false);

    cluster.finish(first);
    expect(leadersOf('big')).toEqual(new Set([2]));
    expect(cluster.heartbeat(1, shutDown).shouldShutDown).toBe(false);
    for (const id of [2, 3]) cluster.heartbeat(id);
    expect(cluster.heartbeat(1, shutDown)).toMatchObject({ shouldShutDown: true, isFenced: true });
  });

  it('given a controlled shutdown, when the broker starts anew before it is through, then the new incarnation may serve', () => {
    const shutDown = cluster.decide('brokerHeartbeat', cluster.beat(1, { wantShutDown: true }));
    cluster.appendPart(shutDown);
    cluster.nowMs += 9001;
    for (const id of [2, 3]) cluster.heartbeat(id);
    cluster.fenceStale();
    cluster.register(1, { incarnationId: incarnationOf(1, 1) });
    cluster.heartbeat(1);
    const partitionId = PARTITIONS - 1;
    expect(cluster.alterIsr('big', [2, 1], { partitionId })).toBe(ErrorCode.NONE);

    cluster.finish(shutDown);

    expect(cluster.partition('big', partitionId).isr).toEqual([2, 1]);
    for (const id of [2, 3]) cluster.heartbeat(id);
    expect(cluster.heartbeat(1)).toMatchObject({ shouldShutDown: false, isFenced: false });
  });

  it('given a controlled shutdown and this controller lost half-way, then the next one goes on with it', () => {
    const wish = cluster.beat(1, { wantShutDown: true });
    cluster.appendPart(cluster.decide('brokerHeartbeat', wish));
    cluster.append(cluster.controller.activate(cluster.nowMs));
    expect(leadersOf('big')).toEqual(new Set([1, 2]));

    expect(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(false);
    expect(leadersOf('big')).toEqual(new Set([2]));
    for (const id of [2, 3]) cluster.heartbeat(id);

    expect(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(true);
  });

  describe('given a broker whose log directory went offline, and partitions that did not leave it yet', () => {
    const [first, second, third] = [directoryOf(4), directoryOf(14), directoryOf(24)];
    const assign = (directory: string, partitionIds: readonly number[], topic = 'kept') =>
      cluster.handle('assignReplicasToDirs', {
        brokerId: 4,
        brokerEpoch: cluster.image.cluster.brokers.get(4)?.brokerEpoch ?? -1,
        directories: [
          { id: directory, topics: [{ topicId: idOf(topic), partitions: indexes(partitionIds) }] },
        ],
      });
    const last = PARTITIONS - 1;
    const beginLoss = () => {
      cluster.register(4, { logDirs: [first, second, third] });
      cluster.heartbeat(4);
      cluster.createTopic('kept', assigned(...Array.from({ length: PARTITIONS }, () => [4, 2])));
      assign(
        first,
        Array.from({ length: last }, (_, id) => id),
      );
      const part = cluster.decide('brokerHeartbeat', cluster.beat(4, { offlineLogDirs: [first] }));
      cluster.appendPart(part);
      expect(part.rest).toBeDefined();
      return part;
    };

    it('when a replica is said to live in it, then the broker does not lead that one either', () => {
      const part = beginLoss();
      assign(first, [last]);

      cluster.finish(part);

      expect(cluster.partition('kept', last)).toMatchObject({ leader: 2, isr: [2] });
    });

    it('when the broker starts anew with all of them, then it serves from all of them', () => {
      cluster.register(4, { logDirs: [first, second, third] });
      cluster.heartbeat(4);
      cluster.createTopic('lonely', assigned([4]));
      assign(first, [0], 'lonely');
      const part = beginLoss();
      cluster.nowMs += 9001;
      for (const id of [1, 2, 3]) cluster.heartbeat(id);
      cluster.fenceStale();
      const logDirs = [first, second, third];
      cluster.register(4, { logDirs, incarnationId: incarnationOf(4, 1) });
      cluster.heartbeat(4);

      cluster.finish(part);
      cluster.heartbeat(4);

      expect(isFenced(4)).toBe(false);
      expect(cluster.partition('lonely').leader).toBe(4);
    });

    it('when another one goes offline, then both stay so', () => {
      const part = beginLoss();
      cluster.heartbeat(4, { offlineLogDirs: [first, second] });

      cluster.finish(part);

      expect(cluster.image.cluster.brokers.get(4)?.logDirs).toEqual([third]);
    });
  });

  it('given a broker that says where many replicas live, when it starts anew meanwhile, then the rest is not about the new incarnation', () => {
    const partitions = indexes(Array.from({ length: PARTITIONS }, (_, id) => id));
    const part = cluster.decide('assignReplicasToDirs', {
      brokerId: 1,
      brokerEpoch: cluster.image.cluster.brokers.get(1)?.brokerEpoch ?? -1,
      directories: [{ id: directoryOf(11), topics: [{ topicId: idOf('big'), partitions }] }],
    });
    cluster.appendPart(part);
    cluster.nowMs += 9001;
    cluster.register(1, { incarnationId: incarnationOf(1, 1), logDirs: [directoryOf(21)] });
    const before = cluster.partition('big', PARTITIONS - 1);

    expect(cluster.finish(part).response.errorCode).toBe(ErrorCode.STALE_BROKER_EPOCH);

    expect(cluster.partition('big', PARTITIONS - 1)).toBe(before);
  });

  it('given a leader that asks for the ISRs of many partitions at once, then each gets its own answer', () => {
    const { id: topicId = '' } = cluster.image.topics.byName.get('big') ?? {};
    const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
      partitionIndex,
      leaderEpoch: partitionIndex === 5 ? 7 : 0,
      newIsr: [],
      newIsrWithEpochs: [{ brokerId: 1, brokerEpoch: -1 }],
      leaderRecoveryState: 0,
      partitionEpoch: 0,
    }));
    const brokerEpoch = cluster.image.cluster.brokers.get(1)?.brokerEpoch ?? -1;

    const { topics } = cluster.handle('alterPartition', {
      brokerId: 1,
      brokerEpoch,
      topics: [{ topicId, partitions }],
    });

    const errors = topics[0]?.partitions.map(({ errorCode }) => errorCode) ?? [];
    expect(errors).toHaveLength(PARTITIONS);
    expect(errors.findIndex((code) => code !== ErrorCode.NONE)).toBe(5);
    expect(cluster.partition('big', PARTITIONS - 1).isr).toEqual([1]);
    expect(cluster.partition('big', 5).isr).toEqual([1, 2]);
  });
});

describe('a request for many topics', () => {
  const topic = (name: string, partitions: number) => ({
    name,
    configs: [],
    ...assigned(...Array.from({ length: partitions }, () => [1, 2])),
  });
  const create = (names: readonly string[], partitions: number, validateOnly = false) =>
    cluster.decide('createTopics', {
      topics: names.map((name) => topic(name, partitions)),
      timeoutMs: 0,
      validateOnly,
    });
  const names = Array.from({ length: 30 }, (_, id) => `topic-${id}`);
  const exists = (name: string): boolean => cluster.image.topics.byName.has(name);

  it('given CreateTopics, then no turn is long, every topic is in one batch, and the answer names them in their order', () => {
    const batches = cluster.log.length;
    const { response } = cluster.append(create(names, 9));
    const written = cluster.log.slice(batches).map(({ records }) => records);
    expect(written.length).toBeGreaterThan(10);
    for (const records of written) {
      expect(records.length).toBeLessThan(SLICE_RECORDS_MAX + 10);
      const topics = records.filter(({ type }) => type === 'TopicRecord').length;
      expect(records).toHaveLength(topics * 10);
    }
    expect(response.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual(
      names.map((name) => [name, ErrorCode.NONE]),
    );
  });

  it('given another who creates one of them meanwhile, then that one exists already, and the others are made', () => {
    const part = create(names, 9);
    cluster.appendPart(part);
    cluster.createTopic('topic-29', assigned([3]));
    const { topics } = cluster.finish(part).response;
    expect(topics.filter(({ errorCode }) => errorCode !== 0)).toMatchObject([
      { name: 'topic-29', errorCode: ErrorCode.TOPIC_ALREADY_EXISTS },
    ]);
    expect(names.every(exists)).toBe(true);
  });

  it('given a controller that is lost half-way, then what was written stands, and nothing of a topic is missing', () => {
    const part = create(names, 9);
    cluster.appendPart(part);
    const made = names.filter(exists);
    expect(made.length).toBeGreaterThan(0);
    expect(made.length).toBeLessThan(names.length);
    for (const name of made)
      expect(cluster.image.topics.byName.get(name)?.partitions).toHaveLength(9);
  });

  it('given more records than one operation may have, then topics are refused from there on, whatever the slices', () => {
    start({ recordsPerOperationMax: 55 });
    const { topics } = cluster.append(create(names.slice(0, 8), 9)).response;
    expect(topics.map(({ errorCode }) => errorCode)).toEqual([
      ...Array<number>(5).fill(ErrorCode.NONE),
      ...Array<number>(3).fill(ErrorCode.POLICY_VIOLATION),
    ]);
  });

  it('given a request that only validates, then nothing is written, and it takes turns all the same', () => {
    const many = Array.from({ length: 200 }, (_, id) => `many-${id}`);
    const part = create(many, 1, true);
    expect(part.rest).toBeDefined();
    const { topics } = cluster.append(part).response;
    expect(topics).toHaveLength(200);
    expect(many.some(exists)).toBe(false);
  });

  it('given CreatePartitions and configs of many topics, then they are done in turns', () => {
    cluster.append(create(names, 1));
    const grown = cluster.decide('createPartitions', {
      topics: names.map((name) => ({ name, count: 10, assignments: null })),
      timeoutMs: 0,
      validateOnly: false,
    });
    expect(grown.rest).toBeDefined();
    expect(cluster.append(grown).response.results.every(({ errorCode }) => errorCode === 0)).toBe(
      true,
    );
    const configured = cluster.decide('incrementalAlterConfigs', {
      resources: names.map((resourceName) => ({
        resourceType: 2,
        resourceName,
        configs: [{ name: 'retention.ms', configOperation: 0, value: '1' }],
      })),
      validateOnly: false,
    });
    expect(configured.rest).toBeDefined();
    expect(cluster.append(configured).response.responses).toHaveLength(30);
    for (const name of names) {
      expect(cluster.image.topics.byName.get(name)?.partitions).toHaveLength(10);
      expect(cluster.image.configs.get(`2:${name}`)?.values.get('retention.ms')).toBe('1');
    }
  });

  it('given DeleteTopics that names a topic by name and, much later, by id, then the second is refused for that', () => {
    cluster.append(create(names, 1));
    const { id } = cluster.image.topics.byName.get('topic-0')!;
    const part = cluster.decide('deleteTopics', {
      topicNames: [],
      topics: [...names.map((name) => ({ name, topicId: ZERO_UUID })), { name: null, topicId: id }],
      timeoutMs: 0,
    });
    expect(part.rest).toBeDefined();
    const { responses } = cluster.append(part).response;
    expect(names.some(exists)).toBe(false);
    expect(responses.slice(0, 30).every(({ errorCode }) => errorCode === 0)).toBe(true);
    expect(responses[30]).toMatchObject({
      name: 'topic-0',
      topicId: id,
      errorCode: ErrorCode.INVALID_REQUEST,
    });
  });
});
