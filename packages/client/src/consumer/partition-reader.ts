// What a consumer knows of one partition that it reads: where it is, and batches that were fetched ahead.
import { decodeBatches } from '@ottla/protocol/records';
import type { TopicPartition } from '../group/consumer-protocol.ts';

/** A record as the user gets it. */
export interface ConsumerRecord<K = Buffer | null, V = Buffer | null> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: K;
  readonly value: V;
  /** In order; a name may come twice. */
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
  readonly leaderEpoch: number;
}

export class PartitionReader {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the next record for the user; −1 until looked up. */
  position: number;
  /** Offset of the next fetch; ahead of `position` by what is buffered. */
  fetchOffset: number;
  highWatermark = -1;
  isPaused = false;
  isFetching = false;
  /** Monotonic milliseconds before which it is not fetched again, after an error. */
  notBeforeMs = 0;
  failures = 0;
  #ready: ConsumerRecord[] = [];
  #head = 0;
  #bufferedBytes = 0;
  /** Goes up with every seek: what was asked for before is void. */
  generation = 0;

  constructor(target: TopicPartition, position = -1) {
    this.topic = target.topic;
    this.partition = target.partition;
    this.position = position;
    this.fetchOffset = position;
  }

  get bufferedCount(): number {
    return this.#ready.length - this.#head;
  }

  get bufferedBytes(): number {
    return this.bufferedCount === 0 ? 0 : this.#bufferedBytes;
  }

  /** Takes fetched batches in; records before the fetch offset (of a batch that holds it) are passed over. */
  add(
    bytes: Buffer,
    aborted: readonly { readonly producerId: number; readonly firstOffset: number }[] | null,
  ): void {
    if (this.bufferedCount === 0) {
      this.#ready = [];
      this.#head = 0;
      this.#bufferedBytes = 0;
    }
    const pending = [...(aborted ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
    const abortedNow = new Set<number>();
    for (const batch of decodeBatches(bytes, { verifyCrc: true })) {
      while (pending.length > 0 && pending[0]!.firstOffset <= batch.lastOffset)
        abortedNow.add(pending.shift()!.producerId);
      if (batch.isControlBatch) {
        // A marker ends the producer's transaction, whichever way.
        abortedNow.delete(batch.producerId);
      } else if (!(batch.isTransactional && abortedNow.has(batch.producerId))) {
        for (const record of batch.records()) {
          if (record.offset < this.fetchOffset) continue;
          this.#ready.push({
            topic: this.topic,
            partition: this.partition,
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key,
            value: record.value,
            headers: record.headers as ConsumerRecord['headers'],
            leaderEpoch: batch.partitionLeaderEpoch,
          });
        }
      }
      this.fetchOffset = Math.max(this.fetchOffset, batch.nextOffset);
    }
    this.#bufferedBytes += bytes.length;
    if (this.bufferedCount === 0) this.position = this.fetchOffset;
  }

  /** The next record, and moves the position behind it. */
  take(): ConsumerRecord | undefined {
    const record = this.#ready[this.#head];
    if (record === undefined) return undefined;
    this.#head += 1;
    this.position = this.bufferedCount === 0 ? this.fetchOffset : record.offset + 1;
    return record;
  }

  /** All buffered records, at most `max`. */
  takeAll(max: number): ConsumerRecord[] {
    const taken = this.#ready.slice(this.#head, this.#head + max);
    this.#head += taken.length;
    const last = taken.at(-1);
    if (last !== undefined)
      this.position = this.bufferedCount === 0 ? this.fetchOffset : last.offset + 1;
    return taken;
  }

  /** Goes on at `offset`; what was fetched ahead is dropped. */
  seek(offset: number): void {
    this.position = offset;
    this.fetchOffset = offset;
    this.#ready = [];
    this.#head = 0;
    this.#bufferedBytes = 0;
    this.generation += 1;
  }
}
