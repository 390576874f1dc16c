// What the nodes of a task see of it. `StreamTask` and `GlobalTask` implement it.
import type {
  BackgroundWork,
  InternalProcessorContext,
  RecordContext,
} from '../processor/internal-context.ts';
import type {
  MaybePromise,
  Punctuation,
  PunctuationType,
  Punctuator,
} from '../processor/processor.ts';
import { NO_HEADERS, type Record } from '../processor/record.ts';
import type { TaskId } from '../processor/task-id.ts';
import type { StateStore } from '../store/state-store.ts';
import type { RecordCollector } from './record-collector.ts';
import type { TaskSettings } from './task-settings.ts';

/** The stores of one task: made, filled and closed by the runtime. */
export interface TaskStores {
  /** A store of this task; undefined when it has none of that name. */
  get(name: string): StateStore | undefined;
  /** A global store; undefined when there is none of that name. */
  global(name: string): StateStore | undefined;
  /** Makes caches pass on what they hold back; the last thing before a commit. */
  flushCaches(): MaybePromise;
}

export interface TaskHost {
  readonly id: TaskId;
  readonly settings: TaskSettings;
  readonly stores: TaskStores;
  readonly collector: RecordCollector;
  /** Wall clock of the call that is running, milliseconds since 1970. */
  readonly wallClockMs: number;
  /** Highest record time so far; −1 before the first. */
  readonly streamTimeMs: number;
  /** Of the record that is processed now. */
  recordContext: RecordContext;
  /** Kept in the metadata of committed offsets. */
  readonly processorMetadata: Map<string, number>;
  schedule(
    node: NodeContextLike,
    intervalMs: number,
    type: PunctuationType,
    punctuator: Punctuator,
    startMs: number | undefined,
  ): Punctuation;
  addBackgroundWork(work: BackgroundWork): void;
  failLater(nodeName: string, error: unknown): void;
  requestCommit(): void;
  recordDropped(count?: number): void;
  /** Asks the handler about a key or value that cannot be written. @throws StreamsError when it says to stop */
  unserializable(
    node: string,
    topic: string,
    side: 'key' | 'value',
    record: Record<unknown, unknown>,
    error: unknown,
  ): MaybePromise;
  /** Asks the handler about a node that threw. @throws ProcessingError when it says to stop */
  nodeFailed(
    nodeName: string,
    record: Record<unknown, unknown> | undefined,
    error: unknown,
  ): MaybePromise;
}

/** The context while there is no source record: in punctuators, and while processors are made. */
export function contextWithoutSource(timestamp: number): RecordContext {
  return {
    topic: undefined,
    partition: -1,
    offset: -1,
    timestamp,
    headers: NO_HEADERS,
    rawKey: null,
    rawValue: null,
  };
}

/** A node of a running task. */
export interface TaskNode {
  readonly name: string;
  /** Its door to its children; a sink has none. */
  readonly context: NodeContextLike | undefined;
  init(): void;
  process(record: Record<unknown, unknown>): MaybePromise;
  close(): void;
}

/** A node's context as other nodes see it. */
export interface NodeContextLike extends InternalProcessorContext {
  readonly children: TaskNode[];
  /** Whether something that was forwarded is not done yet. */
  readonly isBusy: boolean;
  /** Done when everything that was forwarded is. @throws what the children threw */
  settle(): Promise<void>;
}
