// A table grouped anew and folded: what a row was is taken out, what it is now is put in. The groups lie behind a repartition topic,
// through which both values travel. Kafka: KTableRepartitionMap, KTableAggregate, KTableReduce.
import type { Serde } from '@ottla/serdes';
import { internalContext } from '../processor/internal-context.ts';
import type {
  MaybePromise,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import { whenDone } from '../processor/when-done.ts';
import type { KeyValue, ValueAndTimestamp } from '../store/key-value-store.ts';
import type { StoreBuilder } from '../store/store-builder.ts';
import type { Change } from './change.ts';
import { RowStore } from './row-store.ts';
import {
  type GetterSupplier,
  storeGetter,
  type TableSupplier,
  withStore,
} from './table-supplier.ts';

/** Gives each change its group; a change within a group stays one record. */
export function groupingNode<K, V, GK, GV>(
  group: (key: K, value: V) => KeyValue<GK | null, GV | null>,
  keySerde: Serde<GK> | undefined,
): ProcessorSupplier {
  return () => new GroupingProcessor(group, keySerde) as Processor;
}

class GroupingProcessor<K, V, GK, GV> implements Processor<K, Change<V>> {
  readonly #group: (key: K, value: V) => KeyValue<GK | null, GV | null>;
  readonly #keySerde: Serde<GK> | undefined;
  #context: ReturnType<typeof internalContext> | undefined;

  constructor(
    group: (key: K, value: V) => KeyValue<GK | null, GV | null>,
    keySerde: Serde<GK> | undefined,
  ) {
    this.#group = group;
    this.#keySerde = keySerde;
  }

  init(context: ProcessorContext): void {
    this.#context = internalContext(context);
  }

  process(record: Record<K, Change<V>>): MaybePromise {
    const { key, value: change } = record;
    const context = this.#context!; // `init` comes first
    const after = this.#grouped(key, change.newValue);
    const before = this.#grouped(key, change.oldValue);
    const send = (groupKey: GK, both: Change<GV>): MaybePromise =>
      context.forward(record.withKey(groupKey).withValue(both));
    if (before !== undefined && after !== undefined && this.#isSame(before.key, after.key))
      return send(before.key, { newValue: after.value, oldValue: before.value });
    const removed =
      before === undefined
        ? undefined
        : send(before.key, { newValue: null, oldValue: before.value });
    if (after === undefined) return removed;
    return send(after.key, { newValue: after.value, oldValue: null }) ?? removed;
  }

  #grouped(key: K, value: V | null): KeyValue<GK, GV> | undefined {
    if (value === null) return undefined;
    const grouped = this.#group(key, value);
    return grouped.key === null || grouped.value === null
      ? undefined
      : { key: grouped.key, value: grouped.value };
  }

  #isSame(a: GK, b: GK): boolean {
    if (Object.is(a, b)) return true;
    if (this.#keySerde === undefined || typeof a !== 'object') return false;
    const context = { topic: this.#context!.nodeName, side: 'key' } as const;
    const bytes = Buffer.from(this.#keySerde.serialize(a, context));
    return bytes.equals(this.#keySerde.serialize(b, context));
  }
}

export interface TableFold<K, V, R> {
  /** The value of a group before its first row. */
  readonly initial: () => R | null;
  readonly add: (key: K, value: V, soFar: R | null) => R | null;
  readonly subtract: (key: K, value: V, soFar: R) => R | null;
}

export interface TableAggregateOptions<K, V, R> {
  readonly storeName: string;
  readonly store: () => StoreBuilder;
  readonly fold: TableFold<K, V, R>;
}

export class TableAggregate<K, V, R> implements TableSupplier<K, R> {
  readonly #options: TableAggregateOptions<K, V, R>;
  #sendsOldValues = false;

  constructor(options: TableAggregateOptions<K, V, R>) {
    this.#options = options;
  }

  supplier(): ProcessorSupplier {
    const sendsOldValues = this.#sendsOldValues;
    return withStore(
      () => new TableAggregateProcessor(this.#options, sendsOldValues) as Processor,
      this.#options.store(),
    );
  }

  getter(): GetterSupplier<K, R> {
    return storeGetter(this.#options.storeName);
  }

  enableOldValues(): boolean {
    this.#sendsOldValues = true;
    return true;
  }
}

class TableAggregateProcessor<K, V, R> implements Processor<K, Change<V>> {
  readonly #options: TableAggregateOptions<K, V, R>;
  readonly #sendsOldValues: boolean;
  #rows: RowStore<K, R> | undefined;

  constructor(options: TableAggregateOptions<K, V, R>, sendsOldValues: boolean) {
    this.#options = options;
    this.#sendsOldValues = sendsOldValues;
  }

  init(context: ProcessorContext): void {
    this.#rows = new RowStore(context, this.#options.storeName, this.#sendsOldValues);
  }

  process(record: Record<K, Change<V>>): MaybePromise {
    const rows = this.#rows!; // `init` comes first
    return whenDone(rows.get(record.key), (row) => this.#fold(rows, record, row));
  }

  #fold(
    rows: RowStore<K, R>,
    record: Record<K, Change<V>>,
    row: ValueAndTimestamp<R> | null,
  ): MaybePromise {
    const { key, value: change } = record;
    const { fold } = this.#options;
    let value = row === null ? null : row.value;
    let timestamp = record.timestamp;
    if (change.oldValue !== null && row !== null) {
      value = fold.subtract(key, change.oldValue, row.value);
      timestamp = Math.max(timestamp, row.timestamp);
    }
    if (change.newValue !== null) {
      value = fold.add(key, change.newValue, value ?? fold.initial());
      if (row !== null) timestamp = Math.max(timestamp, row.timestamp);
    }
    return rows.put(record, key, value, row === null ? null : row.value, timestamp);
  }
}
