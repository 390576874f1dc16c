// A stream: records one after the other, each for itself. Kafka: KStream.
import type { Serde, TypedTopic } from '@ottla/serdes';
import type { Observable, OperatorFunction } from 'rxjs';
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import type { TopicNameExtractor } from '../processor/sink-routing.ts';
import { AsyncMapper, type MapAsyncOptions } from '../rxjs/async-mapper.ts';
import { HostedOperators } from '../rxjs/hosted-operators.ts';
import {
  defineInterop,
  observableOf,
  observation,
  type RecordObserver,
  type StreamSubscription,
} from '../rxjs/observed-stream.ts';
import { pipeThrough } from '../rxjs/stream-operator.ts';
import type { KeyValue } from '../store/key-value-store.ts';
import type { GlobalKTable } from './global-ktable.ts';
import type { KGroupedStream } from './kgrouped-stream.ts';
import { KTable } from './ktable.ts';
import { rowStoreBuilder } from './materialized-store.ts';
import type {
  Branched,
  Grouped,
  Joined,
  Materialized,
  Named,
  Produced,
  Repartitioned,
} from './options.ts';
import { addRepartition, newRepartitionNames } from './repartition.ts';
import type { StreamPipe } from '../rxjs/pipe-types.ts';
import { copartition, type StreamNode } from './stream-node.ts';
import {
  branchNode,
  type BranchTarget,
  filterNode,
  flatMapNode,
  mapNode,
  passNode,
  peekNode,
} from './stream-processors.ts';
import { streamTableJoinNode } from './stream-table-join.ts';
import { TableSource } from './table-source.ts';
import { produced } from './topic-formats.ts';

export class KStream<K, V> {
  readonly #node: StreamNode<K, V>;
  readonly #needsRepartition: boolean;
  /** Source of the repartition topic that joins of this stream share. */
  #joinRepartition: string | undefined = undefined;
  /** Applies operators one after the other: those of Streams, and any of RxJS, which get an observable of the records. */
  readonly pipe: StreamPipe<KStream<K, V>>;

  /** Streams come from `StreamsBuilder.stream`. */
  constructor(node: StreamNode<K, V>, needsRepartition: boolean) {
    this.#node = node;
    this.#needsRepartition = needsRepartition;
    this.pipe = ((...operators: readonly unknown[]) =>
      pipeThrough(this, operators, (source, hosted) =>
        (source as KStream<unknown, unknown>).#host(hosted),
      )) as StreamPipe<KStream<K, V>>;
    defineInterop(this);
  }

  // ---- one record at a time -------------------------------------------------------------------

  /** Records for which the predicate is true. */
  filter(predicate: (key: K, value: V) => boolean, named: Named = {}): KStream<K, V> {
    return this.#same('KSTREAM-FILTER-', filterNode(predicate), named);
  }

  /** Records for which the predicate is false. */
  filterNot(predicate: (key: K, value: V) => boolean, named: Named = {}): KStream<K, V> {
    return this.filter((key, value) => !predicate(key, value), named);
  }

  /** Each record as another, key and value. Whatever needs the keys next gets a repartition topic before it. */
  map<K2, V2>(mapper: (key: K, value: V) => KeyValue<K2, V2>, named: Named = {}): KStream<K2, V2> {
    const node = mapNode((record: Record<K, V>) => {
      const { key, value } = mapper(record.key, record.value);
      return record.withKeyValue(key, value);
    });
    return this.#next('KSTREAM-MAP-', node, named, { key: undefined, value: undefined }, true);
  }

  /** Each value as another; the key stays. */
  mapValues<V2>(mapper: (value: V, key: K) => V2, named: Named = {}): KStream<K, V2> {
    const node = mapNode((record: Record<K, V>) =>
      record.withValue(mapper(record.value, record.key)),
    );
    return this.#nextValues('KSTREAM-MAPVALUES-', node, named);
  }

  /** Any number of records for each. */
  flatMap<K2, V2>(
    mapper: (key: K, value: V) => Iterable<KeyValue<K2, V2>>,
    named: Named = {},
  ): KStream<K2, V2> {
    const node = flatMapNode((record: Record<K, V>) =>
      Array.from(mapper(record.key, record.value), ({ key, value }) =>
        record.withKeyValue(key, value),
      ),
    );
    return this.#next('KSTREAM-FLATMAP-', node, named, { key: undefined, value: undefined }, true);
  }

  /** Any number of values for each; the key stays. */
  flatMapValues<V2>(mapper: (value: V, key: K) => Iterable<V2>, named: Named = {}): KStream<K, V2> {
    const node = flatMapNode((record: Record<K, V>) =>
      Array.from(mapper(record.value, record.key), (value) => record.withValue(value)),
    );
    return this.#nextValues('KSTREAM-FLATMAPVALUES-', node, named);
  }

  /** Each record under another key. */
  selectKey<K2>(selector: (key: K, value: V) => K2, named: Named = {}): KStream<K2, V> {
    const node = mapNode((record: Record<K, V>) =>
      record.withKey(selector(record.key, record.value)),
    );
    const serdes = { key: undefined, value: this.#node.valueSerde };
    return this.#next('KSTREAM-KEY-SELECT-', node, named, serdes, true);
  }

  /** Shows each record to `action` and passes it on. */
  peek(action: (key: K, value: V, record: Record<K, V>) => void, named: Named = {}): KStream<K, V> {
    return this.#same('KSTREAM-PEEK-', peekNode(action, false), named);
  }

  /** Shows each record to `action`; nothing comes after. */
  foreach(action: (key: K, value: V, record: Record<K, V>) => void, named: Named = {}): void {
    this.#end('KSTREAM-FOREACH-', peekNode(action, true), named);
  }

  /** Writes each record as a line of text through `write`. */
  print(write: (line: string) => void, options: Named & { readonly label?: string } = {}): void {
    const label = options.label ?? this.#node.node;
    const line = (key: K, value: V): void => write(`[${label}]: ${String(key)}, ${String(value)}`);
    this.#end('KSTREAM-PRINTER-', peekNode(line, true), options);
  }

  /**
   * A function that takes time, several at once; results go on in the records' order, and commits wait for them. The key stays.
   */
  mapAsync<V2>(
    mapper: (value: V, key: K) => Promise<V2>,
    options: Named & MapAsyncOptions = {},
  ): KStream<K, V2> {
    const map = async (record: Record<never, never>): Promise<Record<unknown, unknown>> =>
      (record as Record<K, V>).withValue(await mapper(record.value, record.key));
    const node: ProcessorSupplier = () => new AsyncMapper(map as never, options);
    return this.#nextValues('KSTREAM-MAPASYNC-', node, options);
  }

  // ---- several streams ------------------------------------------------------------------------

  /** This stream's records and the other's, as they come. */
  merge(other: KStream<K, V>, named: Named = {}): KStream<K, V> {
    const { builder, node, sources, keySerde, valueSerde } = this.#node;
    const name = builder.nameOr(named.name, 'KSTREAM-MERGE-');
    builder.addProcessor(name, passNode(), [node, other.#node.node]);
    const all = new Set([...sources, ...other.#node.sources]);
    const needsRepartition = this.#needsRepartition || other.#needsRepartition;
    const merged = { builder, node: name, keySerde, valueSerde, sources: all };
    return builder.family.stream(merged, needsRepartition);
  }

  /**
   * Each record to the first branch that wants it; without a default branch the others are left out.
   *
   * @returns branches by name: the split's name, then the branch's, or its number from 1, and 0 for the default
   */
  split(
    branches: readonly Branched<K, V, KStream<K, V>>[],
    options: Named & { readonly defaultBranch?: Named | boolean } = {},
  ): Map<string, KStream<K, V>> {
    const { builder, node } = this.#node;
    const splitName = builder.nameOr(options.name, 'KSTREAM-BRANCH-');
    const targets: BranchTarget<K, V>[] = [];
    builder.addProcessor(splitName, branchNode(targets), [node]);
    const result = new Map<string, KStream<K, V>>();
    const add = (
      child: string,
      wants: BranchTarget<K, V>['wants'],
      then: Branched<K, V, KStream<K, V>>['with'],
    ): void => {
      targets.push({ child, wants });
      builder.newName(child); // Kafka uses up a number for each.
      builder.addProcessor(child, passNode(), [splitName]);
      const branch = builder.family.stream({ ...this.#node, node: child }, this.#needsRepartition);
      const kept = then === undefined ? branch : then(branch);
      if (kept !== undefined) result.set(child, kept);
    };
    for (const [index, branch] of branches.entries())
      add(splitName + (branch.name ?? String(index + 1)), branch.predicate, branch.with);
    const { defaultBranch = false } = options;
    if (defaultBranch !== false) {
      const name = typeof defaultBranch === 'object' ? defaultBranch.name : undefined;
      add(splitName + (name ?? '0'), () => true, undefined);
    }
    return result;
  }

  // ---- topics and tables ----------------------------------------------------------------------

  /** Writes every record to a topic, which must exist; or to the one that a function of the record names. */
  to(
    topic: string | TypedTopic<K, V> | TopicNameExtractor<K, V>,
    given: Produced<K, V> = {},
  ): void {
    const { builder, node, keySerde, valueSerde } = this.#node;
    const { topic: target, options } =
      typeof topic === 'function' ? { topic, options: given } : produced(topic, given);
    const name = builder.nameOr(options.name, 'KSTREAM-SINK-');
    builder.addSink(
      name,
      {
        topic: target,
        key: options.key ?? keySerde,
        value: options.value ?? valueSerde,
        partitioner: options.partitioner,
      },
      [node],
    );
  }

  /** The newest value of each key, by arrival; null deletes. */
  toTable(given: Materialized<K, V> = {}): KTable<K, V> {
    const { builder } = this.#node;
    const name = builder.nameOr(given.name, 'KSTREAM-TOTABLE-');
    const storeName = given.store ?? builder.newStoreName('KSTREAM-TOTABLE-');
    const key = given.key ?? this.#node.keySerde;
    const value = given.value ?? this.#node.valueSerde;
    const parent = this.#behindRepartition({ name, key, value });
    const identity = { operator: 'toTable', storeName, key, value, materialized: given };
    const table = new TableSource<K, V>(storeName, given.store !== undefined, () =>
      rowStoreBuilder(builder, identity),
    );
    builder.addLazyProcessor(name, () => table.supplier(), [parent.node]);
    const made = { builder, node: name, keySerde: key, valueSerde: value, sources: parent.sources };
    return builder.family.table(made, table, given.store);
  }

  /** Through a topic of the application's own, with as many partitions as asked for. Records without a key are left out. */
  repartition(given: Repartitioned<K, V> = {}): KStream<K, V> {
    const { builder, node } = this.#node;
    const keySerde = given.key ?? this.#node.keySerde;
    const valueSerde = given.value ?? this.#node.valueSerde;
    const name = given.name ?? builder.newName('KSTREAM-REPARTITION-');
    const { partitions, partitioner } = given;
    const source = addRepartition({
      builder,
      parent: node,
      name,
      keySerde,
      valueSerde,
      partitions,
      partitioner,
    });
    const through = { builder, node: source, keySerde, valueSerde, sources: new Set([source]) };
    return builder.family.stream(through, false);
  }

  /** Records put together by a key that is made of each; one for which it is null is left out. */
  groupBy<K2>(
    selector: (key: K, value: V) => K2 | null,
    grouped: Grouped<K2, V> = {},
  ): KGroupedStream<K2, V> {
    const { builder, node, sources } = this.#node;
    const name = builder.nameOr(grouped.name, 'KSTREAM-KEY-SELECT-');
    const select = mapNode((record: Record<K, V>) =>
      record.withKey(selector(record.key, record.value)),
    );
    builder.addProcessor(name, select, [node]);
    const value = grouped.value ?? this.#node.valueSerde;
    const stream = { builder, node: name, keySerde: grouped.key, valueSerde: value, sources };
    return builder.family.groupedStream({
      stream,
      grouped: { ...grouped, value },
      needsRepartition: true,
    });
  }

  /** Records put together by their key. */
  groupByKey(grouped: Grouped<K, V> = {}): KGroupedStream<K, V> {
    const { builder, keySerde, valueSerde } = this.#node;
    return builder.family.groupedStream({
      stream: this.#node,
      grouped: { ...grouped, key: grouped.key ?? keySerde, value: grouped.value ?? valueSerde },
      needsRepartition: this.#needsRepartition,
    });
  }

  // ---- joins ----------------------------------------------------------------------------------

  /** Each record with the table's row of its key; records without one are left out. */
  join<TV, R>(
    table: KTable<K, TV>,
    joiner: (value: V, row: TV, key: K) => R,
    joined?: Joined<K, V>,
  ): KStream<K, R>;
  /** Each record with the row of a global table whose key `keySelector` makes. */
  join<TK, TV, R>(
    table: GlobalKTable<TK, TV>,
    keySelector: (key: K, value: V) => TK | null,
    joiner: (value: V, row: TV, key: K) => R,
    named?: Named,
  ): KStream<K, R>;
  join<TK, TV, R>(
    table: KTable<K, TV> | GlobalKTable<TK, TV>,
    ...rest: readonly unknown[]
  ): KStream<K, R> {
    return this.#join(table, rest, false);
  }

  /** As `join`; a record without a row goes on, with null in its place. */
  leftJoin<TV, R>(
    table: KTable<K, TV>,
    joiner: (value: V, row: TV | null, key: K) => R,
    joined?: Joined<K, V>,
  ): KStream<K, R>;
  leftJoin<TK, TV, R>(
    table: GlobalKTable<TK, TV>,
    keySelector: (key: K, value: V) => TK | null,
    joiner: (value: V, row: TV | null, key: K) => R,
    named?: Named,
  ): KStream<K, R>;
  leftJoin<TK, TV, R>(
    table: KTable<K, TV> | GlobalKTable<TK, TV>,
    ...rest: readonly unknown[]
  ): KStream<K, R> {
    return this.#join(table, rest, true);
  }

  // ---- Processor API, RxJS --------------------------------------------------------------------

  /** A node with code of yours, and stores that were added to the builder. */
  process<K2, V2>(
    supplier: ProcessorSupplier<K, V, K2, V2>,
    options: Named & { readonly stores?: readonly string[] } = {},
  ): KStream<K2, V2> {
    const serdes = { key: undefined, value: undefined };
    return this.#next('KSTREAM-PROCESSOR-', supplier, options, serdes, true, options.stores);
  }

  /** As `process`, with code that cannot change the key: no repartition follows from it. */
  processValues<V2>(
    supplier: FixedKeyProcessorSupplier<K, V, V2>,
    options: Named & { readonly stores?: readonly string[] } = {},
  ): KStream<K, V2> {
    const { keySerde } = this.#node;
    const serdes = { key: keySerde, value: undefined };
    const changed = this.#needsRepartition;
    return this.#next(
      'KSTREAM-PROCESSVALUES-',
      supplier as never,
      options,
      serdes,
      changed,
      options.stores,
    );
  }

  /** Tells an observer each record, within its task. It has to be there before the application starts. */
  subscribe(observer: RecordObserver<K, V>, named: Named = {}): StreamSubscription {
    const { subscription, makeProcessor } = observation(observer);
    this.#end('KSTREAM-FOREACH-', makeProcessor, named);
    return subscription;
  }

  /** An RxJS observable of the records; each subscription is a node, and has to be there before the application starts. */
  asObservable(): Observable<Record<K, V>> {
    return observableOf(this);
  }

  // ---- inside ---------------------------------------------------------------------------------

  #host(operators: readonly OperatorFunction<unknown, unknown>[]): KStream<unknown, unknown> {
    const node: ProcessorSupplier = () => new HostedOperators(() => operators);
    // What operators emit may have any key.
    return this.#next(
      'KSTREAM-RXJS-',
      node as never,
      {},
      { key: undefined, value: undefined },
      true,
    );
  }

  #join<TK, TV, R>(
    table: KTable<K, TV> | GlobalKTable<TK, TV>,
    rest: readonly unknown[],
    isLeft: boolean,
  ): KStream<K, R> {
    // The overloads say what is where.
    if (!(table instanceof KTable)) {
      const [tableKey, joiner, named] = rest as [never, never, Named | undefined];
      return this.#joinGlobal<TK, TV, R>(table, tableKey, joiner, named ?? {}, isLeft);
    }
    const [joiner, joined] = rest as [never, Joined<K, V> | undefined];
    return this.#joinTable<TV, R>(table, joiner, joined ?? {}, isLeft);
  }

  #joinTable<TV, R>(
    table: KTable<K, TV>,
    joiner: (value: V, row: TV | null, key: K) => R,
    joined: Joined<K, V>,
    isLeft: boolean,
  ): KStream<K, R> {
    const { builder } = this.#node;
    const key = joined.key ?? this.#node.keySerde;
    const value = joined.value ?? this.#node.valueSerde;
    const parent = this.#behindJoinRepartition({
      name: joined.name ?? this.#node.node,
      key,
      value,
    });
    const right = KTable.partsOf(table);
    const sources = copartition({ builder, sources: parent.sources }, right.node);
    const name = builder.nameOr(joined.name, isLeft ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-');
    const getter = right.supplier.getter();
    const node = streamTableJoinNode({
      table: getter,
      tableKey: (recordKey: K) => recordKey,
      joiner,
      isLeft,
    });
    builder.addProcessor(name, node, [parent.node], () => getter.storeNames);
    if (isLeft) builder.wantNullKeys(name);
    const made = { builder, node: name, keySerde: key, valueSerde: undefined, sources };
    return builder.family.stream<K, R>(made, false);
  }

  #joinGlobal<TK, TV, R>(
    table: GlobalKTable<TK, TV>,
    tableKey: (key: K, value: V) => TK | null,
    joiner: (value: V, row: TV | null, key: K) => R,
    named: Named,
    isLeft: boolean,
  ): KStream<K, R> {
    const node = streamTableJoinNode({ table: table.getter, tableKey, joiner, isLeft });
    const serdes = { key: this.#node.keySerde, value: undefined };
    const joined: KStream<K, R> = this.#next(
      'KSTREAM-LEFTJOIN-',
      node as never,
      named,
      serdes,
      this.#needsRepartition,
    );
    if (isLeft) this.#node.builder.wantNullKeys(joined.#node.node);
    return joined;
  }

  /** Joins of one stream share the topic before them, unless they name one of their own. Kafka: repartitionForJoin. */
  #behindJoinRepartition(options: {
    readonly name: string;
    readonly key: Serde<K> | undefined;
    readonly value: Serde<V> | undefined;
  }): { readonly node: string; readonly sources: ReadonlySet<string> } {
    const { builder, node } = this.#node;
    const known = this.#joinRepartition;
    if (known !== undefined && options.name === node) {
      newRepartitionNames(builder);
      return { node: known, sources: new Set([known]) };
    }
    const parent = this.#behindRepartition(options);
    if (this.#needsRepartition) this.#joinRepartition = parent.node;
    return parent;
  }

  #behindRepartition(options: {
    readonly name: string;
    readonly key: Serde<K> | undefined;
    readonly value: Serde<V> | undefined;
  }): { readonly node: string; readonly sources: ReadonlySet<string> } {
    const { builder, node, sources } = this.#node;
    if (!this.#needsRepartition) return { node, sources };
    const source = addRepartition({
      builder,
      parent: node,
      name: options.name,
      keySerde: options.key,
      valueSerde: options.value,
    });
    return { node: source, sources: new Set([source]) };
  }

  #same(prefix: string, supplier: ProcessorSupplier<K, V>, named: Named): KStream<K, V> {
    const { keySerde, valueSerde } = this.#node;
    const serdes = { key: keySerde, value: valueSerde };
    return this.#next(prefix, supplier, named, serdes, this.#needsRepartition);
  }

  #nextValues<V2>(
    prefix: string,
    supplier: ProcessorSupplier<never, never>,
    named: Named,
  ): KStream<K, V2> {
    const serdes = { key: this.#node.keySerde, value: undefined };
    return this.#next(prefix, supplier as never, named, serdes, this.#needsRepartition);
  }

  #next<K2, V2>(
    prefix: string,
    supplier: ProcessorSupplier<K, V>,
    named: Named,
    serdes: { readonly key: Serde<K2> | undefined; readonly value: Serde<V2> | undefined },
    needsRepartition: boolean,
    stores: readonly string[] = [],
  ): KStream<K2, V2> {
    const { builder, node, sources } = this.#node;
    const name = builder.nameOr(named.name, prefix);
    builder.addProcessor(name, supplier, [node], () => stores);
    const next = { builder, node: name, keySerde: serdes.key, valueSerde: serdes.value, sources };
    return builder.family.stream(next, needsRepartition);
  }

  #end(prefix: string, supplier: ProcessorSupplier<K, V>, named: Named): void {
    const { builder, node } = this.#node;
    builder.addProcessor(builder.nameOr(named.name, prefix), supplier, [node]);
  }
}
