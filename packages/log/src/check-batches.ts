// What a leader does to the batches of one append before they go to disk: check every byte, rebuild the few that must be
// (the topic's own compression, gaps), set append time. Offsets come later. Kafka: UnifiedLog.analyzeAndValidateRecords,
// LogValidator.
import {
  type BatchHeader,
  batchSizeAt,
  Compression,
  compressionOf,
  createRecordWalk,
  decodeBatches,
  isControlBatch,
  isLogAppendTime,
  isTransactional,
  ProtocolError,
  readBatchHeader,
  RecordBatchBuilder,
  setMaxTimestamp,
  validateProducerBatch,
  verifyCrc,
  walkRecords,
} from '@ottla/protocol/records';
import { LogError, type LogErrorCode } from './errors.ts';
import type { LogConfig } from './log-config.ts';
import type { AppendOrigin } from './producer-state.ts';

/** The batches of one append, checked and ready for offsets. */
export interface CheckedBatches {
  /** The bytes to write: the given ones, or new ones when a batch was rebuilt. */
  readonly bytes: Buffer;
  readonly isRebuilt: boolean;
  /** In order; positions are in `bytes`. */
  readonly headers: readonly BatchHeader[];
  readonly recordCount: number;
}

const walk = createRecordWalk();
const WIRE_CODES: ReadonlySet<string> = new Set<LogErrorCode>([
  'CORRUPT_MESSAGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_COMPRESSION_TYPE',
]);

/**
 * Checks the batches of an append by a leader.
 * @param nowMs wall clock, for timestamp bounds and LogAppendTime
 * @throws LogError with the code that the client must see
 */
export function checkLeaderBatches(
  bytes: Buffer,
  origin: AppendOrigin,
  config: LogConfig,
  nowMs: number,
): CheckedBatches {
  try {
    const checked = readHeaders(bytes, config);
    for (const header of checked.headers) checkBatch(bytes, header, origin, config, nowMs);
    return needsRebuild(checked.headers, origin, config)
      ? rebuild(checked.bytes, config, nowMs)
      : checked;
  } catch (error) {
    throw asLogError(error);
  }
}

/** Reads and sums the batches that another replica has checked already. @throws LogError `CORRUPT_MESSAGE` */
export function checkReplicaBatches(bytes: Buffer): CheckedBatches {
  try {
    return readHeaders(bytes, undefined);
  } catch (error) {
    throw asLogError(error);
  }
}

function readHeaders(bytes: Buffer, config: LogConfig | undefined): CheckedBatches {
  const headers: BatchHeader[] = [];
  let recordCount = 0;
  for (let position = 0; position < bytes.length;) {
    const size = batchSizeAt(bytes, position);
    if (size === 0) throw new LogError('CORRUPT_MESSAGE', 'the last record batch is cut off');
    if (config !== undefined && size > config.maxMessageBytes)
      throw new LogError(
        'MESSAGE_TOO_LARGE',
        `a record batch of ${size} bytes is larger than max.message.bytes, ${config.maxMessageBytes}`,
      );
    const header = readBatchHeader(bytes, position);
    if (!verifyCrc(bytes, header))
      throw new LogError('CORRUPT_MESSAGE', 'a record batch has a wrong CRC');
    headers.push(header);
    recordCount += header.recordCount;
    position += size;
  }
  if (config !== undefined && bytes.length > config.segmentBytes)
    throw new LogError(
      'RECORD_LIST_TOO_LARGE',
      `${bytes.length} bytes are more than a segment holds`,
    );
  return { bytes, isRebuilt: false, headers, recordCount };
}

function checkBatch(
  bytes: Buffer,
  header: BatchHeader,
  origin: AppendOrigin,
  config: LogConfig,
  nowMs: number,
): void {
  if (origin !== 'client') {
    header.maxTimestamp = Math.max(header.maxTimestamp, -1);
    return;
  }
  const isAppendTime = config.timestampType === 'LogAppendTime';
  validateProducerBatch(header, isAppendTime);
  const requireKeys = config.cleanupPolicy.includes('compact');
  walkRecords(
    bytes,
    header,
    {
      maxDecompressedBytes: config.decompressedBytesMax,
      requireKeys,
      timestampMin: isAppendTime ? -Infinity : nowMs - config.timestampBeforeMaxMs,
      timestampMax: isAppendTime ? Infinity : nowMs + config.timestampAfterMaxMs,
    },
    walk,
  );
  const maxTimestamp = isAppendTime ? nowMs : walk.maxTimestamp;
  if (setMaxTimestamp(bytes, header.position, maxTimestamp, isAppendTime))
    readBatchHeader(bytes, header.position, header);
  if (!walk.hasSequentialOffsets)
    throw new LogError(
      'INVALID_RECORD',
      'the offsets inside a record batch must be 0, 1, 2 and so on',
    );
}

function needsRebuild(
  headers: readonly BatchHeader[],
  origin: AppendOrigin,
  config: LogConfig,
): boolean {
  if (origin !== 'client' || config.compressionType === 'producer') return false;
  const target = targetCodec(config);
  return headers.some((header) => compressionOf(header.attributes) !== target);
}

function targetCodec(config: LogConfig): number {
  if (config.compressionType === 'producer' || config.compressionType === 'uncompressed')
    return Compression.none;
  return Compression[config.compressionType];
}

/** The same records under the topic's own compression. */
function rebuild(bytes: Buffer, config: LogConfig, nowMs: number): CheckedBatches {
  const parts: Buffer[] = [];
  for (const batch of decodeBatches(bytes, { maxDecompressedBytes: config.decompressedBytesMax })) {
    const header = readBatchHeader(bytes, batch.position);
    const builder = new RecordBatchBuilder({
      compression: targetCodec(config) as 0,
      ...(config.compressionLevel === undefined ? {} : { level: config.compressionLevel }),
      producerId: header.producerId,
      producerEpoch: header.producerEpoch,
      baseSequence: header.baseSequence,
      transactional: isTransactional(header.attributes),
      control: isControlBatch(header.attributes),
      ...(isLogAppendTime(header.attributes) ? { logAppendTime: nowMs } : {}),
    });
    for (const record of batch.records())
      builder.append(record.timestamp, record.key, record.value, record.headers);
    parts.push(builder.build());
  }
  return { ...readHeaders(Buffer.concat(parts), config), isRebuilt: true };
}

function asLogError(error: unknown): unknown {
  if (!(error instanceof ProtocolError)) return error;
  const code = error.code as string;
  if (WIRE_CODES.has(code)) return new LogError(code as LogErrorCode, error.message, error);
  if (code === 'UNSUPPORTED')
    return new LogError('UNSUPPORTED_FOR_MESSAGE_FORMAT', error.message, error);
  if (code === 'TOO_LARGE') return new LogError('MESSAGE_TOO_LARGE', error.message, error);
  return new LogError('INVALID_RECORD', error.message, error);
}
