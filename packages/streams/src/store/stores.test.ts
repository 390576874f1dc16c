// Every kind of store under one set of sentences, in memory and in LevelDB, with and without a cache; and against a plain map.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { int64, string } from '@ottla/serdes';
import fc from 'fast-check';
import { Level } from 'level';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { contextWithoutSource } from '../task/task-host.ts';
import { CacheBudget } from './cache-budget.ts';
import { MemoryByteStore } from './memory-byte-store.ts';
import type { CachedStore, StateStore, StoreContext } from './state-store.ts';
import { Stores } from './stores.ts';
import { TaskDatabase } from './task-database.ts';

interface World {
  readonly name: string;
  readonly isOnDisk: boolean;
  readonly isCached: boolean;
}

const worlds: readonly World[] = [
  { name: 'in memory', isOnDisk: false, isCached: false },
  { name: 'in memory, cached', isOnDisk: false, isCached: true },
  { name: 'in LevelDB', isOnDisk: true, isCached: false },
  { name: 'in LevelDB, cached', isOnDisk: true, isCached: true },
];

let folder: string;
let databases: TaskDatabase[] = [];
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ottla-stores-'));
});
afterEach(async () => {
  for (const database of databases) await database.close();
  databases = [];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Logged {
  readonly key: string;
  readonly value: string | null;
  readonly timestamp: number;
}

interface Opened<S> {
  readonly store: S;
  readonly log: Logged[];
  readonly database: TaskDatabase | undefined;
  dropped: number;
}

async function open<S extends StateStore>(
  world: World,
  builder: { build(): S },
  folderName = `db-${(count += 1)}`,
  cache = new CacheBudget(1_000_000),
): Promise<Opened<S>> {
  const database = world.isOnDisk
    ? await TaskDatabase.open(path.join(folder, folderName))
    : undefined;
  if (database !== undefined) databases.push(database);
  const opened: Opened<S> = { store: builder.build(), log: [], database, dropped: 0 };
  const context: StoreContext = {
    taskId: { subtopology: 0, partition: 0 },
    recordContext: contextWithoutSource(77),
    cache: world.isCached ? cache : undefined,
    openBytes: (store) => database?.openBytes(store) ?? new MemoryByteStore(),
    logChange: (_store, key, value, timestamp) =>
      opened.log.push({
        key: Buffer.from(key).toString('latin1'),
        value: value === null ? null : Buffer.from(value).toString('latin1'),
        timestamp,
      }),
    recordDropped: () => (opened.dropped += 1),
  };
  opened.store.init(context);
  return opened;
}

const options = (
  world: World,
): {
  keySerde: ReturnType<typeof string>;
  valueSerde: ReturnType<typeof string>;
  caching: boolean;
} => ({
  keySerde: string(),
  valueSerde: string(),
  caching: world.isCached,
});

describe.each(worlds)('stores $name', (world) => {
  it('given values by key, then they are read, overwritten, deleted and listed in the order of their bytes', async () => {
    const { store } = await open(world, Stores.keyValue('s', options(world)));
    for (const key of ['b', 'a', 'ä', 'B', 'aa', '']) store.put(key, `value of ${key}`);
    store.put('b', 'another');
    expect(await store.get('b')).toBe('another');
    expect(await store.get('none')).toBeNull();
    expect(await store.delete('aa')).toBe('value of aa');
    expect(await store.putIfAbsent('a', 'no')).toBe('value of a');
    expect(await store.putIfAbsent('c', 'new')).toBeNull();
    const keys = async (entries: AsyncIterable<{ key: string }>): Promise<string[]> => {
      const found: string[] = [];
      for await (const { key } of entries) found.push(key);
      return found;
    };
    expect(await keys(store.all())).toEqual(['', 'B', 'a', 'b', 'c', 'ä']);
    expect(await keys(store.reverseAll())).toEqual(['ä', 'c', 'b', 'a', 'B', '']);
    expect(await keys(store.range('B', 'b'))).toEqual(['B', 'a', 'b']);
    expect(await keys(store.reverseRange('a', null))).toEqual(['ä', 'c', 'b', 'a']);
    expect(await keys(store.prefixScan(Buffer.from('ä').subarray(0, 1)))).toEqual(['ä']);
  });

  it('given changes, then each goes to the changelog: plain values, the store’s times, nulls for deletions', async () => {
    const { store, log } = await open(world, Stores.timestampedKeyValue('s', options(world)));
    store.put('a', { value: 'x', timestamp: 5 });
    await store.flush();
    store.put('a', null);
    await store.flush();
    store.put('b', { value: 'y', timestamp: 6 });
    await store.flush();
    expect(log).toEqual([
      { key: 'a', value: 'x', timestamp: 5 },
      { key: 'a', value: null, timestamp: 77 },
      { key: 'b', value: 'y', timestamp: 6 },
    ]);
    expect(await store.get('b')).toEqual({ value: 'y', timestamp: 6 });
  });

  it('given windows, then each is kept for the retention, by its key and start, and no longer', async () => {
    const builder = Stores.window('w', {
      keySerde: string(),
      valueSerde: int64(),
      caching: world.isCached,
      retentionMs: 100,
      windowSizeMs: 10,
    });
    const opened = await open(world, builder);
    const { store } = opened;
    for (const start of [0, 10, 20]) {
      store.put('a', start, start);
      store.put('ab', start + 1, start);
    }
    expect(await store.fetch('a', 10)).toBe(10);
    expect(await store.fetch('a', 11)).toBeNull();
    expect(await store.fetchBetween('a', 5, 20).toArray()).toEqual([
      { windowStart: 10, value: 10 },
      { windowStart: 20, value: 20 },
    ]);
    expect(await store.backwardFetchBetween('a', 0, 10).toArray()).toEqual([
      { windowStart: 10, value: 10 },
      { windowStart: 0, value: 0 },
    ]);
    store.put('a', 110, 110);
    store.put('a', 1, 10);
    expect(opened.dropped).toBe(1);
    expect(await store.fetch('a', 10)).toBeNull();
    const starts = (await store.all().toArray()).map(({ key }) => [key.key, key.window.start]);
    expect(starts).toEqual([
      ['a', 20],
      ['a', 110],
      ['ab', 20],
    ]);
    store.put('a', 1_000_000, 1_000_000);
    await store.flush();
    expect((await store.all().toArray()).length).toBe(1);
  });

  it('answers as a map does, whatever is put, deleted, flushed and read', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'aa', 'ab', 'ä');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), key, value: fc.string({ maxLength: 3 }) }),
      fc.record({ kind: fc.constant('delete' as const), key }),
      fc.record({ kind: fc.constant('flush' as const) }),
      fc.record({ kind: fc.constant('commit' as const) }),
      fc.record({ kind: fc.constant('range' as const), from: key, to: key }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { store, database } = await open(world, Stores.keyValue('s', options(world)));
        const model = new Map<string, string>();
        for (const each of steps) {
          if (each.kind === 'put') {
            store.put(each.key, each.value);
            model.set(each.key, each.value);
          } else if (each.kind === 'delete') {
            store.put(each.key, null);
            model.delete(each.key);
          } else if (each.kind === 'flush') await store.flush();
          else if (each.kind === 'commit') {
            await store.flush();
            await database?.flush(new Map());
            expect(store.approximateNumEntries).toBe(model.size);
          } else {
            const compare = (a: string, b: string): number =>
              Buffer.from(a).compare(Buffer.from(b));
            const expected = [...model]
              .filter(([k]) => compare(k, each.from) >= 0 && compare(k, each.to) <= 0)
              .sort(([a], [b]) => compare(a, b))
              .map(([k, value]) => ({ key: k, value }));
            expect(await store.range(each.from, each.to).toArray()).toEqual(expected);
          }
          for (const k of ['a', 'b', 'ä']) expect(await store.get(k)).toBe(model.get(k) ?? null);
        }
        await database?.close();
      }),
      { numRuns: world.isOnDisk ? 25 : 100 },
    );
  });
});

describe.each(worlds)('the number of entries $name', (world) => {
  it('given keys that are overwritten and deleted, then each counts once while it is there, before and after a commit', async () => {
    const { store, database } = await open(world, Stores.keyValue('s', options(world)));
    const put = async (key: string, value: string | null, count: number): Promise<void> => {
      store.put(key, value);
      await store.flush();
      expect(store.approximateNumEntries).toBe(count);
    };
    for (const round of ['1', '2']) {
      await put('a', round, 1);
      await put('a', `${round}!`, 1);
      await put('b', round, 2);
      await put('none', null, 2);
      await put('b', null, 1);
      await put('b', null, 1);
      await database?.flush(new Map());
    }
  });
});

describe.each(worlds.filter(({ isCached }) => isCached))('a range read $name', (world) => {
  it('sees what is held back, hides what was deleted, and lets nothing go on to the nodes after', async () => {
    const { store, database, log } = await open(world, Stores.keyValue('s', options(world)));
    const told: unknown[] = [];
    for (const key of ['a', 'c', 'd', 'f']) store.put(key, 'old');
    await store.flush();
    await database?.flush(new Map());
    (store as unknown as CachedStore<string, string>).setFlushListener(
      (change) => void told.push(change),
      false,
    );
    log.length = 0;
    store.put('b', 'new');
    store.put('c', 'new');
    store.put('d', null);
    store.put('g', 'new');
    const rows = [
      ['a', 'old'],
      ['b', 'new'],
      ['c', 'new'],
      ['f', 'old'],
      ['g', 'new'],
    ];
    const shown = async (entries: AsyncIterable<{ key: string; value: string }>) => {
      const found: string[][] = [];
      for await (const { key, value } of entries) found.push([key, value]);
      return found;
    };
    expect(await shown(store.all())).toEqual(rows);
    expect(await shown(store.reverseAll())).toEqual(rows.toReversed());
    expect(await shown(store.range('b', 'f'))).toEqual(rows.slice(1, 4));
    expect(told).toEqual([]);
    expect(log).toEqual([]);
  });
});

describe('a window store on disk', () => {
  const world = { name: '', isOnDisk: true, isCached: false };
  const windows = Stores.window('w', {
    keySerde: string(),
    valueSerde: int64(),
    retentionMs: 60_000,
    windowSizeMs: 10,
  });

  it('given a close while expired windows are being deleted, then nothing is left to fail', async () => {
    const { store, database } = await open(world, windows);
    store.put('a', 1, 0);
    await database!.flush(new Map());
    store.put('a', 2, 1_000_000);
    store.close();
    await database!.close();
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('given a restore over many segments, then expired windows are gone with the next flush', async () => {
    const { store, database } = await open(world, windows);
    const source = await open({ ...world, isOnDisk: false }, windows);
    for (let start = 0; start < 20 * 60_000; start += 60_000) source.store.put('a', start, start);
    store.restore(
      source.log.map(({ key, value, timestamp }) => ({
        key: Buffer.from(key, 'latin1'),
        value: value === null ? null : Buffer.from(value, 'latin1'),
        timestamp,
      })),
    );
    await store.flush();
    await database!.flush(new Map());
    const rows: unknown[] = [];
    for await (const { key } of database!.openBytes('w').range({})) rows.push(key);
    expect(rows.length).toBeLessThanOrEqual(3);
  });
});

describe('a cached store', () => {
  it('tells its node only the last change of a key since the flush before, with what was there then', async () => {
    const world = { name: '', isOnDisk: false, isCached: true };
    const { store, log } = await open(world, Stores.keyValue('s', options(world)));
    const told: unknown[] = [];
    const cached = store as typeof store & {
      setFlushListener(listener: (change: unknown) => void, sendOldValues: boolean): boolean;
    };
    expect(cached.setFlushListener((change) => void told.push(change), true)).toBe(true);
    store.put('a', '1');
    store.put('a', '2');
    store.put('gone', '1');
    store.put('gone', null);
    await store.flush();
    store.put('a', '3');
    await store.flush();
    await store.flush();
    expect(told).toEqual([
      { key: 'a', newValue: '2', oldValue: null },
      { key: 'a', newValue: '3', oldValue: '2' },
    ]);
    expect(log.map(({ key, value }) => [key, value])).toEqual([
      ['a', '2'],
      ['a', '3'],
    ]);
  });
});

describe('a cache budget', () => {
  it('counts values too: a thousand of 10 KB exceed 5 MB, a thousand of 10 bytes do not', async () => {
    for (const [size, isExceeded] of [
      [10_000, true],
      [10, false],
    ] as const) {
      const budget = new CacheBudget(5_000_000);
      const world = { name: '', isOnDisk: false, isCached: true };
      const { store } = await open(world, Stores.keyValue('s', options(world)), undefined, budget);
      for (let index = 0; index < 1_000; index += 1) store.put(`k${index}`, 'x'.repeat(size));
      expect(budget.isExceeded).toBe(isExceeded);
      await store.flush();
      store.close();
      expect(budget.usedBytes).toBe(0);
    }
  });
});

describe('TaskDatabase', () => {
  const world = { name: '', isOnDisk: true, isCached: false };

  it('given a crash, then what was not committed is gone, and the offset is that of what is there', async () => {
    const builder = Stores.keyValue('s', options(world));
    const first = await open(world, builder, 'crashed');
    first.store.put('a', 'committed');
    await first.database!.flush(new Map([['s', 7]]));
    first.store.put('a', 'lost');
    first.store.put('b', 'lost');
    await first.database!.close();
    const second = await open(world, builder, 'crashed');
    expect(await second.store.get('a')).toBe('committed');
    expect(await second.store.get('b')).toBeNull();
    expect(second.database!.offsetOf('s')).toBe(7);
    expect(second.database!.offsetOf('other')).toBeUndefined();
  });

  it('given a restart, then it knows how many entries it has; given a database from before that, then it counts them', async () => {
    const builder = Stores.keyValue('s', options(world));
    const first = await open(world, builder, 'counted');
    first.store.put('a', '1');
    first.store.put('b', '1');
    await first.database!.flush(new Map());
    first.store.put('a', '2');
    await first.database!.flush(new Map());
    first.store.put('c', 'lost');
    await first.database!.close();
    const second = await open(world, builder, 'counted');
    expect(second.store.approximateNumEntries).toBe(2);
    await second.database!.close();
    const level = new Level<Buffer, Buffer>(path.join(folder, 'counted'), {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    });
    await level.del(Buffer.of(2));
    await level.close();
    const third = await open(world, builder, 'counted');
    expect(third.store.approximateNumEntries).toBe(2);
  });

  it('given a read that is under way when the task is handed over, then it says so as any closed store does', async () => {
    const { store, database } = await open(world, Stores.keyValue('s', options(world)));
    for (let index = 0; index < 5_000; index += 1) store.put(`k${index}`, 'x');
    await database!.flush(new Map());
    const rows = store.all()[Symbol.asyncIterator]();
    await rows.next();
    store.close();
    await database!.close();
    const rest = (async () => {
      while ((await rows.next()).done !== true);
    })();
    await expect(rest).rejects.toMatchObject({ code: 'STORE_NOT_AVAILABLE', retriable: true });
  });

  it('given a crash while a store is wiped, then what is left is not taken for content', async () => {
    const builder = Stores.keyValue('s', options(world));
    const { store, database } = await open(world, builder, 'half-wiped');
    store.put('a', '1');
    await database!.flush(new Map([['s', 7]]));
    await Promise.allSettled([database!.wipe('s'), database!.close()]);
    const again = await open(world, builder, 'half-wiped');
    const offset = again.database!.offsetOf('s');
    expect(offset === undefined || offset < 0).toBe(true);
  });

  it('given a store that is wiped, then its content and offset are gone, and another’s stay', async () => {
    const builder = Stores.keyValue('s', options(world));
    const opened = await open(world, builder, 'wiped');
    const other = opened.database!.openBytes('s2');
    opened.store.put('a', '1');
    other.put(Buffer.from('a'), Buffer.from('2'));
    await opened.database!.flush(new Map([['s', 7]]));
    await opened.database!.wipe('s');
    expect(await opened.store.get('a')).toBeNull();
    expect(opened.database!.offsetOf('s')).toBeUndefined();
    expect(String(await other.get(Buffer.from('a')))).toBe('2');
  });

  it('says what to do where a range is asked for at once', async () => {
    const { store } = await open(world, Stores.keyValue('s', options(world)));
    expect(() => [...store.all()]).toThrow(/for await/);
  });
});
