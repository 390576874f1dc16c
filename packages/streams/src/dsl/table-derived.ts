// Tables that are another table's rows, filtered or mapped; with a store only when the user names one. Kafka: KTableFilter, KTableMapValues.
import { internalContext } from '../processor/internal-context.ts';
import type {
  MaybePromise,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import { whenDone } from '../processor/when-done.ts';
import type { StoreBuilder } from '../store/store-builder.ts';
import type { Change } from './change.ts';
import { RowStore } from './row-store.ts';
import {
  type GetterSupplier,
  mappedGetter,
  storeGetter,
  type TableSupplier,
  withStore,
} from './table-supplier.ts';

export interface DerivedTableOptions<K, V, R> {
  readonly parent: TableSupplier<K, V>;
  /** A row's new value; null: it is not in this table. */
  readonly map: (key: K, value: V) => R | null;
  readonly store: { readonly name: string; readonly builder: () => StoreBuilder } | undefined;
  /** A filter knows nothing to say of a row that was not in it before and is not now; a map tells every deletion. */
  readonly isFilter: boolean;
}

export class DerivedTable<K, V, R> implements TableSupplier<K, R> {
  readonly #options: DerivedTableOptions<K, V, R>;
  #sendsOldValues: boolean;

  constructor(options: DerivedTableOptions<K, V, R>) {
    this.#options = options;
    // A filter whose parent knows old values uses them to leave out needless tombstones.
    this.#sendsOldValues = options.isFilter && options.parent.enableOldValues(false);
  }

  supplier(): ProcessorSupplier {
    const { store } = this.#options;
    const sendsOldValues = this.#sendsOldValues;
    return withStore(
      () => new DerivedTableProcessor(this.#options, sendsOldValues) as Processor,
      store?.builder(),
    );
  }

  getter(): GetterSupplier<K, R> {
    const { store, parent, map } = this.#options;
    if (store !== undefined) return storeGetter(store.name);
    return mappedGetter(parent.getter(), (key, { value, timestamp }) => {
      const mapped = map(key, value);
      return mapped === null ? null : { value: mapped, timestamp };
    });
  }

  enableOldValues(force: boolean): boolean {
    if (this.#options.store !== undefined || this.#options.parent.enableOldValues(force))
      this.#sendsOldValues = true;
    return this.#sendsOldValues;
  }
}

class DerivedTableProcessor<K, V, R> implements Processor<K, Change<V>> {
  readonly #options: DerivedTableOptions<K, V, R>;
  readonly #sendsOldValues: boolean;
  #rows: RowStore<K, R> | undefined;
  #context: ReturnType<typeof internalContext> | undefined;

  constructor(options: DerivedTableOptions<K, V, R>, sendsOldValues: boolean) {
    this.#options = options;
    this.#sendsOldValues = sendsOldValues;
  }

  init(context: ProcessorContext): void {
    this.#context = internalContext(context);
    const { store } = this.#options;
    if (store !== undefined) this.#rows = new RowStore(context, store.name, this.#sendsOldValues);
  }

  process(record: Record<K, Change<V>>): MaybePromise {
    const { key, value: change } = record;
    const newValue = this.#map(key, change.newValue);
    const rows = this.#rows;
    if (!this.#sendsOldValues) return this.#forward(record, newValue, null);
    if (rows === undefined) return this.#forward(record, newValue, this.#map(key, change.oldValue));
    return whenDone(rows.get(key), (old) =>
      this.#forward(record, newValue, old === null ? null : old.value),
    );
  }

  #forward(record: Record<K, Change<V>>, newValue: R | null, oldValue: R | null): MaybePromise {
    const isNoNews = newValue === null && oldValue === null;
    if (isNoNews && this.#sendsOldValues && this.#options.isFilter) return;
    const { key, timestamp } = record;
    if (this.#rows !== undefined) return this.#rows.put(record, key, newValue, oldValue, timestamp);
    const change: Change<R> = { newValue, oldValue };
    return this.#context!.forward(record.withValue(change)); // `init` comes first
  }

  #map(key: K, value: V | null): R | null {
    return value === null ? null : this.#options.map(key, value);
  }
}
