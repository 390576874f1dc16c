// The window store over bytes: serdes, retention, the changelog, and what is held back until the commit.
// Kafka: MeteredWindowStore, CachingWindowStore, ChangeLoggingWindowBytesStore, RocksDBWindowStore, InMemoryWindowStore.
import type { Serde } from '@ottla/serdes';
import type { RecordContext } from '../processor/internal-context.ts';
import type { MaybePromise } from '../processor/processor.ts';
import { NO_HEADERS } from '../processor/record.ts';
import { whenDone } from '../processor/when-done.ts';
import type { ByteRange, ByteStore } from './byte-store.ts';
import { cachedRange } from './cached-range.ts';
import type { KeyValue } from './key-value-store.ts';
import { notOpen } from './not-open.ts';
import { Segments } from './segments.ts';
import type { CachedStore, ChangelogRecord, FlushListener, StoreContext } from './state-store.ts';
import { type CacheEntry, StoreCache } from './store-cache.ts';
import type { SortedEntry } from './sorted-bytes.ts';
import { mapIterator, type StoreIterator } from './store-iterator.ts';
import { toBuffer, type ValueCodec } from './value-codec.ts';
import { isWindowKey, keyOf, startOf, windowKey } from './window-keys.ts';
import type { Windowed, WindowEntry, WindowStore } from './window-store.ts';

export interface WindowStoreOptions<K, V> {
  readonly name: string;
  readonly isPersistent: boolean;
  readonly isCached: boolean;
  readonly retentionMs: number;
  readonly windowSizeMs: number;
  readonly keySerde: Serde<K>;
  readonly codec: ValueCodec<V>;
}

/** All times there are, as bounds. */
const EVER = Number.MAX_SAFE_INTEGER;

export class ByteWindowStore<K, V> implements WindowStore<K, V>, CachedStore<Windowed<K>, V> {
  readonly name: string;
  readonly isPersistent: boolean;
  readonly retentionMs: number;
  readonly windowSizeMs: number;
  readonly #options: WindowStoreOptions<K, V>;
  readonly #segments: Segments;
  #context: StoreContext | undefined;
  #bytes: ByteStore | undefined;
  #cache: StoreCache<V> | undefined;
  #listener: FlushListener<Windowed<K>, V> | undefined;
  #sendsOldValues = false;
  /** Deletion of what expired, where the disk has to be read for it. Never rejects. */
  #sweep: Promise<void> | undefined;
  /** What starts before may be deleted; 0: nothing is to be swept. */
  #sweepBefore = 0;
  #sweepFailure: unknown = undefined;

  constructor(options: WindowStoreOptions<K, V>) {
    this.name = options.name;
    this.isPersistent = options.isPersistent;
    this.retentionMs = options.retentionMs;
    this.windowSizeMs = options.windowSizeMs;
    this.#options = options;
    this.#segments = new Segments(options.retentionMs);
  }

  get isOpen(): boolean {
    return this.#bytes !== undefined;
  }

  init(context: StoreContext): void {
    this.#context = context;
    this.#bytes = context.openBytes(this.name, this.isPersistent);
    if (this.#options.isCached && context.cache !== undefined)
      this.#cache = new StoreCache(
        context.cache,
        (value) => this.#options.codec.toStored(value, this.name).length,
      );
  }

  restore(records: Iterable<ChangelogRecord>): void {
    const { codec } = this.#options;
    for (const { key, value, timestamp } of records) {
      if (!isWindowKey(key)) continue;
      const start = startOf(key);
      this.#observe(start);
      if (this.#segments.isExpired(start)) continue;
      this.#open.put(key, value === null ? null : codec.fromLogged(value, timestamp));
    }
  }

  setFlushListener(listener: FlushListener<Windowed<K>, V>, sendOldValues: boolean): boolean {
    if (this.#cache === undefined) return false;
    this.#listener = listener;
    this.#sendsOldValues = sendOldValues;
    return true;
  }

  // ---- reads ----

  fetch(key: K, windowStart: number): V | null | Promise<V | null> {
    if (this.#segments.isExpired(windowStart)) return null;
    const bytes = windowKey(this.#keyBytes(key), windowStart);
    const held = this.#cache?.get(bytes);
    return held === undefined ? this.#read(bytes) : held.value;
  }

  fetchBetween(key: K, from: number, to: number): StoreIterator<WindowEntry<V>> {
    return this.#fetchBetween(key, from, to, false);
  }

  backwardFetchBetween(key: K, from: number, to: number): StoreIterator<WindowEntry<V>> {
    return this.#fetchBetween(key, from, to, true);
  }

  fetchAll(from: number, to: number): StoreIterator<KeyValue<Windowed<K>, V>> {
    return mapIterator(this.#scan({}), ({ key, value }) => {
      const start = startOf(key);
      return start < from || start > to || this.#segments.isExpired(start)
        ? undefined
        : { key: this.#windowed(key), value };
    });
  }

  all(): StoreIterator<KeyValue<Windowed<K>, V>> {
    return this.fetchAll(0, EVER);
  }

  // ---- writes ----

  put(key: K, value: V | null, windowStart: number): void {
    this.#observe(windowStart);
    const context = this.#opened;
    if (this.#segments.isExpired(windowStart)) {
      context.recordDropped();
      return;
    }
    const bytes = windowKey(this.#keyBytes(key), windowStart);
    if (this.#cache === undefined) this.#write(bytes, value, context.recordContext);
    else this.#cache.put(bytes, value, context.recordContext);
  }

  // ---- commit ----

  flush(): MaybePromise {
    const cache = this.#cache;
    if (this.#sweep !== undefined) return this.#sweep.then(() => this.flush());
    if (this.#sweepFailure !== undefined) throw this.#sweepFailure;
    if (cache === undefined || cache.isEmpty) return;
    return whenDone(this.#flushFrom(cache.dirty(), 0), () => cache.settle());
  }

  close(): void {
    this.#cache?.clear();
    this.#bytes?.close();
    this.#bytes = undefined;
  }

  #flushFrom(entries: readonly CacheEntry<V>[], first: number): MaybePromise {
    for (let index = first; index < entries.length; index += 1) {
      const done = this.#flushOne(entries[index]!);
      if (done instanceof Promise) return done.then(() => this.#flushFrom(entries, index + 1));
    }
  }

  #flushOne(entry: CacheEntry<V>): MaybePromise {
    const { keyBytes, value, origin } = entry;
    entry.isDirty = false;
    const listener = this.#listener;
    if (listener === undefined) {
      this.#write(keyBytes, value, origin);
      return;
    }
    const known = this.#sendsOldValues || value === null ? this.#read(keyBytes) : null;
    return whenDone(known, (old) => {
      if (value === null && old === null) return;
      this.#write(keyBytes, value, origin);
      const oldValue = this.#sendsOldValues ? old : null;
      return listener({ key: this.#windowed(keyBytes), newValue: value, oldValue }, origin);
    });
  }

  // ---- bytes ----

  /** Windows of segments that are over are deleted a whole segment at a time; reads do not see them from before that. */
  #observe(start: number): void {
    const over = this.#segments.observe(start);
    if (over === undefined) return;
    this.#sweepBefore = over;
    if (this.#sweep !== undefined) return;
    const swept = this.#sweepOnce();
    if (swept instanceof Promise)
      this.#sweep = swept
        .catch((error: unknown) => {
          // A store that was closed meanwhile has nothing to sweep any more.
          if (this.isOpen) this.#sweepFailure = error;
        })
        .finally(() => {
          this.#sweep = undefined;
        });
  }

  /** One at a time: what is over by the end of one is swept by the next. */
  #sweepOnce(): MaybePromise {
    const before = this.#sweepBefore;
    const bytes = this.#open;
    const expired = mapIterator(bytes.range({}), ({ key }) =>
      startOf(key) < before ? key : undefined,
    ).toArray();
    return whenDone(expired, (keys) => {
      if (!this.isOpen) return;
      for (const key of keys) bytes.put(key, null);
      if (this.#sweepBefore > before) return this.#sweepOnce();
    });
  }

  #write(bytes: Buffer, value: V | null, origin: RecordContext): void {
    const { codec } = this.#options;
    const stored = value === null ? null : codec.toStored(value, this.name);
    this.#open.put(bytes, stored);
    const timestamp = (value === null ? undefined : codec.timestampOf(value)) ?? origin.timestamp;
    const logged = stored === null ? null : codec.toLogged(stored);
    this.#opened.logChange(this.name, bytes, logged, timestamp, NO_HEADERS);
  }

  #read(bytes: Buffer): V | null | Promise<V | null> {
    return whenDone(this.#open.get(bytes), (stored) =>
      stored === null ? null : this.#options.codec.fromStored(stored, this.name),
    );
  }

  #fetchBetween(key: K, from: number, to: number, reverse: boolean): StoreIterator<WindowEntry<V>> {
    const keyBytes = this.#keyBytes(key);
    const first = Math.max(from, 0, this.#segments.observedMs - this.retentionMs + 1);
    const range = {
      from: windowKey(keyBytes, first),
      to: windowKey(keyBytes, Math.max(to, 0), 2 ** 31 - 1),
      reverse,
    };
    return mapIterator(this.#scan(range), (entry) => {
      // Keys of other lengths may lie in between.
      if (entry.key.length !== range.from.length || !keyOf(entry.key).equals(keyBytes))
        return undefined;
      return { windowStart: startOf(entry.key), value: entry.value };
    });
  }

  #scan(range: ByteRange): StoreIterator<SortedEntry<V>> {
    return cachedRange(this.#cache, this.#open, range, (stored) =>
      this.#options.codec.fromStored(stored, this.name),
    );
  }

  #windowed(bytes: Buffer): Windowed<K> {
    const start = startOf(bytes);
    const key = this.#options.keySerde.deserialize(keyOf(bytes), { topic: this.name, side: 'key' });
    return { key, window: { start, end: start + this.windowSizeMs } };
  }

  #keyBytes(key: K): Buffer {
    return toBuffer(this.#options.keySerde.serialize(key, { topic: this.name, side: 'key' }));
  }

  get #open(): ByteStore {
    if (this.#bytes === undefined) throw notOpen(this.name);
    return this.#bytes;
  }

  get #opened(): StoreContext {
    if (this.#context === undefined) throw notOpen(this.name);
    return this.#context;
  }
}
