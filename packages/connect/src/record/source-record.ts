// What a source task hands over. Kafka: org.apache.kafka.connect.source.SourceRecord.
import { changedParts, ConnectRecord, type RecordParts } from './connect-record.ts';

/** Names one stream inside the external system, for example `{ filename: 'orders.csv' }`. JSON values only. */
export type SourcePartition = Readonly<Record<string, unknown>>;

/** A place in that stream, for example `{ position: 128 }`; a task that starts again goes on from there. JSON values only. */
export type SourceOffset = Readonly<Record<string, unknown>>;

export interface SourceRecordParts extends RecordParts {
  readonly sourcePartition: SourcePartition;
  readonly sourceOffset: SourceOffset;
}

/** A record on its way into Kafka, with where it comes from. */
export class SourceRecord extends ConnectRecord {
  readonly sourcePartition: SourcePartition;
  readonly sourceOffset: SourceOffset;

  constructor(parts: SourceRecordParts) {
    super(parts);
    this.sourcePartition = parts.sourcePartition;
    this.sourceOffset = parts.sourceOffset;
  }

  override newRecord(changes: Partial<RecordParts>): this {
    const { sourcePartition, sourceOffset } = this;
    return new SourceRecord({
      ...changedParts(this, changes),
      sourcePartition,
      sourceOffset,
    }) as this;
  }
}
