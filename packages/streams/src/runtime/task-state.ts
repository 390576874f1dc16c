// The stores of a running task: made, opened on the task's database, restored from their changelogs, flushed with each commit.
// Kafka: ProcessorStateManager.
import type { MaybePromise } from '../processor/processor.ts';
import type { Headers } from '../processor/record.ts';
import { whenDone } from '../processor/when-done.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { CacheBudget } from '../store/cache-budget.ts';
import { MemoryByteStore } from '../store/memory-byte-store.ts';
import type { ChangelogRecord, StateStore, StoreContext } from '../store/state-store.ts';
import type { TaskDatabase } from '../store/task-database.ts';
import type { TaskHost, TaskStores } from '../task/task-host.ts';
import type { SubtopologyStore } from '../topology/subtopologies.ts';

/** A store's changelog, and how much of it the store has. */
export interface Changelog {
  readonly store: string;
  readonly topic: string;
  /** Whether what the store has, and so the offset, outlives the task. */
  readonly isPersistent: boolean;
  /** Exclusive; undefined: nothing, read it from its start. */
  offset: number | undefined;
}

export interface TaskStateOptions {
  readonly stores: readonly SubtopologyStore[];
  /** Undefined when no store is persistent. */
  readonly database: TaskDatabase | undefined;
  readonly cache: CacheBudget | undefined;
  readonly globals: (name: string) => StateStore | undefined;
  /** Up to where (exclusive) a changelog partition was acknowledged. */
  readonly acknowledged: (topic: string, partition: number) => number | undefined;
}

/** Changes of a task's stores that may wait in memory for the disk. */
const WAITING_MAX = 100_000;

export class TaskState implements TaskStores {
  readonly changelogs: readonly Changelog[];
  readonly #options: TaskStateOptions;
  readonly #stores = new Map<string, StateStore>();
  /** Changelogs that this task writes. */
  readonly #written = new Map<string, string>();
  readonly #inMemory = new Map<string, MemoryByteStore>();
  /** Changes of all stores so far. */
  #changeCount = 0;
  /** Changes that the producer had no room for. */
  #waiting: Promise<void> | undefined;

  constructor(options: TaskStateOptions) {
    this.#options = options;
    const changelogs: Changelog[] = [];
    for (const { builder, changelogTopic, isSourceTopic } of options.stores) {
      const store = builder.build();
      this.#stores.set(builder.name, store);
      if (changelogTopic === undefined) continue;
      if (!isSourceTopic) this.#written.set(builder.name, changelogTopic);
      const offset = store.isPersistent ? options.database?.offsetOf(builder.name) : undefined;
      const { isPersistent } = store;
      changelogs.push({ store: builder.name, topic: changelogTopic, isPersistent, offset });
    }
    this.changelogs = changelogs;
  }

  get(name: string): StateStore | undefined {
    return this.#stores.get(name);
  }

  global(name: string): StateStore | undefined {
    return this.#options.globals(name);
  }

  /** Whether so many changes wait for the disk that a commit should not be left to its interval. */
  get isFull(): boolean {
    return (this.#options.database?.waitingCount ?? 0) > WAITING_MAX;
  }

  /** Opens the stores for a task; before its processors are made ready. */
  open(host: TaskHost): void {
    const context = this.#contextFor(host);
    for (const store of this.#stores.values()) store.init(context);
  }

  /** Takes records of a changelog in. @param nextOffset behind them */
  restore(changelog: Changelog, records: Iterable<ChangelogRecord>, nextOffset: number): void {
    this.#stores.get(changelog.store)!.restore(records);
    changelog.offset = nextOffset;
  }

  /** Forgets what a store has: its changelog does not go on from there. */
  async reset(changelog: Changelog): Promise<void> {
    const { store, isPersistent } = changelog;
    if (isPersistent) await this.#options.database?.wipe(store);
    this.#inMemory.get(store)?.clear();
    changelog.offset = undefined;
  }

  /** Resolves when the producer has room for the changes so far; undefined: it has. For whoever is about to make more of them. */
  get room(): Promise<void> | undefined {
    return this.#waiting;
  }

  flushCaches(): MaybePromise {
    const before = this.#changeCount;
    return whenDone(this.#flushFrom([...this.#stores.values()], 0), () => {
      // What one gives out may change another that was flushed before it.
      if (this.#changeCount !== before) return this.flushCaches();
      return this.#waiting;
    });
  }

  #flushFrom(stores: readonly StateStore[], first: number): MaybePromise {
    for (let index = first; index < stores.length; index += 1) {
      const done = stores[index]!.flush();
      if (done instanceof Promise) return done.then(() => this.#flushFrom(stores, index + 1));
    }
  }

  /** Writes to disk what was committed; after everything before it was acknowledged. */
  async checkpoint(partition: number): Promise<void> {
    for (const changelog of this.changelogs) {
      const offset = this.#options.acknowledged(changelog.topic, partition);
      if (offset !== undefined && this.#written.has(changelog.store))
        changelog.offset = Math.max(offset, changelog.offset ?? 0);
    }
    await this.checkpointRestored();
  }

  /** Writes to disk what was restored so far. What this instance wrote to a changelog when it had the task before says nothing here. */
  async checkpointRestored(): Promise<void> {
    const offsets = new Map<string, number>();
    for (const { store, isPersistent, offset } of this.changelogs)
      if (isPersistent && offset !== undefined) offsets.set(store, offset);
    await this.#options.database?.flush(offsets);
  }

  async close(): Promise<void> {
    for (const store of this.#stores.values()) store.close();
    await this.#options.database?.close();
  }

  #contextFor(host: TaskHost): StoreContext {
    const { database, cache } = this.#options;
    return {
      taskId: host.id,
      cache,
      get recordContext() {
        return host.recordContext;
      },
      openBytes: (store: string, isPersistent: boolean): ByteStore => {
        if (isPersistent && database !== undefined) return database.openBytes(store);
        const bytes = new MemoryByteStore();
        this.#inMemory.set(store, bytes);
        return bytes;
      },
      recordDropped: () => host.recordDropped(),
      logChange: (store, key, value, timestamp, headers) =>
        this.#log(host, store, key, value, timestamp, headers),
    };
  }

  #log(
    host: TaskHost,
    store: string,
    key: Uint8Array,
    value: Uint8Array | null,
    timestamp: number,
    headers: Headers,
  ): void {
    this.#changeCount += 1;
    const topic = this.#written.get(store);
    if (topic === undefined) return;
    const { partition } = host.id;
    const sent = host.collector.send({
      topic,
      partition,
      key,
      value,
      timestamp,
      headers,
      origin: store,
    });
    if (sent === undefined) return;
    // The producer keeps the order of what waits for room; the commit waits for it.
    const all = Promise.all([this.#waiting, sent]).then(() => {
      if (this.#waiting === all) this.#waiting = undefined;
    });
    all.catch(() => undefined); // Told by the commit.
    this.#waiting = all;
  }
}
