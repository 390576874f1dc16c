// What a consumer knows of one partition that it reads: where it is, what is done, and what was fetched ahead.
import type { TopicPartition } from '../group/consumer-protocol.ts';
import { type AbortedTransaction, type ConsumerRecord, FetchedRecords } from './fetched-records.ts';
import type { LogMarks } from './fetch-session.ts';

export class PartitionReader {
  readonly topic: string;
  readonly partition: number;
  /** `topic-partition`. */
  readonly name: string;
  /** Offset of the next record for the user; −1 until looked up. */
  position: number;
  /** Offset of the next fetch; ahead of `position` by what is buffered. */
  fetchOffset: number;
  /** Leader epoch of the last record handed out; −1 when there was none. */
  leaderEpoch = -1;
  /** Leader epoch of the last batch fetched: `fetchOffset` is behind it; −1 when there was none. */
  fetchedEpoch = -1;
  highWatermark = -1;
  lastStableOffset = -1;
  logStartOffset = -1;
  isPaused = false;
  /** Taken back by the group: nothing of it is handed out any more. */
  isGone = false;
  isFetching = false;
  /** A follower to read from instead of the leader, until then (monotonic milliseconds; KIP-392). */
  readReplica: { readonly nodeId: number; readonly untilMs: number } | undefined;
  /** Of the log in which the position was found; undefined after a seek. A topic made anew has another. */
  topicId: string | undefined;
  /** Leader epoch under which the position is known to be in the log; −1 when it was never in doubt. */
  validatedEpoch = -1;
  isValidating = false;
  /** Monotonic milliseconds before which it is not fetched again, after an error. */
  notBeforeMs = 0;
  failures = 0;
  /** Goes up with every seek: what was asked for before is void. */
  generation = 0;
  #fetched: FetchedRecords[] = [];
  #bufferedBytes = 0;
  /** Where the user began with what is in hand; −1 when nothing is. */
  #inHandFrom = -1;
  readonly #onRoom: () => void;

  /** @param onRoom called when something that was fetched has been handed out: there is room for more */
  constructor(target: TopicPartition, position: number, onRoom: () => void) {
    this.topic = target.topic;
    this.partition = target.partition;
    this.name = `${target.topic}-${target.partition}`;
    this.position = position;
    this.fetchOffset = position;
    this.#onRoom = onRoom;
  }

  /** Whether records may be taken now. */
  get isReady(): boolean {
    return this.#fetched.length > 0 && !this.isPaused && !this.isGone;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Up to where processing is over: what may be committed without being asked to. Exclusive. */
  get processed(): number {
    return this.#inHandFrom < 0 ? this.position : this.#inHandFrom;
  }

  /** Takes fetched batches in. @throws ProtocolError */
  add(bytes: Buffer, aborted: readonly AbortedTransaction[] | null): void {
    const fetched = new FetchedRecords(
      this.topic,
      this.partition,
      bytes,
      this.fetchOffset,
      aborted,
    );
    this.fetchOffset = fetched.nextOffset;
    this.fetchedEpoch = fetched.leaderEpoch ?? this.fetchedEpoch;
    this.#fetched.push(fetched);
    this.#bufferedBytes += fetched.sizeInBytes;
  }

  /** Where the log begins and ends, as its broker says. */
  mark({ highWatermark, lastStableOffset, logStartOffset }: LogMarks): void {
    this.highWatermark = highWatermark;
    this.lastStableOffset = lastStableOffset;
    this.logStartOffset = logStartOffset;
  }

  /** The next record of the present answer, and moves the position behind it; undefined at its end, or when not ready. */
  take(): ConsumerRecord | undefined {
    const first = this.#fetched[0];
    if (first === undefined || this.isPaused || this.isGone) return undefined;
    const record = first.next();
    if (record === undefined) {
      // Markers, aborted records and gaps that follow the last record are passed with it.
      this.position = first.nextOffset;
      this.#fetched.shift();
      this.#bufferedBytes -= first.sizeInBytes;
      this.#onRoom();
      return undefined;
    }
    if (this.#inHandFrom < 0) this.#inHandFrom = this.position;
    this.position = record.offset + 1;
    this.leaderEpoch = record.leaderEpoch;
    return record;
  }

  /** The rest of the present answer, at most `max`. */
  takeMany(max: number): ConsumerRecord[] {
    const taken: ConsumerRecord[] = [];
    while (taken.length < max) {
      const record = this.take();
      if (record === undefined) break;
      taken.push(record);
    }
    return taken;
  }

  /** The user is done with what was handed out. */
  finish(): void {
    this.#inHandFrom = -1;
  }

  /** The user is done with what was handed out before `offset` (exclusive). */
  finishUpTo(offset: number): void {
    if (this.#inHandFrom < 0) return;
    this.#inHandFrom = offset >= this.position ? -1 : Math.max(this.#inHandFrom, offset);
  }

  /** What was fetched ahead is dropped, and fetched again. */
  dropFetched(): void {
    this.fetchOffset = this.position;
    this.fetchedEpoch = this.leaderEpoch;
    this.#fetched = [];
    this.#bufferedBytes = 0;
  }

  /** Goes on at `offset`; what was fetched ahead is dropped. */
  seek(offset: number, leaderEpoch = -1): void {
    this.position = offset;
    this.leaderEpoch = leaderEpoch;
    this.dropFetched();
    this.#inHandFrom = -1;
    this.topicId = undefined;
    this.validatedEpoch = -1;
    this.generation += 1;
  }
}
