// A stream whose records are to be put together by key. Kafka: KGroupedStream.
import { int64, type Serde } from '@ottla/serdes';
import type { TimeWindows } from '../window/time-windows.ts';
import { defined } from './defined.ts';
import type { KTable } from './ktable.ts';
import { rowStoreBuilder } from './materialized-store.ts';
import type { Grouped, Materialized } from './options.ts';
import { addRepartition, newRepartitionNames } from './repartition.ts';
import { type Fold, StreamAggregate } from './stream-aggregate.ts';
import type { StreamNode } from './stream-node.ts';
import type { TableSupplier } from './table-supplier.ts';
import { TimeWindowedKStream } from './time-windowed-kstream.ts';

/** What a grouping is made of. */
export interface Grouping<K, V> {
  readonly stream: StreamNode<K, V>;
  readonly grouped: Grouped<K, V>;
  /** Whether the keys changed on the way, so that records of one key may be in different tasks. */
  readonly needsRepartition: boolean;
}

export class KGroupedStream<K, V> {
  readonly #grouping: Grouping<K, V>;
  #repartitioned: string | undefined;

  constructor(grouping: Grouping<K, V>) {
    this.#grouping = grouping;
  }

  get keySerde(): Serde<K> | undefined {
    return this.#grouping.grouped.key;
  }

  get valueSerde(): Serde<V> | undefined {
    return this.#grouping.grouped.value;
  }

  /** How many records each key has had. Values are int64 unless told otherwise. */
  count(materialized: Materialized<K, number> = {}): KTable<K, number> {
    const { builder } = this.#grouping.stream;
    // Kafka uses up a number here when the store is told something but not its name.
    if (materialized.store === undefined && saysMoreThanName(materialized))
      builder.newStoreName('KSTREAM-AGGREGATE-');
    return this.#aggregate(
      'count',
      'KSTREAM-AGGREGATE-',
      { value: int64(), ...materialized },
      { initial: () => 0, apply: (_key, _value, count) => (count ?? 0) + 1 },
    );
  }

  /** The records of each key put together, two at a time; null deletes the row. */
  reduce(
    reducer: (soFar: V, value: V) => V | null,
    materialized: Materialized<K, V> = {},
  ): KTable<K, V> {
    return this.#aggregate(
      'reduce',
      'KSTREAM-REDUCE-',
      { value: this.valueSerde, ...materialized },
      {
        initial: () => null,
        apply: (_key, value, soFar) => (soFar === null ? value : reducer(soFar, value)),
      },
    );
  }

  /** A value for each key that begins with `initializer` and takes each record in; null deletes the row. */
  aggregate<R>(
    initializer: () => R | null,
    aggregator: (key: K, value: V, soFar: R) => R | null,
    materialized: Materialized<K, R> = {},
  ): KTable<K, R> {
    return this.#aggregate('aggregate', 'KSTREAM-AGGREGATE-', materialized, {
      initial: initializer,
      // The initializer's word: a null from it is a value of its own.
      apply: (key, value, soFar) => aggregator(key, value, soFar as R),
    });
  }

  /** The same for each key and window. */
  windowedBy(windows: TimeWindows): TimeWindowedKStream<K, V> {
    return new TimeWindowedKStream(this.#grouping, windows, (name) => this.parentFor(name));
  }

  /** The node to aggregate after: behind a repartition topic where one is needed. */
  parentFor(storeName: string): { readonly node: string; readonly sources: ReadonlySet<string> } {
    const { stream, grouped, needsRepartition } = this.#grouping;
    if (!needsRepartition) return { node: stream.node, sources: stream.sources };
    // With a name of its own, the topic serves all aggregations of the grouping.
    if (grouped.name !== undefined && this.#repartitioned !== undefined) {
      newRepartitionNames(stream.builder); // Kafka uses up their numbers all the same.
      return { node: this.#repartitioned, sources: new Set([this.#repartitioned]) };
    }
    const node = addRepartition({
      builder: stream.builder,
      parent: stream.node,
      name: grouped.name ?? storeName,
      keySerde: grouped.key,
      valueSerde: grouped.value,
    });
    this.#repartitioned = node;
    return { node, sources: new Set([node]) };
  }

  #aggregate<R>(
    operator: string,
    prefix: string,
    given: Materialized<K, R>,
    fold: Fold<K, V, R>,
  ): KTable<K, R> {
    const { builder } = this.#grouping.stream;
    const materialized = { key: this.keySerde, ...defined(given) };
    const storeName = materialized.store ?? builder.newStoreName(prefix);
    const name = builder.nameOr(materialized.name, prefix);
    const { key, value } = materialized;
    const table: TableSupplier<K, R> = new StreamAggregate({
      storeName,
      store: () => rowStoreBuilder(builder, { operator, storeName, key, value, materialized }),
      fold,
    });
    const parent = this.parentFor(storeName);
    // The table decides until the topology is built whether it tells old values.
    builder.addLazyProcessor(name, () => table.supplier(), [parent.node]);
    return builder.family.table(
      { builder, node: name, keySerde: key, valueSerde: value, sources: parent.sources },
      table,
      materialized.store,
    );
  }
}

function saysMoreThanName(materialized: object): boolean {
  return Object.keys(defined(materialized)).some((option) => option !== 'name');
}
