// Whether a node answers at once or has to wait must not be seen in what a task writes: random graphs of nodes, run twice.
import type { ConsumerRecord } from '@ottla/client';
import * as serdes from '@ottla/serdes';
import { describe, expect, it } from 'vitest';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import { CapturedOutput } from '../test-driver/captured-output.ts';
import { Topology } from '../topology/topology.ts';
import { continueOnError } from './exception-handlers.ts';
import { StreamTask } from './stream-task.ts';
import { taskSettings } from './task-settings.ts';

const text = serdes.string();
const RECORDS = 12;

type Random = (below: number) => number;

function randomOf(seed: number): Random {
  let state = seed;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

/** What one node does; the same in both runs, but for the waits. */
interface Habit {
  readonly copies: number;
  /** Whether it awaits what it forwards. */
  readonly isPatient: boolean;
  /** Turns to wait before each record; 0: none. */
  readonly turns: number;
  /** Every so many records it throws; 0: never. */
  readonly failsEvery: number;
}

function nodeOf(name: string, habit: Habit, mayWait: boolean): () => Processor<string, string> {
  return () => {
    let context: ProcessorContext;
    let count = 0;
    const forward = async (record: Record<string, string>): Promise<void> => {
      for (let copy = 0; copy < habit.copies; copy += 1) {
        const done = context.forward(record.withValue(`${record.value}${name}${copy}`));
        if (habit.isPatient) await done;
      }
    };
    const check = (): void => {
      count += 1;
      if (habit.failsEvery > 0 && count % habit.failsEvery === 0) throw new Error(name);
    };
    return {
      init: (given) => void (context = given),
      process(record) {
        if (mayWait && habit.turns > 0) {
          return (async () => {
            for (let turn = 0; turn < habit.turns; turn += 1) await Promise.resolve();
            check();
            await forward(record);
          })();
        }
        check();
        for (let copy = 0; copy < habit.copies; copy += 1) {
          // Not waited for: the task does.
          void context.forward(record.withValue(`${record.value}${name}${copy}`));
        }
      },
    };
  };
}

async function outputOf(seed: number, mayWait: boolean): Promise<string[]> {
  const random = randomOf(seed);
  const topology = new Topology().addSource('source', { topics: 'in' });
  const parents = ['source'];
  for (let index = 0; index < 2 + random(6); index += 1) {
    const name = String.fromCharCode(97 + index);
    const habit = {
      copies: 1 + random(2),
      isPatient: random(2) === 0,
      turns: random(4),
      failsEvery: random(4) === 0 ? 2 + random(3) : 0,
    };
    const from = new Set([parents[random(parents.length)]!, parents[random(parents.length)]!]);
    topology.addProcessor(name, nodeOf(name, habit, mayWait), ...from);
    parents.push(name);
  }
  topology.addSink('sink', { topic: 'out' }, ...parents.slice(1));
  const graph = Topology.graphOf(topology);
  const output = new CapturedOutput();
  const task = new StreamTask({
    id: { subtopology: 0, partition: 0 },
    graph,
    nodes: [...graph.nodes.keys()],
    partitions: [{ topic: 'in', partition: 0 }],
    stores: { get: () => undefined, global: () => undefined, flushCaches: () => undefined },
    collector: output,
    settings: taskSettings({
      applicationId: 'app',
      defaultKeySerde: text,
      defaultValueSerde: text,
      processingExceptionHandler: continueOnError(),
    }),
    nowMs: 0,
  });
  task.initialize(0);
  task.addRecords(
    'in',
    0,
    Array.from({ length: RECORDS }, (_, offset) => recordAt(offset)),
  );
  expect(await task.process(0, RECORDS), `seed ${seed}`).toBe(RECORDS);
  const values = output.unread('out').map(({ value }) => Buffer.from(value!).toString());
  return [...values, `dropped ${task.counters.dropped}`];
}

function recordAt(offset: number): ConsumerRecord {
  const key = Buffer.from('k');
  const value = Buffer.from(`${offset}:`);
  return {
    topic: 'in',
    partition: 0,
    offset,
    timestamp: offset,
    key,
    value,
    headers: [],
    leaderEpoch: 0,
  };
}

describe('StreamTask', () => {
  it('given nodes that wait at random, then it writes what it writes when none does, in the same order', async () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const atOnce = await outputOf(seed, false);
      const waiting = await outputOf(seed, true);

      expect(waiting, `seed ${seed}`).toEqual(atOnce);
    }
  });
});
