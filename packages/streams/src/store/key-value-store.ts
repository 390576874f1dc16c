// The key-value stores as processors see them. Order is that of the keys' bytes, unsigned.
// Kafka: KeyValueStore, ReadOnlyKeyValueStore, ValueAndTimestamp.
import type { StateStore } from './state-store.ts';
import type { StoreIterator } from './store-iterator.ts';

export interface KeyValue<K, V> {
  readonly key: K;
  readonly value: V;
}

/** A value and the time of the record that it comes from, milliseconds since 1970. */
export interface ValueAndTimestamp<V> {
  readonly value: V;
  readonly timestamp: number;
}

/** What a query may do. */
export interface ReadOnlyKeyValueStore<K, V> {
  /** Null when there is nothing. */
  get(key: K): V | null | Promise<V | null>;
  /** From one key to another, both inclusive; a missing bound is open. */
  range(from?: K | null, to?: K | null): StoreIterator<KeyValue<K, V>>;
  reverseRange(from?: K | null, to?: K | null): StoreIterator<KeyValue<K, V>>;
  all(): StoreIterator<KeyValue<K, V>>;
  reverseAll(): StoreIterator<KeyValue<K, V>>;
  /** Keys whose bytes begin with these. */
  prefixScan(prefix: Uint8Array): StoreIterator<KeyValue<K, V>>;
  readonly approximateNumEntries: number;
}

/** A store by key. Values that were read or written are not to be changed: make new ones. */
export interface KeyValueStore<K, V> extends StateStore, ReadOnlyKeyValueStore<K, V> {
  /** Null deletes. */
  put(key: K, value: V | null): void;
  /** @returns what was there, and then nothing is written */
  putIfAbsent(key: K, value: V): V | null | Promise<V | null>;
  putAll(entries: Iterable<KeyValue<K, V | null>>): void;
  /** @returns what was there */
  delete(key: K): V | null | Promise<V | null>;
}

/** The DSL's own: each value has the time of its record. */
export type TimestampedKeyValueStore<K, V> = KeyValueStore<K, ValueAndTimestamp<V>>;
