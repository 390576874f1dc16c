// A table's store seen from the node that writes it: reads rows, writes them, and passes the change on, at once or, where the
// store holds changes back, when it lets them go. Kafka: TimestampedTupleForwarder, TimestampedCacheFlushListener.
import { internalContext, type InternalProcessorContext } from '../processor/internal-context.ts';
import type { MaybePromise, ProcessorContext } from '../processor/processor.ts';
import { Record } from '../processor/record.ts';
import type { TimestampedKeyValueStore, ValueAndTimestamp } from '../store/key-value-store.ts';
import type { CachedStore } from '../store/state-store.ts';
import type { TimestampedWindowStore, Windowed } from '../store/window-store.ts';
import type { Change } from './change.ts';

/** Passes changes on unless the store does that itself. */
class ChangeForwarder<K, V> {
  readonly #context: InternalProcessorContext;
  readonly #sendsOldValues: boolean;
  readonly #isLeftToStore: boolean;

  constructor(
    context: InternalProcessorContext,
    store: Partial<CachedStore<K, ValueAndTimestamp<V>>>,
    sendsOldValues: boolean,
  ) {
    this.#context = context;
    this.#sendsOldValues = sendsOldValues;
    this.#isLeftToStore =
      store.setFlushListener?.(({ key, newValue, oldValue }, origin) => {
        const change: Change<V> = {
          newValue: newValue?.value ?? null,
          oldValue: oldValue?.value ?? null,
        };
        const timestamp = newValue?.timestamp ?? origin.timestamp;
        return context.forwardIn(origin, new Record(key, change, timestamp, origin.headers));
      }, sendsOldValues) ?? false;
  }

  forward(
    record: Record<unknown, unknown>,
    key: K,
    newValue: V | null,
    oldValue: V | null,
    timestamp: number,
  ): MaybePromise {
    if (this.#isLeftToStore) return;
    const change: Change<V> = { newValue, oldValue: this.#sendsOldValues ? oldValue : null };
    return this.#context.forward(new Record(key, change, timestamp, record.headers));
  }
}

/** Rows by key. */
export class RowStore<K, V> {
  readonly #store: TimestampedKeyValueStore<K, V>;
  readonly #forwarder: ChangeForwarder<K, V>;

  constructor(context: ProcessorContext, store: string, sendsOldValues: boolean) {
    this.#store = context.getStateStore(store);
    const cached = this.#store as Partial<CachedStore<K, ValueAndTimestamp<V>>>;
    this.#forwarder = new ChangeForwarder(internalContext(context), cached, sendsOldValues);
  }

  get(key: K): ValueAndTimestamp<V> | null | Promise<ValueAndTimestamp<V> | null> {
    return this.#store.get(key);
  }

  /** Writes a row and passes the change on. Null deletes. */
  put(
    record: Record<unknown, unknown>,
    key: K,
    newValue: V | null,
    oldValue: V | null,
    timestamp: number,
  ): MaybePromise {
    this.#store.put(key, newValue === null ? null : { value: newValue, timestamp });
    return this.#forwarder.forward(record, key, newValue, oldValue, timestamp);
  }
}

/** Rows by key and window. */
export class WindowRowStore<K, V> {
  readonly #store: TimestampedWindowStore<K, V>;
  readonly #forwarder: ChangeForwarder<Windowed<K>, V>;

  constructor(context: ProcessorContext, store: string, sendsOldValues: boolean) {
    this.#store = context.getStateStore(store);
    const cached = this.#store as Partial<CachedStore<Windowed<K>, ValueAndTimestamp<V>>>;
    this.#forwarder = new ChangeForwarder(internalContext(context), cached, sendsOldValues);
  }

  get(
    key: K,
    windowStart: number,
  ): ValueAndTimestamp<V> | null | Promise<ValueAndTimestamp<V> | null> {
    return this.#store.fetch(key, windowStart);
  }

  put(
    record: Record<unknown, unknown>,
    key: Windowed<K>,
    newValue: V | null,
    oldValue: V | null,
    timestamp: number,
  ): MaybePromise {
    const row = newValue === null ? null : { value: newValue, timestamp };
    this.#store.put(key.key, row, key.window.start);
    return this.#forwarder.forward(record, key, newValue, oldValue, timestamp);
  }
}
