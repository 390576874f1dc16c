// The rules by which an idempotent producer numbers its batches, so that the broker writes each once and in order, over
// retries and leader changes. Pure. An error that leaves a hole in the numbers raises the epoch, in this process alone, and
// the partition counts from 0 again (KIP-360). Kafka: TransactionManager, TxnPartitionMap.
import { ErrorCode } from '@ottla/protocol';
import { incrementSequence } from '@ottla/protocol/records';
import type { PartitionQueue } from './partition-queue.ts';
import type { ProducerBatch } from './producer-batch.ts';

export interface ProducerId {
  readonly producerId: number;
  readonly epoch: number;
}

/** A batch's place among the records of its producer. */
export interface BatchSequence extends ProducerId {
  /** Of the first record. */
  readonly base: number;
}

/** What an answer to a batch says that matters here. */
export interface SequenceAnswer {
  readonly errorCode: number;
  /** −1 when the broker did not say. */
  readonly logStartOffset: number;
}

const EPOCH_MAX = 32_767;

export class Idempotence {
  #producer: ProducerId | undefined;
  /** Partitions with a hole in their sequences. */
  readonly #toRestart = new Set<PartitionQueue>();
  /** Partitions of which it is not known whether they have a hole. */
  readonly #unresolved = new Set<PartitionQueue>();

  /** Undefined until the cluster gave one, and after the last epoch of one was used. */
  get producer(): ProducerId | undefined {
    return this.#producer;
  }

  assign(producer: ProducerId): void {
    this.#producer = producer;
    this.#restartPartitions(producer);
  }

  /**
   * To be called before batches are sent: looks at the partitions that were in doubt, raises the epoch when there is a
   * hole, and restarts what has one.
   */
  settle(): void {
    for (const queue of this.#unresolved) {
      if (queue.unresolvedEnd === undefined) this.#unresolved.delete(queue);
      else if (queue.pending.length === 0) {
        this.#unresolved.delete(queue);
        queue.unresolvedEnd = undefined;
        // Either a later batch was written, so the one given up was as well; or nobody knows.
        if (!queue.isNext(queue.nextSequence)) this.#toRestart.add(queue);
      }
    }
    if (this.#toRestart.size === 0 || this.#producer === undefined) return;
    const { producerId, epoch } = this.#producer;
    this.#producer = epoch < EPOCH_MAX ? { producerId, epoch: epoch + 1 } : undefined;
    if (this.#producer !== undefined) this.#restartPartitions(this.#producer);
  }

  /** Whether a batch of the partition may be sent that was never sent before. */
  mayStart(queue: PartitionQueue): boolean {
    if (this.#producer === undefined || queue.unresolvedEnd !== undefined) return false;
    // With the new epoch's numbers before the old epoch's batches are through, those would come out of order.
    if (queue.pending.length === 0) return true;
    return (
      queue.producer === this.#producer &&
      !queue.pending.some(({ wasResequenced }) => wasResequenced)
    );
  }

  /** Numbers a batch that is sent for the first time; `mayStart` held. */
  start(batch: ProducerBatch): void {
    const { queue } = batch;
    if (queue.producer !== this.#producer) queue.restart(this.#producer!);
    batch.setSequence({ ...this.#producer!, base: queue.nextSequence });
    queue.nextSequence = incrementSequence(queue.nextSequence, batch.recordCount);
  }

  /** The batch was written. @param lastOffset of its last record; −1 when not known */
  acknowledged(batch: ProducerBatch, lastOffset: number): void {
    const { queue } = batch;
    const last = incrementSequence(batch.sequence!.base, batch.recordCount - 1);
    if (last > queue.lastAckedSequence || isFarBelow(last, queue.lastAckedSequence))
      queue.lastAckedSequence = last;
    queue.lastAckedOffset = Math.max(queue.lastAckedOffset, lastOffset);
  }

  /**
   * Whether a batch with such an answer is to be sent again for the sake of its sequence. A batch out of order that is not
   * the next one was only overtaken: one before it is sent again first. When it is the next, the log has a hole.
   */
  wantsRetry(batch: ProducerBatch, answer: SequenceAnswer): boolean {
    const { queue } = batch;
    const { base } = batch.sequence!;
    if (answer.errorCode === ErrorCode.UNKNOWN_PRODUCER_ID) {
      if (answer.logStartOffset >= 0 && !batch.wasResequenced) this.#toRestart.add(queue);
      return true;
    }
    if (answer.errorCode === ErrorCode.INVALID_PRODUCER_EPOCH) return batch.wasResequenced;
    if (answer.errorCode !== ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER) return false;
    const hasHole =
      queue.unresolvedEnd === undefined
        ? !batch.wasResequenced && queue.isNext(base)
        : queue.unresolvedEnd === base;
    if (hasHole) this.#toRestart.add(queue);
    return true;
  }

  /** The batch is given up after the broker refused it: what comes behind has to count anew. */
  refused(batch: ProducerBatch): void {
    if (batch.sequence !== undefined) this.#toRestart.add(batch.queue);
  }

  /** The batch is given up, and may be in the log all the same: nothing new is sent before that is known. */
  abandoned(batch: ProducerBatch): void {
    if (batch.sequence === undefined) return;
    const { queue } = batch;
    const end = incrementSequence(batch.sequence.base, batch.recordCount);
    queue.unresolvedEnd = Math.max(queue.unresolvedEnd ?? 0, end);
    this.#unresolved.add(queue);
  }

  #restartPartitions(producer: ProducerId): void {
    for (const queue of this.#toRestart) {
      queue.restart(producer);
      this.#unresolved.delete(queue);
    }
    this.#toRestart.clear();
  }
}

/** Sequences go on at 0 behind 2^31 − 1. */
function isFarBelow(sequence: number, other: number): boolean {
  return other - sequence > 0x4000_0000;
}
