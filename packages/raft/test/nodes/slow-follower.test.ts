// A follower that is slow itself: its disk, or the whole process. That its leader was not heard in time then says nothing of
// the leader, and nobody is asked for a vote.
import { LogDirectory } from '@ottla/log';
import { type Platform, silentLogger, type Timers } from '@ottla/platform';
import { createSimulation, type SimulatedNode, type Simulation } from '@ottla/platform/simulated';
import { METADATA_TOPIC_ID } from '@ottla/protocol';
import {
  createPartitionData,
  fetchResponse,
  type FetchRequest,
} from '@ottla/protocol/messages/fetch';
import { RecordBatchBuilder, setPartitionLeaderEpoch } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { METADATA_TOPIC, QuorumNode, type RaftTransport, VoterSet } from '../../src/index.ts';

const CLUSTER = 'AAAAAAAAAAAAAAAAAAAAZA';
const FETCH_TIMEOUT_MS = 700;
const EPOCH = 4;
const directoryOf = (id: number): string => `AAAAAAAAAAAAAAAAAAAAA${'AQgw'[id]}`;
const VOTERS = new VoterSet(
  [1, 2, 3].map((id) => ({
    id,
    directoryId: directoryOf(id),
    endpoints: [{ name: 'C', host: 'h', port: id }],
  })),
);

/** Node 3, which follows node 1; that answers each fetch when the test says so, and nobody answers anything else. */
class Follower {
  readonly simulation: Simulation;
  readonly machine: SimulatedNode;
  /** Requests that it sent. */
  readonly asked: string[] = [];
  /** By how much its timers are late. */
  lateMs = 0;
  node: QuorumNode | undefined;
  #answer: ((records: Uint8Array | null) => void) | undefined;
  #fail: (() => void) | undefined;

  constructor(seed: number) {
    this.simulation = createSimulation({ seed });
    this.machine = this.simulation.node('node-3');
  }

  async start(): Promise<void> {
    const platform = this.#platform();
    const self = { id: 3, directoryId: directoryOf(3) };
    const logs = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
    await logs.format({ clusterId: CLUSTER, nodeId: 3, directoryId: self.directoryId });
    this.node = await QuorumNode.open({
      platform,
      logger: silentLogger,
      logs,
      clusterId: CLUSTER,
      self,
      staticVoters: VOTERS,
      times: { fetchTimeoutMs: FETCH_TIMEOUT_MS, electionTimeoutMs: 500, retryBackoffMs: 150 },
      transport: this.#transport(),
    });
    this.node.start();
    // Who leads is asked of anybody first.
    await this.#hasAskedIn(platform);
    this.#answer = undefined;
    const message = { kind: 'beginEpoch', leaderId: 1, epoch: EPOCH } as const;
    this.node.core.handleBeginEpoch(message, this.node.nowMs);
    await this.node.stepped();
  }

  async #hasAskedIn({ timers }: Platform): Promise<void> {
    while (this.#answer === undefined) await timers.sleep(1);
  }

  /** Resolves when it has asked for what follows. */
  async hasAsked(): Promise<void> {
    await this.simulation.runUntil(() => this.#answer !== undefined, 2_000);
  }

  /** The leader answers the fetch that waits. */
  answer(records: Uint8Array | null = null): void {
    const answer = this.#answer!;
    this.#answer = undefined;
    answer(records);
  }

  /** The fetch that waits is not answered. */
  fail(): void {
    this.#answer = undefined;
    this.#fail!();
  }

  async run(durationMs: number): Promise<void> {
    let isOver = false;
    this.simulation.at(durationMs, () => (isOver = true));
    await this.simulation.runUntil(() => isOver, durationMs + 10);
  }

  #platform(): Platform {
    const { platform } = this.machine;
    const { timers } = platform;
    const late: Timers = {
      ...timers,
      set: (delayMs, callback) => timers.set(delayMs + this.lateMs, callback),
    };
    return { ...platform, timers: late };
  }

  #transport(): RaftTransport {
    return {
      send: (_, { request }, body) => {
        this.asked.push(request.name);
        if (request.name !== 'FetchRequest') return new Promise<never>(() => {});
        const { fetchOffset } = (body as FetchRequest).topics[0]!.partitions[0]!;
        return new Promise((resolve, reject) => {
          this.#fail = () => reject(new Error('the connection ended'));
          this.#answer = (records) => resolve(answerTo(fetchOffset, records) as never);
        });
      },
    };
  }
}

function answerTo(fetchOffset: number, records: Uint8Array | null): unknown {
  const partition = {
    ...createPartitionData(),
    partitionIndex: 0,
    highWatermark: fetchOffset,
    currentLeader: { leaderId: 1, leaderEpoch: EPOCH },
    records,
  };
  return {
    ...fetchResponse.create(),
    responses: [{ topic: METADATA_TOPIC, topicId: METADATA_TOPIC_ID, partitions: [partition] }],
  };
}

function firstBatch(): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(0, null, Buffer.from('a'));
  const bytes = builder.build();
  setPartitionLeaderEpoch(bytes, 0, EPOCH);
  return bytes;
}

describe('a follower that is slow itself', () => {
  it('given a disk that takes longer than the fetch timeout, when the leader answered in time, then it goes on following', async () => {
    const follower = new Follower(1);
    await follower.simulation.settle(follower.start());
    await follower.hasAsked();
    follower.machine.disk.inject({
      operation: 'datasync',
      effect: { kind: 'delay', delayMs: 3 * FETCH_TIMEOUT_MS },
    });
    follower.answer(firstBatch());
    await follower.run(2 * FETCH_TIMEOUT_MS);
    expect(follower.node!.core.role).toMatchObject({ role: 'follower', isTakingIn: true });
    await follower.hasAsked();
    expect(follower.node!.log.endOffset).toBe(1);
    expect(follower.asked).not.toContain('VoteRequest');
  });

  it('given a process that stood still past the fetch timeout, when the answer waits in its socket, then it goes on following', async () => {
    const follower = new Follower(2);
    await follower.simulation.settle(follower.start());
    await follower.hasAsked();
    follower.lateMs = 200;
    follower.answer();
    await follower.hasAsked();
    await follower.run(FETCH_TIMEOUT_MS + 200 + 10);
    follower.answer();
    await follower.hasAsked();
    expect(follower.asked).not.toContain('VoteRequest');
  });

  it('given a process that stood still, when nothing comes from the leader afterwards either, then it asks for votes soon', async () => {
    const follower = new Follower(3);
    await follower.simulation.settle(follower.start());
    await follower.hasAsked();
    follower.lateMs = 200;
    follower.answer();
    await follower.run(20);
    follower.lateMs = 0;
    await follower.run(FETCH_TIMEOUT_MS + 450);
    expect(follower.asked).toContain('VoteRequest');
  });

  it('given a process that always is late, when nothing comes from the leader any more, then it asks for votes all the same', async () => {
    const follower = new Follower(5);
    await follower.simulation.settle(follower.start());
    await follower.hasAsked();
    follower.lateMs = 200;
    follower.answer();
    await follower.run(FETCH_TIMEOUT_MS + 3 * 200 + 20);
    expect(follower.asked).toContain('VoteRequest');
  });

  it('given a fetch that failed, then the leader is asked again after controller.quorum.retry.backoff.ms', async () => {
    const follower = new Follower(4);
    await follower.simulation.settle(follower.start());
    await follower.hasAsked();
    const failedMs = follower.simulation.elapsedMs;
    follower.fail();
    await follower.hasAsked();
    expect(follower.simulation.elapsedMs - failedMs).toBeGreaterThanOrEqual(150);
    expect(follower.simulation.elapsedMs - failedMs).toBeLessThan(170);
  });
});
