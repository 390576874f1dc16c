// What the DSL's own processors may ask of their context beyond the public Processor API.
// Kafka: InternalProcessorContext.
import type { FixedKeyProcessorContext, MaybePromise, ProcessorContext } from './processor.ts';
import type { Headers, Record } from './record.ts';

/** Where the record that is processed came from, and what it was there. Never changed: a cache may keep it. */
export interface RecordContext {
  /** Undefined in a punctuator and while processors are made. */
  readonly topic: string | undefined;
  /** −1 without a topic. */
  readonly partition: number;
  /** −1 without a topic. */
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly headers: Headers;
  /** As read, for dead letters. */
  readonly rawKey: Buffer | null;
  readonly rawValue: Buffer | null;
}

/** Work of a node that goes on after its `process` has returned. */
export interface BackgroundWork {
  /** Whether something is under way, or done and not passed on. */
  readonly isBusy: boolean;
  /** Passes on what is done; called by the task between records. */
  drain(): MaybePromise;
  /** Waits for all that is under way and passes it on; called by the task before a commit. */
  settle(): Promise<void>;
}

/** A context with the doors for the DSL. */
export interface InternalProcessorContext<KOut = unknown, VOut = unknown> extends Omit<
  ProcessorContext<KOut, VOut>,
  'forward'
> {
  readonly nodeName: string;
  /** Of the record that is processed now. */
  readonly recordContext: RecordContext;
  forward(record: Record<KOut, VOut>, child?: string): MaybePromise;
  /** As `forward`, in another record's context: for a cache that gives out what it held back. */
  forwardIn(origin: RecordContext, record: Record<KOut, VOut>): MaybePromise;
  /** Takes an error to the handler, in another record's context. @throws ProcessingError when it says to stop */
  failIn(origin: RecordContext, error: unknown): MaybePromise;
  /** Counts a record that is left out, `count` times (default 1). */
  recordDropped(count?: number): void;
  /** The task drains and settles it from now on. */
  addBackgroundWork(work: BackgroundWork): void;
  /** Takes an error that came outside of `process` to the handler; if that says to stop, the task's next step throws it. */
  failLater(error: unknown): void;
  /** A number kept in the committed offsets' metadata, per sub-topology: survives restarts without a store. */
  processorMetadata(key: string): number | undefined;
  putProcessorMetadata(key: string, value: number): void;
}

/** The same context with its inner doors; every context that a task makes has them. */
export function internalContext<KOut, VOut>(
  context: ProcessorContext<KOut, VOut> | FixedKeyProcessorContext<KOut, VOut>,
): InternalProcessorContext<KOut, VOut> {
  // Contexts are only ever made by `task/node-context.ts`, whose class implements both interfaces.
  return context as unknown as InternalProcessorContext<KOut, VOut>;
}
