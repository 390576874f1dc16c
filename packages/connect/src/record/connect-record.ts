// What flows through Connect: a key and a value with their schemas, a topic and headers.
// Kafka: org.apache.kafka.connect.connector.ConnectRecord.
import type { Schema } from '../data/schema.ts';
import { ConnectHeaders, type Header } from '../header/headers.ts';

/** The parts that every record has. What is left out is null; a null schema means a schemaless value. */
export interface RecordParts {
  readonly topic: string;
  /** Null: the producer's partitioner decides (source records). */
  readonly kafkaPartition?: number | null;
  readonly keySchema?: Schema | null;
  readonly key?: unknown;
  readonly valueSchema?: Schema | null;
  readonly value?: unknown;
  /** Milliseconds since 1970; null: the time of sending (source records). */
  readonly timestamp?: number | null;
  /** Copied. */
  readonly headers?: Iterable<Header>;
}

/** Common to `SourceRecord` and `SinkRecord`. Immutable, except for the headers. */
export abstract class ConnectRecord {
  readonly topic: string;
  readonly kafkaPartition: number | null;
  readonly keySchema: Schema | null;
  readonly key: unknown;
  readonly valueSchema: Schema | null;
  readonly value: unknown;
  readonly timestamp: number | null;
  readonly headers: ConnectHeaders;

  constructor(parts: RecordParts) {
    this.topic = parts.topic;
    this.kafkaPartition = parts.kafkaPartition ?? null;
    this.keySchema = parts.keySchema ?? null;
    this.key = parts.key ?? null;
    this.valueSchema = parts.valueSchema ?? null;
    this.value = parts.value ?? null;
    this.timestamp = parts.timestamp ?? null;
    this.headers = new ConnectHeaders(parts.headers);
  }

  /** A record of the same kind and origin with the named parts replaced; the headers are copied. For transforms. */
  abstract newRecord(changes: Partial<RecordParts>): this;
}

/** What `changes` leaves as it is, and what it replaces. */
export function changedParts(record: ConnectRecord, changes: Partial<RecordParts>): RecordParts {
  const { topic, kafkaPartition, keySchema, key, valueSchema, value, timestamp, headers } = record;
  return {
    topic,
    kafkaPartition,
    keySchema,
    key,
    valueSchema,
    value,
    timestamp,
    headers,
    ...changes,
  };
}
