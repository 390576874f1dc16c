// Two tables joined by key: each side looks the other up when it changes, and both go on through one node, which may have a
// store. Kafka: KTableKTableInnerJoin, …LeftJoin, …RightJoin, …OuterJoin, KTableKTableJoinMerger.
import { internalContext } from '../processor/internal-context.ts';
import type {
  MaybePromise,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import { whenDone } from '../processor/when-done.ts';
import type { ValueAndTimestamp } from '../store/key-value-store.ts';
import type { StoreBuilder } from '../store/store-builder.ts';
import type { Change } from './change.ts';
import { RowStore } from './row-store.ts';
import {
  type GetterSupplier,
  storeGetter,
  type TableSupplier,
  type ValueGetter,
  withStore,
} from './table-supplier.ts';

/** Which rows a side has to have for a result: those of both, of the left, of either. */
export type JoinKind = 'inner' | 'left' | 'outer';

/** Makes the value of a joined row; a side that is not there is null. */
export type TableJoiner<K, L, R, V> = (left: L, right: R, key: K) => V;

/** A change of one side, and the row of the other. Undefined: says nothing. */
function joinChange<A, B, V>(
  change: Change<A>,
  other: B | null,
  join: (own: A | null, other: B | null) => V,
  needs: { readonly own: boolean; readonly other: boolean },
  sendsOldValues: boolean,
): Change<V> | undefined {
  if (other === null) {
    if (needs.other) return undefined;
    if (change.newValue === null && change.oldValue === null) return undefined;
  }
  // Without the other side's row there is something only where this side has one.
  const isThere = (own: A | null): boolean => own !== null || (!needs.own && other !== null);
  return {
    newValue: isThere(change.newValue) ? join(change.newValue, other) : null,
    oldValue: sendsOldValues && isThere(change.oldValue) ? join(change.oldValue, other) : null,
  };
}

export interface TableJoinOptions<K, L, R, V> {
  readonly left: TableSupplier<K, L>;
  readonly right: TableSupplier<K, R>;
  readonly kind: JoinKind;
  readonly joiner: TableJoiner<K, L | null, R | null, V>;
  readonly store: { readonly name: string; readonly builder: () => StoreBuilder } | undefined;
}

/** All three nodes of a join. */
export class TableJoin<K, L, R, V> implements TableSupplier<K, V> {
  readonly leftGetter: GetterSupplier<K, L>;
  readonly rightGetter: GetterSupplier<K, R>;
  readonly #options: TableJoinOptions<K, L, R, V>;
  #sendsOldValues = false;

  constructor(options: TableJoinOptions<K, L, R, V>) {
    this.#options = options;
    if (options.kind !== 'inner') options.left.enableOldValues(true);
    if (options.kind === 'outer') options.right.enableOldValues(true);
    this.leftGetter = options.left.getter();
    this.rightGetter = options.right.getter();
  }

  /** The node that hears of the left table and looks into the right. */
  leftSupplier(): ProcessorSupplier {
    const { joiner, kind } = this.#options;
    const needs = { own: kind !== 'outer', other: kind === 'inner' };
    const sendsOldValues = this.#sendsOldValues;
    return () =>
      new JoinSideProcessor<K, L, R, V>(
        this.rightGetter.make(),
        (key) => (own, other) => joiner(own, other, key),
        needs,
        sendsOldValues,
      ) as Processor;
  }

  /** The node that hears of the right table and looks into the left. */
  rightSupplier(): ProcessorSupplier {
    const { joiner, kind } = this.#options;
    const needs = { own: kind === 'inner', other: kind !== 'outer' };
    const sendsOldValues = this.#sendsOldValues;
    return () =>
      new JoinSideProcessor<K, R, L, V>(
        this.leftGetter.make(),
        (key) => (own, other) => joiner(other, own, key),
        needs,
        sendsOldValues,
      ) as Processor;
  }

  /** The node where both sides meet. */
  supplier(): ProcessorSupplier {
    const { store } = this.#options;
    const sendsOldValues = this.#sendsOldValues;
    return withStore(
      () => new JoinMergeProcessor(store?.name, sendsOldValues) as Processor,
      store?.builder(),
    );
  }

  getter(): GetterSupplier<K, V> {
    const { store } = this.#options;
    if (store !== undefined) return storeGetter(store.name);
    const { leftGetter, rightGetter } = this;
    const storeNames = [...new Set([...leftGetter.storeNames, ...rightGetter.storeNames])];
    const make = (): ValueGetter<K, V> => this.#joinedGetter(leftGetter.make(), rightGetter.make());
    return { storeNames, make };
  }

  enableOldValues(): boolean {
    this.#options.left.enableOldValues(true);
    this.#options.right.enableOldValues(true);
    this.#sendsOldValues = true;
    return true;
  }

  #joinedGetter(left: ValueGetter<K, L>, right: ValueGetter<K, R>): ValueGetter<K, V> {
    const { kind, joiner } = this.#options;
    const joined = (
      key: K,
      l: ValueAndTimestamp<L> | null,
      r: ValueAndTimestamp<R> | null,
    ): ValueAndTimestamp<V> | null => {
      if ((l === null && (kind !== 'outer' || r === null)) || (r === null && kind === 'inner'))
        return null;
      const timestamp = Math.max(l?.timestamp ?? -1, r?.timestamp ?? -1);
      return { value: joiner(l?.value ?? null, r?.value ?? null, key), timestamp };
    };
    return {
      init: (context) => {
        left.init(context);
        right.init(context);
      },
      get: (key) =>
        whenDone(left.get(key), (l) => whenDone(right.get(key), (r) => joined(key, l, r))),
    };
  }
}

class JoinSideProcessor<K, A, B, V> implements Processor<K | null, Change<A>> {
  readonly #other: ValueGetter<K, B>;
  readonly #joinerOf: (key: K) => (own: A | null, other: B | null) => V;
  readonly #needs: { readonly own: boolean; readonly other: boolean };
  readonly #sendsOldValues: boolean;
  #context: ReturnType<typeof internalContext> | undefined;

  constructor(
    other: ValueGetter<K, B>,
    joinerOf: (key: K) => (own: A | null, other: B | null) => V,
    needs: { readonly own: boolean; readonly other: boolean },
    sendsOldValues: boolean,
  ) {
    this.#other = other;
    this.#joinerOf = joinerOf;
    this.#needs = needs;
    this.#sendsOldValues = sendsOldValues;
  }

  init(context: ProcessorContext): void {
    this.#context = internalContext(context);
    this.#other.init(context);
  }

  process(record: Record<K | null, Change<A>>): MaybePromise {
    const { key, value: change, timestamp } = record;
    const context = this.#context!; // `init` comes first
    if (key === null) {
      context.recordDropped();
      return;
    }
    return whenDone(this.#other.get(key), (other) => {
      const value = other === null ? null : other.value;
      const join = this.#joinerOf(key);
      const joined = joinChange(change, value, join, this.#needs, this.#sendsOldValues);
      if (joined === undefined) return;
      const resultTimestamp = other === null ? timestamp : Math.max(timestamp, other.timestamp);
      return context.forward(record.withValue(joined).withTimestamp(resultTimestamp));
    });
  }
}

class JoinMergeProcessor<K, V> implements Processor<K, Change<V>> {
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

  process(record: Record<K, Change<V>>): MaybePromise {
    const { key, value: change, timestamp } = record;
    if (this.#rows !== undefined)
      return this.#rows.put(record, key, change.newValue, change.oldValue, timestamp);
    return this.#context!.forward(record); // `init` comes first
  }
}
