// Runs one shard: loads it, runs operations against its latest state, groups their records into batches, and answers when the
// high watermark has passed them. Kafka: CoordinatorRuntime.CoordinatorContext.
//
//   loading ──> active ──> closed          loading, active ──> failed (until the next election)
//
//   an operation's records:  open batch ──> queue ──> in flight ──> appended ──> committed (answered)
//
// One append is in flight at a time; what arrives meanwhile shares the next batch. Offsets are known in advance because the
// coordinator is the log's only writer, so records are replayed at once, and a failed append takes the state back to where
// its batch began: that batch and all later ones fail together, for the later ones were built on it.

import type { Clock, Logger, Timer, Timers } from '@ottla/platform';
import type { Compression } from '@ottla/protocol/records';
import { CoordinatorError, toCoordinatorError } from './coordinator-error.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import type {
  CoordinatorResult,
  CoordinatorShard,
  RecordBytes,
  RecordCodec,
  ShardContext,
} from './coordinator-shard.ts';
import { loadShard } from './load-shard.ts';
import { type PendingOperation, ResultPending } from './pending-operation.ts';
import { ShardTimers, type TimedOperation } from './shard-timers.ts';
import { SnapshotRegistry } from './snapshot-registry.ts';
import { type Waiting, WriteBatch } from './write-batch.ts';
import { WriteTimeouts } from './write-timeouts.ts';

/** Bounds and habits of a shard. */
export interface ShardLimits {
  /** Bytes read at a time while loading. */
  readonly loadBufferBytes: number;
  /** How long an answer waits for the high watermark, in ms. */
  readonly writeTimeoutMs: number;
  /** How long a batch is kept open for more operations, in ms; 0 or less: until the loop's next turn. */
  readonly appendLingerMs: number;
  readonly compression: Compression;
  /** Operations that may wait at a time; more are refused with COORDINATOR_LOAD_IN_PROGRESS. */
  readonly pendingOperationsMax: number;
}

/** What a runner needs. */
export interface ShardRunnerOptions<S extends CoordinatorShard<R>, R> {
  readonly partition: number;
  readonly platform: { readonly clock: Clock; readonly timers: Timers };
  readonly logger: Logger;
  readonly limits: ShardLimits;
  readonly codec: RecordCodec<R>;
  createShard(context: ShardContext<R>): S;
}

/** Where a runner stands. */
export type ShardRunnerState = 'loading' | 'active' | 'failed' | 'closed';

/** One shard at work, from election to resignation. */
export class ShardRunner<S extends CoordinatorShard<R>, R> {
  readonly #options: ShardRunnerOptions<S, R>;
  #log: CoordinatorLog;
  #leaderEpoch: number;
  #state: ShardRunnerState = 'loading';
  /** Changes whenever what was awaited before must not be acted on after. */
  #life = 0;
  #shard!: S;
  #snapshots!: SnapshotRegistry;
  #timers!: ShardTimers<R>;
  #timeouts!: WriteTimeouts;
  #endHighWatermark: () => void = () => {};
  #writtenOffset = 0;
  #open: WriteBatch | undefined;
  #queue: WriteBatch[] = [];
  #inFlight: WriteBatch | undefined;
  #appended: Waiting[] = [];
  #lingerTimer: Timer | undefined;
  #pendingCount = 0;

  constructor(options: ShardRunnerOptions<S, R>, leaderEpoch: number, log: CoordinatorLog) {
    this.#options = options;
    this.#leaderEpoch = leaderEpoch;
    this.#log = log;
  }

  get state(): ShardRunnerState {
    return this.#state;
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  /** Operations that wait at present. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** Reads the log. Resolves when the shard is active, has failed, or was closed meanwhile; never rejects. */
  async load(): Promise<void> {
    const { partition, platform, logger, limits, codec } = this.#options;
    const life = (this.#life += 1);
    this.#state = 'loading';
    this.#snapshots = new SnapshotRegistry();
    this.#timers = new ShardTimers(platform, (key, operation) => this.#runTimed(key, operation));
    this.#timeouts = new WriteTimeouts(platform, limits.writeTimeoutMs);
    const { createShard } = this.#options;
    this.#shard = createShard({
      partition,
      snapshots: this.#snapshots,
      timers: this.#timers,
      logger,
    });
    const startMs = platform.clock.monotonicMs();
    try {
      const summary = await loadShard({
        log: this.#log,
        shard: this.#shard,
        codec,
        snapshots: this.#snapshots,
        platform,
        bufferBytes: limits.loadBufferBytes,
        isCancelled: () => this.#life !== life,
      });
      if (summary === undefined) return;
      this.#writtenOffset = summary.endOffset;
      const durationMs = platform.clock.monotonicMs() - startMs;
      logger.debug('coordinator shard loaded', { partition, ...summary, durationMs });
    } catch (error) {
      if (this.#life !== life) return;
      logger.error('coordinator shard could not be loaded', { partition, error });
      this.#end('failed');
      return;
    }
    this.#state = 'active';
    this.#listen();
    this.#shard.onLoaded?.();
  }

  /** Goes on with a newer leader epoch of the same leader: the state stays, later appends go to `log`. */
  adopt(leaderEpoch: number, log: CoordinatorLog): void {
    this.#leaderEpoch = leaderEpoch;
    this.#log = log;
    this.#listen();
  }

  /** Ends the shard: everything that waits fails with NOT_COORDINATOR. */
  close(): void {
    if (this.#state !== 'closed') this.#end('closed');
  }

  /** Runs an operation on the latest state; resolves with its response once its records are committed. */
  write<T>(operation: (shard: S) => CoordinatorResult<R, T>): Promise<T> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => this.#perform(operation, resolve, reject));
  }

  /** Runs a read on the state; what it sees is its own choice (`getCommitted`). */
  read<T>(operation: (shard: S) => T): Promise<T> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    try {
      return Promise.resolve(operation(this.#shard));
    } catch (error) {
      return Promise.reject(toCoordinatorError(error));
    }
  }

  #refusal(): CoordinatorError | undefined {
    if (this.#state === 'loading') return new CoordinatorError('COORDINATOR_LOAD_IN_PROGRESS');
    if (this.#state !== 'active') return new CoordinatorError('NOT_COORDINATOR');
    const { pendingOperationsMax } = this.#options.limits;
    if (this.#pendingCount < pendingOperationsMax) return undefined;
    const message = `${pendingOperationsMax} operations wait already`;
    return new CoordinatorError('COORDINATOR_LOAD_IN_PROGRESS', message);
  }

  #listen(): void {
    this.#endHighWatermark();
    this.#endHighWatermark = this.#log.onHighWatermark(() => this.#advance());
    this.#advance();
  }

  #runTimed(key: string, operation: TimedOperation<R>): void {
    if (this.#state !== 'active') return;
    const { logger, partition } = this.#options;
    const failed = (error: CoordinatorError): void =>
      logger.warn('a timed operation was not written', { partition, key, error });
    this.#perform(operation, () => {}, failed);
  }

  #perform<T>(
    operation: (shard: S) => CoordinatorResult<R, T>,
    answer: (response: T) => void,
    fail: (error: CoordinatorError) => void,
  ): void {
    let result: CoordinatorResult<R, T>;
    try {
      result = operation(this.#shard);
    } catch (error) {
      if (!(error instanceof CoordinatorError))
        this.#options.logger.error('an operation failed', { error });
      fail(toCoordinatorError(error));
      return;
    }
    this.#pendingCount += 1;
    const pending = new ResultPending(
      result,
      (response: T) => {
        this.#pendingCount -= 1;
        answer(response);
      },
      (error) => {
        this.#pendingCount -= 1;
        fail(error);
      },
      this.#options.logger,
    );
    if (result.records.length === 0) this.#waitForEarlierWrites(pending);
    else this.#append(result, pending);
  }

  #waitForEarlierWrites(pending: PendingOperation): void {
    const last = this.#open ?? this.#queue.at(-1) ?? this.#inFlight ?? this.#appended.at(-1);
    if (last !== undefined) {
      last.operations.push(pending);
    } else if (this.#log.highWatermark < this.#writtenOffset) {
      this.#appended.push({ endOffset: this.#writtenOffset, operations: [pending] });
    } else {
      pending.settle();
      return;
    }
    this.#timeouts.add(pending);
  }

  #append<T>(result: CoordinatorResult<R, T>, pending: PendingOperation): void {
    const timestampMs = this.#options.platform.clock.nowMs();
    const isAtomic = result.atomic ?? true;
    let encoded: RecordBytes[];
    try {
      encoded = result.records.map((record) => this.#options.codec.encode(record));
    } catch (error) {
      pending.settle(toCoordinatorError(error));
      return;
    }
    let batch = this.#batchFor(isAtomic ? encoded : encoded.slice(0, 1));
    for (const [index, bytes] of encoded.entries()) {
      if (!isAtomic && index > 0) batch = this.#batchFor([bytes]);
      try {
        if (result.replay ?? true) this.#shard.replay(batch.endOffset, result.records[index]!);
        batch.append(timestampMs, bytes);
      } catch (error) {
        this.#options.logger.error('a record could not be replayed', { error });
        batch.operations.push(pending);
        this.#failFrom(batch, toCoordinatorError(error));
        return;
      }
    }
    batch.operations.push(pending);
    this.#timeouts.add(pending);
  }

  /** The open batch if it has room, else a new one after it. */
  #batchFor(records: readonly RecordBytes[]): WriteBatch {
    if (this.#open !== undefined && !this.#open.isEmpty && !this.#open.hasRoomFor(records)) {
      this.#closeBatch();
      this.#sendNext();
    }
    return (this.#open ??= this.#openBatch());
  }

  #openBatch(): WriteBatch {
    const { limits, platform } = this.#options;
    const last = this.#queue.at(-1) ?? this.#inFlight;
    const baseOffset = last?.endOffset ?? this.#writtenOffset;
    const batch = new WriteBatch(baseOffset, this.#log.batchSizeBytesMax, limits.compression);
    const flush = (): void => {
      if (this.#open === batch) this.#flush();
    };
    if (limits.appendLingerMs > 0)
      this.#lingerTimer = platform.timers.set(limits.appendLingerMs, flush);
    else platform.timers.yield(flush);
    return batch;
  }

  #flush(): void {
    // While an append is in flight the batch stays open: what arrives meanwhile goes out with it.
    if (this.#inFlight !== undefined) return;
    this.#closeBatch();
    this.#sendNext();
  }

  #closeBatch(): void {
    const batch = this.#open;
    if (batch === undefined || batch.isEmpty) return;
    this.#lingerTimer?.cancel();
    this.#open = undefined;
    this.#queue.push(batch);
    this.#snapshots.snapshot(batch.endOffset);
  }

  #sendNext(): void {
    if (this.#inFlight !== undefined) return;
    const batch = this.#queue.shift();
    if (batch === undefined) return;
    this.#inFlight = batch;
    const bytes = batch.build();
    if (bytes === undefined) {
      this.#failFrom(batch, new CoordinatorError('RECORD_LIST_TOO_LARGE'));
      return;
    }
    const life = this.#life;
    this.#log.append(bytes).then(
      (lastOffset) => {
        if (this.#life === life) this.#onAppended(batch, lastOffset);
      },
      (error: unknown) => {
        if (this.#life === life) this.#onAppendFailed(batch, error);
      },
    );
  }

  #onAppended(batch: WriteBatch, lastOffset: number): void {
    if (lastOffset !== batch.endOffset - 1) {
      const { logger, partition } = this.#options;
      const expected = batch.endOffset - 1;
      logger.error('the log is not where the coordinator is', { partition, lastOffset, expected });
      this.#end('failed');
      void this.load();
      return;
    }
    this.#inFlight = undefined;
    this.#writtenOffset = batch.endOffset;
    this.#appended.push(batch);
    this.#advance();
    if (this.#queue.length === 0) this.#closeBatch();
    this.#sendNext();
  }

  #onAppendFailed(batch: WriteBatch, error: unknown): void {
    const { logger, partition } = this.#options;
    logger.warn('a coordinator append failed', { partition, offset: batch.baseOffset, error });
    this.#failFrom(batch, toCoordinatorError(error, 'KAFKA_STORAGE_ERROR'));
  }

  /** Takes the state back to where `batch` began and fails it with everything after it. */
  #failFrom(batch: WriteBatch, error: CoordinatorError): void {
    const unwritten = [this.#inFlight, ...this.#queue, this.#open].filter(
      (each) => each !== undefined,
    );
    const failed = unwritten.slice(unwritten.indexOf(batch));
    this.#snapshots.revert(batch.baseOffset);
    if (failed.includes(this.#inFlight!)) this.#inFlight = undefined;
    this.#queue = this.#queue.filter((each) => !failed.includes(each));
    this.#open = undefined;
    settleAll(failed, error);
    this.#sendNext();
  }

  #advance(): void {
    if (this.#state !== 'active') return;
    const highWatermark = Math.min(this.#log.highWatermark, this.#writtenOffset);
    this.#snapshots.commit(highWatermark);
    let committed = 0;
    while (
      committed < this.#appended.length &&
      this.#appended[committed]!.endOffset <= highWatermark
    )
      committed += 1;
    if (committed > 0) settleAll(this.#appended.splice(0, committed));
  }

  #end(state: 'failed' | 'closed'): void {
    this.#state = state;
    this.#life += 1;
    this.#endHighWatermark();
    this.#endHighWatermark = () => {};
    this.#lingerTimer?.cancel();
    this.#timers?.close();
    this.#timeouts?.close();
    const waiting = [...this.#appended, this.#inFlight, ...this.#queue, this.#open];
    this.#appended = [];
    this.#inFlight = undefined;
    this.#queue = [];
    this.#open = undefined;
    settleAll(
      waiting.filter((each) => each !== undefined),
      new CoordinatorError('NOT_COORDINATOR'),
    );
    this.#shard?.onUnloaded?.();
  }
}

function settleAll(waiting: readonly Waiting[], error?: CoordinatorError): void {
  for (const { operations } of waiting) for (const operation of operations) operation.settle(error);
}
