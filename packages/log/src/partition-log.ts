// One partition's log: assigns offsets, keeps the order of appends, knows what is visible and what is durable. State changes
// in the call that asks for it; only the bytes are written later. Kafka: UnifiedLog, LocalLog.
import {
  type BatchHeader,
  lastOffsetOf,
  nextOffsetOf,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@ottla/protocol/records';
import { AppendQueue, type AppendResult } from './append-queue.ts';
import {
  checkLeaderBatches,
  checkReplicaBatches,
  type CheckedBatches,
  continues,
} from './check-batches.ts';
import { LogError } from './errors.ts';
import type { LeaderEpochs } from './leader-epochs.ts';
import type { LogConfig } from './log-config.ts';
import type {
  FollowerAppendOptions,
  LeaderAppendOptions,
  OffsetListener,
  OpenLogOptions,
} from './log-options.ts';
import type { LogContext } from './log-context.ts';
import { type LoadedLog, loadLog } from './log-loader.ts';
import { LogProducers } from './log-producers.ts';
import { type LogRegion, MemoryRegion } from './log-region.ts';
import { type ReadRequest, readTail } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';
import type {
  AbortedTransaction,
  AppendOrigin,
  ProducerBatch,
  ProducerState,
} from './producer-state.ts';
import { dueForRetention } from './retention.ts';
import { SegmentList } from './segment-list.ts';
import type { TimestampOffset } from './segment.ts';
import type { SlabLease } from './slab-pool.ts';
import type { LogTail } from './tail-cache.ts';

export class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  readonly #context: LogContext;
  #directory: string;
  #config: LogConfig;
  readonly #segments: SegmentList;
  readonly #epochs: LeaderEpochs;
  readonly #producers: LogProducers;
  readonly #tail: LogTail;
  readonly #writer: LogWriter;
  readonly #queue: AppendQueue;
  #logStartOffset: number;
  /** Offset for the next append; ahead of `#logEndOffset` while appends are under way. */
  #nextOffset: number;
  #highWatermark: number;
  /** The newest append; appends settle in order, so all before it have settled when it has. */
  #newest: Promise<AppendResult> | undefined;
  /** Settles when the last append that waits for a batch on another thread has its offsets, or was refused. */
  #admission: Promise<void> | undefined;
  #isClosed = false;
  readonly #endListeners = new Set<OffsetListener>();
  readonly #highWatermarkListeners = new Set<OffsetListener>();

  private constructor(context: LogContext, options: OpenLogOptions, loaded: LoadedLog) {
    const { directory } = options;
    const { epochs, logEndOffset } = loaded;
    this.#context = context;
    this.topic = options.topic;
    this.partition = options.partition;
    this.#directory = directory;
    this.#config = options.config;
    this.#segments = new SegmentList(context, directory, loaded.segments);
    this.#epochs = epochs;
    this.#producers = new LogProducers(context, directory, loaded.producers, logEndOffset);
    this.#tail = context.tailCache.tail();
    this.#logStartOffset = loaded.logStartOffset;
    this.#nextOffset = logEndOffset;
    this.#highWatermark = loaded.logStartOffset;
    this.#writer = new LogWriter({
      context,
      name: this.name,
      directory,
      segments: this.#segments,
      producers: this.#producers,
      epochs,
      tail: this.#tail,
      config: () => this.#config,
      logStartOffset: () => this.#logStartOffset,
      onEnd: (offset) => {
        for (const listener of this.#endListeners) listener(offset);
      },
      logEndOffset,
      recoveryPoint: options.recoveryPoint ?? 0,
    });
    this.#queue = new AppendQueue(this.#writer);
  }

  /** Opens or creates the log; recovers it when the shutdown was not clean. */
  static async open(context: LogContext, options: OpenLogOptions): Promise<PartitionLog> {
    await context.disk.mkdir(options.directory);
    const jitterMs = options.config.segmentJitterMs;
    const loaded = await loadLog(context, {
      directory: options.directory,
      isCleanShutdown: options.isCleanShutdown ?? true,
      recoveryPoint: options.recoveryPoint ?? 0,
      logStartOffset: options.logStartOffset ?? 0,
      rollJitterMs: () =>
        jitterMs > 0 ? Math.min(context.random.below(jitterMs), options.config.segmentMs) : 0,
      indexIntervalBytes: options.config.indexIntervalBytes,
    });
    const log = new PartitionLog(context, options, loaded);
    if (loaded.cutBytes > 0 || !(options.isCleanShutdown ?? true)) await log.flush();
    return log;
  }

  get name(): string {
    return `${this.topic}-${this.partition}`;
  }
  get directory(): string {
    return this.#directory;
  }
  get config(): LogConfig {
    return this.#config;
  }
  /** First offset that can be read. */
  get logStartOffset(): number {
    return this.#logStartOffset;
  }
  /** End of what is visible (exclusive): behind the last append whose write returned. */
  get logEndOffset(): number {
    return this.#writer.logEndOffset;
  }
  /** Committed below (exclusive); the partition moves it. */
  get highWatermark(): number {
    return this.#highWatermark;
  }
  /** The end for read_committed (exclusive). */
  get lastStableOffset(): number {
    const unstable = this.#producers.firstUnstableOffset(this.#highWatermark);
    return Math.min(unstable ?? Infinity, this.#highWatermark);
  }
  /** Durable below (exclusive). */
  get recoveryPoint(): number {
    return this.#writer.recoveryPoint;
  }
  get sizeBytes(): number {
    return this.#segments.sizeBytes;
  }
  get segmentCount(): number {
    return this.#segments.all.length;
  }
  get latestEpoch(): number {
    return this.#epochs.latest?.epoch ?? -1;
  }
  get epochs(): LeaderEpochs {
    return this.#epochs;
  }
  get producers(): ProducerState {
    return this.#producers.written;
  }
  /** Why the log takes nothing any more, or undefined. */
  get failure(): LogError | undefined {
    return this.#writer.failure;
  }
  get hasUnflushed(): boolean {
    return this.recoveryPoint < this.logEndOffset;
  }

  /** New settings, from the next append on. */
  configure(config: LogConfig): void {
    this.#config = config;
  }

  /** Hears the log's end (exclusive) whenever it moved. Returns how to stop. */
  onEnd(listener: OffsetListener): () => void {
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  /** Hears the high watermark (exclusive) whenever it moved. Returns how to stop. */
  onHighWatermark(listener: OffsetListener): () => void {
    this.#highWatermarkListeners.add(listener);
    return () => this.#highWatermarkListeners.delete(listener);
  }

  /**
   * Appends closed batches as the leader: checks them, gives them offsets in place, and writes them behind what is under
   * way. Everything that decides happens before this returns, unless a large compressed batch is looked into on another thread;
   * then it happens as soon as that is done, in the order of the calls.
   *
   * @returns settles when the bytes are written (and synced, when `flush.messages` asks for it)
   * @throws LogError (as a rejection) with the code for the client; nothing was appended then
   */
  appendAsLeader(bytes: Buffer, options: LeaderAppendOptions): Promise<AppendResult> {
    try {
      this.#assertOpen();
      const origin = options.origin ?? 'client';
      const nowMs = this.#context.clock.nowMs();
      const { threads } = this.#context;
      const checked = checkLeaderBatches(bytes, { origin, config: this.#config, nowMs, threads });
      if (checked instanceof Promise || this.#admission !== undefined)
        return this.#admitLater(checked, options, nowMs);
      return this.#admit(checked, options, nowMs);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #admit(
    checked: CheckedBatches,
    options: LeaderAppendOptions,
    nowMs: number,
  ): Promise<AppendResult> {
    const origin = options.origin ?? 'client';
    if (checked.headers.length === 0)
      throw new LogError('INVALID_RECORD', 'there is no record batch to append');
    const duplicate = this.#producers.check(checked.headers, origin, this.#highWatermark);
    if (duplicate !== undefined) return this.#answerDuplicate(duplicate);
    return this.#enqueue(checked, options.leaderEpoch, options.lease, nowMs, origin);
  }

  /** Behind a batch that is checked on another thread, every append waits for its turn: their order is the order of the calls. */
  #admitLater(
    checking: CheckedBatches | Promise<CheckedBatches>,
    options: LeaderAppendOptions,
    nowMs: number,
  ): Promise<AppendResult> {
    options.lease?.retain();
    const before = this.#admission ?? Promise.resolve();
    const admitted = Promise.all([checking, before]).then(([checked]) => {
      this.#assertOpen();
      if (options.leader?.leads(options.leaderEpoch) === false)
        throw new LogError('NOT_LEADER_OR_FOLLOWER', `${this.name} is led by another now`);
      return { written: this.#admit(checked, options, nowMs) };
    });
    const over = Promise.allSettled([admitted, before]).then(() => {
      options.lease?.release();
      if (this.#admission === over) this.#admission = undefined;
    });
    this.#admission = over;
    return admitted.then(({ written }) => written);
  }

  /** Resolves when no append is being checked, queued or written. */
  async #idle(): Promise<void> {
    while (this.#admission !== undefined) await this.#admission;
    await this.#queue.idle();
  }

  /**
   * Appends batches that a leader gave offsets; they must continue this log. A last batch that is cut off is left out.
   *
   * @throws LogError (as a rejection) `INVALID_RECORD` when there is no whole batch or it does not continue the log,
   * `CORRUPT_MESSAGE`; nothing was appended then
   */
  appendAsFollower(bytes: Buffer, options: FollowerAppendOptions = {}): Promise<AppendResult> {
    try {
      this.#assertOpen();
      const checked = checkReplicaBatches(bytes, options.leaderEpochMax ?? Infinity);
      const first = checked.headers[0];
      if (first !== undefined && this.#startsInside(first))
        return this.truncateFullyAndStartAt(first.baseOffset).then(() =>
          this.#follow(checked, options),
        );
      return this.#follow(checked, options);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #follow(checked: CheckedBatches, options: FollowerAppendOptions): Promise<AppendResult> {
    if (!continues(checked.headers, this.#nextOffset))
      throw new LogError(
        'INVALID_RECORD',
        `the batches do not continue ${this.name} at ${this.#nextOffset}`,
      );
    for (const header of checked.headers)
      this.#epochs.assign(header.partitionLeaderEpoch, header.baseOffset);
    return this.#push(checked, options.lease, -1, options.isCached);
  }

  /** The leader's log starts in the middle of a batch, and this one, without records yet, where that log starts. */
  #startsInside(first: BatchHeader): boolean {
    const next = this.#nextOffset;
    const isEmpty = this.#logStartOffset === next;
    return isEmpty && first.baseOffset < next && lastOffsetOf(first) >= next;
  }

  /** Offset of the next append: behind those that are under way. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /**
   * A leader begins its epoch here, with the next append. Noted at once, so that followers with records of epochs in
   * between find where to cut, even if nothing is ever appended in this one.
   */
  assignLeaderEpoch(epoch: number): void {
    this.#epochs.assign(epoch, this.#nextOffset);
  }

  /** Resolves when no append is under way any more. */
  settled(): Promise<void> {
    return this.#idle();
  }

  #enqueue(
    checked: CheckedBatches,
    leaderEpoch: number,
    lease: SlabLease | undefined,
    nowMs: number,
    origin: AppendOrigin,
  ): Promise<AppendResult> {
    let offset = this.#nextOffset;
    for (const header of checked.headers) {
      setBaseOffset(checked.bytes, header.position, offset);
      setPartitionLeaderEpoch(checked.bytes, header.position, leaderEpoch);
      header.baseOffset = offset;
      header.partitionLeaderEpoch = leaderEpoch;
      offset = nextOffsetOf(header);
    }
    this.#epochs.assign(leaderEpoch, checked.headers[0]!.baseOffset);
    const appendTime =
      origin === 'client' && this.#config.timestampType === 'LogAppendTime' ? nowMs : -1;
    return this.#push(checked, checked.isRebuilt ? undefined : lease, appendTime);
  }

  #push(
    checked: CheckedBatches,
    lease: SlabLease | undefined,
    logAppendTimeMs: number,
    isCached = true,
  ): Promise<AppendResult> {
    for (const header of checked.headers) this.#producers.accept(checked.bytes, header);
    const last = checked.headers.at(-1)!;
    this.#nextOffset = nextOffsetOf(last);
    const result: AppendResult = {
      baseOffset: checked.headers[0]!.baseOffset,
      lastOffset: lastOffsetOf(last),
      logAppendTimeMs,
      logStartOffset: this.#logStartOffset,
      isDuplicate: false,
    };
    lease?.retain();
    this.#newest = new Promise((resolve, reject) =>
      this.#queue.push({
        bytes: checked.bytes,
        lease,
        headers: checked.headers,
        recordCount: checked.recordCount,
        isCached,
        result,
        resolve,
        reject,
      }),
    );
    return this.#newest;
  }

  /** The first time may still be on its way to the disk: its repetition is acknowledged no sooner, and fails with it. */
  #answerDuplicate(batch: ProducerBatch): Promise<AppendResult> {
    const result: AppendResult = {
      baseOffset: batch.lastOffset - batch.offsetDelta,
      lastOffset: batch.lastOffset,
      logAppendTimeMs: this.#config.timestampType === 'LogAppendTime' ? batch.timestamp : -1,
      logStartOffset: this.#logStartOffset,
      isDuplicate: true,
    };
    if (batch.lastOffset < this.logEndOffset || this.#newest === undefined)
      return Promise.resolve(result);
    return this.#newest.then(() => result);
  }

  // ---- reads ----

  /**
   * A region of whole batches from the one that holds `offset` on; empty at the end. Release it when it is not sent.
   * Answered at once from the tail cache, by a promise from the files.
   * @throws LogError `OFFSET_OUT_OF_RANGE` outside [logStartOffset, logEndOffset]
   */
  read(request: ReadRequest): LogRegion | Promise<LogRegion> {
    if (this.#isClosed) throw new LogError('CLOSED', `${this.name} is closed`);
    if (request.offset < this.#logStartOffset || request.offset > this.logEndOffset)
      throw new LogError(
        'OFFSET_OUT_OF_RANGE',
        `offset ${request.offset} is outside ${this.#logStartOffset} to ${this.logEndOffset} of ${this.name}`,
      );
    const endOffset = Math.min(request.endOffset, this.logEndOffset);
    if (request.offset >= endOffset) return new MemoryRegion([], 0);
    return (
      readTail(this.#tail, { ...request, endOffset }) ??
      this.#segments.read({ ...request, endOffset }, this.logEndOffset)
    );
  }

  /** As `read`, from memory alone: undefined when files would have to be read. */
  readCached(request: ReadRequest): LogRegion | undefined {
    if (this.#isClosed || request.offset < this.#logStartOffset) return undefined;
    return readTail(this.#tail, {
      ...request,
      endOffset: Math.min(request.endOffset, this.logEndOffset),
    });
  }

  /** The first record whose timestamp is ≥ `timestamp` (milliseconds), or undefined. */
  offsetForTimestamp(timestamp: number): Promise<TimestampOffset | undefined> {
    return this.#segments.findTimestamp(timestamp, this.#logStartOffset);
  }

  /** The record with the highest timestamp (the first of them), or undefined in an empty log. */
  async offsetOfMaxTimestamp(): Promise<TimestampOffset | undefined> {
    const highest = this.#segments.maxTimestamp;
    return highest < 0 ? undefined : this.offsetForTimestamp(highest);
  }

  /** Aborted transactions that reach into [from, to) offsets. At once when it is known that there are none. */
  abortedTransactions(
    from: number,
    to: number,
  ): AbortedTransaction[] | Promise<AbortedTransaction[]> {
    return this.#segments.abortedTransactions(from, to);
  }

  // ---- watermarks, start, truncation ----

  /** Moves the high watermark up, at most to the log's end. Returns whether it moved. */
  advanceHighWatermark(offset: number): boolean {
    const next = Math.min(offset, this.logEndOffset);
    if (next <= this.#highWatermark) return false;
    this.#highWatermark = next;
    this.#producers.replicated(next);
    for (const listener of this.#highWatermarkListeners) listener(next);
    return true;
  }

  /** DeleteRecords and retention: moves the start up; segments before it go. Returns whether it moved. */
  async advanceLogStart(offset: number): Promise<boolean> {
    if (offset > this.#highWatermark)
      throw new LogError(
        'OFFSET_OUT_OF_RANGE',
        `offset ${offset} is above the high watermark ${this.#highWatermark}`,
      );
    if (offset <= this.#logStartOffset) return false;
    this.#logStartOffset = offset;
    this.#epochs.truncateFromStart(offset);
    await this.#writer.writeEpochs();
    await this.deleteOldSegments();
    return true;
  }

  /** Removes segments that retention or the log's start no longer wants. Returns how many. */
  async deleteOldSegments(): Promise<number> {
    return this.#queue.exclusive(() => this.#removeOldest(this.#dueForRetention()));
  }

  #dueForRetention(): number {
    return dueForRetention(this.#segments.all, this.#config, {
      logStartOffset: this.#logStartOffset,
      highWatermark: this.#highWatermark,
      logEndOffset: this.logEndOffset,
      nowMs: this.#context.clock.nowMs(),
    });
  }

  /** Memory mode: removes the oldest segments until so many bytes are gone; the newest stays. Returns the bytes. */
  async dropOldest(bytes: number): Promise<number> {
    return this.#queue.exclusive(async () => {
      let freed = 0;
      while (freed < bytes && this.#segments.all.length > 1) {
        freed += this.#segments.first.sizeBytes;
        await this.#removeOldest(1);
      }
      return freed;
    });
  }

  /**
   * Only while the append queue stands still: an append written between the decision and the removal would go with the
   * segment. The next segment starts at the log's end, for appends that are queued are not written yet.
   */
  async #removeOldest(count: number): Promise<number> {
    if (count === 0) return 0;
    if (count >= this.#segments.all.length) await this.#writer.roll(this.logEndOffset);
    // The start moves in the same turn, so that no read looks for what is gone.
    const removed = this.#segments.takeOldest(count);
    this.#logStartOffset = Math.max(this.#logStartOffset, this.#segments.first.baseOffset);
    this.#epochs.truncateFromStart(this.#logStartOffset);
    await this.#writer.writeEpochs();
    await this.#segments.discard(removed, this.#config.fileDeleteDelayMs);
    return removed.length;
  }

  /** Where the largest epoch ≤ `epoch` ends (exclusive). Offset −1 when unknown. */
  endOffsetForEpoch(epoch: number): { readonly epoch: number; readonly endOffset: number } {
    return this.#epochs.endOffsetFor(epoch, this.logEndOffset);
  }

  /**
   * Cuts everything at and above `offset` off (a follower that diverged), after what is under way. Readers see the new end
   * before the files change. The caller sees to it that nobody appends meanwhile.
   */
  async truncateTo(offset: number): Promise<void> {
    await this.#idle();
    if (offset >= this.logEndOffset) {
      // An epoch that began here and wrote nothing would contradict the leader's for ever.
      this.#epochs.truncateFromEnd(this.logEndOffset);
      return;
    }
    if (offset < this.#logStartOffset || offset <= this.#segments.first.baseOffset) {
      await this.truncateFullyAndStartAt(Math.max(offset, 0));
      return;
    }
    await this.#queue.rewrite(async () => {
      this.#endAt(offset);
      await this.#segments.cut(offset);
      await this.#reload();
    });
  }

  /** Throws the whole content away and goes on at `offset` (a follower behind the leader's start). As `truncateTo`. */
  async truncateFullyAndStartAt(offset: number): Promise<void> {
    await this.#idle();
    await this.#queue.rewrite(async () => {
      this.#logStartOffset = offset;
      this.#endAt(offset);
      this.#epochs.truncateFromEnd(0);
      await this.#segments.clear();
      await this.#writer.addSegment(offset);
      // What the leader has no more was committed.
      this.#highWatermark = offset;
      await this.#reload();
    });
  }

  #endAt(offset: number): void {
    this.#tail.clear();
    this.#writer.cutTo(offset);
    this.#nextOffset = offset;
    this.#highWatermark = Math.min(this.#highWatermark, offset);
    this.#epochs.truncateFromEnd(offset);
  }

  async #reload(): Promise<void> {
    await this.#producers.reload(this.#segments.all, this.#logStartOffset, this.logEndOffset);
    await this.#writer.recordCut();
  }

  // ---- durability and life ----

  /** Makes everything visible durable. */
  async flush(): Promise<void> {
    this.#assertOpen();
    await this.#queue.exclusive(() => this.#writer.flush());
  }

  /** Flushes when `flush.ms` has passed since the last time; forgets producers not heard of. */
  async maintain(): Promise<void> {
    if (this.#isClosed || this.failure !== undefined) return;
    if (this.#writer.isFlushDue()) await this.flush();
    this.#producers.expire(this.#config.producerIdExpirationMs);
  }

  /** Waits for what is under way, makes it durable and writes everything that makes the next start quick. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#idle();
    if (this.failure === undefined) {
      await this.flush();
      await this.#writer.takeSnapshot();
      await this.#segments.active.writeIndexes(this.#context);
      await this.#writer.writeEpochs();
    }
    this.#isClosed = true;
    this.#tail.clear();
    this.#segments.forget();
  }

  /** Removes the log: its folder is renamed at once, its files go after `file.delete.delay.ms`. */
  async delete(suffix: string): Promise<void> {
    await this.#idle();
    this.#isClosed = true;
    this.#tail.clear();
    this.#segments.forget();
    const parent = this.#directory.slice(0, this.#directory.lastIndexOf('/'));
    const doomed = `${parent}/${this.name}.${suffix}-delete`;
    await this.#context.disk.rename(this.#directory, doomed);
    await this.#context.disk.syncDirectory(parent);
    this.#directory = doomed;
  }

  #assertOpen(): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.#isClosed) throw new LogError('CLOSED', `${this.name} is closed`);
  }
}
