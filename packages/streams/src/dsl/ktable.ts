// A table: the newest value of each key, and a stream of its changes. Kafka: KTable.
import type { Serde } from '@ottla/serdes';
import type { Record } from '../processor/record.ts';
import { pipeThrough, type StreamOperator } from '../rxjs/stream-operator.ts';
import type { KeyValue } from '../store/key-value-store.ts';
import { StreamsError } from '../errors.ts';
import type { Change } from './change.ts';
import type { KGroupedTable } from './kgrouped-table.ts';
import type { KStream } from './kstream.ts';
import { rowStoreBuilder } from './materialized-store.ts';
import type { Grouped, Materialized, Named } from './options.ts';
import { copartition, type StreamNode } from './stream-node.ts';
import { mapNode } from './stream-processors.ts';
import { groupingNode } from './table-aggregate.ts';
import { DerivedTable } from './table-derived.ts';
import { type JoinKind, TableJoin, type TableJoiner } from './table-join.ts';
import type { TableSupplier } from './table-supplier.ts';

export class KTable<K, V> {
  /** To query it by; undefined when no store was named. */
  readonly queryableStoreName: string | undefined;
  readonly #node: StreamNode<K, V>;
  readonly #table: TableSupplier<K, V>;

  /** Tables come from `StreamsBuilder.table` and from aggregations. */
  constructor(
    node: StreamNode<K, V>,
    table: TableSupplier<K, V>,
    queryableStoreName: string | undefined,
  ) {
    this.#node = node;
    this.#table = table;
    this.queryableStoreName = queryableStoreName;
  }

  /** Its node and its logic, for the operators of other streams and tables. */
  static partsOf<K, V>(
    table: KTable<K, V>,
  ): {
    readonly node: StreamNode<K, V>;
    readonly supplier: TableSupplier<K, V>;
  } {
    return { node: table.#node, supplier: table.#table };
  }

  /** Rows for which the predicate is true; one for which it no longer is becomes a tombstone. */
  filter(
    predicate: (key: K, value: V) => boolean,
    materialized: Materialized<K, V> = {},
  ): KTable<K, V> {
    return this.#derive(
      'filter',
      'KTABLE-FILTER-',
      true,
      materialized,
      this.#node.valueSerde,
      (key, value) => (predicate(key, value) ? value : null),
    );
  }

  /** Rows for which the predicate is false. */
  filterNot(
    predicate: (key: K, value: V) => boolean,
    materialized: Materialized<K, V> = {},
  ): KTable<K, V> {
    return this.#derive(
      'filterNot',
      'KTABLE-FILTER-',
      true,
      materialized,
      this.#node.valueSerde,
      (key, value) => (predicate(key, value) ? null : value),
    );
  }

  /** Each row's value as something else; not asked for tombstones. */
  mapValues<R>(
    mapper: (value: V, key: K) => R | null,
    materialized: Materialized<K, R> = {},
  ): KTable<K, R> {
    return this.#derive(
      'mapValues',
      'KTABLE-MAPVALUES-',
      false,
      materialized,
      undefined,
      (key, value) => mapper(value, key),
    );
  }

  /** Its changes as a stream; a deletion has the value null. */
  toStream(named: Named = {}): KStream<K, V> {
    const { builder, node, sources, keySerde, valueSerde } = this.#node;
    const name = builder.nameOr(named.name, 'KTABLE-TOSTREAM-');
    const map = mapNode((record: Record<K, Change<V>>) => record.withValue(record.value.newValue));
    builder.addProcessor(name, map, [node]);
    return builder.family.stream({ builder, node: name, keySerde, valueSerde, sources }, false);
  }

  /** Puts rows together by another key: `group` says which, and what of the row counts. Null for either leaves the row out. */
  groupBy<GK, GV>(
    group: (key: K, value: V) => KeyValue<GK | null, GV | null>,
    grouped: Grouped<GK, GV> = {},
  ): KGroupedTable<GK, GV> {
    const { builder, node, sources } = this.#node;
    const name = builder.nameOr(grouped.name, 'KTABLE-SELECT-');
    const keySerde = grouped.key ?? (builder.defaults.key as Serde<GK> | undefined);
    builder.addProcessor(name, groupingNode(group, keySerde), [node]);
    this.#table.enableOldValues(true);
    const groups = {
      builder,
      node: name,
      keySerde: grouped.key,
      valueSerde: grouped.value,
      sources,
    };
    return builder.family.groupedTable(groups, grouped);
  }

  /** Rows that both tables have, by key. */
  join<R, J>(
    other: KTable<K, R>,
    joiner: (left: V, right: R, key: K) => J,
    materialized: Materialized<K, J> = {},
  ): KTable<K, J> {
    // An inner join calls the joiner with rows of both sides only.
    return this.#join(
      'join',
      'inner',
      other,
      joiner as TableJoiner<K, V | null, R | null, J>,
      materialized,
    );
  }

  /** Rows of this table, with the other's where it has them. */
  leftJoin<R, J>(
    other: KTable<K, R>,
    joiner: (left: V, right: R | null, key: K) => J,
    materialized: Materialized<K, J> = {},
  ): KTable<K, J> {
    return this.#join(
      'leftJoin',
      'left',
      other,
      joiner as TableJoiner<K, V | null, R | null, J>,
      materialized,
    );
  }

  /** Rows that either table has. */
  outerJoin<R, J>(
    other: KTable<K, R>,
    joiner: (left: V | null, right: R | null, key: K) => J,
    materialized: Materialized<K, J> = {},
  ): KTable<K, J> {
    return this.#join('outerJoin', 'outer', other, joiner, materialized);
  }

  /** Applies operators of Streams one after the other; for those of RxJS use `toStream` first. */
  pipe<A>(a: StreamOperator<KTable<K, V>, A>): A;
  pipe<A, B>(a: StreamOperator<KTable<K, V>, A>, b: StreamOperator<A, B>): B;
  pipe<A, B, C>(
    a: StreamOperator<KTable<K, V>, A>,
    b: StreamOperator<A, B>,
    c: StreamOperator<B, C>,
  ): C;
  pipe<A, B, C, D>(
    a: StreamOperator<KTable<K, V>, A>,
    b: StreamOperator<A, B>,
    c: StreamOperator<B, C>,
    d: StreamOperator<C, D>,
  ): D;
  pipe(...operators: readonly unknown[]): unknown {
    return pipeThrough(this, operators, () => {
      throw new StreamsError(
        'INVALID_TOPOLOGY',
        'RxJS operators work on streams: put toStream() before them',
      );
    });
  }

  #derive<R>(
    operator: string,
    prefix: string,
    isFilter: boolean,
    given: Materialized<K, R>,
    inherited: Serde<R> | undefined,
    map: (key: K, value: V) => R | null,
  ): KTable<K, R> {
    const { builder, node, sources, keySerde } = this.#node;
    // Kafka uses up a number for a store that is not made, when it was told something of it.
    const saysMore = Object.entries(given).some(
      ([o, value]) => o !== 'name' && value !== undefined,
    );
    if (given.store === undefined && saysMore) builder.newStoreName(prefix);
    const name = builder.nameOr(given.name, prefix);
    const key = given.key ?? keySerde;
    const value = given.value ?? inherited;
    const storeName = given.store;
    const store =
      storeName === undefined
        ? undefined
        : {
            name: storeName,
            builder: () =>
              rowStoreBuilder(builder, { operator, storeName, key, value, materialized: given }),
          };
    const table = new DerivedTable({ parent: this.#table, map, store, isFilter });
    builder.addLazyProcessor(name, () => table.supplier(), [node]);
    const derived = { builder, node: name, keySerde: key, valueSerde: value, sources };
    return builder.family.table(derived, table, storeName);
  }

  #join<R, J>(
    operator: string,
    kind: JoinKind,
    other: KTable<K, R>,
    joiner: TableJoiner<K, V | null, R | null, J>,
    given: Materialized<K, J>,
  ): KTable<K, J> {
    const { builder, node, keySerde } = this.#node;
    const right = KTable.partsOf(other);
    const says = Object.entries(given).some(([o, value]) => o !== 'name' && value !== undefined);
    const storeName = given.store ?? (says ? builder.newStoreName('KTABLE-MERGE-') : undefined);
    const name = builder.nameOr(given.name, 'KTABLE-MERGE-');
    const sources = copartition(this.#node, right.node);
    const key = given.key ?? keySerde;
    const store =
      storeName === undefined
        ? undefined
        : {
            name: storeName,
            builder: () =>
              rowStoreBuilder(builder, {
                operator,
                storeName,
                key,
                value: given.value,
                materialized: given,
              }),
          };
    const join = new TableJoin({ left: this.#table, right: right.supplier, kind, joiner, store });
    const leftName = builder.suffixedNameOr(given.name, '-join-this', 'KTABLE-JOINTHIS-');
    const rightName = builder.suffixedNameOr(given.name, '-join-other', 'KTABLE-JOINOTHER-');
    builder.addLazyProcessor(
      leftName,
      () => join.leftSupplier(),
      [node],
      () => join.rightGetter.storeNames,
    );
    builder.addLazyProcessor(
      rightName,
      () => join.rightSupplier(),
      [right.node.node],
      () => join.leftGetter.storeNames,
    );
    builder.addLazyProcessor(name, () => join.supplier(), [leftName, rightName]);
    const joined = { builder, node: name, keySerde: key, valueSerde: given.value, sources };
    return builder.family.table(joined, join, given.store);
  }
}
