// What a producer holds for one partition: batches that wait, batches that are pending, and how far the sequences are.
import { incrementSequence } from '@ottla/protocol/records';
import type { ProducerId } from './idempotence.ts';
import type { ProducerBatch } from './producer-batch.ts';

/** The last sequence of a partition that has written nothing in its epoch: the first is 0. */
const NOTHING_ACKNOWLEDGED = -1;

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** Never sent, oldest first; the last may still be filling. */
  readonly waiting: ProducerBatch[] = [];
  /** Sent and not done: in flight or to be sent again, oldest first. */
  readonly pending: ProducerBatch[] = [];
  /** Of the last batch that was sent, uncompressed: the next one's memory is allocated at once, and not grown into. */
  usualBatchBytes = 0;
  /** How many batches were ever sent for the first time. */
  startedCount = 0;
  /** When a batch was acknowledged last, monotonic milliseconds. */
  advancedMs: number = -Infinity;
  /** The id and epoch that the sequences belong to. */
  producer: ProducerId | undefined;
  /** For the next batch that is sent for the first time. */
  nextSequence = 0;
  /** Of the last record that the broker is known to have. */
  lastAckedSequence: number = NOTHING_ACKNOWLEDGED;
  lastAckedOffset = -1;
  /** Set while it is not known whether a batch that was given up is in the log: the sequence behind it (exclusive). */
  unresolvedEnd: number | undefined;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.pending.length === 0;
  }

  /** The batch that takes records now, if there is one. */
  get filling(): ProducerBatch | undefined {
    const last = this.waiting.at(-1);
    return last?.phase === 'filling' ? last : undefined;
  }

  /** Whether the broker expects this sequence next, as far as is known. */
  isNext(sequence: number): boolean {
    return sequence === incrementSequence(this.lastAckedSequence, 1);
  }

  /** Counts from 0 again in a new epoch: for all that is pending, and what comes behind. */
  restart(producer: ProducerId): void {
    let base = 0;
    for (const batch of this.pending) {
      batch.setSequence({ ...producer, base });
      base = incrementSequence(base, batch.recordCount);
    }
    this.producer = producer;
    this.nextSequence = base;
    this.lastAckedSequence = NOTHING_ACKNOWLEDGED;
    this.unresolvedEnd = undefined;
  }

  /** A batch is done: it leaves the queue. */
  remove(batch: ProducerBatch): void {
    // Most are pending, of which there are few; thousands may wait.
    const list = this.pending.includes(batch) ? this.pending : this.waiting;
    const at = list.indexOf(batch);
    if (at >= 0) list.splice(at, 1);
  }
}
