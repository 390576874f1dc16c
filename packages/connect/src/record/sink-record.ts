// What a sink task is given. Kafka: org.apache.kafka.connect.sink.SinkRecord.
import { changedParts, ConnectRecord, type RecordParts } from './connect-record.ts';

/** What a record's timestamp means. */
export type TimestampType = 'CreateTime' | 'LogAppendTime' | 'NoTimestampType';

export interface SinkRecordParts extends RecordParts {
  readonly kafkaPartition: number;
  readonly kafkaOffset: number;
  /** Default: CreateTime when there is a timestamp, else NoTimestampType. */
  readonly timestampType?: TimestampType;
  /** Where the record was consumed, when transforms have since changed topic or partition. Default: the same. */
  readonly originalTopic?: string;
  readonly originalKafkaPartition?: number;
  readonly originalKafkaOffset?: number;
}

/** A record on its way out of Kafka. */
export class SinkRecord extends ConnectRecord {
  readonly kafkaOffset: number;
  readonly timestampType: TimestampType;
  /** The topic it was consumed from, whatever transforms made of `topic`. */
  readonly originalTopic: string;
  readonly originalKafkaPartition: number | null;
  readonly originalKafkaOffset: number;

  constructor(parts: SinkRecordParts) {
    super(parts);
    this.kafkaOffset = parts.kafkaOffset;
    this.timestampType =
      parts.timestampType ?? (this.timestamp === null ? 'NoTimestampType' : 'CreateTime');
    this.originalTopic = parts.originalTopic ?? parts.topic;
    this.originalKafkaPartition = parts.originalKafkaPartition ?? parts.kafkaPartition;
    this.originalKafkaOffset = parts.originalKafkaOffset ?? parts.kafkaOffset;
  }

  override newRecord(changes: Partial<RecordParts>): this {
    const { kafkaOffset, timestampType, originalTopic, originalKafkaOffset } = this;
    const parts = changedParts(this, changes);
    return new SinkRecord({
      ...parts,
      kafkaPartition: parts.kafkaPartition ?? this.kafkaPartition ?? 0,
      kafkaOffset,
      timestampType,
      originalTopic,
      originalKafkaOffset,
      originalKafkaPartition: this.originalKafkaPartition ?? 0,
    }) as this;
  }
}
