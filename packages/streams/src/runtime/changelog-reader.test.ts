// Restoring, against a log whose start and end move while it is read.
import type { Consumer } from '@ottla/client';
import { KafkaError } from '@ottla/client';
import { silentLogger } from '@ottla/platform';
import { string } from '@ottla/serdes';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyValueStore } from '../store/key-value-store.ts';
import { Stores } from '../store/stores.ts';
import { TaskDatabase } from '../store/task-database.ts';
import { contextWithoutSource } from '../task/task-host.ts';
import type { TaskHost } from '../task/task-host.ts';
import { ChangelogReader } from './changelog-reader.ts';
import { TaskState } from './task-state.ts';

/** A broker's partitions: `start` and the records from there on. */
class FakeLogs {
  readonly logs = new Map<string, { start: number; records: [key: string, value: string][] }>();
  /** Records that one poll gives of each partition. */
  perPoll = 2;
  nowMs = 0;
  readonly #positions = new Map<string, number>();

  readonly consumer = {
    beginningOffsets: (targets: readonly { topic: string }[]) =>
      Promise.resolve(targets.map((each) => ({ ...each, offset: this.#log(each).start }))),
    endOffsets: (targets: readonly { topic: string }[]) =>
      Promise.resolve(targets.map((each) => ({ ...each, offset: this.#end(each) }))),
    assign: (targets: readonly { topic: string; offset: number }[]) => {
      this.#positions.clear();
      for (const { topic, offset } of targets) this.#positions.set(topic, offset);
      return Promise.resolve();
    },
    position: ({ topic }: { topic: string }) => this.#positions.get(topic)!,
    poll: () => {
      this.nowMs += 600;
      return Promise.resolve().then(() =>
        [...this.#positions].flatMap(([topic, at]) => this.#take(topic, at)),
      );
    },
  } as unknown as Consumer;

  #log({ topic }: { topic: string }): { start: number; records: [string, string][] } {
    return this.logs.get(topic)!;
  }

  #end(target: { topic: string }): number {
    const { start, records } = this.#log(target);
    return start + records.length;
  }

  #take(topic: string, at: number): object[] {
    const { start, records } = this.#log({ topic });
    if (at < start || at > this.#end({ topic }))
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `${at} is outside the log`, false, {
        topic,
        partition: 0,
      });
    const taken = records.slice(at - start, at - start + this.perPoll);
    if (taken.length === 0) return [];
    this.#positions.set(topic, at + taken.length);
    return [
      {
        topic,
        partition: 0,
        records: taken.map(([key, value], index) => ({
          key: Buffer.from(key),
          value: Buffer.from(value),
          timestamp: 0,
          offset: at + index,
        })),
      },
    ];
  }
}

let folder: string;
let fake: FakeLogs;
let databases: TaskDatabase[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ottla-restore-'));
  fake = new FakeLogs();
  databases = [];
});
afterEach(async () => {
  for (const database of databases) await database.close();
  await rm(folder, { recursive: true, force: true });
});

const options = { keySerde: string(), valueSerde: string() };

/** A task with a store on disk and one in memory. @param acknowledged what the instance wrote, in this life */
async function task(acknowledged?: number): Promise<{ state: TaskState; partition: number }> {
  const database = await TaskDatabase.open(path.join(folder, 'db'));
  databases.push(database);
  const state = new TaskState({
    stores: [
      { builder: Stores.keyValue('disk', options), changelogTopic: 'disk', isSourceTopic: false },
      {
        builder: Stores.keyValue('memory', { ...options, type: 'memory' }),
        changelogTopic: 'memory',
        isSourceTopic: false,
      },
    ],
    database,
    cache: undefined,
    globals: () => undefined,
    acknowledged: () => acknowledged,
  });
  const host = { id: { subtopology: 0, partition: 0 }, recordContext: contextWithoutSource(0) };
  state.open(host as unknown as TaskHost);
  return { state, partition: 0 };
}

const reader = (): ChangelogReader =>
  new ChangelogReader({
    consumer: fake.consumer,
    clock: { nowMs: () => fake.nowMs, monotonicMs: () => fake.nowMs } as never,
    logger: silentLogger,
  });

async function rows(state: TaskState, store: string): Promise<string[]> {
  const found: string[] = [];
  const stored = state.get(store) as KeyValueStore<string, string>;
  for await (const { key, value } of stored.all()) found.push(`${key}=${value}`);
  return found;
}

async function finish(restoring: ChangelogReader, steps = 20): Promise<void> {
  for (let step = 0; step < steps && !restoring.isIdle; step += 1) await restoring.step(0);
  expect(restoring.isIdle).toBe(true);
}

const log = (start: number, ...keys: string[]) => ({
  start,
  records: keys.map((key, index): [string, string] => [key, `${start + index}`]),
});

describe('ChangelogReader', () => {
  it('fills stores on disk and in memory to the ends of their changelogs', async () => {
    fake.logs.set('disk', log(0, 'a', 'b', 'a', 'c', 'd'));
    fake.logs.set('memory', log(3, 'x', 'y'));
    const restoring = reader();
    const own = await task();
    expect(await restoring.add([own])).toEqual([]);
    await finish(restoring);
    expect(await rows(own.state, 'disk')).toEqual(['a=2', 'b=1', 'c=3', 'd=4']);
    expect(await rows(own.state, 'memory')).toEqual(['x=3', 'y=4']);
  });

  it('given that the log begins behind what the store has, then the store is wiped and filled from the start', async () => {
    fake.logs.set('memory', log(0));
    fake.logs.set('disk', log(0, 'a', 'b', 'c'));
    const first = await task();
    const before = reader();
    await before.add([first]);
    await finish(before);
    await first.state.close();
    fake.logs.set('disk', log(7, 'd', 'e'));
    const second = await task();
    const restoring = reader();
    await restoring.add([second]);
    await finish(restoring);
    expect(await rows(second.state, 'disk')).toEqual(['d=7', 'e=8']);
  });

  it.each(['disk', 'memory'])(
    'given that records not read yet are deleted meanwhile, then the store (%s) is wiped and filled from the new start',
    async (topic) => {
      fake.logs.set('disk', log(0));
      fake.logs.set('memory', log(0));
      fake.logs.set(topic, log(0, 'a', 'b', 'c', 'd', 'e'));
      const own = await task();
      const restoring = reader();
      await restoring.add([own]);
      await restoring.step(0);
      expect(await rows(own.state, topic)).toEqual(['a=0', 'b=1']);
      fake.logs.set(topic, log(4, 'e', 'f'));
      await finish(restoring);
      expect(await rows(own.state, topic)).toEqual(['e=4', 'f=5']);
    },
  );

  it('given that the log is cut short behind what was read, then the store is wiped and filled with what is left', async () => {
    fake.logs.set('memory', log(0));
    fake.logs.set('disk', log(0, 'a', 'b', 'c', 'd', 'e'));
    const own = await task();
    const restoring = reader();
    await restoring.add([own]);
    await restoring.step(0);
    fake.logs.set('disk', log(0, 'z'));
    await finish(restoring);
    expect(await rows(own.state, 'disk')).toEqual(['z=0']);
  });

  it('given that the log is cut short before its end, then restoring does not wait for an end that never comes', async () => {
    fake.logs.set('memory', log(0));
    fake.logs.set('disk', log(0, 'a', 'b', 'c', 'd', 'e'));
    const own = await task();
    const restoring = reader();
    await restoring.add([own]);
    await restoring.step(0);
    fake.logs.set('disk', log(0, 'a', 'b', 'c'));
    await finish(restoring);
    expect(await rows(own.state, 'disk')).toEqual(['a=0', 'b=1', 'c=2']);
  });

  it('given that the instance wrote the changelogs when it had the task before, then nothing in between is passed over', async () => {
    fake.logs.set('disk', log(0, 'a', 'b', 'c', 'd', 'e'));
    fake.logs.set('memory', log(0, 'u'));
    const own = await task(4);
    const restoring = reader();
    await restoring.add([own]);
    // The one that is at its end leaves: the position of the other is set again.
    await restoring.step(0);
    expect(databases[0]!.offsetOf('disk')).toBe(2);
    await finish(restoring);
    expect(await rows(own.state, 'disk')).toEqual(['a=0', 'b=1', 'c=2', 'd=3', 'e=4']);
    expect(await rows(own.state, 'memory')).toEqual(['u=0']);
  });

  it('given a store in memory, then the disk knows no offset of it: it would be wrong once the store is on disk', async () => {
    fake.logs.set('disk', log(0));
    fake.logs.set('memory', log(0, 'a'));
    const own = await task(1);
    const restoring = reader();
    await restoring.add([own]);
    await finish(restoring);
    await own.state.checkpoint(0);
    expect(databases[0]!.offsetOf('memory')).toBeUndefined();
  });
});
