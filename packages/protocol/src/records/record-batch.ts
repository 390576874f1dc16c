// What readers of a log see: a batch of any message format with its records as objects. For clients, coordinators and
// tools; the broker's data path uses the header and `walkRecords` instead.

import type { CompressionName } from '../compression/index.ts';

/** A record header: a key that is always there, and a value that may be null. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** One record. `key`, `value` and header values are slices of the batch's bytes, not copies. */
export interface LogRecord {
  readonly offset: number;
  /** In ms; −1 when there is none. The time of the append where the batch says so. */
  readonly timestamp: number;
  /** The producer's sequence number; −1 when the batch has none. */
  readonly sequence: number;
  /** As encoded, length field included. */
  readonly sizeInBytes: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In the order written; keys may repeat. Empty for message formats 0 and 1. */
  readonly headers: readonly RecordHeader[];
}

/** Which clock the timestamps come from; message format 0 has none. */
export type TimestampType = 'NoTimestampType' | 'CreateTime' | 'LogAppendTime';

/** A batch of records, whatever its message format. */
export interface RecordBatch {
  /** The message format: 0, 1 or 2. */
  readonly magic: number;
  /** Where the batch starts in the bytes that were decoded. */
  readonly position: number;
  readonly sizeInBytes: number;
  /** First offset, inclusive; of a compacted batch the one it had at first. */
  readonly baseOffset: number;
  /** Last offset, inclusive; of a compacted batch the one it had at first. */
  readonly lastOffset: number;
  readonly nextOffset: number;
  readonly compression: CompressionName;
  readonly timestampType: TimestampType;
  /** In ms; −1 when there is none. */
  readonly maxTimestamp: number;
  /** As stored, unsigned: CRC32C for format 2, CRC32 before. */
  readonly crc: number;
  /** −1 when unknown, always so for formats 0 and 1, as are the next five. */
  readonly partitionLeaderEpoch: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly lastSequence: number;
  /** As declared; −1 for formats 0 and 1, which do not say. */
  readonly recordCount: number;
  readonly isTransactional: boolean;
  readonly isControlBatch: boolean;
  /** When compaction may drop tombstones and markers, in ms (KIP-534); undefined when not set. */
  readonly deleteHorizonMs: number | undefined;

  /** Whether the stored checksum is right. */
  isValid(): boolean;

  /**
   * The records, decoded one by one as they are asked for; a compressed batch is decompressed at the first.
   *
   * @throws ProtocolError as `walkRecords`, when the faulty record is reached
   */
  records(): Generator<LogRecord, void, undefined>;
}

/** The headers of a record that has none. */
export const NO_HEADERS: readonly RecordHeader[] = Object.freeze([]);
