// The stores of a running task: made, opened on the task's database, restored from their changelogs, flushed with each commit.
// Kafka: ProcessorStateManager.
import type { MaybePromise } from '../processor/processor.ts';
import type { Headers } from '../processor/record.ts';
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
      changelogs.push({ store: builder.name, topic: changelogTopic, offset });
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
    await this.#options.database?.wipe(changelog.store);
    changelog.offset = undefined;
  }

  flushCaches(): MaybePromise {
    const last = this.#flushFrom([...this.#stores.values()], 0);
    const waiting = this.#waiting;
    if (waiting === undefined) return last;
    this.#waiting = undefined;
    return Promise.resolve(last).then(() => waiting);
  }

  #flushFrom(stores: readonly StateStore[], first: number): MaybePromise {
    for (let index = first; index < stores.length; index += 1) {
      const done = stores[index]!.flush();
      if (done instanceof Promise) return done.then(() => this.#flushFrom(stores, index + 1));
    }
  }

  /** Writes to disk what was committed; after everything before it was acknowledged. */
  async checkpoint(partition: number): Promise<void> {
    const { database, acknowledged } = this.#options;
    if (database === undefined) return;
    const offsets = new Map<string, number>();
    for (const changelog of this.changelogs) {
      const offset = acknowledged(changelog.topic, partition);
      if (offset !== undefined && this.#written.has(changelog.store))
        changelog.offset = Math.max(offset, changelog.offset ?? 0);
      if (changelog.offset !== undefined) offsets.set(changelog.store, changelog.offset);
    }
    await database.flush(offsets);
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
      openBytes: (store: string, isPersistent: boolean): ByteStore =>
        isPersistent && database !== undefined ? database.openBytes(store) : new MemoryByteStore(),
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
    const all = Promise.all([this.#waiting, sent]).then(() => undefined);
    all.catch(() => undefined); // Told by the commit.
    this.#waiting = all;
  }
}
