// A grouped stream whose records are to be put together by key and window. Kafka: TimeWindowedKStream.
import { int64, type Serde } from '@ottla/serdes';
import type { Windowed } from '../store/window-store.ts';
import type { TimeWindows } from '../window/time-windows.ts';
import { windowedSerde } from '../window/windowed-serde.ts';
import { defined } from './defined.ts';
import type { Grouping } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import { windowStoreBuilder } from './materialized-store.ts';
import type { MaterializedWindows } from './options.ts';
import type { Fold } from './stream-aggregate.ts';
import { WindowAggregate } from './window-aggregate.ts';

export class TimeWindowedKStream<K, V> {
  readonly #grouping: Grouping<K, V>;
  readonly #windows: TimeWindows;
  readonly #parentFor: (storeName: string) => {
    readonly node: string;
    readonly sources: ReadonlySet<string>;
  };

  constructor(
    grouping: Grouping<K, V>,
    windows: TimeWindows,
    parentFor: (storeName: string) => { node: string; sources: ReadonlySet<string> },
  ) {
    this.#grouping = grouping;
    this.#windows = windows;
    this.#parentFor = parentFor;
  }

  /** How many records each key has in each window. Values are int64 unless told otherwise. */
  count(materialized: MaterializedWindows<K, number> = {}): KTable<Windowed<K>, number> {
    const { builder } = this.#grouping.stream;
    if (
      materialized.store === undefined &&
      Object.keys(defined(materialized)).some((o) => o !== 'name')
    )
      builder.newStoreName('KSTREAM-AGGREGATE-');
    return this.#aggregate(
      'count',
      'KSTREAM-AGGREGATE-',
      { value: int64(), ...materialized },
      { initial: () => 0, apply: (_key, _value, count) => (count ?? 0) + 1 },
    );
  }

  /** As `KGroupedStream.reduce`, for each window. */
  reduce(
    reducer: (soFar: V, value: V) => V | null,
    materialized: MaterializedWindows<K, V> = {},
  ): KTable<Windowed<K>, V> {
    return this.#aggregate(
      'reduce',
      'KSTREAM-REDUCE-',
      { value: this.#grouping.grouped.value, ...materialized },
      {
        initial: () => null,
        // A null value reaches the reducer as it does in Kafka, unless it comes first.
        apply: (_key, value, soFar) => (soFar === null ? value : reducer(soFar, value as V)),
      },
    );
  }

  /** As `KGroupedStream.aggregate`, for each window. Null values reach the aggregator, as in Kafka. */
  aggregate<R>(
    initializer: () => R | null,
    aggregator: (key: K, value: V, soFar: R) => R | null,
    materialized: MaterializedWindows<K, R> = {},
  ): KTable<Windowed<K>, R> {
    return this.#aggregate('aggregate', 'KSTREAM-AGGREGATE-', materialized, {
      initial: initializer,
      apply: (key, value, soFar) => aggregator(key, value as V, soFar as R),
    });
  }

  #aggregate<R>(
    operator: string,
    prefix: string,
    given: MaterializedWindows<K, R>,
    fold: Fold<K, V | null, R>,
  ): KTable<Windowed<K>, R> {
    const { stream, grouped } = this.#grouping;
    const { builder } = stream;
    const windows = this.#windows;
    const materialized = { key: grouped.key, ...defined(given) };
    const storeName = materialized.store ?? builder.newStoreName(prefix);
    const name = builder.nameOr(materialized.name, prefix);
    const { key, value } = materialized;
    const retentionMs = materialized.retentionMs ?? windows.sizeMs + windows.graceMs;
    const identity = { operator, storeName, key, value, materialized };
    const table = new WindowAggregate<K, V, R>({
      storeName,
      store: () =>
        windowStoreBuilder(builder, identity, { windowSizeMs: windows.sizeMs, retentionMs }),
      windows,
      fold,
    });
    const parent = this.#parentFor(storeName);
    builder.addLazyProcessor(name, () => table.supplier(), [parent.node]);
    // The default serde is for keys, not for windowed ones: as in Kafka, it is not wrapped.
    const keySerde: Serde<Windowed<K>> | undefined =
      key === undefined ? undefined : windowedSerde(key, windows.sizeMs);
    return builder.family.table(
      { builder, node: name, keySerde, valueSerde: value, sources: parent.sources },
      table,
      materialized.store,
    );
  }
}
