// The write path of one log: rolls, writes groups of appends, indexes them, and knows the log's end and what of it is
// durable. Only the append queue and the log's own maintenance call it. Kafka: LocalLog.append, UnifiedLog.flush.
import { type BatchHeader, isControlBatch } from '@ottla/protocol/records';
import { appendAborted, syncAborted } from './aborted-transactions.ts';
import {
  type AppendTarget,
  lastOffsetOfAppend,
  maxTimestampOfAppend,
  type PendingAppend,
} from './append-queue.ts';
import { writeEpochCheckpoint } from './checkpoint-file.ts';
import { LogError } from './errors.ts';
import type { LeaderEpochs } from './leader-epochs.ts';
import type { LogConfig } from './log-config.ts';
import type { LogContext } from './log-context.ts';
import { EPOCH_CHECKPOINT_FILE } from './log-loader.ts';
import type { LogProducers } from './log-producers.ts';
import type { SegmentList } from './segment-list.ts';
import type { LogTail } from './tail-cache.ts';

/** What the writer works on and whom it tells. */
export interface LogWriterOptions {
  readonly context: LogContext;
  /** `<topic>-<partition>`, for log lines. */
  readonly name: string;
  readonly directory: string;
  readonly segments: SegmentList;
  readonly producers: LogProducers;
  readonly epochs: LeaderEpochs;
  readonly tail: LogTail;
  /** The settings of the moment. */
  readonly config: () => LogConfig;
  readonly logStartOffset: () => number;
  /** The log's end moved (exclusive offset). */
  readonly onEnd: (logEndOffset: number) => void;
  readonly logEndOffset: number;
  readonly recoveryPoint: number;
}

export class LogWriter implements AppendTarget {
  readonly #options: LogWriterOptions;
  readonly #context: LogContext;
  readonly #segments: SegmentList;
  #logEndOffset: number;
  #recoveryPoint: number;
  #unflushedRecords = 0;
  #lastFlushMs: number;
  #failure: LogError | undefined;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#segments = options.segments;
    this.#logEndOffset = options.logEndOffset;
    this.#recoveryPoint = Math.min(options.recoveryPoint, options.logEndOffset);
    this.#lastFlushMs = options.context.clock.monotonicMs();
  }

  /** Behind the last append whose write returned (exclusive). */
  get logEndOffset(): number {
    return this.#logEndOffset;
  }
  /** Durable below (exclusive). */
  get recoveryPoint(): number {
    return this.#recoveryPoint;
  }
  get failure(): LogError | undefined {
    return this.#failure;
  }

  // ---- what the append queue asks for ----

  async prepare(append: PendingAppend): Promise<void> {
    // A sync of maintenance may have failed since: what it lost is not reported again to ours.
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#mustRoll(append, 0)) await this.roll(append.result.baseOffset);
    await this.writeEpochs();
  }

  fits(append: PendingAppend, groupBytes: number): boolean {
    return !this.#mustRoll(append, groupBytes);
  }

  writeNow(append: PendingAppend): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    const { active } = this.#segments;
    const { epochs, config } = this.#options;
    const records = this.#unflushedRecords + append.recordCount;
    if (records >= config().flushMessages || epochs.isDirty || this.#mustRoll(append, 0))
      return false;
    if (append.headers.some(({ attributes }) => isControlBatch(attributes))) return false;
    const file = this.#context.handles.openFile(active.path, 'write');
    if (file === undefined) return false;
    const isWritten = this.#context.writesNow.run(append.bytes.length, () =>
      file.writeNow([append.bytes], active.sizeBytes),
    );
    if (!isWritten) return false;
    this.#unflushedRecords = records;
    const position = active.sizeBytes;
    for (const header of append.headers) void this.#index(append, header, position);
    return true;
  }

  async write(group: readonly PendingAppend[]): Promise<void> {
    const { active } = this.#segments;
    const chunks = group.map((append) => append.bytes);
    const records = group.reduce((count, append) => count + append.recordCount, 0);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const handle = await this.#context.handles.acquire(active.path, 'write');
    try {
      // Also here, where a sync follows on the thread pool anyway: one way there and back less for a small group.
      const writeNow = (): void => handle.file.writeNow(chunks, active.sizeBytes);
      if (!this.#context.writesNow.run(bytes, writeNow))
        await handle.file.write(chunks, active.sizeBytes);
      this.#unflushedRecords += records;
      if (this.#unflushedRecords >= this.#options.config().flushMessages) {
        await this.#context.syncs.datasync(handle.file);
        this.#noteDurable(lastOffsetOfAppend(group.at(-1)!) + 1);
      }
    } finally {
      handle.release();
    }
    let position = active.sizeBytes;
    for (const append of group) {
      for (const header of append.headers) await this.#index(append, header, position);
      position += append.bytes.length;
    }
  }

  written(group: readonly PendingAppend[]): void {
    for (const append of group) this.#cache(append);
    this.#logEndOffset = lastOffsetOfAppend(group.at(-1)!) + 1;
    this.#options.producers.written.mapEndOffset = this.#logEndOffset;
    this.#options.onEnd(this.#logEndOffset);
  }

  failed(error: LogError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    const { name } = this.#options;
    this.#context.logger.error('the log failed', { log: name, error: error.message });
    this.#context.onFailure(error);
  }

  #mustRoll(append: PendingAppend, groupBytes: number): boolean {
    return this.#segments.active.mustRoll(
      this.#options.config(),
      append.bytes.length + groupBytes,
      lastOffsetOfAppend(append),
      maxTimestampOfAppend(append),
      this.#context.clock.nowMs(),
    );
  }

  /** Only a marker that aborts makes this wait: its entry must be in the file before it is visible. */
  #index(
    append: PendingAppend,
    header: BatchHeader,
    appendPosition: number,
  ): Promise<void> | undefined {
    const { active } = this.#segments;
    const inBytes = header.position;
    const aborted = this.#options.producers.write(append.bytes, header);
    header.position = appendPosition + inBytes;
    active.add(header, this.#options.config().indexIntervalBytes);
    return aborted === undefined ? undefined : appendAborted(this.#context, active, aborted);
  }

  #cache(append: PendingAppend): void {
    const { baseOffset, lastOffset } = append.result;
    const { tailCache, slabs } = this.#context;
    const { tail } = this.#options;
    if (!append.isCached) {
      tail.clear();
      return;
    }
    if (append.lease !== undefined) {
      const { bytes, lease } = append;
      tailCache.add(tail, { baseOffset, lastOffset, bytes, lease });
      return;
    }
    const lease = slabs.lease(append.bytes.length);
    append.bytes.copy(lease.bytes);
    tailCache.add(tail, { baseOffset, lastOffset, bytes: lease.bytes, lease });
    lease.release();
  }

  // ---- maintenance ----

  /** Ends the active segment, durably, and starts the next at `baseOffset`. Nothing is written meanwhile. */
  async roll(baseOffset: number): Promise<void> {
    const old = this.#segments.active;
    if (old.sizeBytes === 0 && old.baseOffset === baseOffset) return;
    await this.#failing(async () => {
      await this.takeSnapshot();
      await old.writeIndexes(this.#context);
      await this.#datasync();
      this.#context.loadedIndexes.touch(old);
      await this.addSegment(baseOffset);
    });
    this.#recoveryPoint = Math.max(this.#recoveryPoint, this.#logEndOffset);
    this.#unflushedRecords = 0;
    this.#context.onRolled();
  }

  /** Starts a segment whose name is durable: where the log ends does not depend on its records alone. */
  async addSegment(baseOffset: number): Promise<void> {
    const { segmentJitterMs } = this.#options.config();
    const jitterMs = segmentJitterMs > 0 ? this.#context.random.below(segmentJitterMs) : 0;
    await this.#segments.add(baseOffset, jitterMs);
    await this.#context.disk.syncDirectory(this.#options.directory);
  }

  /** Makes everything visible durable. Nothing is written meanwhile. */
  async flush(): Promise<void> {
    await this.#failing(async () => {
      await this.#datasync();
      await this.#context.disk.syncDirectory(this.#options.directory);
    });
    this.#noteDurable(Math.max(this.#recoveryPoint, this.#logEndOffset));
  }

  /** Whether something visible has not been synced for `flush.ms`. */
  isFlushDue(): boolean {
    const waitedMs = this.#context.clock.monotonicMs() - this.#lastFlushMs;
    return this.#recoveryPoint < this.#logEndOffset && waitedMs >= this.#options.config().flushMs;
  }

  /** The log was cut: it ends at `offset` now. */
  cutTo(offset: number): void {
    this.#logEndOffset = offset;
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset);
  }

  /** Writes the file of leader epochs, if it lacks something. Where that fails, nothing may be written of an epoch it lacks. */
  async writeEpochs(): Promise<void> {
    const { epochs, directory } = this.#options;
    if (!epochs.takeDirty()) return;
    const path = `${directory}/${EPOCH_CHECKPOINT_FILE}`;
    await this.#failing(() => writeEpochCheckpoint(this.#context.disk, path, epochs.entries));
  }

  /** The log was cut, and what it is now is known: others hear of it before anything is written behind. */
  async recordCut(): Promise<void> {
    await this.writeEpochs();
    const { directory } = this.#options;
    await this.#failing(() => this.#context.onCut(directory, this.#logEndOffset));
  }

  /** Writes the producers at the log's end. */
  async takeSnapshot(): Promise<void> {
    const { producers, logStartOffset } = this.#options;
    if (this.#logEndOffset <= logStartOffset()) return;
    await producers.takeSnapshot(this.#logEndOffset, this.#segments.all);
  }

  /** Work whose failure is the end of the log. */
  async #failing(work: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await work();
    } catch (cause) {
      const message = `the log cannot be made durable: ${String(cause)}`;
      const error = new LogError('KAFKA_STORAGE_ERROR', message, cause);
      this.failed(error);
      throw error;
    }
  }

  async #datasync(): Promise<void> {
    const { handles, syncs } = this.#context;
    const { active } = this.#segments;
    await handles.use(active.path, 'write', (file) => syncs.datasync(file));
    await syncAborted(this.#context, active);
  }

  #noteDurable(offset: number): void {
    this.#recoveryPoint = offset;
    this.#unflushedRecords = 0;
    this.#lastFlushMs = this.#context.clock.monotonicMs();
  }
}
