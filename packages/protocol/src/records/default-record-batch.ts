// A batch of message format 2 as an object. Kafka: org.apache.kafka.common.record.internal.DefaultRecordBatch, DefaultRecord.

import { type CompressionName, compressionName, decompress } from '../compression/index.ts';
import {
  BATCH_OVERHEAD_BYTES,
  type BatchHeader,
  compressionOf,
  hasDeleteHorizon,
  incrementSequence,
  isControlBatch,
  isLogAppendTime,
  isTransactional,
  lastOffsetOf,
  lastSequenceOf,
  NONE,
  verifyCrc,
} from './batch-header.ts';
import {
  type LogRecord,
  NO_HEADERS,
  type RecordBatch,
  type RecordHeader,
  type TimestampType,
} from './record-batch.ts';
import { invalidRecord, RecordCursor } from './record-cursor.ts';

/** See `RecordBatch`. Made by `decodeBatches`. */
export class DefaultRecordBatch implements RecordBatch {
  readonly #bytes: Buffer;
  readonly #header: BatchHeader;
  readonly #maxDecompressedBytes: number;

  /** @param header of a batch that is complete in `bytes`; kept, so not to be reused */
  constructor(bytes: Buffer, header: BatchHeader, maxDecompressedBytes: number) {
    this.#bytes = bytes;
    this.#header = header;
    this.#maxDecompressedBytes = maxDecompressedBytes;
  }

  get magic(): number {
    return this.#header.magic;
  }
  get position(): number {
    return this.#header.position;
  }
  get sizeInBytes(): number {
    return this.#header.sizeInBytes;
  }
  get baseOffset(): number {
    return this.#header.baseOffset;
  }
  get lastOffset(): number {
    return lastOffsetOf(this.#header);
  }
  get nextOffset(): number {
    return this.lastOffset + 1;
  }
  get compression(): CompressionName {
    return compressionName(compressionOf(this.#header.attributes));
  }
  get timestampType(): TimestampType {
    return isLogAppendTime(this.#header.attributes) ? 'LogAppendTime' : 'CreateTime';
  }
  get maxTimestamp(): number {
    return this.#header.maxTimestamp;
  }
  get crc(): number {
    return this.#header.crc;
  }
  get partitionLeaderEpoch(): number {
    return this.#header.partitionLeaderEpoch;
  }
  get producerId(): number {
    return this.#header.producerId;
  }
  get producerEpoch(): number {
    return this.#header.producerEpoch;
  }
  get baseSequence(): number {
    return this.#header.baseSequence;
  }
  get lastSequence(): number {
    return lastSequenceOf(this.#header);
  }
  get recordCount(): number {
    return this.#header.recordCount;
  }
  get isTransactional(): boolean {
    return isTransactional(this.#header.attributes);
  }
  get isControlBatch(): boolean {
    return isControlBatch(this.#header.attributes);
  }
  get deleteHorizonMs(): number | undefined {
    return hasDeleteHorizon(this.#header.attributes) ? this.#header.baseTimestamp : undefined;
  }

  isValid(): boolean {
    return verifyCrc(this.#bytes, this.#header);
  }

  *records(): Generator<LogRecord, void, undefined> {
    const header = this.#header;
    if (header.recordCount < 0)
      throw invalidRecord(`a batch cannot hold ${header.recordCount} records`);
    if (header.recordCount === 0) return;
    const records = decompress(
      compressionOf(header.attributes),
      this.#bytes.subarray(
        header.position + BATCH_OVERHEAD_BYTES,
        header.position + header.sizeInBytes,
      ),
      this.#maxDecompressedBytes,
    );
    const cursor = new RecordCursor(records, 0, records.length);
    for (let index = 0; index < header.recordCount; index += 1) {
      if (cursor.position === records.length)
        throw invalidRecord(`${index} records where the batch declares ${header.recordCount}`);
      yield readRecord(records, cursor, header);
    }
    if (cursor.position !== records.length)
      throw invalidRecord('bytes are left over after the declared records');
  }
}

function readRecord(records: Buffer, cursor: RecordCursor, header: BatchHeader): LogRecord {
  const start = cursor.position;
  const length = cursor.readVarint();
  if (length < 6 || length > records.length - cursor.position)
    throw invalidRecord(`record length ${length} is wrong`);
  const end = cursor.position + length;
  cursor.end = end;
  cursor.skip(1);
  const timestampDelta = cursor.readVarlong();
  const offsetDelta = cursor.readVarint();
  const key = readBytes(records, cursor);
  const value = readBytes(records, cursor);
  const headers = readHeaders(records, cursor);
  if (cursor.position !== end) throw invalidRecord(`record of ${length} bytes has bytes left over`);
  cursor.end = records.length;
  return {
    offset: header.baseOffset + offsetDelta,
    timestamp: isLogAppendTime(header.attributes)
      ? header.maxTimestamp
      : header.baseTimestamp + timestampDelta,
    sequence: header.baseSequence < 0 ? NONE : incrementSequence(header.baseSequence, offsetDelta),
    sizeInBytes: end - start,
    key,
    value,
    headers,
  };
}

function readBytes(records: Buffer, cursor: RecordCursor): Buffer | null {
  const byteCount = cursor.readVarint();
  if (byteCount < 0) return null;
  const start = cursor.position;
  cursor.skip(byteCount);
  return records.subarray(start, start + byteCount);
}

function readHeaders(records: Buffer, cursor: RecordCursor): readonly RecordHeader[] {
  const count = cursor.readVarint();
  if (count === 0) return NO_HEADERS;
  if (count < 0 || count > cursor.end - cursor.position)
    throw invalidRecord(`a record cannot have ${count} headers`);
  const headers: RecordHeader[] = [];
  for (let index = 0; index < count; index += 1) {
    const key = readBytes(records, cursor);
    if (key === null) throw invalidRecord('a header without a key');
    headers.push({ key: key.toString('utf8'), value: readBytes(records, cursor) });
  }
  return headers;
}
