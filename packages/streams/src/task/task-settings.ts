// What a task must know of its application's settings. Kafka: TopologyConfig.TaskConfig.
import type { AnySerde } from '../topology/node-definition.ts';
import {
  failOnInvalidTimestamp,
  type TimestampExtractor,
} from '../processor/timestamp-extractor.ts';
import {
  type DeserializationExceptionHandler,
  failOnError,
  type ProcessingExceptionHandler,
} from './exception-handlers.ts';

export interface TaskSettings {
  readonly applicationId: string;
  /** For sources and sinks that name none; undefined: they must. */
  readonly defaultKeySerde: AnySerde | undefined;
  readonly defaultValueSerde: AnySerde | undefined;
  readonly timestampExtractor: TimestampExtractor;
  readonly deserializationExceptionHandler: DeserializationExceptionHandler;
  readonly processingExceptionHandler: ProcessingExceptionHandler;
  /** Asked when a sink cannot make bytes of a key or value. */
  readonly serializationExceptionHandler: ProcessingExceptionHandler;
  /** `buffered.records.per.partition`: beyond it the partition is to be paused. */
  readonly maxBufferedRecords: number;
  /** `max.task.idle.ms`: how long to wait for a partition that has nothing; −1: never. */
  readonly maxTaskIdleMs: number;
  /** What `context.appConfigs` shows. */
  readonly appConfigs: Readonly<{ readonly [key: string]: unknown }>;
}

/** Kafka's defaults where `given` says nothing. */
export function taskSettings(
  given: Partial<TaskSettings> & { readonly applicationId: string },
): TaskSettings {
  return {
    defaultKeySerde: undefined,
    defaultValueSerde: undefined,
    timestampExtractor: failOnInvalidTimestamp,
    deserializationExceptionHandler: failOnError(),
    processingExceptionHandler: failOnError(),
    serializationExceptionHandler: failOnError(),
    maxBufferedRecords: 1000,
    maxTaskIdleMs: 0,
    appConfigs: {},
    ...given,
  };
}
