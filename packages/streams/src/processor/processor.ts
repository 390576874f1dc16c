// The Processor API: a node of a topology as its author writes it. `process` is synchronous where it can be: it returns a
// promise only when something it waited for (a store's read that went to disk) was one, and then the task waits too.
// Kafka: org.apache.kafka.streams.processor.api (KIP-478, KIP-820).
import type { StateStore } from '../store/state-store.ts';
import type { StoreBuilder } from '../store/store-builder.ts';
import type { FixedKeyRecord, Record } from './record.ts';
import type { TaskId } from './task-id.ts';

/** Done at once, or when the promise resolves. */
export type MaybePromise = void | Promise<void>;

/** A node that reads records of `KIn, VIn` and forwards records of `KOut, VOut`. One instance for each task. */
export interface Processor<KIn = unknown, VIn = unknown, KOut = unknown, VOut = unknown> {
  /** Before the first record, when the stores are restored. */
  init?(context: ProcessorContext<KOut, VOut>): void;
  /** One record. The next one comes when this is done, and everything that it forwarded. */
  process(record: Record<KIn, VIn>): MaybePromise;
  /** After the last record; stores are still open. */
  close?(): void;
}

/** A node that keeps each record's key, so that nothing after it needs a repartition. */
export interface FixedKeyProcessor<KIn = unknown, VIn = unknown, VOut = unknown> {
  /** As `Processor.init`. */
  init?(context: FixedKeyProcessorContext<KIn, VOut>): void;
  /** As `Processor.process`. */
  process(record: FixedKeyRecord<KIn, VIn>): MaybePromise;
  /** As `Processor.close`. */
  close?(): void;
}

/** Stores that a supplier brings along: they are added to the topology and connected to its processor. */
export interface StoreProvider {
  stores?(): Iterable<StoreBuilder>;
}

/** Makes a processor for each task; must return a new one each time. */
export type ProcessorSupplier<KIn = unknown, VIn = unknown, KOut = unknown, VOut = unknown> =
  | (() => Processor<KIn, VIn, KOut, VOut>)
  | (StoreProvider & { get(): Processor<KIn, VIn, KOut, VOut> });

/** Makes a fixed-key processor for each task; must return a new one each time. */
export type FixedKeyProcessorSupplier<KIn = unknown, VIn = unknown, VOut = unknown> =
  | (() => FixedKeyProcessor<KIn, VIn, VOut>)
  | (StoreProvider & { get(): FixedKeyProcessor<KIn, VIn, VOut> });

/** Where the record that is processed came from. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * Which clock a punctuation follows: `stream-time` moves with the records' timestamps, `wall-clock-time` with the system.
 */
export type PunctuationType = 'stream-time' | 'wall-clock-time';

/** A scheduled punctuation. */
export interface Punctuation {
  /** Idempotent; the callback is not called again. */
  cancel(): void;
}

/** @param timestamp the stream time, or the wall clock, at which it fires; milliseconds since 1970 */
export type Punctuator = (timestamp: number) => MaybePromise;

/** What a processor may ask and do, whatever it forwards. */
export interface ProcessingContext {
  readonly applicationId: string;
  readonly taskId: TaskId;
  /** The application's settings, as given. */
  readonly appConfigs: Readonly<{ readonly [key: string]: unknown }>;
  /** Source of the record that is being processed; undefined in a punctuator. */
  readonly recordMetadata: RecordMetadata | undefined;
  /** Highest timestamp that the task has seen; −1 before the first record. */
  readonly currentStreamTimeMs: number;
  /** The wall clock as the task knows it, milliseconds since 1970. */
  readonly currentSystemTimeMs: number;
  /** A store that is connected to this node, or a global one (to read only). @throws TopologyError when there is none such */
  getStateStore<S extends StateStore = StateStore>(name: string): S;
  /**
   * Calls `callback` about every `intervalMs` (≥ 1) until cancelled. By stream time it is first due with the first record,
   * by wall clock after one interval, unless `startMs` says otherwise; intervals missed are passed over.
   */
  schedule(
    intervalMs: number,
    type: PunctuationType,
    callback: Punctuator,
    startMs?: number,
  ): Punctuation;
  /** Asks for a commit as soon as possible; it does not happen inside this call. */
  commit(): void;
}

/** A processor's way to the rest of the topology. */
export interface ProcessorContext<KOut = unknown, VOut = unknown> extends ProcessingContext {
  /**
   * Passes a record to every child, or to the one named. Done when it returns, unless it returns a promise: return or
   * await that where something of yours must come after; not waiting for it is safe too, the task does.
   */
  forward(record: Record<KOut, VOut>, child?: string): MaybePromise;
}

/** As `ProcessorContext`, for records whose key stays. */
export interface FixedKeyProcessorContext<K = unknown, VOut = unknown> extends ProcessingContext {
  /** As `ProcessorContext.forward`. */
  forward(record: FixedKeyRecord<K, VOut>, child?: string): MaybePromise;
}
