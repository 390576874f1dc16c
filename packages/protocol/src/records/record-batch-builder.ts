// Builds one batch of message format 2. Records are encoded as they are appended, so nothing is kept of them but their bytes,
// and a producer can fill a batch up to a size. Kafka: org.apache.kafka.common.record.internal.MemoryRecordsBuilder.

import { compress, Compression } from '../compression/index.ts';
import { ProtocolError } from '../protocol-error.ts';
import {
  BATCH_OVERHEAD_BYTES,
  BatchAttribute,
  type BatchHeader,
  createBatchHeader,
  NONE,
  writeBatchHeader,
  writeCrc,
} from './batch-header.ts';
import { NO_HEADERS, type RecordHeader } from './record-batch.ts';
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './record-cursor.ts';

const INITIAL_BYTES_DEFAULT = 1024;
/** Length 5, attributes 1, timestamp 10, offset 5, key, value and header count 5 each. */
const RECORD_OVERHEAD_BYTES_MAX = 36;
const INT32_MAX = 0x7fff_ffff;

/** What a batch is to be like; everything may be left out. */
export interface RecordBatchBuilderOptions {
  /** A codec id; default none. */
  readonly compression?: Compression;
  /** See `compress`. */
  readonly level?: number | undefined;
  /** Default 0, as producers send. */
  readonly baseOffset?: number;
  /** Last offset, inclusive, when it is not the last record's, as after compaction. */
  readonly lastOffset?: number;
  /** Default −1. */
  readonly partitionLeaderEpoch?: number;
  /** Default −1: not idempotent. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  /** Default false. */
  readonly transactional?: boolean;
  /** Default false. */
  readonly control?: boolean;
  /** The time of the append in ms, when that is to be every record's timestamp. */
  readonly logAppendTime?: number;
  /** When compaction may drop tombstones, in ms (KIP-534). */
  readonly deleteHorizonMs?: number;
  /** Highest timestamp of a batch that is left without records; default −1. */
  readonly maxTimestamp?: number;
  /** The size that `hasRoomFor` keeps to, header included; default none. */
  readonly maxBytes?: number;
  /** Compressed size by uncompressed size, as the caller has seen it of late; default 1. Only `estimatedBytes` uses it. */
  readonly compressionRatio?: number;
  /** Bytes to allocate at first; default 1 KB. */
  readonly initialBytes?: number;
}

/** Builds one batch: append records, then `build`. */
export class RecordBatchBuilder {
  readonly #options: RecordBatchBuilderOptions;
  readonly #baseOffset: number;
  /** Room for the header, then the records so far, uncompressed. */
  #bytes: Buffer;
  #length = BATCH_OVERHEAD_BYTES;
  #count = 0;
  #lastOffset: number;
  #baseTimestamp: number;
  #maxTimestamp = NONE;
  #producerId: number;
  #producerEpoch: number;
  #baseSequence: number;
  #isTransactional: boolean;
  #built: Buffer | undefined;

  constructor(options: RecordBatchBuilderOptions = {}) {
    this.#options = options;
    this.#baseOffset = options.baseOffset ?? 0;
    this.#lastOffset = this.#baseOffset - 1;
    this.#baseTimestamp = options.deleteHorizonMs ?? NONE;
    this.#producerId = options.producerId ?? NONE;
    this.#producerEpoch = options.producerEpoch ?? NONE;
    this.#baseSequence = options.baseSequence ?? NONE;
    this.#isTransactional = options.transactional ?? false;
    const initialBytes = options.initialBytes ?? INITIAL_BYTES_DEFAULT;
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(initialBytes, BATCH_OVERHEAD_BYTES));
  }

  /** How many records were appended. */
  get recordCount(): number {
    return this.#count;
  }

  /** Bytes of the records so far, uncompressed, without the batch header. */
  get uncompressedBytes(): number {
    return this.#length - BATCH_OVERHEAD_BYTES;
  }

  /** Bytes that `build` would give: exact without compression, by `compressionRatio` with it. */
  get estimatedBytes(): number {
    if ((this.#options.compression ?? Compression.none) === Compression.none) return this.#length;
    const ratio = this.#options.compressionRatio ?? 1;
    return BATCH_OVERHEAD_BYTES + Math.ceil(this.uncompressedBytes * ratio);
  }

  /** Whether one more record fits into `maxBytes`; the first always does, so that large records can be sent. */
  hasRoomFor(
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly RecordHeader[] = NO_HEADERS,
  ): boolean {
    if (this.#count === 0 || this.#options.maxBytes === undefined) return true;
    const recordBytes = RECORD_OVERHEAD_BYTES_MAX + fieldBytes(key, value, headers);
    return this.estimatedBytes + recordBytes <= this.#options.maxBytes;
  }

  /**
   * Appends a record at the next offset.
   *
   * @param timestamp in ms; −1 for none
   * @returns the record's offset
   */
  append(
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly RecordHeader[] = NO_HEADERS,
  ): number {
    return this.appendWithOffset(this.#lastOffset + 1, timestamp, key, value, headers);
  }

  /**
   * Appends a record at an offset, for batches with gaps.
   *
   * @param offset above the last record's, and within 2^31−1 of the base offset
   * @throws ProtocolError `OUT_OF_RANGE` for such an offset or a timestamp that is not a safe integer
   */
  appendWithOffset(
    offset: number,
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly RecordHeader[] = NO_HEADERS,
  ): number {
    const offsetDelta = offset - this.#baseOffset;
    if (!(offset > this.#lastOffset && offsetDelta <= INT32_MAX))
      throw new ProtocolError('OUT_OF_RANGE', `offset ${offset} after ${this.#lastOffset}`);
    if (!Number.isSafeInteger(timestamp))
      throw new ProtocolError('OUT_OF_RANGE', `timestamp ${timestamp}`);
    if (this.#count === 0 && this.#options.deleteHorizonMs === undefined)
      this.#baseTimestamp = timestamp;
    const timestampDelta = timestamp - this.#baseTimestamp;
    if (!Number.isSafeInteger(timestampDelta))
      throw new ProtocolError('OUT_OF_RANGE', `timestamp ${timestamp} is too far from the first`);
    const bodyBytes =
      1 +
      sizeOfVarlong(timestampDelta) +
      sizeOfVarint(offsetDelta) +
      fieldBytes(key, value, headers);
    this.#makeRoom(sizeOfVarint(bodyBytes) + bodyBytes);
    this.#write(bodyBytes, timestampDelta, offsetDelta, key, value, headers);
    this.#lastOffset = offset;
    this.#count += 1;
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    this.#built = undefined;
    return offset;
  }

  /** Sets the producer's fields, which a client knows only when it drains the batch. */
  setProducerState(
    producerId: number,
    producerEpoch: number,
    baseSequence: number,
    transactional: boolean,
  ): void {
    this.#producerId = producerId;
    this.#producerEpoch = producerEpoch;
    this.#baseSequence = baseSequence;
    this.#isTransactional = transactional;
    this.#built = undefined;
  }

  /**
   * The finished batch. Without compression it shares the builder's memory: appending or setting the producer's
   * state and building again changes it.
   */
  build(): Buffer {
    if (this.#built !== undefined) return this.#built;
    const codec =
      this.#count === 0 ? Compression.none : (this.#options.compression ?? Compression.none);
    let batch = this.#bytes.subarray(0, this.#length);
    if (codec !== Compression.none) {
      const records = compress(codec, batch.subarray(BATCH_OVERHEAD_BYTES), this.#options.level);
      batch = Buffer.allocUnsafeSlow(BATCH_OVERHEAD_BYTES + records.length);
      records.copy(batch, BATCH_OVERHEAD_BYTES);
    }
    writeBatchHeader(batch, this.#header(codec, batch.length));
    writeCrc(batch, 0);
    this.#built = batch;
    return batch;
  }

  #header(codec: Compression, sizeInBytes: number): BatchHeader {
    const options = this.#options;
    const header = createBatchHeader();
    header.sizeInBytes = sizeInBytes;
    header.baseOffset = this.#baseOffset;
    header.partitionLeaderEpoch = options.partitionLeaderEpoch ?? NONE;
    header.attributes =
      codec |
      (options.logAppendTime === undefined ? 0 : BatchAttribute.logAppendTime) |
      (this.#isTransactional ? BatchAttribute.transactional : 0) |
      (options.control === true ? BatchAttribute.control : 0) |
      (options.deleteHorizonMs === undefined ? 0 : BatchAttribute.deleteHorizon);
    header.lastOffsetDelta = (options.lastOffset ?? this.#lastOffset) - this.#baseOffset;
    header.baseTimestamp = this.#baseTimestamp;
    header.maxTimestamp =
      options.logAppendTime ??
      (this.#count === 0 ? (options.maxTimestamp ?? NONE) : this.#maxTimestamp);
    header.producerId = this.#producerId;
    header.producerEpoch = this.#producerEpoch;
    header.baseSequence = this.#baseSequence;
    header.recordCount = this.#count;
    return header;
  }

  #write(
    bodyBytes: number,
    timestampDelta: number,
    offsetDelta: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly RecordHeader[],
  ): void {
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#length, bodyBytes);
    bytes[at++] = 0;
    at = writeVarlong(bytes, at, timestampDelta);
    at = writeVarint(bytes, at, offsetDelta);
    at = writeNullable(bytes, at, key);
    at = writeNullable(bytes, at, value);
    at = writeVarint(bytes, at, headers.length);
    for (const header of headers) {
      const keyBytes = Buffer.byteLength(header.key);
      at = writeVarint(bytes, at, keyBytes);
      at += bytes.write(header.key, at, keyBytes);
      at = writeNullable(bytes, at, header.value);
    }
    this.#length = at;
  }

  #makeRoom(byteCount: number): void {
    const needed = this.#length + byteCount;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Bytes of key, value and headers with their lengths. */
function fieldBytes(
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: readonly RecordHeader[],
): number {
  let byteCount = nullableBytes(key) + nullableBytes(value) + sizeOfVarint(headers.length);
  for (const header of headers) {
    const keyBytes = Buffer.byteLength(header.key);
    byteCount += sizeOfVarint(keyBytes) + keyBytes + nullableBytes(header.value);
  }
  return byteCount;
}

function nullableBytes(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;
}

function writeNullable(bytes: Buffer, position: number, field: Uint8Array | null): number {
  if (field === null) return writeVarint(bytes, position, -1);
  const at = writeVarint(bytes, position, field.length);
  bytes.set(field, at);
  return at + field.length;
}
