// A sink task in virtual time: the task run with a consumer in memory, whose records, rebalances and failures the test scripts.
import type {
  ConsumedBatch,
  Consumer,
  ConsumerRecord,
  PollOptions,
  RebalanceListener,
  TopicPartition,
} from '@ottla/client';
import { silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { SimpleHeaderConverter, type SinkTask, StringConverter } from '../../src/index.ts';
import {
  ErrorHandler,
  type ErrorReporter,
  type ErrorSettings,
} from '../../src/runtime/task/error-handling.ts';
import type { Converters } from '../../src/runtime/task/record-conversion.ts';
import { SinkTaskRun } from '../../src/runtime/task/sink-task-run.ts';
import type { StateReport } from '../../src/runtime/task/task-state.ts';
import { namedTopics } from '../../src/runtime/task/topic-selection.ts';
import { TransformationChain } from '../../src/runtime/task/transformation-chain.ts';
import type { Transformation } from '../../src/transform/transformation.ts';

type Listener = Required<RebalanceListener>;

/** What the run uses of a consumer. */
export class ScriptedConsumer {
  readonly #simulation: Simulation;
  readonly #records = new Map<string, string[]>();
  readonly #positions = new Map<string, number>();
  readonly #paused = new Set<string>();
  readonly #rebalances: (() => Promise<void>)[] = [];
  #listener: Listener | undefined;
  /** In the order of their commits. */
  readonly commits: string[] = [];
  commitFailure: Error | undefined;
  isClosed = false;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** Adds values to a partition of the topic. */
  produce(partition: number, ...values: string[]): void {
    this.#records.set(String(partition), [
      ...(this.#records.get(String(partition)) ?? []),
      ...values,
    ]);
  }

  /** At the next poll. */
  assign(...partitions: number[]): void {
    this.#rebalances.push(async () => {
      for (const each of partitions) this.#positions.set(String(each), 0);
      await this.#listener?.onAssigned(partitions.map(target));
    });
  }

  /** At the next poll; where they begin is found only after they have come. */
  assignUnknown(...partitions: number[]): void {
    this.#rebalances.push(async () => {
      for (const each of partitions) this.#positions.set(String(each), -1);
      await this.#listener?.onAssigned(partitions.map(target));
      for (const each of partitions)
        if (this.#positions.get(String(each)) === -1) this.#positions.set(String(each), 0);
    });
  }

  /** At the next poll. */
  revoke(...partitions: number[]): void {
    this.#rebalances.push(() => this.#takeAway('onRevoked', partitions));
  }

  /** At the next poll. */
  lose(...partitions: number[]): void {
    this.#rebalances.push(() => this.#takeAway('onLost', partitions));
  }

  async #takeAway(event: 'onRevoked' | 'onLost', partitions: readonly number[]): Promise<void> {
    await this.#listener?.[event](partitions.map(target));
    for (const each of partitions) this.#positions.delete(String(each));
  }

  get pausedPartitions(): string[] {
    return [...this.#paused].filter((key) => this.#positions.has(key)).sort();
  }

  subscribe(_topics: readonly string[], listener: Listener): void {
    this.#listener = listener;
  }

  async poll({ timeoutMs = 0, signal }: PollOptions): Promise<ConsumedBatch[]> {
    for (const rebalance of this.#rebalances.splice(0)) await rebalance();
    const found = [...this.#positions].flatMap(([key, position]): ConsumedBatch[] => {
      const values = (this.#records.get(key) ?? []).slice(position);
      if (this.#paused.has(key) || values.length === 0) return [];
      this.#positions.set(key, position + values.length);
      const records = values.map((value, index) => consumed(Number(key), position + index, value));
      return [{ ...target(Number(key)), records, highWatermark: -1 }];
    });
    if (found.length > 0) return found;
    const { timers } = this.#simulation.node('worker').platform;
    await timers.sleep(timeoutMs, signal).catch(() => undefined);
    return [];
  }

  assignment(): TopicPartition[] {
    return [...this.#positions.keys()].map((key) => target(Number(key)));
  }

  position({ partition }: TopicPartition): number {
    return this.#positions.get(String(partition)) ?? -1;
  }

  seek({ partition }: TopicPartition, offset: number): void {
    this.#positions.set(String(partition), offset);
  }

  pause(targets: readonly TopicPartition[] = this.assignment()): void {
    for (const { partition } of targets) this.#paused.add(String(partition));
  }

  resume(targets: readonly TopicPartition[] = this.assignment()): void {
    for (const { partition } of targets) this.#paused.delete(String(partition));
  }

  async commit(offsets: readonly { partition: number; offset: number }[]): Promise<void> {
    if (this.commitFailure !== undefined) throw this.commitFailure;
    this.commits.push(offsets.map(({ partition, offset }) => `${partition}@${offset}`).join(' '));
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

function target(partition: number): TopicPartition {
  return { topic: 'lines', partition };
}

function consumed(partition: number, offset: number, value: string): ConsumerRecord {
  return {
    ...target(partition),
    offset,
    timestamp: 1000,
    key: null,
    value: Buffer.from(value),
    headers: [],
    leaderEpoch: 0,
  };
}

/** What a test may choose. */
export interface SinkWorldOptions {
  readonly task: SinkTask;
  readonly errors?: Partial<ErrorSettings>;
  readonly reporters?: readonly ErrorReporter<ConsumerRecord>[];
  readonly flushIntervalMs?: number;
  readonly transformations?: readonly Transformation[];
}

/** A run with its surroundings; partition 0 is assigned at the first poll. */
export interface SinkWorld {
  readonly simulation: Simulation;
  readonly consumer: ScriptedConsumer;
  readonly run: SinkTaskRun;
  readonly states: readonly StateReport[];
  /** Stops the run and waits for its end. */
  stop(): Promise<void>;
}

const TOLERANT_NEVER: ErrorSettings = {
  tolerance: 'none',
  retryTimeoutMs: 0,
  retryDelayMsMax: 60_000,
  logEnabled: false,
  logMessages: false,
};

/** Starts a run. */
export function sinkWorld(options: SinkWorldOptions): SinkWorld {
  const simulation = createSimulation({ seed: 1 });
  const { platform } = simulation.node('worker');
  const consumer = new ScriptedConsumer(simulation);
  consumer.assign(0);
  const states: StateReport[] = [];
  const stopping = new AbortController();
  const { reporters = [] } = options;
  const run = new SinkTaskRun({
    task: options.task,
    properties: {},
    isPaused: false,
    converters: stringConverters(),
    chain: new TransformationChain(
      (options.transformations ?? []).map((transformation) => ({
        className: 'test.Transformation',
        transformation,
        predicate: undefined,
        isNegated: false,
      })),
    ),
    errors: new ErrorHandler({
      settings: { ...TOLERANT_NEVER, ...options.errors },
      platform,
      reporters,
      stopping: stopping.signal,
    }),
    hasReporters: reporters.length > 0,
    openConsumer: () => consumer as unknown as Consumer,
    topics: namedTopics(['lines']),
    maxPollRecords: 500,
    flushIntervalMs: options.flushIntervalMs ?? 10_000,
    listener: { onState: (report) => states.push(report), onTopic: () => undefined },
    platform,
    logger: silentLogger,
    stopping,
  });
  const stop = async (): Promise<void> => {
    run.stop();
    await simulation.settle(run.finished);
  };
  return { simulation, consumer, run, states, stop };
}

/** Texts both ways. */
export function stringConverters(): Converters {
  const converter = (side: 'key' | 'value'): Converters['key'] => {
    const instance = new StringConverter();
    instance.configure({}, side);
    return { className: 'StringConverter', instance };
  };
  const header = new SimpleHeaderConverter();
  return {
    key: converter('key'),
    value: converter('value'),
    header: { className: 'SimpleHeaderConverter', instance: header },
  };
}
