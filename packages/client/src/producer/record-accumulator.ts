// Gathers records into batches by partition. Kafka: org.apache.kafka.clients.producer.internals.RecordAccumulator.
import type { Clock } from '@ottla/platform';
import { partitionForKey, type RecordHeader } from '@ottla/protocol/records';
import type { Delivery } from './delivery.ts';
import type { FlushGate } from './flush-gate.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { type BatchFormat, ProducerBatch } from './producer-batch.ts';
import type { ProducerTopic } from './producer-topic.ts';

export interface AccumulatorOptions {
  readonly format: BatchFormat;
  readonly deliveryTimeoutMs: number;
  readonly clock: Clock;
  readonly gate: FlushGate;
  /** A partition has a batch that it had not, or one that is full. */
  wake(queue: PartitionQueue): void;
}

export class RecordAccumulator {
  readonly #options: AccumulatorOptions;

  constructor(options: AccumulatorOptions) {
    this.#options = options;
  }

  /**
   * Appends a record to the batch of its partition.
   *
   * @param partition undefined: by key, or spread
   * @param partitionCount of the topic, at least 1
   * @param reservedBytes what was taken of the producer's memory for it
   */
  append(
    topic: ProducerTopic<unknown>,
    partition: number | undefined,
    partitionCount: number,
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly RecordHeader[],
    reservedBytes: number,
    delivery: Delivery,
  ): void {
    if (partition !== undefined || key !== null) {
      const chosen = partition ?? partitionForKey(key!, partitionCount);
      const queue = topic.queue(chosen);
      this.#appendTo(queue, timestamp, key, value, headers, reservedBytes, delivery);
      return;
    }
    const queue = topic.queue(topic.sticky.choose(partitionCount, topic.loadOf));
    const isFull = this.#appendTo(queue, timestamp, key, value, headers, reservedBytes, delivery);
    topic.sticky.produced(reservedBytes, !isFull);
  }

  /** @returns whether the batch is full now */
  #appendTo(
    queue: PartitionQueue,
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly RecordHeader[],
    reservedBytes: number,
    delivery: Delivery,
  ): boolean {
    let batch = queue.filling;
    if (batch?.tryAppend(timestamp, key, value, headers, delivery) !== true) {
      if (batch !== undefined) batch.phase = 'queued';
      batch = this.#create(queue);
      batch.tryAppend(timestamp, key, value, headers, delivery);
      this.#options.wake(queue);
    }
    batch.reservedBytes += reservedBytes;
    if (!batch.isFull) return false;
    batch.phase = 'queued';
    this.#options.wake(queue);
    return true;
  }

  #create(queue: PartitionQueue): ProducerBatch {
    const { clock, format, deliveryTimeoutMs, gate } = this.#options;
    const nowMs = clock.monotonicMs();
    const { generation } = gate;
    const batch = new ProducerBatch(queue, format, {
      nowMs,
      deadlineMs: nowMs + deliveryTimeoutMs,
      generation,
    });
    gate.enter(generation);
    queue.waiting.push(batch);
    return batch;
  }
}
