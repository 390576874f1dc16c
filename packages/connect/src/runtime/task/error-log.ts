// Failed records in the log (errors.log.enable): without their content unless that is asked for. Kafka: LogReporter.
import type { Logger } from '@ottla/platform';
import type { ErrorReporter, Failure } from './error-handling.ts';

/** @param describe what is said of a record when its content may be shown */
export function errorLog<R>(
  logger: Logger,
  taskId: string,
  describe: ((record: R) => string) | undefined,
): ErrorReporter<R> {
  return {
    report({ stage, className, error, record }: Failure<R>): undefined {
      const where = describe === undefined ? '' : `, where ${describe(record)}`;
      logger.error(
        `Error encountered in task ${taskId}. Executing stage '${stage}' with class '${className}'${where}.`,
        { error },
      );
    },
    async flush() {},
    async close() {},
  };
}
