// Which time a record has: usually what its producer or broker wrote, or something inside it.
// Kafka: org.apache.kafka.streams.processor.TimestampExtractor and its implementations.
import { StreamsError } from '../errors.ts';
import type { Headers } from './record.ts';

/** A record as it was read, decoded. */
export interface SourceRecord<K = unknown, V = unknown> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970; −1 when the producer set none. */
  readonly timestamp: number;
  readonly key: K;
  readonly value: V;
  readonly headers: Headers;
}

/**
 * The time of a record; negative drops it (counted as dropped).
 *
 * @param partitionTime highest time seen in its partition; −1 when unknown
 * @param wallClockMs the task's wall clock
 */
// oxlint-disable-next-line typescript/no-explicit-any -- an extractor may be written for one topic's types
export type TimestampExtractor<K = any, V = any> = (
  record: SourceRecord<K, V>,
  partitionTime: number,
  wallClockMs: number,
) => number;

/** The default: the record's own time. @throws StreamsError when it has none */
export const failOnInvalidTimestamp: TimestampExtractor = (record) => {
  if (record.timestamp < 0) {
    throw new StreamsError(
      'INVALID_TIMESTAMP',
      `record ${record.topic}-${record.partition}@${record.offset} has the invalid (negative) timestamp ${record.timestamp}: ` +
        'use another timestamp extractor to process it',
    );
  }
  return record.timestamp;
};

/** The record's own time; a record without one is dropped. */
export const logAndSkipOnInvalidTimestamp: TimestampExtractor = (record) => record.timestamp;

/** The record's own time, or the highest seen in its partition. @throws StreamsError when there is neither */
export const partitionTimeOnInvalidTimestamp: TimestampExtractor = (record, partitionTime) => {
  if (record.timestamp >= 0) return record.timestamp;
  if (partitionTime < 0) return failOnInvalidTimestamp(record, partitionTime, 0);
  return partitionTime;
};

/** The wall clock when the record is taken. */
export const wallClockTimestamp: TimestampExtractor = (_record, _partitionTime, wallClockMs) =>
  wallClockMs;
