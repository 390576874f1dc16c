// The partitions that one task reads, and whose turn it is: the one whose next record is the oldest, so that inputs are
// merged by time as far as they are known. Kafka: PartitionGroup; KIP-353, KIP-695.
import type { ConsumerRecord } from '@ottla/client';
import { QueueHeap } from './queue-heap.ts';
import type { RecordQueue, StampedRecord } from './record-queue.ts';

export class PartitionGroup {
  /** Highest time of a record taken; −1 before the first. */
  streamTimeMs = -1;
  /** Times that the task went on although it would rather have waited. */
  enforcedProcessingCount = 0;
  readonly #maxTaskIdleMs: number;
  #queues: readonly RecordQueue[] = [];
  readonly #byName: Map<string, RecordQueue[]> = new Map();
  /** Queues with a record. */
  readonly #ready = new QueueHeap();

  /** @param maxTaskIdleMs how long to wait for an empty partition; −1: never */
  constructor(maxTaskIdleMs: number) {
    this.#maxTaskIdleMs = maxTaskIdleMs;
  }

  get queues(): readonly RecordQueue[] {
    return this.#queues;
  }

  /** Reads these from now on; queues that were here before keep what they hold. */
  setQueues(queues: readonly RecordQueue[]): void {
    this.#queues = queues;
    this.#byName.clear();
    this.#ready.keep(new Set(queues));
    for (const queue of queues) {
      const ofTopic = this.#byName.get(queue.topic) ?? [];
      ofTopic[queue.partition] = queue;
      this.#byName.set(queue.topic, ofTopic);
    }
  }

  /** Undefined when the task does not read that partition. */
  queue(topic: string, partition: number): RecordQueue | undefined {
    return this.#byName.get(topic)?.[partition];
  }

  get bufferedCount(): number {
    let count = 0;
    for (const queue of this.#queues) count += queue.size;
    return count;
  }

  /**
   * Whether the next record may be processed, or an empty partition should be waited for: while the broker has records that
   * are not here yet (or it is not known), and then for `max.task.idle.ms` more.
   */
  isReady(nowMs: number): boolean {
    if (this.#maxTaskIdleMs < 0) return this.bufferedCount > 0;
    let hasRecord = false;
    let isEnforced = false;
    for (const queue of this.#queues) {
      if (queue.head !== undefined) {
        queue.idleDeadlineMs = undefined;
        hasRecord = true;
      } else if (queue.lag === undefined || queue.lag > 0) {
        queue.idleDeadlineMs = undefined;
        return false;
      } else {
        queue.idleDeadlineMs ??= nowMs + this.#maxTaskIdleMs;
        if (nowMs < queue.idleDeadlineMs) return false;
        isEnforced = true;
      }
    }
    if (hasRecord && isEnforced) this.enforcedProcessingCount += 1;
    return hasRecord;
  }

  /** Takes records in. @returns how many the queue has now */
  add(queue: RecordQueue, records: readonly ConsumerRecord[]): number {
    const wasEmpty = queue.head === undefined;
    const size = queue.add(records);
    if (wasEmpty && queue.head !== undefined) this.#ready.offer(queue);
    return size;
  }

  /** Takes the queue with the oldest head out; undefined when all are empty. `poll` comes next. */
  next(): RecordQueue | undefined {
    return this.#ready.poll();
  }

  /** Takes the head of `queue`, which `next` gave, and lets stream time follow. */
  poll(queue: RecordQueue): StampedRecord {
    const record = queue.poll();
    if (queue.head !== undefined) this.#ready.offer(queue);
    if (record.timestamp > this.streamTimeMs) this.streamTimeMs = record.timestamp;
    return record;
  }

  clear(): void {
    for (const queue of this.#queues) queue.clear();
    this.#ready.keep(new Set());
    this.streamTimeMs = -1;
  }
}
