// The stateless nodes of a stream. Kafka: KStreamFilter, KStreamMap, KStreamFlatMap, KStreamMapValues, KStreamPeek, PassThrough, KStreamBranch.
import { internalContext, type InternalProcessorContext } from '../processor/internal-context.ts';
import type {
  MaybePromise,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
} from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';

type Forward = (context: InternalProcessorContext, record: Record<never, never>) => MaybePromise;

/** A node that is one function of a record and its context. */
class FunctionProcessor implements Processor<never, never> {
  readonly #apply: Forward;
  #context: InternalProcessorContext | undefined;

  constructor(apply: Forward) {
    this.#apply = apply;
  }

  init(context: ProcessorContext): void {
    this.#context = internalContext(context);
  }

  process(record: Record<never, never>): MaybePromise {
    return this.#apply(this.#context!, record); // `init` comes first
  }
}

function stateless<K, V>(
  apply: (context: InternalProcessorContext, record: Record<K, V>) => MaybePromise,
): ProcessorSupplier<K, V> {
  // The types of a node are those of the stream that made it.
  return () => new FunctionProcessor(apply as Forward) as unknown as Processor<K, V>;
}

/** Passes on what the predicate wants. */
export function filterNode<K, V>(wants: (key: K, value: V) => boolean): ProcessorSupplier<K, V> {
  return stateless<K, V>((context, record) =>
    wants(record.key, record.value) ? context.forward(record) : undefined,
  );
}

/** One record for one record. */
export function mapNode<K, V>(
  map: (record: Record<K, V>) => Record<unknown, unknown>,
): ProcessorSupplier<K, V> {
  return stateless<K, V>((context, record) => context.forward(map(record)));
}

/** Any number of records for one. */
export function flatMapNode<K, V>(
  map: (record: Record<K, V>) => Iterable<Record<unknown, unknown>>,
): ProcessorSupplier<K, V> {
  return stateless<K, V>((context, record) => {
    let last: MaybePromise = undefined;
    // Records that follow one that waits queue behind it.
    for (const result of map(record)) last = context.forward(result) ?? last;
    return last;
  });
}

/** Shows each record, then passes it on. */
export function peekNode<K, V>(
  action: (key: K, value: V, record: Record<K, V>) => void,
  isTerminal: boolean,
): ProcessorSupplier<K, V> {
  return stateless<K, V>((context, record) => {
    action(record.key, record.value, record);
    return isTerminal ? undefined : context.forward(record);
  });
}

/** Passes on as it is: where streams meet. */
export function passNode(): ProcessorSupplier {
  return stateless((context, record) => context.forward(record));
}

/** To the child whose predicate is the first to want it. */
export interface BranchTarget<K, V> {
  readonly child: string;
  readonly wants: (key: K, value: V) => boolean;
}

/** @param targets filled while the split is being described; read when records come */
export function branchNode<K, V>(targets: readonly BranchTarget<K, V>[]): ProcessorSupplier<K, V> {
  return stateless<K, V>((context, record) => {
    const target = targets.find(({ wants }) => wants(record.key, record.value));
    return target === undefined ? undefined : context.forward(record, target.child);
  });
}
