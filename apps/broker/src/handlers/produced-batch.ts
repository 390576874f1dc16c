// What a produce request may hold for one partition: exactly one record batch of format 2. Its bytes are checked by the
// log; here only what depends on the request's version. Kafka: ProduceRequest.validateRecords.
import { ErrorCode } from '@ottla/protocol';
import {
  BATCH_OVERHEAD_BYTES,
  BatchAttribute,
  BatchField,
  batchSizeAt,
  Compression,
  MAGIC_V2,
  ProtocolError,
} from '@ottla/protocol/records';

const ZSTD_VERSION_MIN = 7;

/** Whether the first batch belongs to a transaction. */
export function isTransactionalBatch(records: Buffer): boolean {
  if (records.length < BATCH_OVERHEAD_BYTES || records[BatchField.magic] !== MAGIC_V2) return false;
  return (records.readInt16BE(BatchField.attributes) & BatchAttribute.transactional) !== 0;
}

/** @returns the bytes of the batch, or the error code for the partition */
export function checkProducedBatch(records: Buffer | null, version: number): Buffer | number {
  try {
    const size = records === null ? 0 : batchSizeAt(records, 0);
    if (records === null || size === 0) return ErrorCode.INVALID_RECORD;
    if (records[BatchField.magic] !== MAGIC_V2 || size < BATCH_OVERHEAD_BYTES)
      return ErrorCode.INVALID_RECORD;
    const codec = records.readInt16BE(BatchField.attributes) & BatchAttribute.compressionMask;
    if (codec === Compression.zstd && version < ZSTD_VERSION_MIN)
      return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE;
    if (size === records.length) return records;
    // A batch that is cut off at the end is dropped, as in Kafka; a second one is refused.
    return batchSizeAt(records, size) > 0 ? ErrorCode.INVALID_RECORD : records.subarray(0, size);
  } catch (error) {
    if (error instanceof ProtocolError) return ErrorCode.CORRUPT_MESSAGE;
    throw error;
  }
}
