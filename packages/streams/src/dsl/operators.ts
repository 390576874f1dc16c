// The pipeable form of every operator: `filter(isLarge)` for `stream.pipe(filter(isLarge), …)`. Names that streams and tables would share
// differ by a suffix. Each calls the method of the same name and adds nothing.
import type { TypedTopic } from '@ottla/serdes';
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import type { TopicNameExtractor } from '../processor/sink-routing.ts';
import type { MapAsyncOptions } from '../rxjs/async-mapper.ts';
import type { RecordObserver, StreamSubscription } from '../rxjs/observed-stream.ts';
import { streamOperator, type StreamOperator } from '../rxjs/stream-operator.ts';
import type { KeyValue } from '../store/key-value-store.ts';
import type { Windowed } from '../store/window-store.ts';
import type { TimeWindows } from '../window/time-windows.ts';
import type { GlobalKTable } from './global-ktable.ts';
import type { KGroupedStream } from './kgrouped-stream.ts';
import type { KGroupedTable } from './kgrouped-table.ts';
import type { KStream } from './kstream.ts';
import type { KTable } from './ktable.ts';
import type {
  Branched,
  Grouped,
  Joined,
  Materialized,
  MaterializedWindows,
  Named,
  Produced,
  Repartitioned,
} from './options.ts';
import type { TimeWindowedKStream } from './time-windowed-kstream.ts';

type Streams<K, V, R> = StreamOperator<KStream<K, V>, R>;

/** `KStream.filter`. */
export function filter<K, V>(
  predicate: (key: K, value: V) => boolean,
  named?: Named,
): Streams<K, V, KStream<K, V>> {
  return streamOperator((stream) => stream.filter(predicate, named));
}

/** `KStream.filterNot`. */
export function filterNot<K, V>(
  predicate: (key: K, value: V) => boolean,
  named?: Named,
): Streams<K, V, KStream<K, V>> {
  return streamOperator((stream) => stream.filterNot(predicate, named));
}

/** `KTable.filter`. */
export function filterTable<K, V>(
  predicate: (key: K, value: V) => boolean,
  materialized?: Materialized<K, V>,
): StreamOperator<KTable<K, V>, KTable<K, V>> {
  return streamOperator((table) => table.filter(predicate, materialized));
}

/** `KStream.map`. */
export function map<K, V, K2, V2>(
  mapper: (key: K, value: V) => KeyValue<K2, V2>,
  named?: Named,
): Streams<K, V, KStream<K2, V2>> {
  return streamOperator((stream) => stream.map(mapper, named));
}

/** `KStream.mapValues`. */
export function mapValues<K, V, V2>(
  mapper: (value: V, key: K) => V2,
  named?: Named,
): Streams<K, V, KStream<K, V2>> {
  return streamOperator((stream) => stream.mapValues(mapper, named));
}

/** `KTable.mapValues`. */
export function mapTableValues<K, V, R>(
  mapper: (value: V, key: K) => R | null,
  materialized?: Materialized<K, R>,
): StreamOperator<KTable<K, V>, KTable<K, R>> {
  return streamOperator((table) => table.mapValues(mapper, materialized));
}

/** `KStream.flatMap`. */
export function flatMap<K, V, K2, V2>(
  mapper: (key: K, value: V) => Iterable<KeyValue<K2, V2>>,
  named?: Named,
): Streams<K, V, KStream<K2, V2>> {
  return streamOperator((stream) => stream.flatMap(mapper, named));
}

/** `KStream.flatMapValues`. */
export function flatMapValues<K, V, V2>(
  mapper: (value: V, key: K) => Iterable<V2>,
  named?: Named,
): Streams<K, V, KStream<K, V2>> {
  return streamOperator((stream) => stream.flatMapValues(mapper, named));
}

/** `KStream.selectKey`. */
export function selectKey<K, V, K2>(
  selector: (key: K, value: V) => K2,
  named?: Named,
): Streams<K, V, KStream<K2, V>> {
  return streamOperator((stream) => stream.selectKey(selector, named));
}

/** `KStream.peek`. */
export function peek<K, V>(
  action: (key: K, value: V, record: Record<K, V>) => void,
  named?: Named,
): Streams<K, V, KStream<K, V>> {
  return streamOperator((stream) => stream.peek(action, named));
}

/** `KStream.foreach`. */
export function foreach<K, V>(
  action: (key: K, value: V, record: Record<K, V>) => void,
  named?: Named,
): Streams<K, V, void> {
  return streamOperator((stream) => stream.foreach(action, named));
}

/** `KStream.mapAsync`. */
export function mapAsync<K, V, V2>(
  mapper: (value: V, key: K) => Promise<V2>,
  options?: Named & MapAsyncOptions,
): Streams<K, V, KStream<K, V2>> {
  return streamOperator((stream) => stream.mapAsync(mapper, options));
}

/** `KStream.merge`. */
export function merge<K, V>(other: KStream<K, V>, named?: Named): Streams<K, V, KStream<K, V>> {
  return streamOperator((stream) => stream.merge(other, named));
}

/** `KStream.split`. */
export function split<K, V>(
  branches: readonly Branched<K, V, KStream<K, V>>[],
  options?: Named & { readonly defaultBranch?: Named | boolean },
): Streams<K, V, Map<string, KStream<K, V>>> {
  return streamOperator((stream) => stream.split(branches, options));
}

/** `KStream.to`. */
export function to<K, V>(
  topic: string | TypedTopic<K, V> | TopicNameExtractor<K, V>,
  options?: Produced<K, V>,
): Streams<K, V, void> {
  return streamOperator((stream) => stream.to(topic, options));
}

/** `KStream.toTable`. */
export function toTable<K, V>(materialized?: Materialized<K, V>): Streams<K, V, KTable<K, V>> {
  return streamOperator((stream) => stream.toTable(materialized));
}

/** `KTable.toStream`. */
export function toStream<K, V>(named?: Named): StreamOperator<KTable<K, V>, KStream<K, V>> {
  return streamOperator((table) => table.toStream(named));
}

/** `KStream.repartition`. */
export function repartition<K, V>(options?: Repartitioned<K, V>): Streams<K, V, KStream<K, V>> {
  return streamOperator((stream) => stream.repartition(options));
}

/** `KStream.groupBy`. */
export function groupBy<K, V, K2>(
  selector: (key: K, value: V) => K2 | null,
  grouped?: Grouped<K2, V>,
): Streams<K, V, KGroupedStream<K2, V>> {
  return streamOperator((stream) => stream.groupBy(selector, grouped));
}

/** `KStream.groupByKey`. */
export function groupByKey<K, V>(grouped?: Grouped<K, V>): Streams<K, V, KGroupedStream<K, V>> {
  return streamOperator((stream) => stream.groupByKey(grouped));
}

/** `KTable.groupBy`. */
export function groupTableBy<K, V, GK, GV>(
  group: (key: K, value: V) => KeyValue<GK | null, GV | null>,
  grouped?: Grouped<GK, GV>,
): StreamOperator<KTable<K, V>, KGroupedTable<GK, GV>> {
  return streamOperator((table) => table.groupBy(group, grouped));
}

/** `KGroupedStream.windowedBy`. */
export function windowedBy<K, V>(
  windows: TimeWindows,
): StreamOperator<KGroupedStream<K, V>, TimeWindowedKStream<K, V>> {
  return streamOperator((grouped) => grouped.windowedBy(windows));
}

/** `KGroupedStream.count`. */
export function count<K, V>(
  materialized?: Materialized<K, number>,
): StreamOperator<KGroupedStream<K, V>, KTable<K, number>> {
  return streamOperator((grouped) => grouped.count(materialized));
}

/** `KGroupedStream.reduce`. */
export function reduce<K, V>(
  reducer: (soFar: V, value: V) => V | null,
  materialized?: Materialized<K, V>,
): StreamOperator<KGroupedStream<K, V>, KTable<K, V>> {
  return streamOperator((grouped) => grouped.reduce(reducer, materialized));
}

/** `KGroupedStream.aggregate`. */
export function aggregate<K, V, R>(
  initializer: () => R | null,
  aggregator: (key: K, value: V, soFar: R) => R | null,
  materialized?: Materialized<K, R>,
): StreamOperator<KGroupedStream<K, V>, KTable<K, R>> {
  return streamOperator((grouped) => grouped.aggregate(initializer, aggregator, materialized));
}

/** `TimeWindowedKStream.count`. */
export function countWindows<K, V>(
  materialized?: MaterializedWindows<K, number>,
): StreamOperator<TimeWindowedKStream<K, V>, KTable<Windowed<K>, number>> {
  return streamOperator((windowed) => windowed.count(materialized));
}

/** `TimeWindowedKStream.reduce`. */
export function reduceWindows<K, V>(
  reducer: (soFar: V, value: V) => V | null,
  materialized?: MaterializedWindows<K, V>,
): StreamOperator<TimeWindowedKStream<K, V>, KTable<Windowed<K>, V>> {
  return streamOperator((windowed) => windowed.reduce(reducer, materialized));
}

/** `TimeWindowedKStream.aggregate`. */
export function aggregateWindows<K, V, R>(
  initializer: () => R | null,
  aggregator: (key: K, value: V, soFar: R) => R | null,
  materialized?: MaterializedWindows<K, R>,
): StreamOperator<TimeWindowedKStream<K, V>, KTable<Windowed<K>, R>> {
  return streamOperator((windowed) => windowed.aggregate(initializer, aggregator, materialized));
}

/** `KStream.join` with a table. */
export function joinTable<K, V, TV, R>(
  table: KTable<K, TV>,
  joiner: (value: V, row: TV, key: K) => R,
  joined?: Joined<K, V>,
): Streams<K, V, KStream<K, R>> {
  return streamOperator((stream) => stream.join(table, joiner, joined));
}

/** `KStream.leftJoin` with a table. */
export function leftJoinTable<K, V, TV, R>(
  table: KTable<K, TV>,
  joiner: (value: V, row: TV | null, key: K) => R,
  joined?: Joined<K, V>,
): Streams<K, V, KStream<K, R>> {
  return streamOperator((stream) => stream.leftJoin(table, joiner, joined));
}

/** `KStream.join` with a global table. */
export function joinGlobalTable<K, V, TK, TV, R>(
  table: GlobalKTable<TK, TV>,
  keySelector: (key: K, value: V) => TK | null,
  joiner: (value: V, row: TV, key: K) => R,
  named?: Named,
): Streams<K, V, KStream<K, R>> {
  return streamOperator((stream) => stream.join(table, keySelector, joiner, named));
}

/** `KStream.leftJoin` with a global table. */
export function leftJoinGlobalTable<K, V, TK, TV, R>(
  table: GlobalKTable<TK, TV>,
  keySelector: (key: K, value: V) => TK | null,
  joiner: (value: V, row: TV | null, key: K) => R,
  named?: Named,
): Streams<K, V, KStream<K, R>> {
  return streamOperator((stream) => stream.leftJoin(table, keySelector, joiner, named));
}

/** `KTable.join`. */
export function join<K, L, R, J>(
  other: KTable<K, R>,
  joiner: (left: L, right: R, key: K) => J,
  materialized?: Materialized<K, J>,
): StreamOperator<KTable<K, L>, KTable<K, J>> {
  return streamOperator((table) => table.join(other, joiner, materialized));
}

/** `KTable.leftJoin`. */
export function leftJoin<K, L, R, J>(
  other: KTable<K, R>,
  joiner: (left: L, right: R | null, key: K) => J,
  materialized?: Materialized<K, J>,
): StreamOperator<KTable<K, L>, KTable<K, J>> {
  return streamOperator((table) => table.leftJoin(other, joiner, materialized));
}

/** `KTable.outerJoin`. */
export function outerJoin<K, L, R, J>(
  other: KTable<K, R>,
  joiner: (left: L | null, right: R | null, key: K) => J,
  materialized?: Materialized<K, J>,
): StreamOperator<KTable<K, L>, KTable<K, J>> {
  return streamOperator((table) => table.outerJoin(other, joiner, materialized));
}

/** `KStream.process`. */
export function process<K, V, K2, V2>(
  supplier: ProcessorSupplier<K, V, K2, V2>,
  options?: Named & { readonly stores?: readonly string[] },
): Streams<K, V, KStream<K2, V2>> {
  return streamOperator((stream) => stream.process(supplier, options));
}

/** `KStream.processValues`. */
export function processValues<K, V, V2>(
  supplier: FixedKeyProcessorSupplier<K, V, V2>,
  options?: Named & { readonly stores?: readonly string[] },
): Streams<K, V, KStream<K, V2>> {
  return streamOperator((stream) => stream.processValues(supplier, options));
}

/** `KStream.subscribe`. */
export function subscribe<K, V>(
  observer: RecordObserver<K, V>,
  named?: Named,
): Streams<K, V, StreamSubscription> {
  return streamOperator((stream) => stream.subscribe(observer, named));
}
