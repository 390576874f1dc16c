// The part of a sink connector that moves data. Kafka: org.apache.kafka.connect.sink.SinkTask.
import type { TopicPartition } from '@ottla/client';
import type { Logger, Platform } from '@ottla/platform';
import { ConnectError } from '../errors.ts';
import type { SinkRecord } from '../record/sink-record.ts';
import type { ConnectorProperties } from './connector.ts';

/** A place in a topic's partition: the next record to be read (for commits: all before it is done). */
export interface SinkOffset extends TopicPartition {
  readonly offset: number;
}

/** Tells of records that a task cannot process, so that error tolerance and the dead-letter queue apply to them. */
export interface ErrantRecordReporter {
  /**
   * Resolves when the report is written, and rejects when it cannot be; a task may wait for it or not, the worker waits
   * before it commits and fails the task when a report is lost.
   *
   * @throws ConnectError at once when tolerance is exceeded: the task fails, even where it catches that
   */
  report(record: SinkRecord, error: Error): Promise<void>;
}

/** What the worker offers a sink task. */
export interface SinkTaskContext {
  configs(): ConnectorProperties;
  /** Asks for delivery to go on from these offsets (before the next `put`). */
  offset(offsets: readonly SinkOffset[]): void;
  /** How long to wait before the same batch is put again after a RetriableError. Milliseconds. */
  timeout(timeoutMs: number): void;
  assignment(): readonly TopicPartition[];
  /** Stops the delivery of these partitions. */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Asks for offsets to be committed soon. */
  requestCommit(): void;
  /** Undefined when neither a dead-letter queue nor `errors.log.enable` is configured. */
  readonly errantRecordReporter: ErrantRecordReporter | undefined;
  /** Aborted when the task shall stop: a `put` that waits should give up. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly platform: Platform;
}

/**
 * The worker calls `initialize`, `start`, then `open` with the first partitions, `put` again and again, `preCommit` now and then,
 * `close` for partitions that go, at last `stop`; never two at once.
 */
export abstract class SinkTask {
  #context: SinkTaskContext | undefined;

  initialize(context: SinkTaskContext): void {
    this.#context = context;
  }

  /** What `initialize` was given. @throws ConnectError before that */
  protected get context(): SinkTaskContext {
    if (this.#context === undefined) throw new ConnectError('The task has not been initialized');
    return this.#context;
  }

  abstract start(config: ConnectorProperties): void | Promise<void>;

  /**
   * Takes records, in order within a partition; may buffer them until `flush`. Called with none now and then.
   *
   * @throws RetriableError to be given the same records again; any other error makes the task FAILED
   */
  abstract put(records: readonly SinkRecord[]): void | Promise<void>;

  /** Makes everything durable that `put` took; `offsets` follow the last record of each partition. */
  flush(_offsets: readonly SinkOffset[]): void | Promise<void> {}

  /** What may be committed. Default: flushes, then everything. A task that tracks its own progress returns less. */
  async preCommit(offsets: readonly SinkOffset[]): Promise<readonly SinkOffset[]> {
    await this.flush(offsets);
    return offsets;
  }

  /** These partitions are now this task's. */
  open(_partitions: readonly TopicPartition[]): void | Promise<void> {}

  /** These partitions go to another task: what `preCommit` allowed a moment before is committed after it. */
  close(_partitions: readonly TopicPartition[]): void | Promise<void> {}

  abstract stop(): void | Promise<void>;
}
