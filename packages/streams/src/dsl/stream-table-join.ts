// A stream joined with a table: each record looks its row up, nothing happens when the table changes.
// Kafka: KStreamKTableJoinProcessor, also for global tables.
import { internalContext } from '../processor/internal-context.ts';
import type {
  MaybePromise,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import { whenDone } from '../processor/when-done.ts';
import type { GetterSupplier, ValueGetter } from './table-supplier.ts';

export interface StreamTableJoinOptions<K, V, TK, TV, R> {
  readonly table: GetterSupplier<TK, TV>;
  /** The row's key; the record's own for a table of the same partitions. */
  readonly tableKey: (key: K, value: V) => TK | null;
  readonly joiner: (value: V, row: TV | null, key: K) => R;
  /** Whether a record without a row goes on with null. */
  readonly isLeft: boolean;
}

export function streamTableJoinNode<K, V, TK, TV, R>(
  options: StreamTableJoinOptions<K, V, TK, TV, R>,
): ProcessorSupplier {
  return () => new StreamTableJoinProcessor(options) as Processor;
}

class StreamTableJoinProcessor<K, V, TK, TV, R> implements Processor<K, V | null> {
  readonly #options: StreamTableJoinOptions<K, V, TK, TV, R>;
  readonly #getter: ValueGetter<TK, TV>;
  #context: ReturnType<typeof internalContext> | undefined;

  constructor(options: StreamTableJoinOptions<K, V, TK, TV, R>) {
    this.#options = options;
    this.#getter = options.table.make();
  }

  init(context: ProcessorContext): void {
    this.#context = internalContext(context);
    this.#getter.init(context);
  }

  process(record: Record<K, V | null>): MaybePromise {
    const { key, value } = record;
    const context = this.#context!; // `init` comes first
    const { isLeft, tableKey, joiner } = this.#options;
    if (value === null) {
      context.recordDropped();
      return;
    }
    const rowKey = tableKey(key, value);
    if (rowKey === null) {
      if (isLeft) return context.forward(record.withValue(joiner(value, null, key)));
      context.recordDropped();
      return;
    }
    return whenDone(this.#getter.get(rowKey), (row) => {
      if (row === null && !isLeft) return;
      return context.forward(record.withValue(joiner(value, row === null ? null : row.value, key)));
    });
  }
}
