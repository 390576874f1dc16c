// Control records: transaction markers and the quorum's own records, in batches that applications never see. A control
// record's key is a version and a type; the values of the quorum's types are messages of the protocol (LeaderChangeMessage,
// SnapshotHeaderRecord, SnapshotFooterRecord, KRaftVersionRecord, VotersRecord). Kafka: ControlRecordType, EndTransactionMarker.

import { NONE } from './batch-header.ts';
import { RecordBatchBuilder } from './record-batch-builder.ts';
import { invalidRecord } from './record-cursor.ts';

/** Types of control records, by Kafka's names. Readers step over types that they do not know. */
export const ControlRecordType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const;

/** The number of a control record type. */
export type ControlRecordType = (typeof ControlRecordType)[keyof typeof ControlRecordType];

const KEY_VERSION = 0;
const MARKER_VERSION = 0;

/**
 * The type in a control record's key.
 *
 * @returns a number that may be none of `ControlRecordType`
 * @throws ProtocolError `INVALID_RECORD` when there is no such key
 */
export function controlRecordType(key: Buffer | null): number {
  if (key === null || key.length < 4) throw invalidRecord('a control record without its key');
  if (key.readInt16BE(0) < 0) throw invalidRecord('a control record key of a negative version');
  return key.readInt16BE(2);
}

/** The key of a control record of a type: version 0, then the type. */
export function controlRecordKey(type: ControlRecordType): Buffer {
  const key = Buffer.allocUnsafe(4);
  key.writeInt16BE(KEY_VERSION, 0);
  key.writeInt16BE(type, 2);
  return key;
}

/** The value of an ABORT or COMMIT record. */
export interface EndTxnMarker {
  readonly coordinatorEpoch: number;
}

/** Encodes the value of an ABORT or COMMIT record. */
export function encodeEndTxnMarker(coordinatorEpoch: number): Buffer {
  const value = Buffer.allocUnsafe(6);
  value.writeInt16BE(MARKER_VERSION, 0);
  value.writeInt32BE(coordinatorEpoch, 2);
  return value;
}

/**
 * Decodes the value of an ABORT or COMMIT record; a version above ours is read as ours, as Kafka does.
 *
 * @throws ProtocolError `INVALID_RECORD` when it is too short or of a negative version
 */
export function decodeEndTxnMarker(value: Buffer | null): EndTxnMarker {
  if (value === null || value.length < 6) throw invalidRecord('a transaction marker is cut off');
  if (value.readInt16BE(0) < 0) throw invalidRecord('a transaction marker of a negative version');
  return { coordinatorEpoch: value.readInt32BE(2) };
}

/** One control record and the batch around it. */
export interface ControlBatchFields {
  readonly type: ControlRecordType;
  /** The value, with its int16 version in front for markers; for the quorum's records as their schema encodes them. */
  readonly value: Buffer;
  /** In ms. */
  readonly timestamp: number;
  /** Default 0. */
  readonly baseOffset?: number;
  /** Default −1. */
  readonly partitionLeaderEpoch?: number;
  /** Given for transaction markers only; makes the batch transactional. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
}

/** A batch with one control record, as Kafka writes it. */
export function buildControlBatch(fields: ControlBatchFields): Buffer {
  const { producerId = NONE, producerEpoch = NONE } = fields;
  const builder = new RecordBatchBuilder({
    control: true,
    baseOffset: fields.baseOffset ?? 0,
    partitionLeaderEpoch: fields.partitionLeaderEpoch ?? NONE,
    producerId,
    producerEpoch,
    transactional: producerId !== NONE,
  });
  builder.append(fields.timestamp, controlRecordKey(fields.type), fields.value);
  return builder.build();
}
