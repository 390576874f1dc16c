// The door of `@ottla/protocol/records`.

export {
  compress,
  Compression,
  type CompressionName,
  compressionName,
  decompress,
  isCompression,
} from '../compression/index.ts';
export { crc32c, hasNativeCrc32c } from '../crc32c.ts';
export { ProtocolError, type ProtocolErrorCode } from '../protocol-error.ts';
export {
  BATCH_OVERHEAD_BYTES,
  BatchAttribute,
  BatchField,
  type BatchHeader,
  batchSizeAt,
  compressionOf,
  createBatchHeader,
  hasDeleteHorizon,
  incrementSequence,
  isControlBatch,
  isLogAppendTime,
  isTransactional,
  lastOffsetOf,
  lastSequenceOf,
  LOG_OVERHEAD_BYTES,
  MAGIC_V2,
  magicAt,
  nextOffsetOf,
  NONE,
  readBatchHeader,
  setBaseOffset,
  setLastOffset,
  setMaxTimestamp,
  setPartitionLeaderEpoch,
  verifyCrc,
  writeBatchHeader,
  writeCrc,
} from './batch-header.ts';
export {
  buildControlBatch,
  type ControlBatchFields,
  controlRecordKey,
  ControlRecordType,
  controlRecordType,
  decodeEndTxnMarker,
  encodeEndTxnMarker,
  type EndTxnMarker,
} from './control-records.ts';
export { decodeBatches, type DecodeOptions, decodeRecords } from './decode-batches.ts';
export {
  coordinatorPartitionFor,
  javaStringHash,
  murmur2,
  partitionForKey,
  toPositive,
} from './partitioning.ts';
export type { LogRecord, RecordBatch, RecordHeader, TimestampType } from './record-batch.ts';
export { RecordBatchBuilder, type RecordBatchBuilderOptions } from './record-batch-builder.ts';
export { validateProducerBatch } from './validate-producer-batch.ts';
export {
  createRecordWalk,
  MAX_DECOMPRESSED_BYTES_DEFAULT,
  type RecordWalk,
  walkRecords,
  type WalkOptions,
} from './walk-records.ts';
export { type WalkTask, type WalkTaskResult, walkRecordsTask } from './walk-records-task.ts';
