// A table whose rows are to be put together by another key. Kafka: KGroupedTable.
import { int64, type Serde } from '@ottla/serdes';
import { changeSerde } from './change.ts';
import { defined } from './defined.ts';
import type { KTable } from './ktable.ts';
import { rowStoreBuilder } from './materialized-store.ts';
import type { Grouped, Materialized } from './options.ts';
import type { StreamNode } from './stream-node.ts';
import { TableAggregate, type TableFold } from './table-aggregate.ts';

export class KGroupedTable<K, V> {
  readonly #stream: StreamNode<K, V>;
  readonly #grouped: Grouped<K, V>;
  #repartitioned: string | undefined;

  /** @param stream the node that gives each change its group */
  constructor(stream: StreamNode<K, V>, grouped: Grouped<K, V>) {
    this.#stream = stream;
    this.#grouped = grouped;
  }

  /** How many rows each group has; one that loses all stays, with 0. */
  count(materialized: Materialized<K, number> = {}): KTable<K, number> {
    return this.#aggregate(
      'count',
      'KTABLE-AGGREGATE-',
      { value: int64(), ...materialized },
      {
        initial: () => 0,
        add: (_key, _value, count) => (count ?? 0) + 1,
        subtract: (_key, _value, count) => count - 1,
      },
    );
  }

  /** The rows of each group put together: `adder` takes a row in, `subtractor` takes it out. */
  reduce(
    adder: (soFar: V, value: V) => V | null,
    subtractor: (soFar: V, value: V) => V | null,
    materialized: Materialized<K, V> = {},
  ): KTable<K, V> {
    return this.#aggregate(
      'reduce',
      'KTABLE-REDUCE-',
      { value: this.#grouped.value, ...materialized },
      {
        initial: () => null,
        add: (_key, value, soFar) => (soFar === null ? value : adder(soFar, value)),
        subtract: (_key, value, soFar) => subtractor(soFar, value),
      },
    );
  }

  /** A value for each group: `adder` takes a row in, `subtractor` takes it out; null deletes the group. */
  aggregate<R>(
    initializer: () => R | null,
    adder: (key: K, value: V, soFar: R) => R | null,
    subtractor: (key: K, value: V, soFar: R) => R | null,
    materialized: Materialized<K, R> = {},
  ): KTable<K, R> {
    return this.#aggregate('aggregate', 'KTABLE-AGGREGATE-', materialized, {
      initial: initializer,
      add: (key, value, soFar) => adder(key, value, soFar as R),
      subtract: subtractor,
    });
  }

  #aggregate<R>(
    operator: string,
    prefix: string,
    given: Materialized<K, R>,
    fold: TableFold<K, V, R>,
  ): KTable<K, R> {
    const { builder } = this.#stream;
    const materialized = { key: this.#grouped.key, ...defined(given) };
    const storeName = materialized.store ?? builder.newStoreName('KTABLE-AGGREGATE-');
    const { name } = materialized;
    const sink = builder.suffixedNameOr(name, '-sink', 'KSTREAM-SINK-');
    const source = builder.suffixedNameOr(name, '-source', 'KSTREAM-SOURCE-');
    const nodeName = builder.nameOr(name, prefix);
    const { key, value } = materialized;
    const table = new TableAggregate<K, V, R>({
      storeName,
      store: () => rowStoreBuilder(builder, { operator, storeName, key, value, materialized }),
      fold,
    });
    const parent = this.#behindRepartition(storeName, sink, source);
    builder.addLazyProcessor(nodeName, () => table.supplier(), [parent]);
    return builder.family.table(
      { builder, node: nodeName, keySerde: key, valueSerde: value, sources: new Set([parent]) },
      table,
      materialized.store,
    );
  }

  /** @returns the source behind the repartition topic; with a name of its own, one topic serves all aggregations */
  #behindRepartition(storeName: string, sink: string, source: string): string {
    const { builder, node } = this.#stream;
    const { name, key, value } = this.#grouped;
    if (name !== undefined && this.#repartitioned !== undefined) return this.#repartitioned;
    const topic = `${name ?? storeName}-repartition`;
    const valueSerde = value ?? (builder.defaults.value as Serde<V> | undefined);
    const serdes = { key, value: valueSerde === undefined ? undefined : changeSerde(valueSerde) };
    builder.addInternalTopic(topic, {});
    builder.addSink(sink, { topic, ...serdes }, [node]);
    builder.addSource(source, { topics: topic, ...serdes });
    builder.connect(node, source);
    this.#repartitioned = source;
    return source;
  }
}
