// What a leader does to the batches of one append before they go to disk: check every byte, rebuild the few that must be
// (the topic's own compression, gaps), set append time. Offsets come later. Kafka: UnifiedLog.analyzeAndValidateRecords,
// LogValidator.
import {
  type BatchHeader,
  batchSizeAt,
  Compression,
  compressionOf,
  decodeBatches,
  isControlBatch,
  isLogAppendTime,
  isTransactional,
  nextOffsetOf,
  ProtocolError,
  readBatchHeader,
  RecordBatchBuilder,
  setMaxTimestamp,
  validateProducerBatch,
  verifyCrc,
  type RecordWalk,
} from '@ottla/protocol/records';
import type { Threads } from '@ottla/platform';
import { LogError, type LogErrorCode } from './errors.ts';
import type { LogConfig } from './log-config.ts';
import type { AppendOrigin } from './producer-state.ts';
import { walkBatch } from './walk-batch.ts';

/** The batches of one append, checked and ready for offsets. */
export interface CheckedBatches {
  /** The bytes to write: the given ones, or new ones when a batch was rebuilt. */
  readonly bytes: Buffer;
  readonly isRebuilt: boolean;
  /** In order; positions are in `bytes`. */
  readonly headers: readonly BatchHeader[];
  readonly recordCount: number;
}

const WIRE_CODES: ReadonlySet<string> = new Set<LogErrorCode>([
  'CORRUPT_MESSAGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_COMPRESSION_TYPE',
]);

/** Under what an append is checked. */
export interface LeaderCheck {
  readonly origin: AppendOrigin;
  readonly config: LogConfig;
  /** Wall clock, for timestamp bounds and LogAppendTime. */
  readonly nowMs: number;
  /** Where large compressed batches are checked. */
  readonly threads: Pick<Threads, 'run'>;
}

/**
 * Checks the batches of an append by a leader. Answers by a promise when one of them is so large that to decompress it
 * would hold the event loop.
 *
 * @throws LogError with the code that the client must see
 */
export function checkLeaderBatches(
  bytes: Buffer,
  check: LeaderCheck,
): CheckedBatches | Promise<CheckedBatches> {
  try {
    const checked = readHeaders(bytes, check.config);
    let walking: Promise<void>[] | undefined;
    for (const header of checked.headers) {
      const later = checkBatch(bytes, header, check);
      if (later !== undefined) (walking ??= []).push(later);
    }
    if (walking === undefined) return finish(checked, check);
    return Promise.all(walking).then(
      () => finish(checked, check),
      (error: unknown) => {
        throw asLogError(error);
      },
    );
  } catch (error) {
    throw asLogError(error);
  }
}

function finish(checked: CheckedBatches, { origin, config, nowMs }: LeaderCheck): CheckedBatches {
  return needsRebuild(checked.headers, origin, config)
    ? rebuild(checked.bytes, config, nowMs)
    : checked;
}

/**
 * Reads and sums the batches that another replica has checked already, up to the first of a leader epoch above
 * `leaderEpochMax`. Answers are cut at a number of bytes: what is left of a batch at their end is left out.
 *
 * @throws LogError `CORRUPT_MESSAGE`
 */
export function checkReplicaBatches(bytes: Buffer, leaderEpochMax: number): CheckedBatches {
  try {
    return readHeaders(bytes.subarray(0, usableBytes(bytes, leaderEpochMax)), undefined);
  } catch (error) {
    throw asLogError(error);
  }
}

function usableBytes(bytes: Buffer, leaderEpochMax: number): number {
  let position = 0;
  while (position < bytes.length) {
    const size = batchSizeAt(bytes, position);
    if (size === 0 || readBatchHeader(bytes, position).partitionLeaderEpoch > leaderEpochMax) break;
    position += size;
  }
  return position;
}

/** Whether there is a batch, and each starts at or after the end of what is before it. */
export function continues(headers: readonly BatchHeader[], nextOffset: number): boolean {
  let end = nextOffset;
  for (const header of headers) {
    if (header.baseOffset < end || header.lastOffsetDelta < 0) return false;
    end = nextOffsetOf(header);
  }
  return headers.length > 0;
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

/** @returns a promise when the records are looked at elsewhere */
function checkBatch(
  bytes: Buffer,
  header: BatchHeader,
  check: LeaderCheck,
): Promise<void> | undefined {
  const { origin, config, nowMs, threads } = check;
  if (origin !== 'client') {
    header.maxTimestamp = Math.max(header.maxTimestamp, -1);
    return undefined;
  }
  const isAppendTime = config.timestampType === 'LogAppendTime';
  validateProducerBatch(header, isAppendTime);
  const walk = walkBatch(bytes, header, threads, {
    maxDecompressedBytes: config.decompressedBytesMax,
    requireKeys: config.cleanupPolicy.includes('compact'),
    timestampMin: isAppendTime ? -Infinity : nowMs - config.timestampBeforeMaxMs,
    timestampMax: isAppendTime ? Infinity : nowMs + config.timestampAfterMaxMs,
  });
  if (walk instanceof Promise) return walk.then((found) => stamp(bytes, header, check, found));
  stamp(bytes, header, check, walk);
  return undefined;
}

/** Writes what the records say, or the topic wants, into the batch. */
function stamp(
  bytes: Buffer,
  header: BatchHeader,
  { config, nowMs }: LeaderCheck,
  walk: RecordWalk,
): void {
  const isAppendTime = config.timestampType === 'LogAppendTime';
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
