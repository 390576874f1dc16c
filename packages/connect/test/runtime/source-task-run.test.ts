// A source task's retries and what is stored of it, in virtual time with a producer that the test answers for.
import { KafkaError, type Producer, type ProducerRecord } from '@ottla/client';
import { silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { describe, expect, it } from 'vitest';
import { RetriableError, Schema, SourceRecord, SourceTask } from '../../src/index.ts';
import type { OffsetEntry } from '../../src/runtime/offsets/offset-store.ts';
import { ErrorHandler } from '../../src/runtime/task/error-handling.ts';
import { SourceTaskRun } from '../../src/runtime/task/source-task-run.ts';
import type { StateReport } from '../../src/runtime/task/task-state.ts';
import { TopicCreation } from '../../src/runtime/task/topic-creation.ts';
import { TransformationChain } from '../../src/runtime/task/transformation-chain.ts';
import { stringConverters } from './sink-world.ts';

/** Gives what its polls are told to; then nothing. */
class PolledTask extends SourceTask {
  readonly polls: (() => SourceRecord[])[] = [];
  readonly told: string[] = [];
  override start(): void {}
  override stop(): void {}
  override async poll(): Promise<SourceRecord[] | null> {
    const next = this.polls.shift();
    if (next !== undefined) return next();
    await this.context.platform.timers.sleep(1_000, this.context.signal).catch(() => undefined);
    return null;
  }
  override commitRecord({ value }: SourceRecord, sent: object | null): void {
    this.told.push(`${String(value)} ${sent === null ? 'dropped' : 'sent'}`);
  }
}

function line(position: number, value: string): SourceRecord {
  return new SourceRecord({
    sourcePartition: { file: 'a' },
    sourceOffset: { position },
    topic: 'lines',
    valueSchema: Schema.STRING,
    value,
  });
}

type Delivered = (error: KafkaError | undefined, metadata: object | undefined) => void;

/** What the run uses of a producer. */
class AnsweredProducer {
  readonly sent: string[] = [];
  /** Of the next `enqueue`: an error that it rejects with, or of the delivery. */
  refusals: KafkaError[] = [];
  failure: KafkaError | undefined;

  enqueue({ topic, value }: ProducerRecord, delivered: Delivered): Promise<void> | undefined {
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return Promise.reject(refusal);
    this.sent.push(String(value));
    const offset = this.sent.length - 1;
    const metadata = { topic, partition: 0, offset, timestamp: 0 };
    delivered(this.failure, this.failure === undefined ? metadata : undefined);
    return undefined;
  }

  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}

function sourceWorld(
  task: PolledTask,
  errors: { tolerance?: 'all'; retryTimeoutMs?: number; transform?: () => void } = {},
) {
  const simulation: Simulation = createSimulation({ seed: 1 });
  const { platform } = simulation.node('worker');
  const producer = new AnsweredProducer();
  const stored: string[] = [];
  const states: StateReport[] = [];
  const stopping = new AbortController();
  const { tolerance = 'none', retryTimeoutMs = 0, transform = () => undefined } = errors;
  const apply = (record: SourceRecord): SourceRecord => {
    transform();
    return record;
  };
  const stage = { className: 'test.T', predicate: undefined, isNegated: false };
  const settings = { retryDelayMsMax: 60_000, logEnabled: false, logMessages: false };
  const run = new SourceTaskRun({
    task,
    connectorName: 'source',
    properties: {},
    isPaused: false,
    converters: stringConverters(),
    chain: new TransformationChain([{ ...stage, transformation: { apply } as never }]),
    errors: new ErrorHandler({
      settings: { ...settings, tolerance, retryTimeoutMs },
      platform,
      reporters: [],
      stopping: stopping.signal,
    }),
    producer: producer as unknown as Producer,
    topicCreation: new TopicCreation({}, { bootstrapServers: 'nowhere:1' }),
    offsetReader: { offset: async () => undefined, offsets: async () => [] },
    offsetStore: {
      get: async (keys) => keys.map(() => null),
      set: async (entries: readonly OffsetEntry[]) => {
        for (const [, value] of entries) stored.push(String(value));
      },
    },
    standardInput: { read: async () => Buffer.alloc(0) },
    flushIntervalMs: 1_000,
    flushTimeoutMs: 5_000,
    listener: { onState: (report) => states.push(report), onTopic: () => undefined },
    platform,
    logger: silentLogger,
    stopping,
  });
  const stop = async (): Promise<void> => {
    run.stop();
    await simulation.settle(run.finished);
  };
  return { simulation, producer, stored, states, run, stop };
}

describe('retries of a source task', () => {
  it('given a poll that asks to be called again, when it is, then the task goes on and loses nothing', async () => {
    const task = new PolledTask();
    task.polls.push(
      () => [line(1, 'one')],
      () => {
        throw new RetriableError('the system is away');
      },
      () => [line(2, 'two')],
    );
    const { simulation, producer, stored, states, stop } = sourceWorld(task);
    await simulation.runUntil(() => stored.includes('{"position":2}'));
    expect(producer.sent).toEqual(['one', 'two']);
    await stop();
    expect(states.map(({ state }) => state)).toEqual(['RUNNING', 'UNASSIGNED']);
  });

  it('given a producer that cannot take a record now, when it can, then the record is sent once and in its place', async () => {
    const task = new PolledTask();
    task.polls.push(() => [line(1, 'one'), line(2, 'two')]);
    const { simulation, producer, stored, stop } = sourceWorld(task);
    const refusal = new KafkaError('REQUEST_TIMED_OUT', 'no metadata', true);
    producer.refusals = [refusal, refusal];
    await simulation.runUntil(() => stored.includes('{"position":2}'));
    expect(producer.sent).toEqual(['one', 'two']);
    await stop();
  });

  it('given a transformation that may work later, when the task is stopped amid its retries, then the record is neither sent nor its offset stored', async () => {
    const task = new PolledTask();
    task.polls.push(() => [line(1, 'one'), line(2, 'two')]);
    let calls = 0;
    const { simulation, producer, stored, states, stop } = sourceWorld(task, {
      tolerance: 'all',
      retryTimeoutMs: -1,
      transform() {
        calls += 1;
        if (calls > 1) throw new RetriableError('not yet');
      },
    });
    await simulation.run(10_000);
    expect(calls).toBeGreaterThan(3);
    await stop();
    expect(producer.sent).toEqual(['one']);
    expect(stored).toEqual(['{"position":1}']);
    expect(states.at(-1)).toEqual({ state: 'UNASSIGNED' });
  });
});

describe('what a source task loses', () => {
  it('given a record that cannot be written, when nothing is tolerated, then the task fails and its offset is not stored', async () => {
    const task = new PolledTask();
    const { simulation, producer, stored, states, run } = sourceWorld(task);
    producer.failure = new KafkaError('RECORD_TOO_LARGE', 'too large', false);
    task.polls.push(() => [line(1, 'one')]);
    await simulation.settle(run.finished);
    expect(states.at(-1)).toMatchObject({
      state: 'FAILED',
      trace: expect.stringContaining('Unrecoverable exception from producer send callback'),
    });
    expect(stored).toEqual([]);
  });

  it('given a record that cannot be written, when all is tolerated, then it is told as dropped and the next one is stored', async () => {
    const task = new PolledTask();
    const { simulation, producer, stored, stop } = sourceWorld(task, { tolerance: 'all' });
    producer.failure = new KafkaError('RECORD_TOO_LARGE', 'too large', false);
    task.polls.push(
      () => [line(1, 'one')],
      () => {
        producer.failure = undefined;
        return [line(2, 'two')];
      },
    );
    await simulation.runUntil(() => stored.includes('{"position":2}'));
    await stop();
    expect(task.told).toEqual(['one dropped', 'two sent']);
  });
});
