// The check of every record in a batch, without an object, string or promise per record: one pass over the bytes that leaves
// a few numbers in an object the caller keeps. What is an error, and which, follows Kafka's
// org.apache.kafka.storage.internals.log.LogValidator and DefaultRecord.

import { decompress } from '../compression/index.ts';
import { ProtocolError } from '../protocol-error.ts';
import {
  BATCH_OVERHEAD_BYTES,
  type BatchHeader,
  compressionOf,
  isLogAppendTime,
  NONE,
} from './batch-header.ts';
import { invalidRecord, RecordCursor } from './record-cursor.ts';

/** The bound on what one batch may decompress to, unless told otherwise. */
export const MAX_DECOMPRESSED_BYTES_DEFAULT: number = 128 * 1024 * 1024;

/** What to check beyond the format itself. */
export interface WalkOptions {
  /** How many bytes the records may have when decompressed; default 128 MB. Not applied to uncompressed batches. */
  readonly maxDecompressedBytes?: number;
  /** Every record must have a key, as compacted topics demand; default false. */
  readonly requireKeys?: boolean;
  /** Offset deltas must be 0, 1, 2 …, as a producer writes them; default false (compaction leaves gaps). */
  readonly requireSequentialOffsets?: boolean;
  /** Lowest timestamp in ms, inclusive; −1 (no timestamp) always passes. Default: none. */
  readonly timestampMin?: number;
  /** Highest timestamp in ms, inclusive. Default: none. */
  readonly timestampMax?: number;
}

/** What a walk found out. Reused by the caller from batch to batch. */
export interface RecordWalk {
  recordCount: number;
  /** In ms; −1 when no record has one. */
  maxTimestamp: number;
  /** The first record that has `maxTimestamp`; the batch's last offset for log append time; −1 without records. */
  offsetOfMaxTimestamp: number;
  /** Of the records, without the header. */
  uncompressedBytes: number;
  /** Whether the offset deltas were 0, 1, 2 …; Kafka rewrites a compressed batch where they are not. */
  hasSequentialOffsets: boolean;
}

/** A result object to pass to `walkRecords`. */
export function createRecordWalk(): RecordWalk {
  return {
    recordCount: 0,
    maxTimestamp: NONE,
    offsetOfMaxTimestamp: NONE,
    uncompressedBytes: 0,
    hasSequentialOffsets: true,
  };
}

const NO_OPTIONS: WalkOptions = {};

/** In place of a record's index. */
const WHOLE_BATCH = -1;

/** Attributes, two deltas, two lengths and the header count are a byte each at least. */
const RECORD_BYTES_MIN = 6;

/** Bytes of the longest varint that `readShortRecord` takes, and of all that comes before a key. */
const SHORT_BYTES_MAX = 2;
const SHORT_PREFIX_BYTES_MAX = 4 * SHORT_BYTES_MAX + 1;
const NOT_SHORT = -1;

/** What was read last. One for all walks, like the cursor: a walk never yields, so neither is used twice at once. */
const fields = { timestampDelta: 0, offsetDelta: 0, keyBytes: 0 };
const cursor = new RecordCursor(new Uint8Array(0), 0, 0);

/**
 * Checks every record of one complete batch v2. The CRC is not looked at (`verifyCrc` does that).
 *
 * @param buffer holds the batch at `header.position`
 * @param result filled and returned
 * @throws ProtocolError `INVALID_RECORD` for records that do not follow the format, that are more or fewer than the header
 *   says, or that lack a key or a sequential offset where one is demanded; `INVALID_TIMESTAMP` out of range;
 *   `CORRUPT_MESSAGE` when the batch is cut off or cannot be decompressed; `TOO_LARGE` past `maxDecompressedBytes`;
 *   `UNSUPPORTED_COMPRESSION_TYPE`
 */
export function walkRecords(
  buffer: Buffer,
  header: BatchHeader,
  options: WalkOptions = NO_OPTIONS,
  result: RecordWalk = createRecordWalk(),
): RecordWalk {
  const start = header.position + BATCH_OVERHEAD_BYTES;
  const end = header.position + header.sizeInBytes;
  if (end > buffer.length) throw new ProtocolError('CORRUPT_MESSAGE', 'record batch is cut off');
  const codec = compressionOf(header.attributes);
  if (codec === 0) {
    walk(buffer, start, end, header, options, result);
  } else if (header.recordCount === 0) {
    // No records, so nothing to decompress: Kafka does not look at the bytes either.
    walk(buffer, end, end, header, options, result);
  } else {
    const bound = options.maxDecompressedBytes ?? MAX_DECOMPRESSED_BYTES_DEFAULT;
    const records = decompress(codec, buffer.subarray(start, end), bound);
    walk(records, 0, records.length, header, options, result);
  }
  return result;
}

function walk(
  bytes: Uint8Array,
  start: number,
  end: number,
  header: BatchHeader,
  options: WalkOptions,
  result: RecordWalk,
): void {
  const count = header.recordCount;
  if (count < 0) throw invalidRecord(`a batch cannot hold ${count} records`);
  const isAppendTime = isLogAppendTime(header.attributes);
  if (isAppendTime) checkTimestamp(WHOLE_BATCH, header.maxTimestamp, options);
  const requireKeys = options.requireKeys === true;
  const requireSequentialOffsets = options.requireSequentialOffsets === true;
  // Timestamps are compared as deltas, which are small integers: sums with the base would be a heap number for each record.
  const { baseTimestamp } = header;
  const noTimestamp = NONE - baseTimestamp;
  const deltaMin = isAppendTime ? -Infinity : (options.timestampMin ?? -Infinity) - baseTimestamp;
  const deltaMax = isAppendTime ? Infinity : (options.timestampMax ?? Infinity) - baseTimestamp;
  let highestTimestampDelta = noTimestamp;
  let offsetDeltaOfHighest = header.lastOffsetDelta;
  let isSequential = true;
  let at = start;
  for (let index = 0; index < count; index += 1) {
    if (at >= end) throw invalidRecord(`${index} records where the batch declares ${count}`);
    const recordEnd = readShortRecord(bytes, at, end);
    at = recordEnd === NOT_SHORT ? readAnyRecord(bytes, at, end) : recordEnd;
    const { timestampDelta, offsetDelta } = fields;
    if (fields.keyBytes < 0 && requireKeys) throw missingKey(index);
    if (timestampDelta > highestTimestampDelta) {
      highestTimestampDelta = timestampDelta;
      offsetDeltaOfHighest = offsetDelta;
    }
    if (timestampDelta < deltaMin || timestampDelta > deltaMax)
      checkTimestamp(index, baseTimestamp + timestampDelta, options);
    if (offsetDelta !== index) {
      isSequential = false;
      if (requireSequentialOffsets)
        throw invalidRecord(`record ${index} has the offset delta ${offsetDelta}`);
    }
  }
  if (at !== end) throw invalidRecord('bytes are left over after the declared records');
  result.recordCount = count;
  result.maxTimestamp = baseTimestamp + highestTimestampDelta;
  result.offsetOfMaxTimestamp = header.baseOffset + offsetDeltaOfHighest;
  result.uncompressedBytes = end - start;
  result.hasSequentialOffsets = isSequential;
  if (count === 0) result.offsetOfMaxTimestamp = NONE;
  else if (isAppendTime) {
    result.maxTimestamp = header.maxTimestamp;
    result.offsetOfMaxTimestamp = header.baseOffset + header.lastOffsetDelta;
  }
}

/**
 * The record at a position when it is of the shape that nearly all have: canonical varints of at most 2 bytes and no
 * headers. Twice as fast as the general way, by keeping the position in a register.
 *
 * @returns where the record ends (exclusive), or `NOT_SHORT` when it has another shape or is wrong, for `readAnyRecord` to tell
 */
function readShortRecord(bytes: Uint8Array, start: number, end: number): number {
  // Length, attributes, deltas and key length end before this; behind the key the record's own end is checked.
  if (start + SHORT_PREFIX_BYTES_MAX > end) return NOT_SHORT;
  const length = shortVarint(bytes, start);
  let at = start + bytesOfShort(length);
  const recordEnd = at + (length >>> 1);
  if (length < 0 || (length & 1) !== 0 || recordEnd > end) return NOT_SHORT;
  at += 1;
  const timestampDelta = shortVarint(bytes, at);
  at += bytesOfShort(timestampDelta);
  const offsetDelta = shortVarint(bytes, at);
  at += bytesOfShort(offsetDelta);
  const keyBytes = shortVarint(bytes, at);
  at += bytesOfShort(keyBytes);
  if ((timestampDelta | offsetDelta | keyBytes) < 0) return NOT_SHORT;
  fields.timestampDelta = fromShort(timestampDelta);
  fields.offsetDelta = fromShort(offsetDelta);
  fields.keyBytes = fromShort(keyBytes);
  if (fields.keyBytes > 0) at += fields.keyBytes;
  if (at + SHORT_BYTES_MAX > end) return NOT_SHORT;
  const valueBytes = shortVarint(bytes, at);
  if (valueBytes < 0) return NOT_SHORT;
  at += bytesOfShort(valueBytes);
  if ((valueBytes & 1) === 0) at += valueBytes >>> 1;
  return at === recordEnd - 1 && bytes[at] === 0 ? recordEnd : NOT_SHORT;
}

/** A canonical varint of 1 or 2 bytes, without its zigzag; negative for any other. Small, so that the engine inlines it. */
function shortVarint(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 128) return first;
  const second = bytes[at + 1]!;
  return second > 127 || second === 0 ? NOT_SHORT : (first & 0x7f) | (second << 7);
}

function bytesOfShort(raw: number): number {
  return raw < 128 ? 1 : 2;
}

function fromShort(raw: number): number {
  return (raw >>> 1) ^ -(raw & 1);
}

/**
 * The record at a position, of any shape.
 *
 * @returns where it ends, exclusive
 * @throws ProtocolError `INVALID_RECORD` or `INVALID_TIMESTAMP`
 */
function readAnyRecord(bytes: Uint8Array, start: number, end: number): number {
  cursor.reset(bytes, start, end);
  const length = cursor.readVarint();
  if (length < RECORD_BYTES_MIN || length > end - cursor.position)
    throw invalidRecord(`record length ${length} is wrong`);
  const recordEnd = cursor.position + length;
  cursor.end = recordEnd;
  cursor.position += 1;
  fields.timestampDelta = cursor.readVarlong();
  fields.offsetDelta = cursor.readVarint();
  fields.keyBytes = cursor.readVarint();
  if (fields.keyBytes > 0) cursor.skip(fields.keyBytes);
  const valueBytes = cursor.readVarint();
  if (valueBytes > 0) cursor.skip(valueBytes);
  skipHeaders();
  if (cursor.position !== recordEnd) throw invalidRecord('a record has bytes left over');
  return recordEnd;
}

/** Steps over the header count, and the headers. */
function skipHeaders(): void {
  const headerCount = cursor.readVarint();
  if (headerCount === 0) return;
  if (headerCount < 0 || headerCount > cursor.end - cursor.position)
    throw invalidRecord(`a record cannot have ${headerCount} headers`);
  for (let index = 0; index < headerCount; index += 1) {
    const keyBytes = cursor.readVarint();
    if (keyBytes < 0) throw invalidRecord('a header without a key');
    cursor.skip(keyBytes);
    const valueBytes = cursor.readVarint();
    if (valueBytes > 0) cursor.skip(valueBytes);
  }
}

function missingKey(index: number): ProtocolError {
  const message = `record ${index} has no key, which a compacted topic demands`;
  return new ProtocolError('INVALID_RECORD', message, { recordIndex: index });
}

/** Refuses a timestamp out of bounds; no timestamp always passes. */
function checkTimestamp(index: number, timestamp: number, options: WalkOptions): void {
  const { timestampMin = -Infinity, timestampMax = Infinity } = options;
  if (timestamp === NONE || (timestamp >= timestampMin && timestamp <= timestampMax)) return;
  const which = index === WHOLE_BATCH ? 'the append' : `record ${index}`;
  throw new ProtocolError(
    'INVALID_TIMESTAMP',
    `${which} has the timestamp ${timestamp}, outside ${timestampMin} to ${timestampMax}`,
    index === WHOLE_BATCH ? undefined : { recordIndex: index },
  );
}
