// When the controller gives leadership back to preferred leaders: at an interval, and some seconds after a broker came back.
import { silentLogger } from '@ottla/platform';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  assigned,
  CLUSTER_ID,
  directoryOf,
  incarnationOf,
  seededRandom,
  TEST_FEATURES,
  testConfigs,
} from '../../test/support/cluster.ts';
import { MemoryQuorum } from '../../test/support/memory-quorum.ts';
import { VirtualTime } from '../../test/support/virtual-time.ts';
import {
  Controller,
  ControllerDriver,
  type ControllerDriverOptions,
  type ControllerOperation,
  type ControllerRequest,
  type ControllerResponse,
  createBootstrap,
} from '../index.ts';

const NODE_ID = 100;
const DELAY_MS = 10_000;

let time: VirtualTime;
let quorum: MemoryQuorum;
let driver: ControllerDriver;
let epochs: Map<number, number>;

async function start(options: Partial<ControllerDriverOptions> = {}): Promise<void> {
  time = new VirtualTime();
  quorum = new MemoryQuorum(NODE_ID);
  epochs = new Map();
  const controller = new Controller({
    clusterId: CLUSTER_ID,
    nodeId: NODE_ID,
    random: seededRandom(1),
    configs: testConfigs,
    bootstrap: createBootstrap(),
    sessionTimeoutMs: 1_000_000,
  });
  const settings = { logger: silentLogger, leaderBalanceDelayMs: DELAY_MS, ...options };
  driver = new ControllerDriver({ controller, quorum, clock: time, timers: time, ...settings });
  driver.start();
  quorum.lead(1);
  for (const id of [1, 2]) {
    const registration = {
      brokerId: id,
      clusterId: CLUSTER_ID,
      incarnationId: incarnationOf(id),
      listeners: [],
      features: TEST_FEATURES,
      rack: null,
      isMigratingZkBroker: false,
      logDirs: [directoryOf(id)],
      previousBrokerEpoch: -1,
    };
    epochs.set(id, (await submit('registerBroker', registration)).brokerEpoch);
    await beat(id);
  }
  const topics = [{ name: 't', configs: [], ...assigned([1, 2]) }];
  const created = await submit('createTopics', { topics, timeoutMs: 1, validateOnly: false });
  expect(created.topics).toMatchObject([{ errorCode: 0 }]);
  pass(DELAY_MS);
}

async function submit<O extends ControllerOperation>(
  operation: O,
  request: ControllerRequest<O>,
): Promise<ControllerResponse<O>> {
  const answer = driver.submit(operation, request, { apiVersion: 3 });
  quorum.commitAll();
  return answer;
}

function pass(ms: number): void {
  time.advance(ms);
  quorum.commitAll();
}

async function beat(brokerId: number, wantFence = false): Promise<void> {
  await submit('brokerHeartbeat', {
    brokerId,
    brokerEpoch: epochs.get(brokerId)!,
    currentMetadataOffset: quorum.logEndOffset - 1,
    wantFence,
    wantShutDown: false,
    offlineLogDirs: [],
    cordonedLogDirs: null,
  });
}

/** Broker 2, which leads, has broker 1 in its ISR again. */
async function joinIsr(): Promise<void> {
  const { id, partitions } = driver.image.topics.byName.get('t')!;
  const { leaderEpoch, partitionEpoch } = partitions[0]!;
  const newIsrWithEpochs = [2, 1].map((brokerId) => ({
    brokerId,
    brokerEpoch: epochs.get(brokerId)!,
  }));
  const change = { partitionIndex: 0, leaderEpoch, partitionEpoch, newIsrWithEpochs };
  const partition = { ...change, newIsr: [], leaderRecoveryState: 0 };
  await submit('alterPartition', {
    brokerId: 2,
    brokerEpoch: epochs.get(2)!,
    topics: [{ topicId: id, partitions: [partition] }],
  });
}

const leader = (): number | undefined => driver.image.topics.byName.get('t')?.partitions[0]?.leader;

describe('leaders, after a broker came back', () => {
  beforeEach(() => start());

  async function leaveAndReturn(): Promise<void> {
    await beat(1, true);
    expect(leader()).toBe(2);
    await beat(1);
  }

  it('given that it is in sync, then it leads again what it should, soon and not at once', async () => {
    await leaveAndReturn();
    await joinIsr();
    pass(DELAY_MS - 1);
    expect(leader()).toBe(2);
    pass(1);
    expect(leader()).toBe(1);
  });

  it('given that it has to catch up, then it is looked for again until it is in sync', async () => {
    await leaveAndReturn();
    pass(3 * DELAY_MS);
    expect(leader()).toBe(2);
    await joinIsr();
    pass(DELAY_MS);
    expect(leader()).toBe(1);
  });

  it('given another one that comes back in between, then both are waited for', async () => {
    await leaveAndReturn();
    await joinIsr();
    pass(DELAY_MS - 1);
    await beat(1, true);
    await beat(1);
    await joinIsr();
    pass(DELAY_MS - 1);
    expect(leader()).toBe(2);
    pass(1);
    expect(leader()).toBe(1);
  });

  it('given a controller that leads since then, then it looks as well', async () => {
    await leaveAndReturn();
    await joinIsr();
    quorum.lose(2, { keeps: true });
    quorum.lead(3);
    quorum.commitAll();
    pass(DELAY_MS);
    expect(leader()).toBe(1);
  });

  it('given everything where it should be, then nothing is left to look for', async () => {
    pass(10 * DELAY_MS);
    const offset = quorum.logEndOffset;
    const changes = quorum.committed.flatMap(({ records }) =>
      records.filter(({ type }) => type === 'PartitionChangeRecord'),
    );
    expect(changes).toEqual([]);
    expect(offset).toBeGreaterThan(0);
  });

  it.each([{ leaderImbalanceCheckIntervalMs: 0 }, { leaderBalanceDelayMs: 0 }])(
    'given %o, then leaders stay where they are',
    async (options) => {
      await start(options);
      await leaveAndReturn();
      await joinIsr();
      pass(5 * DELAY_MS);
      expect(leader()).toBe(2);
    },
  );
});
