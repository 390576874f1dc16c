// The window stores as processors see them: a value for each key and window start, kept for the retention.
// Kafka: WindowStore, ReadOnlyWindowStore, Windowed.
import type { KeyValue, ValueAndTimestamp } from './key-value-store.ts';
import type { StateStore } from './state-store.ts';
import type { StoreIterator } from './store-iterator.ts';

/** A key in a window; times in milliseconds since 1970, the end as the kind of window means it (exclusive for time windows). */
export interface Windowed<K> {
  readonly key: K;
  readonly window: { readonly start: number; readonly end: number };
}

/** A window's start and its value. */
export interface WindowEntry<V> {
  readonly windowStart: number;
  readonly value: V;
}

/** What a query may do. Times are window starts, bounds inclusive. */
export interface ReadOnlyWindowStore<K, V> {
  /** The value of one window. */
  fetch(key: K, windowStart: number): V | null | Promise<V | null>;
  /** All windows of a key that start between, earliest first. */
  fetchBetween(key: K, from: number, to: number): StoreIterator<WindowEntry<V>>;
  backwardFetchBetween(key: K, from: number, to: number): StoreIterator<WindowEntry<V>>;
  /** All windows of all keys that start between, by key, then start. */
  fetchAll(from: number, to: number): StoreIterator<KeyValue<Windowed<K>, V>>;
  /** Everything that is kept, by key, then start. */
  all(): StoreIterator<KeyValue<Windowed<K>, V>>;
}

export interface WindowStore<K, V> extends StateStore, ReadOnlyWindowStore<K, V> {
  /** How long after its start a window is kept at least, milliseconds. */
  readonly retentionMs: number;
  readonly windowSizeMs: number;
  /** Null deletes. A window that starts at or before the highest start seen minus the retention is dropped, and counted. */
  put(key: K, value: V | null, windowStart: number): void;
}

/** The DSL's own: each value has the time of its newest record. */
export type TimestampedWindowStore<K, V> = WindowStore<K, ValueAndTimestamp<V>>;
