// A partition's log in memory, as the broker would offer it: batches at offsets, a high watermark that follows, and faults on demand.

import {
  BATCH_OVERHEAD_BYTES,
  decodeBatches,
  lastOffsetOf,
  type LogRecord,
  readBatchHeader,
  setBaseOffset,
} from '@ottla/protocol/records';
import { CoordinatorError, type CoordinatorLog } from '../../src/index.ts';
import type { VirtualTime } from './virtual-time.ts';

/** How the log behaves; may be changed at any time. */
export interface MemoryLogManners {
  /** Delay of an append, in ms; undefined: until `release`. */
  appendDelayMs: () => number | undefined;
  /** Delay from an append to the high watermark behind it, in ms; undefined: only by `commit`. */
  commitDelayMs: () => number | undefined;
  /** The error an append fails with, if any. */
  appendError: () => Error | undefined;
}

interface Stored {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: Buffer;
}

/** What survives the leaders. */
export class MemoryLog {
  readonly manners: MemoryLogManners = {
    appendDelayMs: () => 0,
    commitDelayMs: () => 0,
    appendError: () => undefined,
  };
  batchSizeBytesMax = 1_048_588;
  highWatermark = 0;
  readonly #time: VirtualTime;
  #stored: Stored[] = [];
  #leader: LeaderLog | undefined;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  get time(): VirtualTime {
    return this.#time;
  }

  get logEndOffset(): number {
    return (this.#stored.at(-1)?.lastOffset ?? -1) + 1;
  }

  get batchCount(): number {
    return this.#stored.length;
  }

  /** All records, in order. */
  get records(): LogRecord[] {
    return this.#stored.flatMap(({ bytes }) =>
      [...decodeBatches(bytes)].flatMap((batch) => [...batch.records()]),
    );
  }

  /** A new leader's view; the earlier leader's appends fail from now on. */
  lead(): LeaderLog {
    this.#leader?.fence();
    this.#leader = new LeaderLog(this);
    return this.#leader;
  }

  /** Batches as they stand, offsets included. */
  load(bytes: Buffer): void {
    for (const batch of decodeBatches(bytes)) {
      const { position, sizeInBytes, baseOffset, lastOffset } = batch;
      this.#stored.push({
        baseOffset,
        lastOffset,
        bytes: bytes.subarray(position, position + sizeInBytes),
      });
    }
    this.highWatermark = this.logEndOffset;
  }

  store(batch: Buffer): number {
    const bytes = Buffer.from(batch);
    setBaseOffset(bytes, 0, this.logEndOffset);
    const header = readBatchHeader(bytes, 0);
    const lastOffset = lastOffsetOf(header);
    this.#stored.push({ baseOffset: header.baseOffset, lastOffset, bytes });
    return lastOffset;
  }

  /** Moves the high watermark. */
  commit(offset: number = this.logEndOffset): void {
    if (offset <= this.highWatermark) return;
    this.highWatermark = offset;
    this.#leader?.announce(offset);
  }

  /** What a new leader that never had the uncommitted records does to them. */
  truncateToHighWatermark(): void {
    this.#stored = this.#stored.filter(({ lastOffset }) => lastOffset < this.highWatermark);
  }

  read(offset: number, maxBytes: number): Buffer {
    const slices: Buffer[] = [];
    let sizeBytes = 0;
    for (const { lastOffset, bytes } of this.#stored) {
      if (lastOffset < offset) continue;
      if (slices.length > 0 && sizeBytes + bytes.length > maxBytes) break;
      slices.push(bytes);
      sizeBytes += bytes.length;
    }
    return Buffer.concat(slices);
  }
}

/** One leader's `CoordinatorLog`. */
export class LeaderLog implements CoordinatorLog {
  readonly logStartOffset = 0;
  /** Appends that came in, whether or not they succeeded. */
  appendCount = 0;
  readCount = 0;
  readonly #log: MemoryLog;
  readonly #listeners = new Set<(highWatermark: number) => void>();
  #held: (() => void)[] = [];
  #isUnderWay = false;
  #isFenced = false;

  constructor(log: MemoryLog) {
    this.#log = log;
  }

  get logEndOffset(): number {
    return this.#log.logEndOffset;
  }

  get highWatermark(): number {
    return this.#log.highWatermark;
  }

  get batchSizeBytesMax(): number {
    return this.#log.batchSizeBytesMax;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  async append(batch: Buffer): Promise<number> {
    if (this.#isUnderWay) throw new Error('two appends at a time');
    if (batch.length <= BATCH_OVERHEAD_BYTES) throw new Error('an empty batch');
    this.#isUnderWay = true;
    this.appendCount += 1;
    const { manners, time } = this.#log;
    const delayMs = manners.appendDelayMs();
    await (delayMs === undefined
      ? new Promise<void>((resolve) => this.#held.push(resolve))
      : time.sleep(delayMs));
    this.#isUnderWay = false;
    const error = this.#isFenced
      ? new CoordinatorError('NOT_LEADER_OR_FOLLOWER')
      : manners.appendError();
    if (error !== undefined) throw error;
    const lastOffset = this.#log.store(batch);
    const commitDelayMs = manners.commitDelayMs();
    const commit = (): void => {
      if (!this.#isFenced) this.#log.commit(lastOffset + 1);
    };
    if (commitDelayMs !== undefined) time.set(commitDelayMs, commit);
    return lastOffset;
  }

  async read(offset: number, maxBytes: number): Promise<Buffer> {
    this.readCount += 1;
    await this.#log.time.sleep(0);
    return this.#log.read(offset, maxBytes);
  }

  onHighWatermark(listener: (highWatermark: number) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  announce(highWatermark: number): void {
    for (const listener of this.#listeners) listener(highWatermark);
  }

  /** Lets the appends that are held go on. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const go of held) go();
  }

  fence(): void {
    this.#isFenced = true;
    this.release();
  }
}
