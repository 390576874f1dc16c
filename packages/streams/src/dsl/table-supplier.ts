// The logic of a table, apart from its name and place: whether it has a store, whether it tells old values, and how others look
// into it. Decided while the topology is described, used when it is built. Kafka: KTableProcessorSupplier, KTableValueGetter.
import type { ProcessorContext, ProcessorSupplier } from '../processor/processor.ts';
import { whenDone } from '../processor/when-done.ts';
import type { TimestampedKeyValueStore, ValueAndTimestamp } from '../store/key-value-store.ts';
import type { StoreBuilder } from '../store/store-builder.ts';
import type { TimestampedWindowStore, Windowed } from '../store/window-store.ts';

/** Looks rows up, for one task. */
export interface ValueGetter<K, V> {
  init(context: ProcessorContext): void;
  get(key: K): ValueAndTimestamp<V> | null | Promise<ValueAndTimestamp<V> | null>;
}

/** How to look into a table. */
export interface GetterSupplier<K, V> {
  /** Stores that the node which looks must be connected to. */
  readonly storeNames: readonly string[];
  make(): ValueGetter<K, V>;
}

export interface TableSupplier<K, V> {
  /** The node; asked when the topology is built. */
  supplier(): ProcessorSupplier;
  /** Lets others look into it; a source gets a store by that. */
  getter(): GetterSupplier<K, V>;
  /**
   * Asks for old values from now on.
   *
   * @param force make a store if that needs one
   * @returns whether they will come
   */
  enableOldValues(force: boolean): boolean;
}

/** Straight from a store of values with times. */
export function storeGetter<K, V>(store: string): GetterSupplier<K, V> {
  return {
    storeNames: [store],
    make() {
      let opened: TimestampedKeyValueStore<K, V> | undefined;
      return {
        init: (context) => {
          opened = context.getStateStore(store);
        },
        get: (key) => opened!.get(key), // `init` comes first
      };
    },
  };
}

/** Straight from a store of windows. */
export function windowGetter<K, V>(store: string): GetterSupplier<Windowed<K>, V> {
  return {
    storeNames: [store],
    make() {
      let opened: TimestampedWindowStore<K, V> | undefined;
      return {
        init: (context) => {
          opened = context.getStateStore(store);
        },
        get: ({ key, window }) => opened!.fetch(key, window.start), // `init` comes first
      };
    },
  };
}

/** What another table's row becomes. */
export function mappedGetter<K, V, R>(
  parent: GetterSupplier<K, V>,
  map: (key: K, row: ValueAndTimestamp<V>) => ValueAndTimestamp<R> | null,
): GetterSupplier<K, R> {
  return {
    storeNames: parent.storeNames,
    make() {
      const getter = parent.make();
      return {
        init: (context) => getter.init(context),
        get: (key) => whenDone(getter.get(key), (row) => (row === null ? null : map(key, row))),
      };
    },
  };
}

/** A supplier that brings a store along; undefined: none. */
export function withStore(
  get: () => ReturnType<Extract<ProcessorSupplier, () => unknown>>,
  store: StoreBuilder | undefined,
): ProcessorSupplier {
  return { get, stores: () => (store === undefined ? [] : [store]) };
}
