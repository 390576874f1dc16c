// A running value for each key and window of a stream. A record goes into every window that covers it and is not closed yet, the
// earliest first. Kafka: KStreamWindowAggregate.
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
import type { Windowed } from '../store/window-store.ts';
import type { TimeWindows } from '../window/time-windows.ts';
import { WindowRowStore } from './row-store.ts';
import type { Fold } from './stream-aggregate.ts';
import {
  type GetterSupplier,
  type TableSupplier,
  windowGetter,
  withStore,
} from './table-supplier.ts';

export interface WindowAggregateOptions<K, V, R> {
  readonly storeName: string;
  readonly store: () => StoreBuilder;
  readonly windows: TimeWindows;
  readonly fold: Fold<K, V | null, R>;
}

export class WindowAggregate<K, V, R> implements TableSupplier<Windowed<K>, R> {
  readonly #options: WindowAggregateOptions<K, V, R>;
  #sendsOldValues = false;

  constructor(options: WindowAggregateOptions<K, V, R>) {
    this.#options = options;
  }

  supplier(): ProcessorSupplier {
    const sendsOldValues = this.#sendsOldValues;
    return withStore(
      () => new WindowAggregateProcessor(this.#options, sendsOldValues) as Processor,
      this.#options.store(),
    );
  }

  getter(): GetterSupplier<Windowed<K>, R> {
    return windowGetter(this.#options.storeName);
  }

  enableOldValues(): boolean {
    this.#sendsOldValues = true;
    return true;
  }
}

class WindowAggregateProcessor<K, V, R> implements Processor<K | null, V | null> {
  readonly #options: WindowAggregateOptions<K, V, R>;
  readonly #sendsOldValues: boolean;
  #rows: WindowRowStore<K, R> | undefined;
  #context: ReturnType<typeof internalContext> | undefined;
  #streamTimeMs = -1;

  constructor(options: WindowAggregateOptions<K, V, R>, sendsOldValues: boolean) {
    this.#options = options;
    this.#sendsOldValues = sendsOldValues;
  }

  init(context: ProcessorContext): void {
    this.#context = internalContext(context);
    this.#rows = new WindowRowStore(context, this.#options.storeName, this.#sendsOldValues);
  }

  process(record: Record<K | null, V | null>): MaybePromise {
    const { key, timestamp } = record;
    if (key === null) {
      this.#context!.recordDropped(); // `init` comes first
      return;
    }
    const { windows } = this.#options;
    this.#streamTimeMs = Math.max(this.#streamTimeMs, timestamp);
    const closeTimeMs = this.#streamTimeMs - windows.graceMs;
    return this.#eachWindow(record, key, windows.startsFor(timestamp), closeTimeMs, 0);
  }

  #eachWindow(
    record: Record<K | null, V | null>,
    key: K,
    starts: readonly number[],
    closeTimeMs: number,
    first: number,
  ): MaybePromise {
    const { windows } = this.#options;
    for (let index = first; index < starts.length; index += 1) {
      const start = starts[index]!;
      if (start + windows.sizeMs <= closeTimeMs) {
        this.#context!.recordDropped(); // `init` comes first
        continue;
      }
      const done = this.#update(record, key, start);
      if (done instanceof Promise)
        return done.then(() => this.#eachWindow(record, key, starts, closeTimeMs, index + 1));
    }
  }

  #update(record: Record<K | null, V | null>, key: K, start: number): MaybePromise {
    const rows = this.#rows!; // `init` comes first
    const { fold, windows } = this.#options;
    return whenDone(rows.get(key, start), (row) => {
      const soFar = row === null ? fold.initial() : row.value;
      const time = row === null ? record.timestamp : Math.max(record.timestamp, row.timestamp);
      const next = fold.apply(key, record.value, soFar);
      return rows.put(record, windows.windowed(key, start), next, soFar, time);
    });
  }
}
