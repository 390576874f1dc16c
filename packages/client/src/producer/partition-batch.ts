// The records of one batch that is being filled or is on its way, and who waits for them. No promise per record: a `send`
// of many waits once.
import type { Compression, RecordBatchBuilder } from '@ottla/protocol/records';
import type { KafkaError } from '../errors.ts';

/** Where a record ended up. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** −1 with acks=0. */
  readonly offset: number;
  /** Milliseconds: the record's, or the broker's append time. */
  readonly timestamp: number;
}

/** Somebody who waits for a record of the batch. */
export interface Waiter {
  /** Of the record in the batch. */
  readonly index: number;
  readonly timestamp: number;
  resolve(metadata: RecordMetadata): void;
  reject(error: KafkaError): void;
}

/** Mutable while it is filled; `bytes` are fixed once it was sent, so that a retry is the same batch. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly builder: RecordBatchBuilder;
  readonly waiters: Waiter[];
  /** Bytes of the producer's memory that it holds. */
  reservedBytes: number;
  /** Monotonic milliseconds. */
  readonly createdMs: number;
  readonly deadlineMs: number;
  bytes: Buffer | undefined;
  baseSequence: number;
  attempts: number;
  /** Monotonic milliseconds before which it is not sent again. */
  notBeforeMs: number;
}

/** Codecs by the names that Kafka uses for `compression.type`. */
export type CompressionType = keyof typeof Compression;
