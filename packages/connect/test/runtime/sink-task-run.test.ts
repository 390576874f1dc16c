// A sink task's calls, commits, retries and rebalances, against what Kafka's WorkerSinkTask does.
import type { ConsumerRecord, TopicPartition } from '@ottla/client';
import { describe, expect, it } from 'vitest';
import {
  ConnectError,
  RetriableError,
  type SinkOffset,
  type SinkRecord,
  SinkTask,
} from '../../src/index.ts';
import type { Failure } from '../../src/runtime/task/error-handling.ts';
import { sinkWorld } from './sink-world.ts';

/** Notes every call; a test overrides what it is about. */
class NotingTask extends SinkTask {
  readonly calls: string[] = [];
  readonly taken: string[] = [];
  onPut: (records: readonly SinkRecord[]) => void | Promise<void> = () => undefined;
  onOpen: () => void = () => undefined;
  onPreCommit: () => void = () => undefined;

  override start(): void {}

  override async put(records: readonly SinkRecord[]): Promise<void> {
    if (records.length > 0) this.calls.push(`put ${records.map(({ value }) => value).join()}`);
    await this.onPut(records);
    this.taken.push(...records.map(({ value }) => String(value)));
  }

  override async preCommit(offsets: readonly SinkOffset[]): Promise<readonly SinkOffset[]> {
    this.calls.push(
      `preCommit ${offsets.map(({ partition, offset }) => `${partition}@${offset}`).join(' ')}`,
    );
    this.onPreCommit();
    return offsets;
  }

  override open(partitions: readonly TopicPartition[]): void {
    this.calls.push(`open ${numbers(partitions)}`);
    this.onOpen();
  }

  override close(partitions: readonly TopicPartition[]): void {
    this.calls.push(`close ${numbers(partitions)}`);
  }

  override stop(): void {
    this.calls.push('stop');
  }

  get sinkContext(): SinkTask['context'] {
    return this.context;
  }
}

function numbers(partitions: readonly TopicPartition[]): string {
  return partitions.map(({ partition }) => partition).join();
}

describe('retries of a sink task', () => {
  it('given put asks for a retry after 30 s, when time passes, then the same batch comes again only then, delivery is paused and nothing is committed', async () => {
    const task = new NotingTask();
    const putMs: number[] = [];
    const { simulation, consumer, stop } = sinkWorld({ task });
    task.onPut = (records) => {
      if (records.length === 0) return;
      putMs.push(simulation.elapsedMs);
      if (putMs.length > 1) return;
      task.sinkContext.timeout(30_000);
      throw new RetriableError('not now');
    };
    consumer.produce(0, 'a', 'b');
    await simulation.runUntil(() => putMs.length === 1);
    consumer.produce(0, 'c');
    await simulation.run(25_000);
    expect(putMs).toHaveLength(1);
    expect(consumer.pausedPartitions).toEqual(['0']);
    expect(consumer.commits).toEqual([]);

    await simulation.runUntil(() => task.taken.length === 3);
    expect(putMs[1]! - putMs[0]!).toBeGreaterThanOrEqual(30_000);
    expect(task.calls.filter((call) => call.startsWith('put'))).toEqual([
      'put a,b',
      'put a,b',
      'put c',
    ]);
    await stop();
    expect(consumer.commits.at(-1)).toBe('0@3');
  });

  it('given a batch that waits for its retry, when the task is paused and resumed, then the batch does not grow', async () => {
    const task = new NotingTask();
    let failures = 0;
    const { simulation, consumer, run, stop } = sinkWorld({ task });
    task.onPut = (records) => {
      if (records.length === 0 || failures > 0) return;
      failures += 1;
      task.sinkContext.timeout(20_000);
      throw new RetriableError('not now');
    };
    consumer.produce(0, 'a');
    await simulation.runUntil(() => failures === 1);
    run.pause();
    await simulation.run(2_500);
    consumer.produce(0, 'b');
    run.resume();
    await simulation.runUntil(() => task.taken.length === 2);
    expect(task.calls.filter((call) => call.startsWith('put'))).toEqual([
      'put a',
      'put a',
      'put b',
    ]);
    await stop();
  });

  it('given a task that fails for good, when it ends, then what it took before is committed and no more', async () => {
    const task = new NotingTask();
    const { simulation, consumer, run, states } = sinkWorld({ task });
    task.onPut = (records) => {
      if (records.some(({ value }) => value === 'bad')) throw new Error('as the test asks');
    };
    consumer.produce(0, 'a');
    await simulation.runUntil(() => task.taken.length === 1);
    consumer.produce(0, 'bad');
    await simulation.settle(run.finished);
    expect(states.at(-1)).toMatchObject({
      state: 'FAILED',
      trace: expect.stringContaining('as the test asks'),
    });
    expect(consumer.commits).toEqual(['0@1']);
    expect(task.calls.slice(-3)).toEqual(['preCommit 0@1', 'close 0', 'stop']);
  });

  it('given a conversion that may work later, when errors.retry.timeout allows it, then it is tried with growing waits until it does', async () => {
    const task = new NotingTask();
    const triedMs: number[] = [];
    const { simulation, consumer, stop } = sinkWorld({
      task,
      errors: { retryTimeoutMs: 60_000 },
      transformations: [
        transformation((record) => {
          triedMs.push(simulation.elapsedMs);
          if (triedMs.length < 4) throw new RetriableError('not yet');
          return record;
        }),
      ],
    });
    consumer.produce(0, 'a');
    await simulation.runUntil(() => task.taken.length === 1);
    const waits = triedMs.slice(1).map((ms, index) => Math.round(ms - triedMs[index]!));
    expect(waits).toEqual([300, 600, 1200]);
    await stop();
  });

  it('given a conversion that never works, when errors.retry.timeout is over, then the task fails and the record is not committed', async () => {
    const task = new NotingTask();
    const { simulation, consumer, run, states } = sinkWorld({
      task,
      errors: { retryTimeoutMs: 5_000 },
      transformations: [
        transformation(() => {
          throw new RetriableError('never');
        }),
      ],
    });
    consumer.produce(0, 'a');
    await simulation.settle(run.finished);
    expect(simulation.elapsedMs).toBeGreaterThanOrEqual(5_000);
    expect(states.at(-1)).toMatchObject({
      state: 'FAILED',
      trace: expect.stringContaining('Tolerance exceeded in error handler'),
    });
    expect(consumer.commits).toEqual([]);
  });

  it('given retries without end and all errors tolerated, when the task is stopped amid them, then the record is neither skipped, reported nor committed', async () => {
    const task = new NotingTask();
    const reported: Failure<ConsumerRecord>[] = [];
    const { simulation, consumer, states, stop } = sinkWorld({
      task,
      errors: { tolerance: 'all', retryTimeoutMs: -1 },
      reporters: [reporter((failure) => void reported.push(failure))],
      transformations: [
        transformation(() => {
          throw new RetriableError('never');
        }),
      ],
    });
    consumer.produce(0, 'a');
    await simulation.run(10_000);
    await stop();
    expect(states.at(-1)).toEqual({ state: 'UNASSIGNED' });
    expect(reported).toEqual([]);
    expect(consumer.commits).toEqual([]);
  });
});

describe('commits of a sink task', () => {
  it('given a coordinator that refuses a commit, when the next one works, then nothing was delivered twice', async () => {
    const task = new NotingTask();
    const { simulation, consumer, stop } = sinkWorld({ task, flushIntervalMs: 1_000 });
    consumer.commitFailure = new Error('REBALANCE_IN_PROGRESS');
    consumer.produce(0, 'a');
    await simulation.run(3_500);
    consumer.commitFailure = undefined;
    await simulation.runUntil(() => consumer.commits.length > 0);
    expect(consumer.commits).toEqual(['0@1']);
    expect(task.taken).toEqual(['a']);
    await stop();
  });

  it('given a preCommit that throws, when the interval is over, then delivery goes back to what was committed', async () => {
    const task = new NotingTask();
    let failures = 0;
    task.onPreCommit = () => {
      failures += 1;
      if (failures === 1) throw new Error('the system is away');
    };
    const { simulation, consumer, stop } = sinkWorld({ task, flushIntervalMs: 1_000 });
    consumer.produce(0, 'a');
    await simulation.runUntil(() => consumer.commits.length > 0);
    expect(task.taken).toEqual(['a', 'a']);
    expect(consumer.commits).toEqual(['0@1']);
    await stop();
  });

  it('given a partition of which is not known yet where it begins, when preCommit throws, then delivery goes back to its first record', async () => {
    const task = new NotingTask();
    let failures = 0;
    task.onPreCommit = () => {
      failures += 1;
      if (failures === 1) throw new Error('the system is away');
    };
    const { simulation, consumer, stop } = sinkWorld({ task, flushIntervalMs: 1_000 });
    consumer.assignUnknown(1);
    consumer.produce(1, 'a');
    await simulation.runUntil(() => consumer.commits.length > 0);
    expect(task.taken).toEqual(['a', 'a']);
    expect(consumer.commits).toEqual(['1@1']);
    await stop();
  });

  it('given a task that is paused, when it has taken records, then they are committed at once', async () => {
    const task = new NotingTask();
    const { simulation, consumer, run, stop } = sinkWorld({ task, flushIntervalMs: 60_000 });
    consumer.produce(0, 'a');
    await simulation.runUntil(() => task.taken.length === 1);
    run.pause();
    await simulation.run(3_000);
    expect(consumer.commits).toEqual(['0@1']);
    await stop();
  });
});

describe('rebalances of a sink task', () => {
  it('given a partition that goes, when it is revoked, then the task says what is done, closes, and then that is committed', async () => {
    const task = new NotingTask();
    const { simulation, consumer, stop } = sinkWorld({ task });
    consumer.assign(1);
    consumer.produce(0, 'a');
    consumer.produce(1, 'b', 'c');
    await simulation.runUntil(() => task.taken.length === 3);
    const commit = consumer.commit.bind(consumer);
    consumer.commit = async (offsets) => {
      task.calls.push('commit');
      await commit(offsets);
    };
    task.calls.length = 0;
    consumer.revoke(1);
    await simulation.run(2_000);
    expect(task.calls).toEqual(['preCommit 1@2', 'close 1', 'commit']);
    expect(consumer.commits).toEqual(['1@2']);
    expect(task.sinkContext.assignment()).toEqual([{ topic: 'lines', partition: 0 }]);
    await stop();
  });

  it('given a partition that is lost, when another task may have it already, then it is closed and nothing is committed', async () => {
    const task = new NotingTask();
    const { simulation, consumer, stop } = sinkWorld({ task });
    consumer.produce(0, 'a');
    await simulation.runUntil(() => task.taken.length === 1);
    consumer.lose(0);
    await simulation.run(2_000);
    expect(task.calls.at(-1)).toBe('close 0');
    await stop();
    expect(consumer.commits).toEqual([]);
  });

  it('given a batch that waits for its retry, when its partition goes, then it is not put again and the others go on', async () => {
    const task = new NotingTask();
    const { simulation, consumer, stop } = sinkWorld({ task });
    let failures = 0;
    task.onPut = (records) => {
      if (!records.some(({ value }) => value === 'a')) return;
      failures += 1;
      task.sinkContext.timeout(20_000);
      throw new RetriableError('not now');
    };
    consumer.assign(1);
    consumer.produce(0, 'a');
    await simulation.runUntil(() => failures === 1);
    consumer.produce(1, 'b');
    consumer.revoke(0);
    await simulation.runUntil(() => task.taken.length === 1, 5_000);
    expect(task.taken).toEqual(['b']);
    expect(failures).toBe(1);
    await stop();
    expect(consumer.commits).toEqual(['1@1']);
  });

  it('given a task that keeps its own offsets, when it asks for one in open, then no record before it is put', async () => {
    const task = new NotingTask();
    task.onOpen = () => task.sinkContext.offset([{ topic: 'lines', partition: 0, offset: 2 }]);
    const { simulation, consumer, stop } = sinkWorld({ task });
    consumer.produce(0, 'a', 'b', 'c');
    await simulation.runUntil(() => task.taken.length > 0);
    expect(task.taken).toEqual(['c']);
    await stop();
  });

  it('given a task whose open throws, when partitions come, then it is FAILED with that error', async () => {
    const task = new NotingTask();
    task.onOpen = () => {
      throw new Error('no such table');
    };
    const { simulation, run, states } = sinkWorld({ task });
    await simulation.settle(run.finished);
    expect(states.at(-1)?.trace).toContain('no such table');
  });
});

describe('an errant record reporter', () => {
  it('given a report that is not written yet, when offsets are due, then they wait for it', async () => {
    const task = new NotingTask();
    const written = Promise.withResolvers<void>();
    task.onPut = (records) => {
      for (const record of records)
        void task.sinkContext.errantRecordReporter!.report(record, new Error('unfit'));
    };
    const { simulation, consumer, stop } = sinkWorld({
      task,
      errors: { tolerance: 'all' },
      reporters: [reporter(() => written.promise)],
      flushIntervalMs: 1_000,
    });
    consumer.produce(0, 'a');
    await simulation.run(5_000);
    expect(consumer.commits).toEqual([]);
    written.resolve();
    await simulation.runUntil(() => consumer.commits.length > 0);
    expect(consumer.commits).toEqual(['0@1']);
    await stop();
  });

  it('given a report that cannot be written, when offsets are due, then the task fails and its record is not committed', async () => {
    const task = new NotingTask();
    task.onPut = (records) => {
      for (const record of records)
        void task.sinkContext.errantRecordReporter!.report(record, new Error('unfit'));
    };
    const { simulation, consumer, run, states } = sinkWorld({
      task,
      errors: { tolerance: 'all' },
      reporters: [reporter(() => Promise.reject(new ConnectError('the queue is gone')))],
      flushIntervalMs: 1_000,
    });
    consumer.produce(0, 'a');
    await simulation.settle(run.finished);
    expect(states.at(-1)?.trace).toContain('the queue is gone');
    expect(consumer.commits).toEqual([]);
  });

  it('given no tolerance, when a task lets the exception of report pass, then it fails all the same', async () => {
    const task = new NotingTask();
    task.onPut = (records) => {
      for (const record of records)
        try {
          void task.sinkContext.errantRecordReporter!.report(record, new Error('unfit'));
        } catch {
          task.calls.push('thrown');
        }
    };
    const { simulation, consumer, run, states } = sinkWorld({
      task,
      reporters: [reporter(() => undefined)],
    });
    consumer.produce(0, 'a');
    await simulation.settle(run.finished);
    expect(task.calls).toContain('thrown');
    expect(states.at(-1)?.trace).toContain('Tolerance exceeded in error handler');
    expect(consumer.commits).toEqual([]);
  });

  it('given a record that the task has changed, when reported, then it is written as it is now, named as Kafka names it', async () => {
    const task = new NotingTask();
    const reported: Failure<ConsumerRecord>[] = [];
    task.onPut = async (records) => {
      for (const record of records) {
        const changed = record.newRecord({ value: `changed ${String(record.value)}` });
        await task.sinkContext.errantRecordReporter!.report(changed, new Error('unfit'));
      }
    };
    const { simulation, consumer, stop } = sinkWorld({
      task,
      errors: { tolerance: 'all' },
      reporters: [reporter((failure) => void reported.push(failure))],
    });
    consumer.produce(0, 'a');
    await simulation.runUntil(() => task.taken.length === 1);
    await stop();
    expect(reported).toMatchObject([
      {
        stage: 'TASK_PUT',
        className: 'org.apache.kafka.connect.sink.SinkTask',
        record: { topic: 'lines', partition: 0, offset: 0, value: Buffer.from('changed a') },
      },
    ]);
  });
});

function transformation(apply: (record: never) => unknown) {
  return { apply, configure: () => undefined } as never;
}

function reporter(report: (failure: Failure<ConsumerRecord>) => Promise<void> | undefined | void) {
  return {
    report: (failure: Failure<ConsumerRecord>) => {
      const written = report(failure) ?? undefined;
      written?.catch(() => undefined);
      return written;
    },
    flush: async () => undefined,
    close: async () => undefined,
  };
}
