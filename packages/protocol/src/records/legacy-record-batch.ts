// Message formats 0 and 1, read only: Kafka has not written them since 4.0, but old segments and clients' data hold them.
// An uncompressed message is a batch of one; a compressed one is a wrapper whose value is a message set, with inner offsets
// that are absolute in format 0 and relative in format 1.
// Kafka: org.apache.kafka.common.record.internal.AbstractLegacyRecordBatch, LegacyRecord.

import { crc32 } from 'node:zlib';

import {
  Compression,
  type CompressionName,
  compressionName,
  decompress,
} from '../compression/index.ts';
import { ProtocolError } from '../protocol-error.ts';
import { BatchAttribute, LOG_OVERHEAD_BYTES, magicAt, NONE } from './batch-header.ts';
import { readInt64 } from './int64.ts';
import {
  type LogRecord,
  NO_HEADERS,
  type RecordBatch,
  type TimestampType,
} from './record-batch.ts';
import { invalidRecord } from './record-cursor.ts';

const CRC_AT = 12;
const MAGIC_AT = 16;
const ATTRIBUTES_AT = 17;
const TIMESTAMP_AT = 18;

/** One message, its numbers read and its key and value sliced. */
interface Message {
  readonly offset: number;
  readonly magic: number;
  readonly attributes: number;
  readonly timestamp: number;
  readonly sizeInBytes: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** See `RecordBatch`. Made by `decodeBatches`. */
export class LegacyRecordBatch implements RecordBatch {
  readonly position: number;
  readonly sizeInBytes: number;
  readonly partitionLeaderEpoch: number = NONE;
  readonly producerId: number = NONE;
  readonly producerEpoch: number = NONE;
  readonly baseSequence: number = NONE;
  readonly lastSequence: number = NONE;
  readonly recordCount: number = NONE;
  readonly isTransactional: boolean = false;
  readonly isControlBatch: boolean = false;
  readonly deleteHorizonMs: number | undefined = undefined;
  readonly #bytes: Buffer;
  readonly #message: Message;
  readonly #maxDecompressedBytes: number;

  /** @param sizeInBytes of the message that starts at `position`, complete in `bytes` */
  constructor(bytes: Buffer, position: number, sizeInBytes: number, maxDecompressedBytes: number) {
    this.position = position;
    this.sizeInBytes = sizeInBytes;
    this.#bytes = bytes.subarray(position, position + sizeInBytes);
    this.#message = readMessage(this.#bytes);
    this.#maxDecompressedBytes = maxDecompressedBytes;
  }

  get magic(): number {
    return this.#message.magic;
  }
  /** Of the first inner record: a wrapper only says the last, so this decompresses. */
  get baseOffset(): number {
    if (!this.#isCompressed) return this.#message.offset;
    for (const record of this.records()) return record.offset;
    throw invalidRecord('a wrapper message without inner messages');
  }
  get lastOffset(): number {
    return this.#message.offset;
  }
  get nextOffset(): number {
    return this.#message.offset + 1;
  }
  get compression(): CompressionName {
    return compressionName(this.#message.attributes & BatchAttribute.compressionMask);
  }
  get timestampType(): TimestampType {
    if (this.magic === 0) return 'NoTimestampType';
    return this.#isAppendTime ? 'LogAppendTime' : 'CreateTime';
  }
  get maxTimestamp(): number {
    return this.#message.timestamp;
  }
  get crc(): number {
    return this.#bytes.readUInt32BE(CRC_AT);
  }

  isValid(): boolean {
    return crc32(this.#bytes.subarray(MAGIC_AT)) === this.crc;
  }

  *records(): Generator<LogRecord, void, undefined> {
    if (!this.#isCompressed) {
      yield toRecord(this.#message, this.#message.offset, this.#message.timestamp);
      return;
    }
    const inner = this.#innerMessages();
    const baseOffset = this.#baseOfInnerOffsets(inner);
    for (const message of inner) {
      const timestamp =
        message.magic === 1 && this.#isAppendTime ? this.#message.timestamp : message.timestamp;
      yield toRecord(message, baseOffset + message.offset, timestamp);
    }
  }

  get #isCompressed(): boolean {
    return (this.#message.attributes & BatchAttribute.compressionMask) !== 0;
  }

  get #isAppendTime(): boolean {
    return this.magic === 1 && (this.#message.attributes & BatchAttribute.logAppendTime) !== 0;
  }

  #innerMessages(): Message[] {
    const { attributes, value, magic } = this.#message;
    const codec = attributes & BatchAttribute.compressionMask;
    if (codec === Compression.zstd) throw invalidRecord('zstd needs message format 2');
    if (value === null) throw invalidRecord('a wrapper message without a value');
    const set = decompress(codec, value, this.#maxDecompressedBytes, magic);
    const messages: Message[] = [];
    let at = 0;
    while (at + LOG_OVERHEAD_BYTES <= set.length) {
      const sizeInBytes = LOG_OVERHEAD_BYTES + set.readInt32BE(at + 8);
      if (sizeInBytes < ATTRIBUTES_AT + 1) throw invalidRecord('an inner message is too small');
      if (at + sizeInBytes > set.length) break;
      const message = readMessage(set.subarray(at, at + sizeInBytes));
      if ((message.attributes & BatchAttribute.compressionMask) !== 0)
        throw invalidRecord('a compressed message inside a compressed message');
      messages.push(message);
      at += sizeInBytes;
    }
    if (messages.length === 0) throw invalidRecord('a wrapper message without inner messages');
    return messages;
  }

  /** What to add to inner offsets: nothing in format 0, and also where old librdkafka left the wrapper's at 0. */
  #baseOfInnerOffsets(inner: readonly Message[]): number {
    const wrapperOffset = this.#message.offset;
    if (this.magic === 0 || wrapperOffset === 0) return 0;
    const lastInnerOffset = inner.at(-1)?.offset ?? 0;
    if (wrapperOffset < lastInnerOffset)
      throw invalidRecord(`wrapper offset ${wrapperOffset} is below its inner ${lastInnerOffset}`);
    return wrapperOffset - lastInnerOffset;
  }
}

function readMessage(bytes: Buffer): Message {
  if (bytes.length < ATTRIBUTES_AT + 1) throw cutOff();
  const magic = magicAt(bytes, 0);
  if (magic > 1) throw new ProtocolError('INVALID_RECORD', 'a format 2 batch inside a message set');
  const attributes = bytes.readUInt8(ATTRIBUTES_AT);
  const keyAt = magic === 0 ? TIMESTAMP_AT : TIMESTAMP_AT + 8;
  if (bytes.length < keyAt) throw cutOff();
  const key = readField(bytes, keyAt);
  const value = readField(bytes, keyAt + 4 + (key?.length ?? 0));
  return {
    offset: readInt64(bytes, 0, 'offset'),
    magic,
    attributes,
    timestamp:
      magic === 0 ? NONE : readInt64(bytes, TIMESTAMP_AT, 'timestamp', 'INVALID_TIMESTAMP'),
    sizeInBytes: bytes.length,
    key,
    value,
  };
}

function readField(bytes: Buffer, position: number): Buffer | null {
  const start = position + 4;
  if (start > bytes.length) throw cutOff();
  const byteCount = bytes.readInt32BE(position);
  if (byteCount < 0) return null;
  if (byteCount > bytes.length - start) throw cutOff();
  return bytes.subarray(start, start + byteCount);
}

function toRecord(message: Message, offset: number, timestamp: number): LogRecord {
  const { sizeInBytes, key, value } = message;
  return { offset, timestamp, sequence: NONE, sizeInBytes, key, value, headers: NO_HEADERS };
}

function cutOff(): ProtocolError {
  return new ProtocolError('CORRUPT_MESSAGE', 'a message is cut off');
}
