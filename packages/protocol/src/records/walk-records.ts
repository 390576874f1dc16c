// The check of every record in a batch, without an object, string or promise per record: one pass over the bytes that leaves
// a few numbers in an object the caller keeps. What is an error, and which, follows Kafka's
// org.apache.kafka.storage.internals.log.LogValidator and DefaultRecord.

import { decompress } from "../compression/index.ts";
import { ProtocolError } from "../protocol-error.ts";
import {
  BATCH_OVERHEAD_BYTES,
  type BatchHeader,
  compressionOf,
  isLogAppendTime,
  NONE,
} from "./batch-header.ts";
import { invalidRecord, RecordCursor } from "./record-cursor.ts";

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

/** Slow paths (long varints, headers) read through this one; a walk never yields, so it is never used twice at once. */
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
  if (end > buffer.length) throw new ProtocolError("CORRUPT_MESSAGE", "record batch is cut off");
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
  const baseTimestamp = header.baseTimestamp;
  const appendTimestamp = isLogAppendTime(header.attributes) ? header.maxTimestamp : undefined;
  const requireKeys = options.requireKeys === true;
  const timestampMin = options.timestampMin ?? -Infinity;
  const timestampMax = options.timestampMax ?? Infinity;
  let maxTimestamp = NONE;
  let deltaOfMaxTimestamp = header.lastOffsetDelta;
  let isSequential = true;
  let at = start;
  cursor.reset(bytes, start, end);
  for (let index = 0; index < count; index += 1) {
    if (at >= end) throw invalidRecord(`${index} records where the batch declares ${count}`);
    let byte = bytes[at]!;
    let length: number;
    if (byte < 128) {
      length = (byte >>> 1) ^ -(byte & 1);
      at += 1;
    } else {
      cursor.position = at;
      length = cursor.readVarint();
      at = cursor.position;
    }
    // Attributes, two deltas, two lengths and the header count are a byte each at least.
    if (length < 6 || length > end - at) throw invalidRecord(`record length ${length} is wrong`);
    const recordEnd = at + length;
    cursor.end = recordEnd;
    at += 1;

    cursor.position = at;
    let timestamp = baseTimestamp + cursor.readVarlong();
    if (appendTimestamp !== undefined) timestamp = appendTimestamp;
    at = cursor.position;

    let delta: number;
    byte = at < recordEnd ? bytes[at]! : 128;
    if (byte < 128) {
      delta = (byte >>> 1) ^ -(byte & 1);
      at += 1;
    } else {
      delta = cursor.readVarint();
      at = cursor.position;
    }

    if (at < recordEnd && bytes[at]! === 1) {
      // A zigzag 1 is −1: no key, by far the most frequent negative length.
      if (requireKeys) throw missingKey(index);
      at += 1;
    } else {
      cursor.position = at;
      const keyBytes = cursor.readVarint();
      if (keyBytes < 0 && requireKeys) throw missingKey(index);
      if (keyBytes > 0) cursor.skip(keyBytes);
      at = cursor.position;
    }

    cursor.position = at;
    const valueBytes = cursor.readVarint();
    if (valueBytes > 0) cursor.skip(valueBytes);
    at = cursor.position;

    if (at < recordEnd && bytes[at]! === 0) {
      at += 1;
    } else {
      walkHeaders(cursor);
      at = cursor.position;
    }
    if (at !== recordEnd) throw invalidRecord(`record of ${length} bytes has bytes left over`);
    cursor.end = end;

    if (timestamp > maxTimestamp) {
      maxTimestamp = timestamp;
      deltaOfMaxTimestamp = delta;
    }
    if (timestamp !== NONE && (timestamp < timestampMin || timestamp > timestampMax))
      throw outOfRange(index, timestamp, timestampMin, timestampMax);
    if (delta !== index) {
      isSequential = false;
      if (options.requireSequentialOffsets === true)
        throw invalidRecord(`record ${index} has the offset delta ${delta}`);
    }
  }
  if (at !== end) throw invalidRecord("bytes are left over after the declared records");
  result.recordCount = count;
  result.maxTimestamp = maxTimestamp;
  result.uncompressedBytes = end - start;
  result.hasSequentialOffsets = isSequential;
  if (appendTimestamp !== undefined) deltaOfMaxTimestamp = header.lastOffsetDelta;
  result.offsetOfMaxTimestamp = count === 0 ? NONE : header.baseOffset + deltaOfMaxTimestamp;
}

/** Steps over a header count that is not zero, and the headers. */
function walkHeaders(at: RecordCursor): void {
  const headerCount = at.readVarint();
  if (headerCount < 0 || headerCount > at.end - at.position)
    throw invalidRecord(`a record cannot have ${headerCount} headers`);
  for (let index = 0; index < headerCount; index += 1) {
    const keyBytes = at.readVarint();
    if (keyBytes < 0) throw invalidRecord("a header without a key");
    at.skip(keyBytes);
    const valueBytes = at.readVarint();
    if (valueBytes > 0) at.skip(valueBytes);
  }
}

function missingKey(index: number): ProtocolError {
  return invalidRecord(`record ${index} has no key, which a compacted topic demands`);
}

function outOfRange(index: number, timestamp: number, min: number, max: number): ProtocolError {
  const what = `record ${index} has the timestamp ${timestamp}, outside ${min} to ${max}`;
  return new ProtocolError("INVALID_TIMESTAMP", what);
}
