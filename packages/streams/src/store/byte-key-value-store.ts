// The key-value store over bytes: serdes, the changelog, and what is held back until the commit.
// Kafka: MeteredKeyValueStore, ChangeLoggingKeyValueBytesStore, CachingKeyValueStore.
import type { Serde } from '@ottla/serdes';
import type { MaybePromise } from '../processor/processor.ts';
import { NO_HEADERS } from '../processor/record.ts';
import { whenDone } from '../processor/when-done.ts';
import { notOpen } from './not-open.ts';
import { behindPrefix, type ByteRange, type ByteStore } from './byte-store.ts';
import { cachedRange } from './cached-range.ts';
import type { KeyValue, KeyValueStore } from './key-value-store.ts';
import type { CachedStore, ChangelogRecord, FlushListener, StoreContext } from './state-store.ts';
import { type CacheEntry, StoreCache } from './store-cache.ts';
import { mapIterator, type StoreIterator } from './store-iterator.ts';
import { toBuffer, type ValueCodec } from './value-codec.ts';

export interface KeyValueStoreOptions<K, V> {
  readonly name: string;
  readonly isPersistent: boolean;
  readonly isCached: boolean;
  readonly keySerde: Serde<K>;
  readonly codec: ValueCodec<V>;
}

export class ByteKeyValueStore<K, V> implements KeyValueStore<K, V>, CachedStore<K, V> {
  readonly name: string;
  readonly isPersistent: boolean;
  readonly #options: KeyValueStoreOptions<K, V>;
  #context: StoreContext | undefined;
  #bytes: ByteStore | undefined;
  #cache: StoreCache<V> | undefined;
  #listener: FlushListener<K, V> | undefined;
  #sendsOldValues = false;

  constructor(options: KeyValueStoreOptions<K, V>) {
    this.name = options.name;
    this.isPersistent = options.isPersistent;
    this.#options = options;
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
    for (const { key, value, timestamp } of records)
      this.#open.put(key, value === null ? null : codec.fromLogged(value, timestamp));
  }

  setFlushListener(listener: FlushListener<K, V>, sendOldValues: boolean): boolean {
    if (this.#cache === undefined) return false;
    this.#listener = listener;
    this.#sendsOldValues = sendOldValues;
    return true;
  }

  // ---- reads ----

  get(key: K): V | null | Promise<V | null> {
    const keyBytes = this.#keyBytes(key);
    const held = this.#cache?.get(keyBytes);
    return held === undefined ? this.#read(keyBytes) : held.value;
  }

  range(from?: K | null, to?: K | null): StoreIterator<KeyValue<K, V>> {
    return this.#range(from, to, false);
  }

  reverseRange(from?: K | null, to?: K | null): StoreIterator<KeyValue<K, V>> {
    return this.#range(from, to, true);
  }

  all(): StoreIterator<KeyValue<K, V>> {
    return this.#range(null, null, false);
  }

  reverseAll(): StoreIterator<KeyValue<K, V>> {
    return this.#range(null, null, true);
  }

  prefixScan(prefix: Uint8Array): StoreIterator<KeyValue<K, V>> {
    const from = toBuffer(prefix);
    return this.#scan({ from, before: behindPrefix(from) });
  }

  get approximateNumEntries(): number {
    return this.#open.approximateCount;
  }

  // ---- writes ----

  put(key: K, value: V | null): void {
    const keyBytes = this.#keyBytes(key);
    if (this.#cache === undefined) this.#write(keyBytes, value);
    else this.#cache.put(keyBytes, value, this.#opened.recordContext);
  }

  putIfAbsent(key: K, value: V): V | null | Promise<V | null> {
    return whenDone(this.get(key), (known) => {
      if (known === null) this.put(key, value);
      return known;
    });
  }

  putAll(entries: Iterable<KeyValue<K, V | null>>): void {
    for (const { key, value } of entries) this.put(key, value);
  }

  delete(key: K): V | null | Promise<V | null> {
    return whenDone(this.get(key), (known) => {
      this.put(key, null);
      return known;
    });
  }

  // ---- commit ----

  flush(): MaybePromise {
    const cache = this.#cache;
    if (cache === undefined || cache.isEmpty) return;
    return whenDone(this.#flushFrom(cache.dirty(), 0), () => cache.settle());
  }

  close(): void {
    this.#cache?.clear();
    this.#bytes?.close();
    this.#bytes = undefined;
  }

  /** One key after the other; a promise as soon as one has to wait. */
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
      this.#write(keyBytes, value, origin.timestamp);
      return;
    }
    // What was there must be read before it is overwritten. A deletion of what never was there is news to nobody.
    const oldValue = this.#sendsOldValues || value === null ? this.#read(keyBytes) : null;
    return whenDone(oldValue, (old) => {
      if (value === null && old === null) return;
      this.#write(keyBytes, value, origin.timestamp);
      const key = this.#key(keyBytes);
      return listener(
        { key, newValue: value, oldValue: this.#sendsOldValues ? old : null },
        origin,
      );
    });
  }

  // ---- bytes ----

  #write(keyBytes: Buffer, value: V | null, recordTimestamp?: number): void {
    const { codec } = this.#options;
    const context = this.#opened;
    const stored = value === null ? null : codec.toStored(value, this.name);
    this.#open.put(keyBytes, stored);
    const timestamp =
      (value === null ? undefined : codec.timestampOf(value)) ??
      recordTimestamp ??
      context.recordContext.timestamp;
    const logged = stored === null ? null : codec.toLogged(stored);
    context.logChange(this.name, keyBytes, logged, timestamp, NO_HEADERS);
  }

  #read(keyBytes: Buffer): V | null | Promise<V | null> {
    return whenDone(this.#open.get(keyBytes), (stored) =>
      stored === null ? null : this.#options.codec.fromStored(stored, this.name),
    );
  }

  #range(
    from: K | null | undefined,
    to: K | null | undefined,
    reverse: boolean,
  ): StoreIterator<KeyValue<K, V>> {
    return this.#scan({
      from: from === null || from === undefined ? undefined : this.#keyBytes(from),
      to: to === null || to === undefined ? undefined : this.#keyBytes(to),
      reverse,
    });
  }

  #scan(range: ByteRange): StoreIterator<KeyValue<K, V>> {
    const decode = (stored: Buffer): V => this.#options.codec.fromStored(stored, this.name);
    return mapIterator(cachedRange(this.#cache, this.#open, range, decode), ({ key, value }) => ({
      key: this.#key(key),
      value,
    }));
  }

  #keyBytes(key: K): Buffer {
    return toBuffer(this.#options.keySerde.serialize(key, { topic: this.name, side: 'key' }));
  }

  #key(bytes: Buffer): K {
    return this.#options.keySerde.deserialize(bytes, { topic: this.name, side: 'key' });
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
