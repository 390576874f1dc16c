// The part of a source connector that moves data. Kafka: org.apache.kafka.connect.source.SourceTask.
import type { Logger, Platform } from '@ottla/platform';
import { ConnectError } from '../errors.ts';
import type { SourceOffset, SourcePartition, SourceRecord } from '../record/source-record.ts';
import type { ConnectorProperties } from './connector.ts';

/** The offsets that the worker has stored for this connector. */
export interface OffsetStorageReader {
  /** Undefined when nothing is stored. */
  offset(partition: SourcePartition): Promise<SourceOffset | undefined>;
  /** In the order of `partitions`. */
  offsets(partitions: readonly SourcePartition[]): Promise<(SourceOffset | undefined)[]>;
}

/** The standard input of the worker's process; a task cannot read it itself, for it runs in a thread. */
export interface StandardInput {
  /** What has come since the last call of anybody, without waiting; empty when that is nothing. Its end is silence. */
  read(): Promise<Uint8Array>;
}

/** What the worker offers a source task. */
export interface SourceTaskContext {
  /** The task's configuration, placeholders resolved as they stand now. */
  configs(): ConnectorProperties;
  readonly offsetStorageReader: OffsetStorageReader;
  readonly standardInput?: StandardInput;
  /** Aborted when the task shall stop: a `poll` that waits should return. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly platform: Platform;
}

/** Where a record that was sent has ended up. */
export interface SentRecord {
  readonly topic: string;
  readonly partition: number;
  /** Undefined when the producer was not told (acks=0). */
  readonly offset: number | undefined;
  readonly timestamp: number | undefined;
}

/** The worker calls `initialize`, `start`, then `poll` again and again, at last `stop`; never two at once. */
export abstract class SourceTask {
  #context: SourceTaskContext | undefined;

  initialize(context: SourceTaskContext): void {
    this.#context = context;
  }

  /** What `initialize` was given. @throws ConnectError before that */
  protected get context(): SourceTaskContext {
    if (this.#context === undefined) throw new ConnectError('The task has not been initialized');
    return this.#context;
  }

  abstract start(config: ConnectorProperties): void | Promise<void>;

  /**
   * The next records, in order. Null or an empty array: nothing now. A task that waits for data should return after
   * about a second, so that it can be paused and stopped; the worker itself does not wait between polls.
   *
   * @throws RetriableError to be called again; any other error makes the task FAILED
   */
  abstract poll(): readonly SourceRecord[] | null | Promise<readonly SourceRecord[] | null>;

  /** Offsets of everything that `poll` returned so far and that was acknowledged are stored. */
  commit(): void | Promise<void> {}

  /** One record was acknowledged (or, with `sent` null, dropped by a transform or by error tolerance). */
  commitRecord(_record: SourceRecord, _sent: SentRecord | null): void | Promise<void> {}

  /** Called once, last; `poll` is not running any more. */
  abstract stop(): void | Promise<void>;
}
