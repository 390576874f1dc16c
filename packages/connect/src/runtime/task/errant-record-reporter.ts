// Lets a sink task hand back records that it cannot process. Kafka: WorkerErrantRecordReporter (KIP-610).
import type { ConsumerRecord, TopicPartition } from '@ottla/client';
import type { ErrantRecordReporter } from '../../connector/sink-task.ts';
import { ConnectError } from '../../errors.ts';
import type { SinkRecord } from '../../record/sink-record.ts';
import type { ErrorHandler } from './error-handling.ts';
import { PartitionMap } from './partition-map.ts';
import { type Converters, toConsumerRecord } from './record-conversion.ts';

/** The consumed record of each record that a task was given. */
const consumed = new WeakMap<SinkRecord, ConsumerRecord>();

/** Whom Kafka names in the headers of what a task reports. */
const SINK_TASK_CLASS = 'org.apache.kafka.connect.sink.SinkTask';

/** Notes what a record was made of. */
export function noteOrigin(record: SinkRecord, origin: ConsumerRecord): void {
  consumed.set(record, origin);
}

export class ErrantReports implements ErrantRecordReporter {
  readonly #errors: ErrorHandler<ConsumerRecord>;
  readonly #converters: Converters;
  /** Reports that may not be written yet, by the partition of their record. */
  readonly #pending = new PartitionMap<Promise<void>[]>();
  /** What a task was told by an exception, which it may have swallowed. */
  #exceeded: ConnectError | undefined;

  /** @param converters for records that the task has made itself: they are written as they are now */
  constructor(errors: ErrorHandler<ConsumerRecord>, converters: Converters) {
    this.#errors = errors;
    this.#converters = converters;
  }

  report(record: SinkRecord, error: Error): Promise<void> {
    const origin = consumed.get(record) ?? toConsumerRecord(record, this.#converters);
    const written = this.#errors.report({
      record: origin,
      error,
      stage: 'TASK_PUT',
      className: SINK_TASK_CLASS,
    });
    if (!this.#errors.isTolerant) {
      this.#exceeded ??= new ConnectError('Tolerance exceeded in error handler', { cause: error });
      throw this.#exceeded;
    }
    const pending = this.#pending.get(origin);
    if (pending === undefined) this.#pending.set(origin, [written]);
    else pending.push(written);
    return written;
  }

  /** @throws ConnectError when the task has reported more than is tolerated, whether or not it let that pass */
  throwExceeded(): void {
    if (this.#exceeded !== undefined) throw this.#exceeded;
  }

  /** Resolves when all reports of these partitions are written. @throws ConnectError when one could not be */
  async written(partitions: readonly TopicPartition[]): Promise<void> {
    for (const target of partitions) {
      const reports = this.#pending.get(target);
      if (reports !== undefined) await Promise.all(reports);
      // One that failed stays, so that the partition's offsets are not committed when the failed task closes it either.
      this.#pending.delete(target);
    }
  }

  /** No longer waits for reports of these partitions: they belong to somebody else now. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const target of partitions) this.#pending.delete(target);
  }
}
