// One batch of records of one partition on its way: filled, queued, in flight, perhaps sent again, done.
//
//   filling ──▶ queued ──▶ inFlight ──▶ done
//                  └─────────▲  │ ▲        (done is reached from every state: a batch can expire anywhere)
//                               ▼ │
//                            retrying
//
// Kafka: org.apache.kafka.clients.producer.internals.ProducerBatch.
import {
  BATCH_OVERHEAD_BYTES,
  type Compression,
  decodeRecords,
  incrementSequence,
  RecordBatchBuilder,
  type RecordHeader,
} from '@ottla/protocol/records';
import type { KafkaError } from '../errors.ts';
import { type Delivery, DeliveryGroup, tell } from './delivery.ts';
import type { BatchSequence } from './idempotence.ts';
import type { PartitionQueue } from './partition-queue.ts';

/** What stays the same for all batches of a producer. */
export interface BatchFormat {
  readonly compression: Compression;
  readonly level: number | undefined;
  /** Where a batch is full, bytes; one larger record makes a batch of its own. */
  readonly batchSizeBytes: number;
}

export type BatchPhase = 'filling' | 'queued' | 'inFlight' | 'retrying' | 'done';

export class ProducerBatch {
  readonly queue: PartitionQueue;
  /** Monotonic milliseconds. */
  readonly createdMs: number;
  readonly deadlineMs: number;
  /** Which `flush` it belongs to: see `FlushGate`. */
  readonly generation: number;
  phase: BatchPhase = 'filling';
  /** Which one of its partition it was when it was sent first: 0, 1, … */
  ordinal = -1;
  /** How often it failed. */
  attempts = 0;
  /** Why the last attempt failed. */
  failure: KafkaError | undefined;
  /** Monotonic milliseconds before which it is not sent again. */
  retryAtMs = 0;
  /** Epoch of the leader that it was sent to last. */
  leaderEpoch = -1;
  /** Bytes of the producer's memory that it holds. */
  reservedBytes = 0;
  readonly #format: BatchFormat;
  readonly #builder: RecordBatchBuilder;
  readonly #deliveries: Delivery[] = [];
  readonly #timestamps: number[] = [];
  #sequence: BatchSequence | undefined;
  #wasResequenced = false;
  #bytes: Buffer | undefined;

  constructor(
    queue: PartitionQueue,
    format: BatchFormat,
    created: { readonly nowMs: number; readonly deadlineMs: number; readonly generation: number },
  ) {
    this.queue = queue;
    this.#format = format;
    this.createdMs = created.nowMs;
    this.deadlineMs = created.deadlineMs;
    this.generation = created.generation;
    this.#builder = new RecordBatchBuilder({
      compression: format.compression,
      level: format.level,
      maxBytes: format.batchSizeBytes,
      initialBytes: Math.max(INITIAL_BYTES_MIN, queue.usualBatchBytes),
    });
  }

  get recordCount(): number {
    return this.#builder.recordCount;
  }

  /** Undefined until it is sent for the first time by an idempotent producer. */
  get sequence(): BatchSequence | undefined {
    return this.#sequence;
  }

  /** Whether the sequence was changed while the batch was in flight: what comes back is about the old one. */
  get wasResequenced(): boolean {
    return this.#wasResequenced;
  }

  get isFull(): boolean {
    return this.#builder.estimatedBytes >= this.#format.batchSizeBytes;
  }

  get uncompressedBytes(): number {
    return this.#builder.uncompressedBytes;
  }

  get estimatedBytes(): number {
    return this.#bytes?.length ?? this.#builder.estimatedBytes;
  }

  /** Adds a record if it fits; the first always does. */
  tryAppend(
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly RecordHeader[],
    delivery: Delivery,
  ): boolean {
    if (this.phase !== 'filling' || !this.#builder.hasRoomFor(key, value, headers)) return false;
    this.#builder.append(timestamp, key, value, headers);
    this.#deliveries.push(delivery);
    this.#timestamps.push(timestamp);
    return true;
  }

  /**
   * Gives the batch its place among the producer's records. The bytes are made anew only when it is sent the next time:
   * those of a batch in flight may still be on their way out of this process.
   */
  setSequence(sequence: BatchSequence): void {
    this.#wasResequenced = this.phase === 'inFlight';
    this.#sequence = sequence;
  }

  /** The bytes to send now, with the current sequence. */
  seal(): Buffer {
    const { producerId, epoch, base } = this.#sequence ?? NO_SEQUENCE;
    this.queue.usualBatchBytes = this.#builder.uncompressedBytes + BATCH_OVERHEAD_BYTES;
    this.#builder.setProducerState(producerId, epoch, base, false);
    this.#wasResequenced = false;
    this.#bytes = this.#builder.build();
    return this.#bytes;
  }

  /**
   * The same records in at least two batches of at most `maxBytes` (uncompressed) where records are that small.
   * Sequences go on from this batch's, for the broker has none of them.
   */
  split(maxBytes: number): ProducerBatch[] {
    const format = { ...this.#format, batchSizeBytes: maxBytes };
    const parts: ProducerBatch[] = [];
    let part: ProducerBatch | undefined;
    let index = 0;
    for (const { timestamp, key, value, headers } of decodeRecords(this.#builder.build())) {
      const delivery = this.#deliveries[index];
      if (part?.tryAppend(timestamp, key, value, headers, delivery) !== true) {
        part = this.#part(format, index);
        part.tryAppend(timestamp, key, value, headers, delivery);
        parts.push(part);
      }
      index += 1;
    }
    parts[0]!.reservedBytes = this.reservedBytes;
    for (const each of parts) each.phase = 'retrying';
    this.phase = 'done';
    return parts;
  }

  /** Tells everybody that the records are written. @param baseOffset −1 when it is not known */
  delivered(baseOffset: number, logAppendTimeMs: number): void {
    const { topic, partition } = this.queue;
    for (let index = 0; index < this.#deliveries.length; index += 1) {
      const delivery = this.#deliveries[index];
      if (delivery === undefined) continue;
      if (delivery instanceof DeliveryGroup) delivery.settle(undefined);
      else
        tell(delivery, undefined, {
          topic,
          partition,
          offset: baseOffset < 0 ? -1 : baseOffset + index,
          timestamp: logAppendTimeMs >= 0 ? logAppendTimeMs : this.#timestamps[index]!,
        });
    }
  }

  /** Tells everybody that the records are not written, or that nobody knows. */
  failed(errorOf: (index: number) => KafkaError): void {
    this.#deliveries.forEach((delivery, index) => {
      if (delivery instanceof DeliveryGroup) delivery.settle(errorOf(index));
      else if (delivery !== undefined) tell(delivery, errorOf(index), undefined);
    });
  }

  #part(format: BatchFormat, recordsBefore: number): ProducerBatch {
    const { createdMs: nowMs, deadlineMs, generation } = this;
    const part = new ProducerBatch(this.queue, format, { nowMs, deadlineMs, generation });
    part.ordinal = this.ordinal;
    if (this.#sequence !== undefined)
      part.#sequence = {
        ...this.#sequence,
        base: incrementSequence(this.#sequence.base, recordsBefore),
      };
    return part;
  }
}

const INITIAL_BYTES_MIN = 256;
const NO_SEQUENCE: BatchSequence = { producerId: -1, epoch: -1, base: -1 };
