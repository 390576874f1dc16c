import type { ConsumerRecord } from '@ottla/client';
import * as serdes from '@ottla/serdes';
import { describe, expect, it } from 'vitest';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import { wallClockTimestamp } from '../processor/timestamp-extractor.ts';
import { AsyncMapper } from '../rxjs/async-mapper.ts';
import { CapturedOutput } from '../test-driver/captured-output.ts';
import { Topology } from '../topology/topology.ts';
import { continueOnError } from './exception-handlers.ts';
import { decodePartitionMetadata, encodePartitionMetadata } from './partition-metadata.ts';
import { StreamTask, type StreamTaskOptions } from './stream-task.ts';
import { type TaskSettings, taskSettings } from './task-settings.ts';

type Text = Record<string, string>;
const text = serdes.string();

function record(topic: string, offset: number, timestamp: number, value: string): ConsumerRecord {
  return {
    topic,
    partition: 0,
    offset,
    timestamp,
    key: Buffer.from('k'),
    value: Buffer.from(value),
    headers: [],
    leaderEpoch: 4,
  };
}

interface World {
  readonly task: StreamTask;
  readonly output: CapturedOutput;
  readonly log: string[];
}

function taskOf(
  topology: Topology,
  topics: readonly string[],
  settings: Partial<TaskSettings> = {},
  more: Partial<StreamTaskOptions> = {},
): Omit<World, 'log'> {
  const graph = Topology.graphOf(topology);
  const output = new CapturedOutput();
  const task = new StreamTask({
    id: { subtopology: 0, partition: 0 },
    graph,
    nodes: [...graph.nodes.keys()],
    partitions: topics.map((topic) => ({ topic, partition: 0 })),
    stores: { get: () => undefined, global: () => undefined, flushCaches: () => undefined },
    collector: output,
    settings: taskSettings({
      applicationId: 'app',
      defaultKeySerde: text,
      defaultValueSerde: text,
      ...settings,
    }),
    nowMs: 0,
    ...more,
  });
  task.initialize(0);
  return { task, output };
}

/** A task that logs the value and stream time of each record of topics `a` and `b`. */
function loggingTask(settings: Partial<TaskSettings> = {}): World {
  const log: string[] = [];
  const topology = new Topology().addSource('source', { topics: ['a', 'b'] }).addProcessor(
    'log',
    () => {
      let context: ProcessorContext;
      return {
        init: (given) => void (context = given),
        process: ({ value }) => void log.push(`${String(value)}@${context.currentStreamTimeMs}`),
      };
    },
    'source',
  );
  return { ...taskOf(topology, ['a', 'b'], settings), log };
}

describe('StreamTask', () => {
  describe('order of its inputs', () => {
    it('given two partitions, then the record with the lowest time comes first', () => {
      const { task, log } = loggingTask({ maxTaskIdleMs: -1 });
      task.addRecords('a', 0, [record('a', 0, 5, 'a5'), record('a', 1, 30, 'a30')]);
      task.addRecords('b', 0, [record('b', 0, 10, 'b10'), record('b', 1, 7, 'b7')]);

      expect(task.process(0, 100)).toBe(4);

      // b7 is late in its own partition: only heads are compared.
      expect(log).toEqual(['a5@5', 'b10@10', 'b7@10', 'a30@30']);
    });

    it('given random times in order, then any split over two partitions comes out in order', () => {
      for (let seed = 1; seed <= 50; seed += 1) {
        let state = seed;
        const random = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
        const times = Array.from({ length: 40 }, () => random(1000)).sort((x, y) => x - y);
        const { task, log } = loggingTask({ maxTaskIdleMs: -1 });
        const split = { a: [] as ConsumerRecord[], b: [] as ConsumerRecord[] };
        for (const time of times) {
          const topic = random(2) === 0 ? 'a' : 'b';
          split[topic].push(record(topic, split[topic].length, time, `${time}`));
        }
        task.addRecords('a', 0, split.a);
        task.addRecords('b', 0, split.b);

        expect(task.process(0, 1000), `seed ${seed}`).toBe(40);
        expect(log, `seed ${seed}`).toEqual(times.map((time) => `${time}@${time}`));
      }
    });
  });

  describe('task idling', () => {
    it('given an empty partition of unknown lag, then it waits', () => {
      const { task } = loggingTask();
      task.addRecords('a', 0, [record('a', 0, 1, 'x')]);

      expect(task.isProcessable(1_000_000)).toBe(false);
    });

    it('given an empty partition whose records are on the broker, then it waits as long as it takes', () => {
      const { task } = loggingTask({ maxTaskIdleMs: 10 });
      task.addRecords('a', 0, [record('a', 0, 1, 'x')]);
      task.updateLag('b', 0, 3);

      expect(task.isProcessable(1_000_000)).toBe(false);
      task.addRecords('b', 0, [record('b', 0, 1, 'y')]);
      expect(task.isProcessable(1_000_000)).toBe(true);
    });

    it('given a partition that has nothing, then it waits for max.task.idle.ms and goes on', () => {
      const { task } = loggingTask({ maxTaskIdleMs: 10 });
      task.addRecords('a', 0, [record('a', 0, 1, 'x')]);
      task.updateLag('b', 0, 0);

      expect(task.isProcessable(100)).toBe(false);
      expect(task.isProcessable(109)).toBe(false);
      expect(task.isProcessable(110)).toBe(true);
    });

    it('given max.task.idle.ms of −1, then it never waits', () => {
      const { task } = loggingTask({ maxTaskIdleMs: -1 });
      expect(task.isProcessable(0)).toBe(false);
      task.addRecords('a', 0, [record('a', 0, 1, 'x')]);
      expect(task.isProcessable(0)).toBe(true);
    });
  });

  describe('buffering', () => {
    it('given more records than the limit, then the partition is to be paused, and resumed once there is room', () => {
      const { task } = loggingTask({ maxBufferedRecords: 2, maxTaskIdleMs: -1 });

      expect(task.addRecords('a', 0, [record('a', 0, 1, 'x'), record('a', 1, 2, 'y')])).toBe(false);
      expect(task.addRecords('a', 0, [record('a', 2, 3, 'z')])).toBe(true);
      expect(task.takeResumable()).toEqual([]);
      void task.process(0);

      expect(task.takeResumable()).toMatchObject([{ topic: 'a', partition: 0 }]);
      expect(task.takeResumable()).toEqual([]);
    });
  });

  describe('records that cannot be used', () => {
    it('given a negative time, then the record is dropped and its offset committed', () => {
      const { task, log } = loggingTask({
        maxTaskIdleMs: -1,
        timestampExtractor: ({ value }) => (value === 'bad' ? -1 : 3),
      });
      task.addRecords('a', 0, [
        record('a', 0, 1, 'bad'),
        record('a', 1, 1, 'good'),
        record('a', 2, 1, 'bad'),
      ]);

      void task.process(0, 10);

      expect(log).toEqual(['good@3']);
      expect(task.counters.dropped).toBe(2);
      expect(task.prepareCommit()).toMatchObject([{ topic: 'a', offset: 3 }]);
    });

    it('given bytes that do not fit and a handler that stops, then adding them throws', () => {
      const topology = new Topology().addSource('source', { topics: 'a', value: serdes.int64() });
      const { task } = taskOf(topology, ['a']);

      expect(() => task.addRecords('a', 0, [record('a', 0, 1, 'xyz')])).toThrow(
        expect.objectContaining({ code: 'DESERIALIZATION_FAILED' }),
      );
    });

    it('given bytes that do not fit and a handler that goes on, then a dead letter holds them', () => {
      const topology = new Topology().addSource('source', { topics: 'a', value: serdes.int64() });
      const { task, output } = taskOf(topology, ['a'], {
        deserializationExceptionHandler: continueOnError('dlq'),
      });

      task.addRecords('a', 0, [record('a', 0, 1, 'xyz')]);

      expect(output.unread('dlq')).toMatchObject([{ value: Buffer.from('xyz'), timestamp: 1 }]);
      expect(task.counters.dropped).toBe(1);
    });
  });

  describe('commit', () => {
    it('commits the next record to read, with the partition’s time in Kafka’s metadata', async () => {
      const { task } = loggingTask({ maxTaskIdleMs: -1 });
      expect(task.prepareCommit()).toEqual([]);
      task.addRecords('a', 0, [record('a', 4, 50, 'x'), record('a', 7, 60, 'y')]);
      void task.process(0);

      const [first] = await task.prepareCommit();
      expect(first).toMatchObject({ offset: 7, leaderEpoch: 4 });
      expect(decodePartitionMetadata(first!.metadata).partitionTimeMs).toBe(50);
      task.committed();
      expect(task.isCommitNeeded).toBe(false);

      void task.process(0);
      expect(task.prepareCommit()).toMatchObject([{ offset: 8 }]);
    });

    it('given committed metadata, when it is initialized, then stream time goes on from there', () => {
      const { task, log } = loggingTask({ maxTaskIdleMs: -1 });
      task.suspend();
      const metadata = encodePartitionMetadata(500, new Map([['closed', 3]]));
      task.initialize(0, [{ topic: 'a', partition: 0, metadata }]);
      task.addRecords('a', 0, [record('a', 0, 10, 'x')]);
      void task.process(0);

      expect(log).toEqual(['x@500']);
      expect(task.processorMetadata).toEqual(new Map([['closed', 3]]));
    });

    it('given control batches behind the last record, then their offsets are committed as well', () => {
      const { task } = loggingTask({ maxTaskIdleMs: -1 });
      task.addRecords('a', 0, [record('a', 0, 1, 'x')]);
      void task.process(0);
      void task.prepareCommit();
      task.committed();

      task.updatePosition('a', 0, 2);

      expect(task.prepareCommit()).toMatchObject([{ topic: 'a', offset: 2 }]);
    });

    it('refuses a clean close before the commit', () => {
      const { task } = loggingTask({ maxTaskIdleMs: -1 });
      task.addRecords('a', 0, [record('a', 0, 1, 'x')]);
      void task.process(0);

      expect(() => task.close(true)).toThrow('closed before it is committed');
      task.close(false);
      expect(task.state).toBe('closed');
      expect(task.process(0)).toBe(0);
    });
  });

  describe('punctuation', () => {
    function punctuated(
      interval: number,
      type: 'stream-time' | 'wall-clock-time',
      startMs?: number,
    ): { task: StreamTask; fired: number[]; cancel(): void } {
      const fired: number[] = [];
      let cancel = (): void => undefined;
      const topology = new Topology().addSource('source', { topics: 'a' }).addProcessor(
        'punctual',
        (): Processor => ({
          init(context) {
            const punctuation = context.schedule(
              interval,
              type,
              (time) => void fired.push(time),
              startMs,
            );
            cancel = () => punctuation.cancel();
          },
          process: () => undefined,
        }),
        'source',
      );
      const { task } = taskOf(topology, ['a']);
      return { task, fired, cancel: () => cancel() };
    }

    function advance(task: StreamTask, times: readonly number[]): void {
      for (const [offset, time] of times.entries()) {
        task.addRecords('a', 0, [record('a', offset, time, 'x')]);
        void task.process(0);
        void task.punctuateStreamTime();
      }
    }

    it('given stream time, then it fires with the first record and at each multiple that is reached', () => {
      const { task, fired } = punctuated(10, 'stream-time');
      expect(task.punctuateStreamTime()).toBe(false);

      advance(task, [3, 4, 9, 10, 45, 44, 50]);

      expect(fired).toEqual([3, 10, 45, 50]);
    });

    it('given a start, then it fires from there on', () => {
      const { task, fired } = punctuated(10, 'stream-time', 25);

      advance(task, [3, 24, 26, 34, 35]);

      expect(fired).toEqual([26, 35]);
    });

    it('given a cancelled one, then it does not fire', () => {
      const { task, fired, cancel } = punctuated(10, 'wall-clock-time');
      void task.punctuateWallClock(10);
      cancel();
      void task.punctuateWallClock(20);

      expect(fired).toEqual([10]);
    });
  });

  describe('nodes that wait', () => {
    /** Forwards each record twice without waiting; the child's first answer comes late. */
    function waitingTask(releases: (() => void)[]): Omit<World, 'log'> & { log: string[] } {
      const log: string[] = [];
      const topology = new Topology()
        .addSource('source', { topics: 'a' })
        .addProcessor(
          'twice',
          (): Processor<string, string, string, string> => {
            let context: ProcessorContext<string, string>;
            return {
              init: (given) => void (context = given),
              process(given) {
                void context.forward(given.withValue(`${given.value}1`));
                void context.forward(given.withValue(`${given.value}2`));
              },
            };
          },
          'source',
        )
        .addProcessor(
          'slow',
          (): Processor<string, string> => ({
            process: ({ value }: Text) => {
              log.push(`begin ${value}`);
              if (!value.endsWith('1')) return void log.push(`end ${value}`);
              return new Promise<void>((resolve) => releases.push(resolve)).then(
                () => void log.push(`end ${value}`),
              );
            },
          }),
          'twice',
        )
        .addProcessor(
          'quick',
          (): Processor<string, string> => ({
            process: ({ value }: Text) => void log.push(`quick ${value}`),
          }),
          'twice',
        );
      return { ...taskOf(topology, ['a']), log };
    }

    it('given a processor that does not wait for forward, then records still pass its children one by one', async () => {
      const releases: (() => void)[] = [];
      const { task, log } = waitingTask(releases);
      task.addRecords('a', 0, [record('a', 0, 1, 'x'), record('a', 1, 2, 'y')]);

      const done = task.process(0, 10);
      expect(log).toEqual(['begin x1']);
      while (releases.length > 0) {
        releases.shift()!();
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      }

      expect(await done).toBe(2);
      const ofOne = (name: string) =>
        ['begin _1', 'end _1', 'quick _1', 'begin _2', 'end _2', 'quick _2'].map((line) =>
          line.replace('_', name),
        );
      expect(log).toEqual([...ofOne('x'), ...ofOne('y')]);
    });

    it('given calls of mapAsync that end in any order, then results go on in order, so many at once', async () => {
      const ends = new Map<string, () => void>();
      let open = 0;
      let maxOpen = 0;
      const map = (given: Record<unknown, unknown>): Promise<Record<unknown, unknown>> => {
        open += 1;
        maxOpen = Math.max(maxOpen, open);
        return new Promise((resolve) =>
          ends.set(String(given.value), () => {
            open -= 1;
            resolve(given);
          }),
        );
      };
      const topology = new Topology()
        .addSource('source', { topics: 'a' })
        .addProcessor('async', () => new AsyncMapper(map, { concurrency: 3 }), 'source')
        .addSink('sink', { topic: 'out' }, 'async');
      const { task, output } = taskOf(topology, ['a']);
      task.addRecords(
        'a',
        0,
        ['a', 'b', 'c', 'd', 'e'].map((value, offset) => record('a', offset, offset, value)),
      );

      const processed = task.process(0, 10);
      expect([...ends.keys()].join('')).toBe('abc');
      for (const name of ['c', 'b', 'a', 'e', 'd']) {
        // d and e begin when there is room.
        for (let turn = 0; turn < 50 && !ends.has(name); turn += 1) await Promise.resolve();
        ends.get(name)!();
      }

      expect(await processed).toBe(5);
      expect(await task.prepareCommit()).toMatchObject([{ offset: 5 }]);
      expect(
        output
          .unread('out')
          .map(({ value }) => Buffer.from(value!).toString())
          .join(''),
      ).toBe('abcde');
      expect(maxOpen).toBe(3);
    });
  });

  it('given the wall clock as extractor, then a record has the time at which it is taken in', () => {
    const { task, log } = loggingTask({
      maxTaskIdleMs: -1,
      timestampExtractor: wallClockTimestamp,
    });
    void task.process(77);
    task.addRecords('a', 0, [record('a', 0, 1, 'x')]);
    void task.process(78);

    expect(log).toEqual(['x@77']);
  });

  it('given a topic that its sub-topology does not read, then it is refused', () => {
    expect(() => taskOf(new Topology().addSource('source', { topics: 'a' }), ['b'])).toThrow(
      'Topic b is unknown to the topology',
    );
  });

  it('given a source without a serde and no default, then it is refused by name', () => {
    const topology = new Topology().addSource('source', { topics: 'a' });
    expect(() => taskOf(topology, ['a'], { defaultKeySerde: undefined })).toThrow(
      'source has no serde for its keys',
    );
  });
});
