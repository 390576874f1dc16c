import { silentLogger } from '@ottla/platform';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  CLUSTER_ID,
  directoryOf,
  incarnationOf,
  seededRandom,
  testConfigs,
} from '../../test/support/cluster.ts';
import { MemoryQuorum } from '../../test/support/memory-quorum.ts';
import { VirtualTime } from '../../test/support/virtual-time.ts';
import {
  Controller,
  ControllerDriver,
  type ControllerDriverOptions,
  type ControllerResponse,
  createBootstrap,
  decodeMetadataRecord,
  metadataRecord,
} from '../index.ts';

const NODE_ID = 100;
const NOT_CONTROLLER = { code: 'NOT_CONTROLLER', retriable: true };

let time: VirtualTime;
let quorum: MemoryQuorum;
let fatal: unknown[];
let driver: ControllerDriver;

function start(options: Partial<ControllerDriverOptions> = {}, recordsPerSliceMax = 100): void {
  time = new VirtualTime();
  quorum = new MemoryQuorum(NODE_ID);
  fatal = [];
  const controller = new Controller({
    clusterId: CLUSTER_ID,
    nodeId: NODE_ID,
    random: seededRandom(1),
    configs: testConfigs,
    bootstrap: createBootstrap(),
    recordsPerSliceMax,
  });
  driver = new ControllerDriver({
    controller,
    quorum,
    clock: time,
    timers: time,
    logger: silentLogger,
    onFatal: (error) => fatal.push(error),
    ...options,
  });
  driver.start();
}

beforeEach(() => start());

function register(brokerId: number): Promise<ControllerResponse<'registerBroker'>> {
  const request = {
    brokerId,
    clusterId: CLUSTER_ID,
    incarnationId: incarnationOf(brokerId),
    listeners: [],
    features: [
      { name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 },
      { name: 'kraft.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
    ],
    rack: null,
    isMigratingZkBroker: false,
    logDirs: [directoryOf(brokerId)],
    previousBrokerEpoch: -1,
  };
  return driver.submit('registerBroker', request, { apiVersion: 4 });
}

function heartbeat(brokerId: number, brokerEpoch: number): Promise<unknown> {
  const request = {
    brokerId,
    brokerEpoch,
    currentMetadataOffset: quorum.logEndOffset - 1,
    wantFence: false,
    wantShutDown: false,
    offlineLogDirs: [],
    cordonedLogDirs: null,
  };
  return driver.submit('brokerHeartbeat', request, { apiVersion: 2 });
}

function createTopic(name: string): Promise<ControllerResponse<'createTopics'>> {
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  const request = { topics: [topic], timeoutMs: 1, validateOnly: false };
  return driver.submit('createTopics', request, { apiVersion: 7 });
}

/** Leads, with one broker that serves; everything committed. */
async function leadWithBroker(): Promise<number> {
  quorum.lead(1);
  const registered = register(1);
  quorum.commitAll();
  const { brokerEpoch } = await registered;
  const beaten = heartbeat(1, brokerEpoch);
  quorum.commitAll();
  await beaten;
  return brokerEpoch;
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await Promise.resolve();
  await Promise.resolve();
  return (await Promise.race([promise.catch(() => {}), Promise.resolve(pending)])) !== pending;
}

describe('ControllerDriver', () => {
  it('given an empty log, when this node leads, then the bootstrap records come first, in one batch', () => {
    quorum.lead(1);

    expect(quorum.uncommitted.map(({ records }) => records.map(({ type }) => type))).toEqual([
      ['BeginTransactionRecord', 'FeatureLevelRecord', 'EndTransactionRecord'],
    ]);
    expect(driver.activeEpoch).toBe(1);
  });

  it('given control records in between, then a broker epoch is the offset of its record', async () => {
    quorum.lead(1);
    const offset = quorum.logEndOffset;

    const registered = register(1);
    quorum.commitAll();

    expect((await registered).brokerEpoch).toBe(offset);
  });

  it('answers when the records are committed, and not before', async () => {
    await leadWithBroker();

    const created = createTopic('a');
    expect(await isSettled(created)).toBe(false);
    expect(driver.image.topics.byName.size).toBe(0);

    quorum.commitAll();
    expect((await created).topics[0]).toMatchObject({ name: 'a', errorCode: 0 });
    expect(driver.image.topics.byName.has('a')).toBe(true);
  });

  it('given an answer that rests on uncommitted records, then it waits for these', async () => {
    await leadWithBroker();
    const created = createTopic('a');

    const again = createTopic('a');
    expect(await isSettled(again)).toBe(false);

    quorum.commitAll();
    await created;
    expect((await again).topics[0]?.errorMessage).toBe("Topic 'a' already exists.");
  });

  it('given a standby, then every request is told so', async () => {
    await expect(createTopic('a')).rejects.toMatchObject(NOT_CONTROLLER);
  });

  it('given leadership lost, then those who wait hear so and the state is the committed one', async () => {
    await leadWithBroker();
    const created = createTopic('a');
    const outcome = expect(created).rejects.toMatchObject(NOT_CONTROLLER);

    quorum.lose(2);

    await outcome;
    expect(driver.activeEpoch).toBeUndefined();
    expect(driver.leaderId).toBe(99);
    expect(time.pendingCount).toBe(0);
    quorum.replicate([metadataRecord('TopicRecord', { name: 'b', topicId: incarnationOf(9) })]);
    expect([...driver.image.topics.byName.keys()]).toEqual(['b']);
    expect(fatal).toEqual([]);
  });

  it('given leadership lost, but the records survived, then they are there all the same', async () => {
    await leadWithBroker();
    const outcome = expect(createTopic('a')).rejects.toMatchObject(NOT_CONTROLLER);

    quorum.lose(2, { keeps: true });

    await outcome;
    expect([...driver.image.topics.byName.keys()]).toEqual(['a']);
    quorum.lead(3);
    const again = createTopic('a');
    quorum.commitAll();
    expect((await again).topics[0]?.errorMessage).toBe("Topic 'a' already exists.");
  });

  it('given an append that fails, then it resigns and nothing of the operation is left', async () => {
    await leadWithBroker();
    quorum.failsAppends = true;

    await expect(createTopic('a')).rejects.toMatchObject(NOT_CONTROLLER);

    expect(quorum.resignedEpochs).toEqual([1]);
    expect(driver.activeEpoch).toBeUndefined();
    expect(driver.image.topics.byName.size).toBe(0);
    await expect(createTopic('a')).rejects.toMatchObject(NOT_CONTROLLER);
  });

  it('given a quorum that commits before the append returns, then all is as well', async () => {
    quorum.commitsAtOnce = true;
    const brokerEpoch = await leadWithBroker();

    expect(brokerEpoch).toBeGreaterThan(0);
    expect((await createTopic('a')).topics[0]?.errorCode).toBe(0);
    expect(driver.image.topics.byName.has('a')).toBe(true);
  });

  it('given as many waiting requests as allowed, then the next is refused at once', async () => {
    start({ waitingRequestsMax: 2 });
    await leadWithBroker();
    const waiting = [createTopic('a'), createTopic('b')];
    expect(driver.waitingRequests).toEqual({ count: 2, countMax: 2 });

    await expect(createTopic('c')).rejects.toMatchObject({
      code: 'CONTROLLER_OVERLOADED',
      retriable: true,
    });

    quorum.commitAll();
    await Promise.all(waiting);
    expect(driver.image.topics.byName.has('c')).toBe(false);
  });

  it('given too many requests waiting, then a broker whose heartbeats are refused is not fenced for that', async () => {
    start({ waitingRequestsMax: 2 });
    const brokerEpoch = await leadWithBroker();
    const waiting = Promise.allSettled([createTopic('a'), createTopic('b')]);

    for (let second = 0; second < 12; second++) {
      time.advance(1000);
      await expect(heartbeat(1, brokerEpoch)).rejects.toMatchObject({
        code: 'CONTROLLER_OVERLOADED',
      });
    }
    quorum.commitAll();
    await waiting;

    expect(driver.image.cluster.brokers.get(1)?.fenced).toBe(false);
    time.advance(9000 + 1125);
    quorum.commitAll();
    expect(driver.image.cluster.brokers.get(1)?.fenced).toBe(true);
  });

  it('given a silent broker, then it is fenced within an eighth of the session more, and that is said once', async () => {
    const warnings: string[] = [];
    start({ logger: { ...silentLogger, warn: (message) => void warnings.push(message) } });
    await leadWithBroker();
    expect(driver.image.cluster.brokers.get(1)?.fenced).toBe(false);

    time.advance(9000 + 1125);
    quorum.commitAll();

    expect(driver.image.cluster.brokers.get(1)?.fenced).toBe(true);
    time.advance(20_000);
    expect(warnings).toEqual(['broker 1 was not heard of in time: it is fenced']);
  });

  it('given nothing to do, then a NoOpRecord says every half second that the log lives', async () => {
    await leadWithBroker();
    const before = quorum.logEndOffset;

    time.advance(2000);

    expect(quorum.logEndOffset - before).toBe(4);
    expect(quorum.uncommitted.flatMap(({ records }) => records.map(({ type }) => type))).toEqual(
      Array.from({ length: 4 }, () => 'NoOpRecord'),
    );
  });

  it('given more records than a batch may hold, then only what need not be atomic is split', async () => {
    start({ recordsPerBatchMax: 2 });
    const brokerEpoch = await leadWithBroker();
    for (const name of ['a', 'b', 'c']) {
      const created = createTopic(name);
      quorum.commitAll();
      await created;
    }
    const stopped = driver.submit('unregisterBroker', { brokerId: 1 }, { apiVersion: 0 });

    expect(quorum.uncommitted.map(({ records }) => records.length)).toEqual([2, 2]);
    quorum.commitAll();
    expect((await stopped).errorCode).toBe(0);
    expect(driver.image.cluster.brokers.get(1)).toBeUndefined();
    expect(brokerEpoch).toBeGreaterThan(0);
  });

  it('given enough bytes in the log, then a snapshot of what is committed is written', async () => {
    start({ snapshots: { bytesMax: 300, intervalMsMax: 0 } });
    await leadWithBroker();
    await driver.close();

    const [snapshot] = quorum.snapshots;
    expect(quorum.snapshots).toHaveLength(1);
    const types = [...(snapshot?.values ?? [])].map(
      (value) => decodeMetadataRecord(Buffer.from(value)).type,
    );
    expect(types).toEqual(['FeatureLevelRecord', 'RegisterBrokerRecord']);
    expect(snapshot?.lastContainedOffset).toBe(quorum.logEndOffset - 1);
  });

  it('given enough time since the last, then one is written even of a short log', async () => {
    start({ snapshots: { intervalMsMax: 60_000 } });
    await leadWithBroker();
    expect(quorum.snapshots).toHaveLength(0);

    time.advance(60_000);
    quorum.commitAll();
    await driver.close();

    expect(quorum.snapshots).toHaveLength(1);
  });

  it('given a log that contradicts itself, then it stops for good and says so', async () => {
    await leadWithBroker();
    quorum.lose(2);

    quorum.replicate([metadataRecord('RemoveTopicRecord', { topicId: incarnationOf(9) })]);

    expect(fatal).toMatchObject([{ code: 'INCONSISTENT_METADATA' }]);
    quorum.lead(3);
    expect(driver.activeEpoch).toBeUndefined();
  });

  it('given close, then nobody waits, no timer is left, and nothing is taken in', async () => {
    await leadWithBroker();
    const outcome = expect(createTopic('a')).rejects.toMatchObject(NOT_CONTROLLER);

    await driver.close();

    await outcome;
    expect(time.pendingCount).toBe(0);
    quorum.commitAll();
    expect(driver.image.topics.byName.size).toBe(0);
  });
});

describe('a request with a time limit', () => {
  const topics = [
    { name: 'orders', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
  ];
  const submit = (timeoutMs: number): Promise<ControllerResponse<'createTopics'>> =>
    driver.submit(
      'createTopics',
      { topics, timeoutMs, validateOnly: false },
      { apiVersion: 7, timeoutMs },
    );

  it('given no time at all, then nothing is decided', async () => {
    await leadWithBroker();
    const before = quorum.logEndOffset;
    await expect(submit(0)).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT', retriable: true });
    expect(quorum.logEndOffset).toBe(before);
  });

  it('given a commit that comes in time, then it is answered and no timer stays', async () => {
    await leadWithBroker();
    const timers = time.pendingCount;
    const answer = submit(1000);
    quorum.commitAll();
    expect((await answer).topics).toMatchObject([{ name: 'orders', errorCode: 0 }]);
    expect(time.pendingCount).toBe(timers);
  });

  it('given a commit that does not come, then the client hears so, and the topic may come all the same', async () => {
    await leadWithBroker();
    const answer = submit(20);
    const refused = expect(answer).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT' });
    time.advance(20);
    await refused;
    quorum.commitAll();
    expect(driver.image.topics.byName.has('orders')).toBe(true);
  });
});

describe('work that takes more than one turn', () => {
  const PARTITIONS = 5;

  beforeEach(() => start({}, 2));

  /** One broker that leads five partitions, and a slice holds two records. */
  async function leadPartitions(): Promise<number> {
    const brokerEpoch = await leadWithBroker();
    const assignments = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
      partitionIndex,
      brokerIds: [1],
    }));
    const topic = { name: 'a', numPartitions: -1, replicationFactor: -1, assignments, configs: [] };
    const request = { topics: [topic], timeoutMs: 1, validateOnly: false };
    const created = driver.submit('createTopics', request, { apiVersion: 7 });
    quorum.commitAll();
    await created;
    return brokerEpoch;
  }

  const unregister = (): Promise<ControllerResponse<'unregisterBroker'>> =>
    driver.submit('unregisterBroker', { brokerId: 1 }, { apiVersion: 0 });
  const batches = (): number[] => quorum.uncommitted.map(({ records }) => records.length);

  /** Lets whoever yielded go on, until nobody does. */
  async function turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      time.advance(0);
      await new Promise(setImmediate);
    }
  }

  it('is answered when its last record is committed, a small batch a turn', async () => {
    await leadPartitions();

    const answer = unregister();
    expect(batches()).toEqual([2]);
    expect(driver.waitingRequests.count).toBe(1);
    await turns(3);
    expect(batches()).toEqual([2, 2, 2]);
    expect(await isSettled(answer)).toBe(false);

    quorum.commitAll();
    expect((await answer).errorCode).toBe(0);
    expect(driver.image.cluster.brokers.size).toBe(0);
    expect(driver.waitingRequests.count).toBe(0);
  });

  it('lets others have their turn in between', async () => {
    await leadPartitions();
    const answer = unregister();

    const created = createTopic('b');
    expect(quorum.uncommitted).toHaveLength(1);
    await turns(3);
    quorum.commitAll();

    expect((await created).topics[0]?.errorCode).not.toBe(0);
    expect((await answer).errorCode).toBe(0);
  });

  it('given leadership lost half-way, then whoever asked is told to look elsewhere, and nothing more is written', async () => {
    await leadPartitions();
    const refused = expect(unregister()).rejects.toMatchObject(NOT_CONTROLLER);
    await turns(1);

    quorum.lose(2);
    await turns(2);
    await refused;
    expect(quorum.uncommitted).toEqual([]);

    quorum.lead(3);
    await turns(3);
    expect(quorum.uncommitted.flatMap(({ records }) => records)).toEqual([]);
    expect(driver.image.cluster.brokers.size).toBe(1);
  });

  it('given the last part lost before its answer, then the commit of others at its offset is not taken for its own', async () => {
    // How many turns and promises lie between the last part and its waiting is not the point: none may.
    for (let moment = 0; moment < 5 * 8; moment++) {
      start({}, 2);
      await leadPartitions();
      const refused = expect(unregister()).rejects.toMatchObject(NOT_CONTROLLER);
      await turns(Math.floor(moment / 8));
      time.advance(0);
      for (let i = 0; i < moment % 8; i++) await Promise.resolve();

      quorum.lose(2);
      quorum.lead(3);
      for (const name of ['b', 'c', 'd', 'e']) void createTopic(name);
      quorum.commitAll();
      await turns(5);

      await refused;
    }
  });

  it('given a silent broker with many partitions, then it is fenced turn by turn, and looked for again after', async () => {
    const brokerEpoch = await leadPartitions();
    time.advance(9000 + 1125);
    await turns(4);
    quorum.commitAll();
    expect(driver.image.cluster.brokers.get(1)?.fenced).toBe(true);

    const beaten = heartbeat(1, brokerEpoch);
    await turns(4);
    quorum.commitAll();
    await beaten;
    time.advance(9000 + 2 * 1125);
    await turns(4);
    quorum.commitAll();

    expect(driver.image.cluster.brokers.get(1)?.fenced).toBe(true);
    expect(fatal).toEqual([]);
  });

  it('given close half-way, then no timer is left', async () => {
    await leadPartitions();
    const refused = expect(unregister()).rejects.toMatchObject(NOT_CONTROLLER);

    await driver.close();
    await turns(1);

    await refused;
    expect(time.pendingCount).toBe(0);
  });
});
