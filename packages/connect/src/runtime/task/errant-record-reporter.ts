// Lets a sink task hand back records that it cannot process. Kafka: WorkerErrantRecordReporter (KIP-610).
import type { ConsumerRecord } from '@ottla/client';
import type { ErrantRecordReporter } from '../../connector/sink-task.ts';
import { ConnectError } from '../../errors.ts';
import type { SinkRecord } from '../../record/sink-record.ts';
import type { ErrorHandler } from './error-handling.ts';

/** The consumed record of each record that a task was given. */
const consumed = new WeakMap<SinkRecord, ConsumerRecord>();

/** Notes what a record was made of. */
export function noteOrigin(record: SinkRecord, origin: ConsumerRecord): void {
  consumed.set(record, origin);
}

/** @param taskClassName whom a report names as the one that failed */
export function errantRecordReporter(
  errors: ErrorHandler<ConsumerRecord>,
  taskClassName: string,
): ErrantRecordReporter {
  return {
    async report(record, error) {
      const origin = consumed.get(record);
      if (origin === undefined)
        throw new ConnectError('only records that the task was given can be reported');
      errors.report({ record: origin, error, stage: 'TASK_PUT', className: taskClassName });
      if (!errors.isTolerant)
        throw new ConnectError('Tolerance exceeded in error handler', { cause: error });
      await errors.flush();
    },
  };
}
