// The 61-byte header of a record batch v2: where its fields are, how it is read, and the few fields that a broker
// writes in place. Base offset and leader epoch lie before the CRC, so that a broker can set them without summing again.
// Kafka: org.apache.kafka.common.record.internal.DefaultRecordBatch, ByteBufferLogInputStream.

import { crc32c } from '../crc32c.ts';
import { ProtocolError } from '../protocol-error.ts';
import { readInt64, writeInt64 } from './int64.ts';

/** Byte positions of the header's fields, counted from where the batch starts. `records` is where the records start. */
export const BatchField = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** Bytes of a batch before its records. */
export const BATCH_OVERHEAD_BYTES = 61;
/** Bytes of offset and length, which `batchLength` does not count. */
export const LOG_OVERHEAD_BYTES = 12;
/** The message format written today. */
export const MAGIC_V2 = 2;

/** A producer id, epoch or sequence that is not there; also an unknown timestamp or leader epoch. */
export const NONE = -1;

/** The bits of `attributes`. */
export const BatchAttribute = {
  compressionMask: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

const LEGACY_OVERHEAD_BYTES_MIN = 14;
const INT32_MAX = 0x7fff_ffff;

/** The header's fields as plain numbers. Mutable so that one object can serve a whole walk through a log. */
export interface BatchHeader {
  /** Where the batch starts in the buffer that it was read from. */
  position: number;
  /** Of the whole batch, header and length field included. */
  sizeInBytes: number;
  baseOffset: number;
  partitionLeaderEpoch: number;
  magic: number;
  /** As stored; unsigned. */
  crc: number;
  attributes: number;
  lastOffsetDelta: number;
  /** In ms; the delete horizon when `hasDeleteHorizon(attributes)`. */
  baseTimestamp: number;
  /** In ms; −1 when no record has a timestamp. */
  maxTimestamp: number;
  producerId: number;
  producerEpoch: number;
  baseSequence: number;
  recordCount: number;
}

/** A header with every field absent, to pass as `into`. */
export function createBatchHeader(): BatchHeader {
  return {
    position: 0,
    sizeInBytes: BATCH_OVERHEAD_BYTES,
    baseOffset: 0,
    partitionLeaderEpoch: NONE,
    magic: MAGIC_V2,
    crc: 0,
    attributes: 0,
    lastOffsetDelta: 0,
    baseTimestamp: NONE,
    maxTimestamp: NONE,
    producerId: NONE,
    producerEpoch: NONE,
    baseSequence: NONE,
    recordCount: 0,
  };
}

/**
 * Reads the header of a batch v2. Only the header has to be in the buffer; that the batch is complete is for
 * `batchSizeAt` to say.
 *
 * @param position where the batch starts
 * @param into an object to fill instead of a new one
 * @throws ProtocolError `CORRUPT_MESSAGE` when fewer than 61 bytes are there, the length is too small or the magic unknown;
 *   `UNSUPPORTED` for magic 0 and 1 (see `decodeBatches`); `OUT_OF_RANGE` or `INVALID_TIMESTAMP` for an int64 beyond 2^53−1
 */
export function readBatchHeader(
  buffer: Buffer,
  position: number,
  into: BatchHeader = createBatchHeader(),
): BatchHeader {
  const magic = position + BatchField.magic < buffer.length ? magicAt(buffer, position) : MAGIC_V2;
  if (magic !== MAGIC_V2)
    throw new ProtocolError('UNSUPPORTED', `message format ${magic} has no batch header`);
  if (position + BATCH_OVERHEAD_BYTES > buffer.length)
    throw new ProtocolError('CORRUPT_MESSAGE', 'record batch header is cut off');
  const sizeInBytes = LOG_OVERHEAD_BYTES + buffer.readInt32BE(position + BatchField.batchLength);
  if (sizeInBytes < BATCH_OVERHEAD_BYTES)
    throw new ProtocolError('CORRUPT_MESSAGE', `a record batch cannot have ${sizeInBytes} bytes`);
  into.position = position;
  into.sizeInBytes = sizeInBytes;
  into.baseOffset = readInt64(buffer, position, 'base offset');
  into.partitionLeaderEpoch = buffer.readInt32BE(position + BatchField.partitionLeaderEpoch);
  into.magic = magic;
  into.crc = buffer.readUInt32BE(position + BatchField.crc);
  into.attributes = buffer.readInt16BE(position + BatchField.attributes);
  into.lastOffsetDelta = buffer.readInt32BE(position + BatchField.lastOffsetDelta);
  into.baseTimestamp = readTimestamp(buffer, position + BatchField.baseTimestamp, 'base timestamp');
  into.maxTimestamp = readTimestamp(buffer, position + BatchField.maxTimestamp, 'max timestamp');
  into.producerId = readInt64(buffer, position + BatchField.producerId, 'producer id');
  into.producerEpoch = buffer.readInt16BE(position + BatchField.producerEpoch);
  into.baseSequence = buffer.readInt32BE(position + BatchField.baseSequence);
  into.recordCount = buffer.readInt32BE(position + BatchField.recordCount);
  return into;
}

/** Writes every field of a header at its `position`, the CRC excepted: call `writeCrc` when the records are in place. */
export function writeBatchHeader(buffer: Buffer, header: BatchHeader): void {
  const at = header.position;
  writeInt64(buffer, at, header.baseOffset);
  buffer.writeInt32BE(header.sizeInBytes - LOG_OVERHEAD_BYTES, at + BatchField.batchLength);
  buffer.writeInt32BE(header.partitionLeaderEpoch, at + BatchField.partitionLeaderEpoch);
  buffer.writeInt8(header.magic, at + BatchField.magic);
  buffer.writeUInt32BE(header.crc, at + BatchField.crc);
  buffer.writeInt16BE(header.attributes, at + BatchField.attributes);
  buffer.writeInt32BE(header.lastOffsetDelta, at + BatchField.lastOffsetDelta);
  writeInt64(buffer, at + BatchField.baseTimestamp, header.baseTimestamp);
  writeInt64(buffer, at + BatchField.maxTimestamp, header.maxTimestamp);
  writeInt64(buffer, at + BatchField.producerId, header.producerId);
  buffer.writeInt16BE(header.producerEpoch, at + BatchField.producerEpoch);
  buffer.writeInt32BE(header.baseSequence, at + BatchField.baseSequence);
  buffer.writeInt32BE(header.recordCount, at + BatchField.recordCount);
}

/**
 * The size of the batch (any magic) that starts at a position.
 *
 * @returns bytes, the length field included; 0 when the buffer ends before the batch does, which a log's tail and a
 *   fetch response may do
 * @throws ProtocolError `CORRUPT_MESSAGE` when the length or the magic cannot be right
 */
export function batchSizeAt(buffer: Buffer, position: number): number {
  const remaining = buffer.length - position;
  if (remaining < LOG_OVERHEAD_BYTES) return 0;
  const batchLength = buffer.readInt32BE(position + BatchField.batchLength);
  if (batchLength < LEGACY_OVERHEAD_BYTES_MIN)
    throw new ProtocolError('CORRUPT_MESSAGE', `batch length ${batchLength} is too small`);
  if (remaining <= BatchField.magic) return 0;
  magicAt(buffer, position);
  const sizeInBytes = LOG_OVERHEAD_BYTES + batchLength;
  return sizeInBytes > remaining ? 0 : sizeInBytes;
}

/**
 * The message format of the batch at a position: 0, 1 or 2.
 *
 * @throws ProtocolError `CORRUPT_MESSAGE` for any other
 */
export function magicAt(buffer: Buffer, position: number): number {
  const magic = buffer.readInt8(position + BatchField.magic);
  if (magic < 0 || magic > MAGIC_V2)
    throw new ProtocolError('CORRUPT_MESSAGE', `unknown message format ${magic}`);
  return magic;
}

/** The offset of the batch's last record, inclusive (of the last that it ever held, after compaction). */
export function lastOffsetOf(header: BatchHeader): number {
  return header.baseOffset + header.lastOffsetDelta;
}

/** The first offset after the batch. */
export function nextOffsetOf(header: BatchHeader): number {
  return header.baseOffset + header.lastOffsetDelta + 1;
}

/** The sequence of the last record, inclusive; −1 when the batch has none. */
export function lastSequenceOf(header: BatchHeader): number {
  return header.baseSequence === NONE
    ? NONE
    : incrementSequence(header.baseSequence, header.lastOffsetDelta);
}

/** A sequence number so many further on; after 2^31−1 comes 0. */
export function incrementSequence(sequence: number, by: number): number {
  return sequence > INT32_MAX - by ? by - (INT32_MAX - sequence) - 1 : sequence + by;
}

/** The codec id, 0–7; ids above 4 are not defined (see `isCompression`). */
export function compressionOf(attributes: number): number {
  return attributes & BatchAttribute.compressionMask;
}

/** True when the batch belongs to a transaction. */
export function isTransactional(attributes: number): boolean {
  return (attributes & BatchAttribute.transactional) !== 0;
}

/** True when the batch holds control records, which are not for applications. */
export function isControlBatch(attributes: number): boolean {
  return (attributes & BatchAttribute.control) !== 0;
}

/** True when every record's timestamp is `maxTimestamp`, the time of the append. */
export function isLogAppendTime(attributes: number): boolean {
  return (attributes & BatchAttribute.logAppendTime) !== 0;
}

/** True when `baseTimestamp` is the time from which compaction may drop tombstones and markers (KIP-534). */
export function hasDeleteHorizon(attributes: number): boolean {
  return (attributes & BatchAttribute.deleteHorizon) !== 0;
}

/** Sets the base offset; the CRC does not cover it. */
export function setBaseOffset(buffer: Buffer, position: number, baseOffset: number): void {
  writeInt64(buffer, position + BatchField.baseOffset, baseOffset);
}

/** Sets the base offset so that the batch ends at `lastOffset` (inclusive). */
export function setLastOffset(buffer: Buffer, position: number, lastOffset: number): void {
  const lastOffsetDelta = buffer.readInt32BE(position + BatchField.lastOffsetDelta);
  setBaseOffset(buffer, position, lastOffset - lastOffsetDelta);
}

/** Sets the leader epoch; the CRC does not cover it. */
export function setPartitionLeaderEpoch(buffer: Buffer, position: number, epoch: number): void {
  buffer.writeInt32BE(epoch, position + BatchField.partitionLeaderEpoch);
}

/**
 * Sets the highest timestamp and what kind it is, and sums again, unless both are already so.
 *
 * @param timestamp in ms; the time of the append when `logAppendTime`
 * @returns whether anything was written
 */
export function setMaxTimestamp(
  buffer: Buffer,
  position: number,
  timestamp: number,
  logAppendTime: boolean,
): boolean {
  const attributes = buffer.readInt16BE(position + BatchField.attributes);
  const at = position + BatchField.maxTimestamp;
  const isSame =
    isLogAppendTime(attributes) === logAppendTime &&
    readTimestamp(buffer, at, 'max timestamp') === timestamp;
  if (isSame) return false;
  const others = attributes & ~BatchAttribute.logAppendTime;
  const kind = logAppendTime ? BatchAttribute.logAppendTime : 0;
  buffer.writeInt16BE(others | kind, position + BatchField.attributes);
  writeInt64(buffer, at, timestamp);
  writeCrc(buffer, position);
  return true;
}

/** Sums the complete batch at a position and stores the CRC. */
export function writeCrc(buffer: Buffer, position: number): void {
  const sizeInBytes = LOG_OVERHEAD_BYTES + buffer.readInt32BE(position + BatchField.batchLength);
  buffer.writeUInt32BE(crcOf(buffer, position, sizeInBytes), position + BatchField.crc);
}

/** Whether the batch that the header describes is complete in the buffer and its stored CRC is right. */
export function verifyCrc(buffer: Buffer, header: BatchHeader): boolean {
  if (header.position + header.sizeInBytes > buffer.length) return false;
  return crcOf(buffer, header.position, header.sizeInBytes) === header.crc;
}

function crcOf(buffer: Buffer, position: number, sizeInBytes: number): number {
  return crc32c(buffer.subarray(position + BatchField.attributes, position + sizeInBytes));
}

function readTimestamp(buffer: Buffer, position: number, what: string): number {
  return readInt64(buffer, position, what, 'INVALID_TIMESTAMP');
}
