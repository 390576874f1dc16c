// A table straight from a stream of changes: the newest record of each key. It has a store when it was given one, or when somebody
// needs to look into it or to know its old values. Kafka: KTableSource.
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
  storeGetter,
  type TableSupplier,
  withStore,
} from './table-supplier.ts';

export class TableSource<K, V> implements TableSupplier<K, V> {
  readonly #storeName: string;
  readonly #store: () => StoreBuilder;
  #isMaterialized: boolean;
  #sendsOldValues = false;

  /** @param store asked only when the topology is built and the store is needed */
  constructor(storeName: string, isMaterialized: boolean, store: () => StoreBuilder) {
    this.#storeName = storeName;
    this.#isMaterialized = isMaterialized;
    this.#store = store;
  }

  supplier(): ProcessorSupplier {
    const store = this.#isMaterialized ? this.#storeName : undefined;
    const sendsOldValues = this.#sendsOldValues;
    return withStore(
      () => new TableSourceProcessor<K, V>(store, sendsOldValues) as Processor,
      store === undefined ? undefined : this.#store(),
    );
  }

  getter(): GetterSupplier<K, V> {
    this.#isMaterialized = true;
    return storeGetter(this.#storeName);
  }

  enableOldValues(force: boolean): boolean {
    if (!force && !this.#isMaterialized) return false;
    this.#isMaterialized = true;
    this.#sendsOldValues = true;
    return true;
  }
}

/** @param store undefined: without one */
export class TableSourceProcessor<K, V> implements Processor<K | null, V | null> {
  readonly #storeName: string | undefined;
  readonly #sendsOldValues: boolean;
  #rows: RowStore<K, V> | undefined;
  #context: ReturnType<typeof internalContext> | undefined;

  constructor(storeName: string | undefined, sendsOldValues: boolean) {
    this.#storeName = storeName;
    this.#sendsOldValues = sendsOldValues;
  }

  init(context: ProcessorContext): void {
    this.#context = internalContext(context);
    if (this.#storeName !== undefined)
      this.#rows = new RowStore(context, this.#storeName, this.#sendsOldValues);
  }

  process(record: Record<K | null, V | null>): MaybePromise {
    const { key, value } = record;
    const context = this.#context!; // `init` comes first
    if (key === null) {
      context.recordDropped();
      return;
    }
    const rows = this.#rows;
    if (rows === undefined) {
      const change: Change<V> = { newValue: value, oldValue: null };
      return context.forward(record.withValue(change));
    }
    return whenDone(rows.get(key), (old) =>
      rows.put(record, key, value, old === null ? null : old.value, record.timestamp),
    );
  }
}
