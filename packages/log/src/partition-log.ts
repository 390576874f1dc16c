// One partition's log: assigns offsets, keeps the order of appends, knows what is visible and what is durable. State changes
// in the call that asks for it; only the bytes are written later. Kafka: UnifiedLog, LocalLog.
import {
  type BatchHeader,
  isControlBatch,
  lastOffsetOf,
  nextOffsetOf,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@ottla/protocol/records';
import { appendAborted, readAborted } from './aborted-transactions.ts';
import {
  AppendQueue,
  type AppendResult,
  type AppendTarget,
  lastOffsetOfAppend,
  maxTimestampOfAppend,
  type PendingAppend,
} from './append-queue.ts';
import { checkLeaderBatches, checkReplicaBatches, type CheckedBatches } from './check-batches.ts';
import { writeEpochCheckpoint } from './checkpoint-file.ts';
import { endMarkerOf } from './end-marker.ts';
import { LogError } from './errors.ts';
import { LeaderEpochs } from './leader-epochs.ts';
import type { LogConfig } from './log-config.ts';
import type { LogContext } from './log-context.ts';
import {
  EPOCH_CHECKPOINT_FILE,
  type LoadedLog,
  loadLog,
  loadProducers,
  removeSegmentFiles,
} from './log-loader.ts';
import { type LogRegion, MemoryRegion } from './log-region.ts';
import { type ReadRequest, readSegment, readTail } from './log-reader.ts';
import { encodeProducerSnapshot } from './producer-snapshot.ts';
import {
  type AbortedTransaction,
  type AppendOrigin,
  type ProducerBatch,
  ProducerState,
} from './producer-state.ts';
import { dueForRetention, scheduleRemoval } from './retention.ts';
import { parseSegmentFile, segmentPath } from './segment-files.ts';
import { Segment, type TimestampOffset } from './segment.ts';
import type { SlabLease } from './slab-pool.ts';
import type { LogTail } from './tail-cache.ts';

export interface OpenLogOptions {
  /** `<log dir>/<topic>-<partition>`; created when absent. */
  readonly directory: string;
  readonly topic: string;
  readonly partition: number;
  readonly config: LogConfig;
  /** Default true: nothing to check, as for a new log. */
  readonly isCleanShutdown?: boolean;
  /** Below it (exclusive) everything is durable; default 0. */
  readonly recoveryPoint?: number;
  /** Default 0. */
  readonly logStartOffset?: number;
}

export interface LeaderAppendOptions {
  readonly leaderEpoch: number;
  /** Default `client`, which is checked most. */
  readonly origin?: AppendOrigin;
  /** The slab that holds the bytes; the log takes holds of its own. Without one the bytes are copied when cached. */
  readonly lease?: SlabLease;
}

/** Offsets that listeners hear of. */
export type OffsetListener = (offset: number) => void;

export class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  readonly #context: LogContext;
  #directory: string;
  #config: LogConfig;
  #segments: Segment[];
  readonly #epochs: LeaderEpochs;
  /** Producers up to the newest accepted append; decides on the next. */
  #producers: ProducerState;
  /** Producers up to the log's end; goes into snapshots. */
  #writtenProducers: ProducerState;
  readonly #tail: LogTail;
  readonly #queue: AppendQueue;
  #logStartOffset: number;
  /** Offset for the next append; ahead of `#logEndOffset` while appends are under way. */
  #nextOffset: number;
  #logEndOffset: number;
  #highWatermark: number;
  #recoveryPoint: number;
  /** The newest append; appends settle in order, so all before it have settled when it has. */
  #newest: Promise<AppendResult> | undefined;
  #unflushedRecords = 0;
  #lastFlushMs: number;
  #failure: LogError | undefined;
  #isClosed = false;
  readonly #endListeners = new Set<OffsetListener>();
  readonly #highWatermarkListeners = new Set<OffsetListener>();

  private constructor(
    context: LogContext,
    options: OpenLogOptions,
    loaded: LoadedLog,
    written: ProducerState,
  ) {
    this.#context = context;
    this.topic = options.topic;
    this.partition = options.partition;
    this.#directory = options.directory;
    this.#config = options.config;
    this.#segments = loaded.segments;
    this.#epochs = loaded.epochs;
    this.#producers = loaded.producers;
    this.#writtenProducers = written;
    this.#tail = context.tailCache.tail();
    this.#queue = new AppendQueue(this.#target());
    this.#logStartOffset = loaded.logStartOffset;
    this.#nextOffset = loaded.logEndOffset;
    this.#logEndOffset = loaded.logEndOffset;
    this.#highWatermark = loaded.logStartOffset;
    this.#recoveryPoint = Math.min(options.recoveryPoint ?? 0, loaded.logEndOffset);
    this.#lastFlushMs = context.clock.monotonicMs();
  }

  /** Opens or creates the log; recovers it when the shutdown was not clean. */
  static async open(context: LogContext, options: OpenLogOptions): Promise<PartitionLog> {
    const isNew = (await context.disk.stat(options.directory)) === undefined;
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
    const written = new ProducerState();
    written.reset(loaded.producers.entries(), loaded.logEndOffset);
    const log = new PartitionLog(context, options, loaded, written);
    if (loaded.cutBytes > 0 || !(options.isCleanShutdown ?? true)) await log.flush();
    if (isNew) await syncNames(context, options.directory);
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
    return this.#logEndOffset;
  }
  /** Committed below (exclusive); the partition moves it. */
  get highWatermark(): number {
    return this.#highWatermark;
  }
  /** The end for read_committed (exclusive). */
  get lastStableOffset(): number {
    return Math.min(this.#writtenProducers.firstUndecidedOffset ?? Infinity, this.#highWatermark);
  }
  /** Durable below (exclusive). */
  get recoveryPoint(): number {
    return this.#recoveryPoint;
  }
  get sizeBytes(): number {
    let bytes = 0;
    for (const segment of this.#segments) bytes += segment.sizeBytes;
    return bytes;
  }
  get segmentCount(): number {
    return this.#segments.length;
  }
  get latestEpoch(): number {
    return this.#epochs.latest?.epoch ?? -1;
  }
  get epochs(): LeaderEpochs {
    return this.#epochs;
  }
  get producers(): ProducerState {
    return this.#writtenProducers;
  }
  /** Why the log takes nothing any more, or undefined. */
  get failure(): LogError | undefined {
    return this.#failure;
  }
  get hasUnflushed(): boolean {
    return this.#recoveryPoint < this.#logEndOffset;
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
   * way. Everything that decides happens before this returns.
   *
   * @returns settles when the bytes are written (and synced, when `flush.messages` asks for it)
   * @throws LogError (as a rejection) with the code for the client; nothing was appended then
   */
  appendAsLeader(bytes: Buffer, options: LeaderAppendOptions): Promise<AppendResult> {
    try {
      this.#assertOpen();
      const origin = options.origin ?? 'client';
      const nowMs = this.#context.clock.nowMs();
      const checked = checkLeaderBatches(bytes, origin, this.#config, nowMs);
      if (checked.headers.length === 0)
        throw new LogError('INVALID_RECORD', 'there is no record batch to append');
      const duplicate = this.#checkProducers(checked.headers, origin);
      if (duplicate !== undefined) return this.#answerDuplicate(duplicate);
      return this.#enqueue(checked, options.leaderEpoch, options.lease, nowMs, origin);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Appends batches that a leader gave offsets; they must continue this log. */
  appendAsFollower(bytes: Buffer, lease?: SlabLease): Promise<AppendResult> {
    try {
      this.#assertOpen();
      const checked = checkReplicaBatches(bytes);
      if (!continues(checked.headers, this.#nextOffset))
        throw new LogError(
          'INVALID_RECORD',
          `the batches do not continue ${this.name} at ${this.#nextOffset}`,
        );
      for (const header of checked.headers)
        this.#epochs.assign(header.partitionLeaderEpoch, header.baseOffset);
      return this.#push(checked, lease, -1);
    } catch (error) {
      return Promise.reject(error as Error);
    }
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
  ): Promise<AppendResult> {
    for (const header of checked.headers)
      this.#updateProducers(this.#producers, checked.bytes, header);
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
        result,
        resolve,
        reject,
      }),
    );
    return this.#newest;
  }

  /** The remembered batch when the append repeats one. */
  #checkProducers(
    headers: readonly BatchHeader[],
    origin: AppendOrigin,
  ): ProducerBatch | undefined {
    for (const header of headers) {
      if (header.producerId < 0) continue;
      if (origin === 'client') {
        const duplicate = this.#producers.findDuplicate(header);
        if (duplicate !== undefined) return duplicate;
      }
      this.#producers.check(header, origin);
    }
    return undefined;
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
    if (batch.lastOffset < this.#logEndOffset || this.#newest === undefined)
      return Promise.resolve(result);
    return this.#newest.then(() => result);
  }

  #updateProducers(
    state: ProducerState,
    bytes: Buffer,
    header: BatchHeader,
  ): AbortedTransaction | undefined {
    if (header.producerId < 0) return undefined;
    if (!isControlBatch(header.attributes)) return state.update(header);
    return state.update(
      header,
      endMarkerOf(bytes.subarray(header.position, header.position + header.sizeInBytes)),
    );
  }

  // ---- the write path ----

  #target(): AppendTarget {
    return {
      prepare: (append) => this.#prepare(append),
      fits: (append, groupBytes) => !this.#mustRoll(append, groupBytes),
      write: (group) => this.#write(group),
      written: (group) => this.#written(group),
      failed: (error) => this.#fail(error),
    };
  }

  get #active(): Segment {
    return this.#segments.at(-1)!;
  }

  #mustRoll(append: PendingAppend, groupBytes: number): boolean {
    const nowMs = this.#context.clock.nowMs();
    const bytes = append.bytes.length + groupBytes;
    return this.#active.mustRoll(
      this.#config,
      bytes,
      lastOffsetOfAppend(append),
      maxTimestampOfAppend(append),
      nowMs,
    );
  }

  async #prepare(append: PendingAppend): Promise<void> {
    if (this.#mustRoll(append, 0)) await this.#roll(append.result.baseOffset);
    if (this.#epochs.takeDirty()) await this.#writeEpochs();
  }

  async #write(group: readonly PendingAppend[]): Promise<void> {
    const active = this.#active;
    const chunks = group.map((append) => append.bytes);
    const records = group.reduce((count, append) => count + append.recordCount, 0);
    const handle = await this.#context.handles.acquire(active.path, 'write');
    try {
      await handle.file.write(chunks, active.sizeBytes);
      this.#unflushedRecords += records;
      if (this.#unflushedRecords >= this.#config.flushMessages) {
        await this.#context.syncs.datasync(handle.file);
        this.#unflushedRecords = 0;
        this.#recoveryPoint = lastOffsetOfAppend(group.at(-1)!) + 1;
        this.#lastFlushMs = this.#context.clock.monotonicMs();
      }
    } finally {
      handle.release();
    }
    let position = active.sizeBytes;
    for (const append of group) {
      for (const header of append.headers) await this.#index(active, append, header, position);
      position += append.bytes.length;
    }
  }

  /** Only a marker that aborts makes this wait: its entry must be in the file before it is visible. */
  #index(
    active: Segment,
    append: PendingAppend,
    header: BatchHeader,
    appendPosition: number,
  ): Promise<void> | undefined {
    const inBytes = header.position;
    const aborted = this.#updateProducers(this.#writtenProducers, append.bytes, header);
    header.position = appendPosition + inBytes;
    active.add(header, this.#config.indexIntervalBytes);
    return aborted === undefined ? undefined : appendAborted(this.#context, active, aborted);
  }

  #written(group: readonly PendingAppend[]): void {
    for (const append of group) this.#cache(append);
    this.#logEndOffset = lastOffsetOfAppend(group.at(-1)!) + 1;
    this.#writtenProducers.mapEndOffset = this.#logEndOffset;
    for (const listener of this.#endListeners) listener(this.#logEndOffset);
  }

  #cache(append: PendingAppend): void {
    const { baseOffset, lastOffset } = append.result;
    if (append.lease !== undefined) {
      this.#context.tailCache.add(this.#tail, {
        baseOffset,
        lastOffset,
        bytes: append.bytes,
        lease: append.lease,
      });
      return;
    }
    const lease = this.#context.slabs.lease(append.bytes.length);
    append.bytes.copy(lease.bytes);
    this.#context.tailCache.add(this.#tail, { baseOffset, lastOffset, bytes: lease.bytes, lease });
    lease.release();
  }

  #fail(error: LogError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#context.logger.error('the log failed', { log: this.name, error: error.message });
    this.#context.onFailure(error);
  }

  async #roll(baseOffset: number): Promise<void> {
    const old = this.#active;
    if (old.sizeBytes === 0 && old.baseOffset === baseOffset) return;
    await this.#takeProducerSnapshot(this.#logEndOffset);
    await old.writeIndexes(this.#context);
    await this.#context.handles.use(old.path, 'write', (file) =>
      this.#context.syncs.datasync(file),
    );
    this.#context.loadedIndexes.touch(old);
    await this.#addSegment(baseOffset);
    await this.#context.disk.syncDirectory(this.#directory);
    this.#recoveryPoint = Math.max(this.#recoveryPoint, this.#logEndOffset);
    this.#unflushedRecords = 0;
  }

  async #addSegment(baseOffset: number): Promise<Segment> {
    const jitter = this.#config.segmentJitterMs;
    const segment = new Segment(
      this.#directory,
      baseOffset,
      this.#context.clock.nowMs(),
      jitter > 0 ? this.#context.random.below(jitter) : 0,
    );
    segment.startIndexes();
    await this.#context.handles.use(segment.path, 'write', (file) => file.truncate(0));
    this.#segments.push(segment);
    return segment;
  }

  // ---- reads ----

  /**
   * A region of whole batches from the one that holds `offset` on; empty at the end. Release it when it is not sent.
   * Answered at once from the tail cache, by a promise from the files.
   * @throws LogError `OFFSET_OUT_OF_RANGE` outside [logStartOffset, logEndOffset]
   */
  read(request: ReadRequest): LogRegion | Promise<LogRegion> {
    if (this.#isClosed) throw new LogError('CLOSED', `${this.name} is closed`);
    if (request.offset < this.#logStartOffset || request.offset > this.#logEndOffset)
      throw new LogError(
        'OFFSET_OUT_OF_RANGE',
        `offset ${request.offset} is outside ${this.#logStartOffset} to ${this.#logEndOffset} of ${this.name}`,
      );
    const endOffset = Math.min(request.endOffset, this.#logEndOffset);
    if (request.offset >= endOffset) return new MemoryRegion([], 0);
    return (
      readTail(this.#tail, { ...request, endOffset }) ?? this.#readFiles({ ...request, endOffset })
    );
  }

  /** As `read`, from memory alone: undefined when files would have to be read. */
  readCached(request: ReadRequest): LogRegion | undefined {
    if (this.#isClosed || request.offset < this.#logStartOffset) return undefined;
    return readTail(this.#tail, {
      ...request,
      endOffset: Math.min(request.endOffset, this.#logEndOffset),
    });
  }

  async #readFiles(request: ReadRequest): Promise<LogRegion> {
    let slot = this.#floorSegment(request.offset);
    for (; slot < this.#segments.length; slot += 1) {
      const segment = this.#segments[slot]!;
      const end = this.#segments[slot + 1]?.baseOffset ?? this.#logEndOffset;
      const region = await readSegment(this.#context, segment, end, request);
      if (region !== undefined) return region;
    }
    return new MemoryRegion([], 0);
  }

  #floorSegment(offset: number): number {
    let slot = this.#segments.length - 1;
    while (slot > 0 && this.#segments[slot]!.baseOffset > offset) slot -= 1;
    return slot;
  }

  /** The first record whose timestamp is ≥ `timestamp` (milliseconds), or undefined. */
  async offsetForTimestamp(timestamp: number): Promise<TimestampOffset | undefined> {
    for (const segment of [...this.#segments]) {
      if (segment.maxTimestamp < timestamp) continue;
      const found = await segment.findTimestamp(this.#context, timestamp, this.#logStartOffset);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The record with the highest timestamp (the first of them), or undefined in an empty log. */
  async offsetOfMaxTimestamp(): Promise<TimestampOffset | undefined> {
    let highest = -1;
    for (const segment of this.#segments) highest = Math.max(highest, segment.maxTimestamp);
    return highest < 0 ? undefined : this.offsetForTimestamp(highest);
  }

  /** Aborted transactions that reach into [from, to) offsets. At once when it is known that there are none. */
  abortedTransactions(
    from: number,
    to: number,
  ): AbortedTransaction[] | Promise<AbortedTransaction[]> {
    const segments = this.#segments.slice(this.#floorSegment(from));
    if (segments.every(({ hasAborted }) => hasAborted === false)) return [];
    return this.#readAborted(segments, from, to);
  }

  async #readAborted(
    segments: readonly Segment[],
    from: number,
    to: number,
  ): Promise<AbortedTransaction[]> {
    const found: AbortedTransaction[] = [];
    for (const segment of segments) {
      for (const aborted of await readAborted(this.#context, segment))
        if (aborted.lastOffset >= from && aborted.firstOffset < to) found.push(aborted);
    }
    return found;
  }

  // ---- watermarks, start, truncation ----

  /** Moves the high watermark up, at most to the log's end. Returns whether it moved. */
  advanceHighWatermark(offset: number): boolean {
    const next = Math.min(offset, this.#logEndOffset);
    if (next <= this.#highWatermark) return false;
    this.#highWatermark = next;
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
    if (this.#epochs.takeDirty()) await this.#writeEpochs();
    await this.deleteOldSegments();
    return true;
  }

  /** Removes segments that retention or the log's start no longer wants. Returns how many. */
  async deleteOldSegments(): Promise<number> {
    const due = dueForRetention(this.#segments, this.#config, {
      logStartOffset: this.#logStartOffset,
      highWatermark: this.#highWatermark,
      logEndOffset: this.#logEndOffset,
      nowMs: this.#context.clock.nowMs(),
    });
    return due === 0 ? 0 : this.#removeOldest(due);
  }

  /** Memory mode: removes the oldest segments until so many bytes are gone; the newest stays. Returns the bytes. */
  async dropOldest(bytes: number): Promise<number> {
    let freed = 0;
    while (freed < bytes && this.#segments.length > 1) {
      freed += this.#segments[0]!.sizeBytes;
      await this.#removeOldest(1);
    }
    return freed;
  }

  async #removeOldest(count: number): Promise<number> {
    await this.#queue.idle();
    if (count >= this.#segments.length) await this.#roll(this.#nextOffset);
    const removed = this.#segments.splice(0, Math.min(count, this.#segments.length - 1));
    this.#logStartOffset = Math.max(this.#logStartOffset, this.#segments[0]!.baseOffset);
    this.#epochs.truncateFromStart(this.#logStartOffset);
    if (this.#epochs.takeDirty()) await this.#writeEpochs();
    for (const segment of removed)
      await scheduleRemoval(this.#context, segment, this.#config.fileDeleteDelayMs);
    return removed.length;
  }

  /** Where the largest epoch ≤ `epoch` ends (exclusive). Offset −1 when unknown. */
  endOffsetForEpoch(epoch: number): { readonly epoch: number; readonly endOffset: number } {
    return this.#epochs.endOffsetFor(epoch, this.#logEndOffset);
  }

  /** Cuts everything at and above `offset` off (a follower that diverged). */
  async truncateTo(offset: number): Promise<void> {
    await this.#queue.idle();
    if (offset >= this.#logEndOffset) return;
    if (offset < this.#logStartOffset || offset <= this.#segments[0]!.baseOffset) {
      await this.truncateFullyAndStartAt(Math.max(offset, 0));
      return;
    }
    this.#tail.clear();
    const slot = this.#floorSegment(offset);
    for (const segment of this.#segments.splice(slot + 1))
      await removeSegmentFiles(this.#context, segment);
    await this.#cutActive(offset);
    this.#finishTruncation(offset);
    await this.#reloadProducers();
    await this.#writeEpochs();
  }

  async #cutActive(offset: number): Promise<void> {
    const segment = this.#active;
    const first = await segment.locate(this.#context, offset);
    if (first !== undefined) {
      segment.sizeBytes = first.position;
      await this.#context.handles.use(segment.path, 'write', async (file) => {
        await file.truncate(first.position);
        await file.datasync();
      });
    }
    await segment.rebuild(this.#context);
    this.#context.loadedIndexes.forget(segment);
  }

  /** Throws the whole content away and goes on at `offset` (a follower behind the leader's start). */
  async truncateFullyAndStartAt(offset: number): Promise<void> {
    await this.#queue.idle();
    this.#tail.clear();
    for (const segment of this.#segments.splice(0))
      await removeSegmentFiles(this.#context, segment);
    await this.#addSegment(offset);
    this.#logStartOffset = offset;
    this.#finishTruncation(offset);
    this.#epochs.truncateFromEnd(0);
    await this.#reloadProducers();
    await this.#writeEpochs();
  }

  #finishTruncation(offset: number): void {
    this.#logEndOffset = offset;
    this.#nextOffset = offset;
    this.#highWatermark = Math.min(this.#highWatermark, offset);
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset);
    this.#epochs.truncateFromEnd(offset);
  }

  async #reloadProducers(): Promise<void> {
    this.#producers = await loadProducers(
      this.#context,
      this.#directory,
      this.#segments,
      this.#logStartOffset,
      this.#logEndOffset,
    );
    this.#writtenProducers = new ProducerState();
    this.#writtenProducers.reset(this.#producers.entries(), this.#logEndOffset);
  }

  // ---- durability and life ----

  /** Makes everything visible durable. */
  async flush(): Promise<void> {
    this.#assertOpen();
    const end = this.#logEndOffset;
    try {
      await this.#context.handles.use(this.#active.path, 'write', (file) =>
        this.#context.syncs.datasync(file),
      );
      await this.#context.disk.syncDirectory(this.#directory);
    } catch (cause) {
      const error = new LogError(
        'KAFKA_STORAGE_ERROR',
        `the log cannot be synced: ${String(cause)}`,
        cause,
      );
      this.#fail(error);
      throw error;
    }
    this.#recoveryPoint = Math.max(this.#recoveryPoint, end);
    this.#unflushedRecords = 0;
    this.#lastFlushMs = this.#context.clock.monotonicMs();
  }

  /** Flushes when `flush.ms` has passed since the last time; forgets producers not heard of. */
  async maintain(): Promise<void> {
    if (this.#isClosed || this.#failure !== undefined) return;
    const { flushMs, producerIdExpirationMs } = this.#config;
    if (this.hasUnflushed && this.#context.clock.monotonicMs() - this.#lastFlushMs >= flushMs)
      await this.flush();
    const horizon = this.#context.clock.nowMs() - producerIdExpirationMs;
    this.#producers.expireBefore(horizon);
    this.#writtenProducers.expireBefore(horizon);
  }

  /** Waits for what is under way, makes it durable and writes everything that makes the next start quick. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#queue.idle();
    if (this.#failure === undefined) {
      await this.flush();
      await this.#takeProducerSnapshot(this.#logEndOffset);
      await this.#active.writeIndexes(this.#context);
      if (this.#epochs.takeDirty()) await this.#writeEpochs();
    }
    this.#isClosed = true;
    this.#tail.clear();
    this.#forgetFiles();
  }

  /** Removes the log: its folder is renamed at once, its files go after `file.delete.delay.ms`. */
  async delete(suffix: string): Promise<void> {
    await this.#queue.idle();
    this.#isClosed = true;
    this.#tail.clear();
    this.#forgetFiles();
    const parent = this.#directory.slice(0, this.#directory.lastIndexOf('/'));
    const doomed = `${parent}/${this.name}.${suffix}-delete`;
    await this.#context.disk.rename(this.#directory, doomed);
    await this.#context.disk.syncDirectory(parent);
    this.#directory = doomed;
  }

  #forgetFiles(): void {
    for (const segment of this.#segments) {
      for (const kind of ['log', 'index', 'timeindex', 'txnindex'] as const)
        this.#context.handles.forget(segmentPath(segment.directory, segment.baseOffset, kind));
      this.#context.loadedIndexes.forget(segment);
    }
  }

  async #takeProducerSnapshot(offset: number): Promise<void> {
    const path = segmentPath(this.#directory, offset, 'snapshot');
    if (offset <= this.#logStartOffset || (await this.#context.disk.stat(path)) !== undefined)
      return;
    await this.#context.disk.replaceFile(
      path,
      encodeProducerSnapshot(this.#writtenProducers.entries()),
    );
    await this.#dropOldSnapshots(offset);
  }

  /** Kept are the two newest snapshots and those at the start of a segment that is still there. */
  async #dropOldSnapshots(newest: number): Promise<void> {
    const bases = new Set(this.#segments.map((segment) => segment.baseOffset));
    const offsets = (await this.#context.disk.readdir(this.#directory))
      .map(parseSegmentFile)
      .filter((file) => file?.kind === 'snapshot')
      .map((file) => file!.baseOffset)
      .sort((a, b) => b - a);
    for (const offset of offsets.slice(2))
      if (!bases.has(offset) && offset < newest)
        await this.#context.disk.remove(segmentPath(this.#directory, offset, 'snapshot'));
  }

  async #writeEpochs(): Promise<void> {
    await writeEpochCheckpoint(
      this.#context.disk,
      `${this.#directory}/${EPOCH_CHECKPOINT_FILE}`,
      this.#epochs.entries,
    );
  }

  #assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosed) throw new LogError('CLOSED', `${this.name} is closed`);
  }
}

/** Whether there is a batch, and each starts at or after the end of what is before it. */
function continues(headers: readonly BatchHeader[], nextOffset: number): boolean {
  let end = nextOffset;
  for (const header of headers) {
    if (header.baseOffset < end || header.lastOffsetDelta < 0) return false;
    end = nextOffsetOf(header);
  }
  return headers.length > 0;
}

/** A new log exists for good once its file's name and its folder's name are durable. */
async function syncNames(context: LogContext, directory: string): Promise<void> {
  await context.disk.syncDirectory(directory);
  await context.disk.syncDirectory(directory.slice(0, directory.lastIndexOf('/')) || '/');
}
