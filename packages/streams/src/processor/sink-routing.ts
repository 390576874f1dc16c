// Where a sink's record goes: its topic and its partitions.
// Kafka: TopicNameExtractor (KIP-303), StreamPartitioner (KIP-837).
import type { RecordMetadata } from './processor.ts';
import type { Headers } from './record.ts';

/** What is known of a record besides key and value when a sink chooses its topic. */
export interface SinkRecordContext {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly headers: Headers;
  /** Source of the record that led here; undefined after a punctuation. */
  readonly recordMetadata: RecordMetadata | undefined;
}

/** The topic for a record; it must exist. */
// oxlint-disable-next-line typescript/no-explicit-any -- an extractor is written for one sink's types
export type TopicNameExtractor<K = any, V = any> = (
  key: K,
  value: V,
  context: SinkRecordContext,
) => string;

/**
 * The partitions for a record: one, several (a copy to each), none (an empty list drops it), or undefined for the default
 * (by the key's bytes).
 */
// oxlint-disable-next-line typescript/no-explicit-any -- a partitioner is written for one sink's types
export type StreamPartitioner<K = any, V = any> = (
  topic: string,
  key: K,
  value: V,
  partitionCount: number,
) => number | readonly number[] | undefined;
