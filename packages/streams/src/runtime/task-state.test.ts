// What a commit flushes and waits for.
import { string } from '@ottla/serdes';
import { describe, expect, it } from 'vitest';
import type { OutputRecord } from '../task/record-collector.ts';
import { contextWithoutSource, type TaskHost } from '../task/task-host.ts';
import { CacheBudget } from '../store/cache-budget.ts';
import type { KeyValueStore } from '../store/key-value-store.ts';
import type { CachedStore } from '../store/state-store.ts';
import { Stores } from '../store/stores.ts';
import { TaskState } from './task-state.ts';

type Store = KeyValueStore<string, string> & CachedStore<string, string>;

function stateOf(send: (record: OutputRecord) => void | Promise<void>): {
  readonly state: TaskState;
  readonly store: (name: string) => Store;
} {
  const options = {
    keySerde: string(),
    valueSerde: string(),
    type: 'memory',
    caching: true,
  } as const;
  const state = new TaskState({
    stores: ['first', 'second'].map((name) => ({
      builder: Stores.keyValue(name, options),
      changelogTopic: `${name}-changelog`,
      isSourceTopic: false,
    })),
    database: undefined,
    cache: new CacheBudget(1_000_000),
    globals: () => undefined,
    acknowledged: () => undefined,
  });
  const host = {
    id: { subtopology: 0, partition: 0 },
    recordContext: contextWithoutSource(0),
    collector: { send },
  };
  state.open(host as unknown as TaskHost);
  return { state, store: (name) => state.get(name) as unknown as Store };
}

describe('the state of a task', () => {
  it('given a store whose changes go on to one that was flushed before it, then nothing is held back after the flush', async () => {
    const sent: string[] = [];
    const { state, store } = stateOf(({ topic, key }) => void sent.push(`${topic} ${String(key)}`));
    store('second').setFlushListener(({ key }) => store('first').put(`of ${key}`, 'x'), false);
    store('first').put('a', '1');
    store('second').put('b', '1');
    await state.flushCaches();
    expect(sent).toEqual(['first-changelog a', 'second-changelog b', 'first-changelog of b']);
  });

  it('given a producer without room, then a flush waits for every change, also for those that a waiting flush makes', async () => {
    const waiting: (() => void)[] = [];
    const { state, store } = stateOf(() => new Promise((resolve) => waiting.push(resolve)));
    store('first').setFlushListener(() => Promise.resolve(), false);
    store('first').put('a', '1');
    store('second').put('b', '1');
    expect(state.room).toBeUndefined();
    let isFlushed = false;
    const flushed = Promise.resolve(state.flushCaches()).then(() => (isFlushed = true));
    await turns();
    expect(waiting).toHaveLength(2);
    expect(state.room).toBeDefined();
    waiting[0]!();
    await turns();
    expect(isFlushed).toBe(false);
    waiting[1]!();
    await flushed;
    expect(state.room).toBeUndefined();
  });
});

const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
