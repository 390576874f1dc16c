// A store of a task: made by its builder, opened by the runtime, filled from its changelog, used by the processors that it is
// connected to. Reads answer at once where they can and by a promise where they have to go to disk; writes always return at
// once and reach the disk and the changelog with the commit. Kafka: StateStore, StateStoreContext.
import type { RecordContext } from '../processor/internal-context.ts';
import type { MaybePromise } from '../processor/processor.ts';
import type { Headers } from '../processor/record.ts';
import type { TaskId } from '../processor/task-id.ts';
import type { ByteStore } from './byte-store.ts';
import type { CacheBudget } from './cache-budget.ts';

/** What any store has. */
export interface StateStore {
  readonly name: string;
  /** Whether it is on disk; one that is not is filled from its changelog at every start. */
  readonly isPersistent: boolean;
  readonly isOpen: boolean;
  /** Makes it ready; nothing else may be called before. */
  init(context: StoreContext): void;
  /** Takes records of its changelog in, in order; they are not written to the changelog again. */
  restore(records: Iterable<ChangelogRecord>): void;
  /** Gives out what a cache holds back: to the bytes below, to the changelog, to the nodes after. */
  flush(): MaybePromise;
  /** Idempotent. What was not flushed is lost. */
  close(): void;
}

/** A record of a changelog topic. */
export interface ChangelogRecord {
  readonly key: Buffer;
  /** Null: deleted. */
  readonly value: Buffer | null;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** What a store gets from its task. */
export interface StoreContext {
  readonly taskId: TaskId;
  /** Of the record that is processed now. */
  readonly recordContext: RecordContext;
  /** Where the store's bytes are: in memory, or in the task's database. */
  openBytes(store: string, isPersistent: boolean): ByteStore;
  /** Writes a change to the store's changelog topic; does nothing where it has none. */
  logChange(
    store: string,
    key: Uint8Array,
    value: Uint8Array | null,
    timestamp: number,
    headers: Headers,
  ): void;
  /** Memory for what is held back; undefined where nothing is. */
  readonly cache: CacheBudget | undefined;
  /** Counts a record that came too late for the store. */
  recordDropped(): void;
}

/** What a store with a cache tells the node that writes it: the last change of a key since the flush before. */
export type FlushListener<K, V> = (
  change: { readonly key: K; readonly newValue: V | null; readonly oldValue: V | null },
  origin: RecordContext,
) => MaybePromise;

/** A store that can hold changes back, so that only the last of each key goes on. */
export interface CachedStore<K, V> {
  /**
   * From now on changes are told here when they are flushed.
   *
   * @param sendOldValues whether the listener wants to know what was there before; else `oldValue` is null
   * @returns false when the store holds nothing back: then the node has to forward by itself
   */
  setFlushListener(listener: FlushListener<K, V>, sendOldValues: boolean): boolean;
}
