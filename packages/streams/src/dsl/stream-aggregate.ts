// A running value for each key of a stream: count, reduce and aggregate are this node. Kafka: KStreamAggregate, KStreamReduce.
import { internalContext } from '../processor/internal-context.ts';
import type {
  MaybePromise,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import type { StoreBuilder } from '../store/store-builder.ts';
import { RowStore } from './row-store.ts';
import {
  type GetterSupplier,
  storeGetter,
  type TableSupplier,
  withStore,
} from './table-supplier.ts';

/** From the value so far (null: none) to the next; null deletes the row. */
export interface Fold<K, V, R> {
  /** The value before the first record; a reduce has none. */
  readonly initial: () => R | null;
  readonly apply: (key: K, value: V, soFar: R | null) => R | null;
}

export interface AggregateOptions<K, V, R> {
  readonly storeName: string;
  readonly store: () => StoreBuilder;
  readonly fold: Fold<K, V, R>;
}

export class StreamAggregate<K, V, R> implements TableSupplier<K, R> {
  readonly #options: AggregateOptions<K, V, R>;
  #sendsOldValues = false;

  constructor(options: AggregateOptions<K, V, R>) {
    this.#options = options;
  }

  supplier(): ProcessorSupplier {
    const sendsOldValues = this.#sendsOldValues;
    return withStore(
      () => new AggregateProcessor(this.#options, sendsOldValues) as Processor,
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

class AggregateProcessor<K, V, R> implements Processor<K | null, V | null> {
  readonly #options: AggregateOptions<K, V, R>;
  readonly #sendsOldValues: boolean;
  #rows: RowStore<K, R> | undefined;
  #context: ReturnType<typeof internalContext> | undefined;

  constructor(options: AggregateOptions<K, V, R>, sendsOldValues: boolean) {
    this.#options = options;
    this.#sendsOldValues = sendsOldValues;
  }

  init(context: ProcessorContext): void {
    this.#context = internalContext(context);
    this.#rows = new RowStore(context, this.#options.storeName, this.#sendsOldValues);
  }

  process(record: Record<K | null, V | null>): MaybePromise {
    const { key, value, timestamp } = record;
    if (key === null || value === null) {
      this.#context!.recordDropped(); // `init` comes first
      return;
    }
    const rows = this.#rows!;
    const row = rows.get(key);
    const { fold } = this.#options;
    // The row is at hand nearly always: no closure for it.
    if (row instanceof Promise)
      return row.then((found) => this.#put(rows, record, key, value, found, fold));
    return this.#put(rows, record, key, value, row, fold, timestamp);
  }

  #put(
    rows: RowStore<K, R>,
    record: Record<K | null, V | null>,
    key: K,
    value: V,
    row: { readonly value: R; readonly timestamp: number } | null,
    fold: Fold<K, V, R>,
    timestamp: number = record.timestamp,
  ): MaybePromise {
    const soFar = row === null ? fold.initial() : row.value;
    const time = row === null ? timestamp : Math.max(timestamp, row.timestamp);
    return rows.put(record, key, fold.apply(key, value, soFar), soFar, time);
  }
}
