// One data directory: its lock, its identity, its checkpoints and all its logs. Kafka: LogManager, one `log.dirs` entry.
import { DiskError, type DiskLock, type Logger, type Platform, type Timer } from '@ottla/platform';
import { BufferPool } from './buffer-pool.ts';
import { createDurably } from './create-durably.ts';
import { DelayedRemovals } from './delayed-removals.ts';
import { LogError } from './errors.ts';
import { HandleCache } from './handle-cache.ts';
import { LogCheckpoints } from './log-checkpoints.ts';
import type { LogConfig } from './log-config.ts';
import { LoadedIndexes, type LogContext } from './log-context.ts';
import { type MetaProperties, readMetaProperties, writeMetaProperties } from './meta-properties.ts';
import { PartitionLog } from './partition-log.ts';
import { parseSegmentFile } from './segment-files.ts';
import { SlabPool } from './slab-pool.ts';
import { SyncGate } from './sync-gate.ts';
import { WriteNowGate, type WriteNowLimits } from './write-now-gate.ts';
import { TailCache } from './tail-cache.ts';
import { markFailed, rewriteUnsynced } from './unsynced-tails.ts';

export interface LogDirectoryOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  /** Created when absent. */
  readonly path: string;
  /** Shared with the network's slabs; default: a pool of its own. */
  readonly slabs?: SlabPool;
  /** Memory for cold reads; default: a pool that keeps 16 MB ready. */
  readonly readBuffers?: BufferPool;
  /** Default 64 MB. */
  readonly tailCacheBytes?: number;
  /** Which appends are written in place. */
  readonly writeNow?: WriteNowLimits;
  /** Which cold reads are made in place; one that takes 1 ms shows that the system's cache has not got the bytes. */
  readonly readNow?: WriteNowLimits;
  /** Open files; default 1,024. */
  readonly handlesMax?: number;
  /** Called once when a write or sync failed: nothing here can be trusted to become durable. */
  readonly onFailure?: (error: LogError) => void;
  /** `log.retention.check.interval.ms`; default 5 minutes. */
  readonly retentionCheckMs?: number;
  /** `log.flush.offset.checkpoint.interval.ms`; default 1 minute. */
  readonly checkpointMs?: number;
  /** `replica.high.watermark.checkpoint.interval.ms`; default: only with `checkpointMs`. */
  readonly highWatermarkCheckpointMs?: number;
  /** `log.flush.scheduler.interval.ms`; default: only with `checkpointMs`. */
  readonly flushCheckMs?: number;
  /** `log.initial.task.delay.ms`: from `start` to the first look at what is repeated; default: the time of each repetition. */
  readonly firstTaskMs?: number;
  /** Memory mode: bytes of all logs, above which the oldest segments go. Default: none. */
  readonly sizeBytesMax?: number;
}

/** A log to open, found on disk or wanted by the metadata. */
export interface LogToOpen {
  readonly topic: string;
  readonly partition: number;
  readonly config: LogConfig;
}

const LOCK_FILE = '.lock';
const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown';
const RETENTION_CHECK_MS_DEFAULT = 300_000;
const CHECKPOINT_MS_DEFAULT = 60_000;
/** Logs that are opened or closed at a time. */
const LOGS_AT_ONCE = 8;
const READ_NOW_SLOW_MS = 1;

export class LogDirectory {
  readonly path: string;
  readonly context: LogContext;
  readonly #platform: Platform;
  readonly #logger: Logger;
  readonly #options: LogDirectoryOptions;
  readonly #logs = new Map<string, PartitionLog>();
  readonly #removals: DelayedRemovals;
  readonly #lock: DiskLock;
  readonly #wasClean: boolean;
  readonly #cleanBrokerEpoch: number;
  /** Epoch of the broker whose logs these are, −1 before it has one; the marker of a clean shutdown holds it (KIP-966). */
  brokerEpoch: () => number = () => -1;
  /** Told when a read came upon a batch that is not what was written; the name is `topic-partition`. */
  onDamage: (name: string) => void = () => undefined;
  readonly #checkpoints: LogCheckpoints;
  #meta: MetaProperties | undefined;
  #failure: LogError | undefined;
  #timers: Timer[] = [];
  #isClosing = false;
  /** All logs are open: what is closed in order now is clean. */
  #isStarted = false;
  readonly #wasNew: boolean;
  #markerGone: Promise<void> | undefined;
  #failureNoted: Promise<void> = Promise.resolve();
  /** A look at the bound is queued. */
  #isCapping = false;
  #maintenance: Promise<void> = Promise.resolve();

  private constructor(options: LogDirectoryOptions, lock: DiskLock, found: FoundState) {
    const { platform, logger } = options;
    this.path = options.path;
    this.#platform = platform;
    this.#logger = logger;
    this.#options = options;
    this.#lock = lock;
    this.#meta = found.meta;
    this.#wasClean = found.cleanBrokerEpoch !== undefined;
    this.#cleanBrokerEpoch = found.cleanBrokerEpoch ?? -1;
    this.#wasNew = found.meta === undefined;
    this.#checkpoints = found.checkpoints;
    this.#removals = new DelayedRemovals(platform.disk, platform.timers, logger);
    this.context = {
      disk: platform.disk,
      clock: platform.clock,
      timers: platform.timers,
      random: platform.random,
      threads: platform.threads,
      logger,
      handles: new HandleCache(platform.disk, options.handlesMax),
      tailCache: new TailCache(options.tailCacheBytes),
      slabs: options.slabs ?? new SlabPool(),
      readBuffers: options.readBuffers ?? new BufferPool(),
      syncs: new SyncGate(),
      writesNow: new WriteNowGate(platform.clock, options.writeNow),
      readsNow: new WriteNowGate(platform.clock, { slowMs: READ_NOW_SLOW_MS, ...options.readNow }),
      removals: this.#removals,
      loadedIndexes: new LoadedIndexes(),
      indexIntervalBytes: 4096,
      onRolled: () => this.#capSoon(),
      onCut: (folder, end) =>
        this.#checkpoints.cut(folder.slice(this.path.length + 1), end, this.#logs),
      onFailure: (error) => this.#fail(error),
      onDamage: (folder) => this.onDamage(folder.slice(this.path.length + 1)),
    };
  }

  /**
   * Locks the directory and reads what it says of itself. No log is opened yet.
   * @throws LogError `DIRECTORY_LOCKED` when another process, Kafka included, has it; `DIRECTORY_INVALID`; `KAFKA_STORAGE_ERROR`
   */
  static async open(options: LogDirectoryOptions): Promise<LogDirectory> {
    const { disk } = options.platform;
    let lock: DiskLock | undefined;
    try {
      await createDurably(disk, options.path);
      lock = await disk.lock(`${options.path}/${LOCK_FILE}`);
      const found = await readState(disk, options.path);
      await trustTails(options, found.checkpoints.recoveryPoints);
      // The process may have been killed between making a folder and its sync: nobody else would make that name durable.
      if (found.cleanBrokerEpoch === undefined) await disk.syncDirectory(options.path);
      return new LogDirectory(options, lock, found);
    } catch (error) {
      await lock?.release();
      throw explain(error, options.path);
    }
  }

  /** The identity, or undefined when the directory is not formatted. */
  get meta(): MetaProperties | undefined {
    return this.#meta;
  }

  /** Whether the last process closed it in order. */
  get wasClean(): boolean {
    return this.#wasClean;
  }

  /** Epoch of the broker that closed it in order, as far as it said; −1 otherwise. */
  get cleanBrokerEpoch(): number {
    return this.#cleanBrokerEpoch;
  }

  get failure(): LogError | undefined {
    return this.#failure;
  }

  /** Open logs by `topic-partition`. */
  get logs(): ReadonlyMap<string, PartitionLog> {
    return this.#logs;
  }

  /** Writes the identity into a directory that has none. */
  async format(meta: MetaProperties): Promise<void> {
    if (this.#meta !== undefined)
      throw new LogError(
        'DIRECTORY_FOREIGN',
        `${this.path} belongs to cluster ${this.#meta.clusterId} already`,
      );
    await writeMetaProperties(this.#platform.disk, this.path, meta);
    this.#meta = meta;
  }

  /** Names (`topic-partition`) of the log folders on disk, without those on their way out. */
  listLogs(): Promise<string[]> {
    return listLogs(this.#platform.disk, this.path);
  }

  /**
   * Opens or creates one log; recovers it when the last shutdown was not clean.
   * @throws LogError `CLOSED` when the directory is; `KAFKA_STORAGE_ERROR`
   */
  async openLog(wanted: LogToOpen): Promise<PartitionLog> {
    const name = `${wanted.topic}-${wanted.partition}`;
    const open = this.#logs.get(name);
    if (open !== undefined) return open;
    // Another process may have it by now.
    if (this.#isClosing) throw new LogError('CLOSED', `${this.path} is closed`);
    const log = await this.#orFail(`${name} cannot be opened`, () => this.#open(name, wanted));
    const { highWatermark } = this.#checkpoints.of(name);
    log.advanceHighWatermark(Math.min(highWatermark, log.logEndOffset));
    this.#logs.set(name, log);
    return log;
  }

  async #open(name: string, wanted: LogToOpen): Promise<PartitionLog> {
    await this.#forgetMarker();
    if (!(await this.#hasSegments(name))) await this.#checkpoints.forgetFormer(name, this.#logs);
    const { recoveryPoint, logStartOffset } = this.#checkpoints.of(name);
    const log = await PartitionLog.open(this.context, {
      directory: `${this.path}/${name}`,
      topic: wanted.topic,
      partition: wanted.partition,
      config: wanted.config,
      isCleanShutdown: this.#wasClean,
      recoveryPoint,
      logStartOffset,
    });
    await this.#checkpoints.correct(name, log, this.#logs);
    return log;
  }

  /** A disk that cannot be read or written now is as failed as one that fails later: nobody would try again. */
  async #orFail<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      const failure = new LogError('KAFKA_STORAGE_ERROR', `${what}: ${error.message}`, error);
      this.#fail(failure);
      throw failure;
    }
  }

  /** Opens many, a few at a time, so that recovery neither starves the loop nor the disk. */
  async openLogs(
    wanted: readonly LogToOpen[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<void> {
    let done = 0;
    await atATime(LOGS_AT_ONCE, wanted, async (item) => {
      await this.openLog(item);
      done += 1;
      onProgress?.(done, wanted.length);
    });
  }

  /** Starts retention, flushing by time and checkpoints, now that all logs are open; nothing when it is closed meanwhile. */
  async start(): Promise<void> {
    if (this.#isClosing) return;
    await this.#forgetMarker();
    const names = await this.#platform.disk.readdir(this.path);
    if (this.#isClosing) return;
    this.#isStarted = true;
    for (const name of names)
      if (name.endsWith('-delete')) this.#removals.add([`${this.path}/${name}`], 0);
    const {
      retentionCheckMs = RETENTION_CHECK_MS_DEFAULT,
      checkpointMs = CHECKPOINT_MS_DEFAULT,
      highWatermarkCheckpointMs,
      flushCheckMs,
      firstTaskMs,
    } = this.#options;
    this.#every(retentionCheckMs, () => this.#retain(), firstTaskMs);
    this.#every(checkpointMs, () => this.#checkpointAll(), firstTaskMs);
    if (flushCheckMs !== undefined)
      this.#every(flushCheckMs, () => this.#maintainAll(), firstTaskMs);
    if (highWatermarkCheckpointMs !== undefined)
      this.#every(highWatermarkCheckpointMs, () =>
        this.#checkpoints.writeHighWatermarks(this.#logs),
      );
  }

  /** Closes a log and forgets it; its files stay. */
  async closeLog(name: string): Promise<void> {
    const log = this.#logs.get(name);
    this.#logs.delete(name);
    await log?.close();
  }

  /**
   * Deletes a log: the folder is renamed now and removed after `file.delete.delay.ms`; at once where it was not opened.
   * @throws LogError `KAFKA_STORAGE_ERROR`: the next log of that name would have its records
   */
  async deleteLog(name: string): Promise<void> {
    const log = this.#logs.get(name);
    this.#logs.delete(name);
    this.#checkpoints.forget(name);
    const unique = this.#platform.random.bytes(16).toString('hex');
    await this.#orFail(`${name} cannot be deleted`, async () => {
      if (log === undefined) return this.#deleteFolder(name, unique);
      await log.delete(unique);
      this.#removals.add([log.directory], log.config.fileDeleteDelayMs);
    });
  }

  async #deleteFolder(name: string, unique: string): Promise<void> {
    const { disk } = this.#platform;
    const folder = `${this.path}/${name}`;
    if ((await disk.stat(folder)) === undefined) return;
    const doomed = `${folder}.${unique}-delete`;
    await disk.rename(folder, doomed);
    await disk.syncDirectory(this.path);
    this.#removals.add([doomed], 0);
  }

  /**
   * Waits for appends under way, syncs, writes checkpoints and the clean marker, and gives the lock back. No marker where a
   * crash came before and not all logs were opened since: nobody has looked at the others' ends.
   */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    for (const timer of this.#timers) timer.cancel();
    await this.#maintenance;
    const failed = await this.#closeLogs();
    // A directory that is not ours is left as it was.
    if (failed === undefined && this.#failure === undefined && this.#meta !== undefined) {
      await this.#checkpoints.write(this.#logs);
      if (this.#wasClean || this.#wasNew || this.#isStarted) await this.#writeMarker();
    }
    await this.#removals.close();
    await this.context.handles.close();
    await this.#failureNoted;
    await this.#lock.release();
    if (failed !== undefined) throw failed.reason;
  }

  /** A few at a time: each waits for the disk more than once. @returns why the first one that could not be closed could not */
  async #closeLogs(): Promise<PromiseRejectedResult | undefined> {
    const closed: PromiseSettledResult<void>[] = [];
    await atATime(LOGS_AT_ONCE, [...this.#logs.values()], async (log) => {
      closed.push(...(await Promise.allSettled([log.close()])));
    });
    return closed.find((each) => each.status === 'rejected');
  }

  /** Who never came to have an epoch changed nothing either: then the former one still says how clean the logs are. */
  async #writeMarker(): Promise<void> {
    const own = this.brokerEpoch();
    const brokerEpoch = own === -1 ? this.#cleanBrokerEpoch : own;
    await this.#platform.disk.replaceFile(
      `${this.path}/${CLEAN_SHUTDOWN_FILE}`,
      Buffer.from(JSON.stringify({ version: 0, brokerEpoch })),
    );
  }

  /** Before the first log is touched, and durably: a crash from here on is a crash. Kafka: KAFKA-10471. */
  #forgetMarker(): Promise<void> {
    const { disk } = this.#platform;
    const remove = async (): Promise<void> => {
      await disk.remove(`${this.path}/${CLEAN_SHUTDOWN_FILE}`);
      await disk.syncDirectory(this.path);
    };
    this.#markerGone ??= this.#wasClean ? remove() : Promise.resolve();
    return this.#markerGone;
  }

  #every(intervalMs: number, work: () => Promise<void>, firstMs: number = intervalMs): void {
    const slot = this.#timers.length;
    const run = (): void => {
      void this.#maintained(work).then(() => {
        // As in Kafka, without a pause it is done once.
        if (!this.#isClosing && intervalMs > 0)
          this.#timers[slot] = this.#platform.timers.set(intervalMs, run);
      });
    };
    this.#timers.push(this.#platform.timers.set(firstMs, run));
  }

  /** Runs `work` after what is under way. */
  #maintained(work: () => Promise<void>): Promise<void> {
    this.#maintenance = this.#maintenance.then(work).catch((error: unknown) => {
      this.#logger.error('maintenance of the logs failed', {
        path: this.path,
        error: String(error),
      });
    });
    return this.#maintenance;
  }

  /** Only a new segment leaves something to drop; looked at when it begins, memory does not outgrow its bound by much. */
  #capSoon(): void {
    if (this.#options.sizeBytesMax === undefined || this.#isClosing || this.#isCapping) return;
    this.#isCapping = true;
    void this.#maintained(async () => {
      this.#isCapping = false;
      if (!this.#isClosing) await this.#capSize();
    });
  }

  async #retain(): Promise<void> {
    for (const log of this.#logs.values()) {
      if (this.#isClosing || log.failure !== undefined) return;
      const removed = await log.deleteOldSegments();
      if (removed > 0)
        this.#logger.info('removed old segments', { log: log.name, segments: removed });
    }
  }

  async #maintainAll(): Promise<void> {
    for (const log of this.#logs.values()) await log.maintain();
  }

  async #checkpointAll(): Promise<void> {
    await this.#maintainAll();
    await this.#checkpoints.write(this.#logs);
  }

  async #capSize(): Promise<void> {
    const logs = [...this.#logs.values()];
    let excess =
      logs.reduce((bytes, log) => bytes + log.sizeBytes, 0) - this.#options.sizeBytesMax!;
    if (excess <= 0) return;
    this.#logger.warn('the memory for logs is full: dropping the oldest segments', {
      excessBytes: excess,
    });
    for (const log of logs.toSorted((a, b) => b.sizeBytes - a.sizeBytes)) {
      if (excess <= 0) return;
      if (log.topic.startsWith('__')) continue;
      excess -= await log.dropOldest(excess);
    }
  }

  async #hasSegments(name: string): Promise<boolean> {
    const { disk } = this.#platform;
    const folder = `${this.path}/${name}`;
    if ((await disk.stat(folder)) === undefined) return false;
    return (await disk.readdir(folder)).some((file) => parseSegmentFile(file)?.kind === 'log');
  }

  #fail(error: LogError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#logger.error('the data directory failed; it takes no more writes', {
      path: this.path,
      error: error.message,
    });
    this.#failureNoted = markFailed(this.#platform.disk, this.path).catch((cause: unknown) =>
      this.#logger.error('what the disk has not got may be taken for durable by the next start', {
        path: this.path,
        error: String(cause),
      }),
    );
    this.#options.onFailure?.(error);
  }
}

/** Does `work` with every item, in their order, so many at a time. */
async function atATime<T>(
  count: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, worker));
}

async function listLogs(disk: Platform['disk'], path: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await disk.readdir(path)) {
    const isLog = /^.+-\d+$/.test(name) && !name.endsWith('-delete') && !name.endsWith('-stray');
    if (isLog && (await disk.stat(`${path}/${name}`))?.kind === 'directory') names.push(name);
  }
  return names;
}

async function trustTails(
  { platform: { disk }, logger, path }: LogDirectoryOptions,
  recoveryPoints: ReadonlyMap<string, number>,
): Promise<void> {
  const bytes = await rewriteUnsynced(disk, path, await listLogs(disk, path), recoveryPoints);
  if (bytes === undefined) return;
  logger.warn('the disk failed in an earlier life: what is visible was written again', {
    path,
    bytes,
  });
}

interface FoundState {
  readonly meta: MetaProperties | undefined;
  /** Undefined without the marker of a clean shutdown; −1 when it names no epoch. */
  readonly cleanBrokerEpoch: number | undefined;
  readonly checkpoints: LogCheckpoints;
}

async function readState(disk: Platform['disk'], path: string): Promise<FoundState> {
  return {
    meta: await readMetaProperties(disk, path),
    cleanBrokerEpoch: await readMarker(disk, `${path}/${CLEAN_SHUTDOWN_FILE}`),
    checkpoints: await LogCheckpoints.read(disk, path),
  };
}

/** Before Kafka 4.0 the marker was an empty file. Kafka: CleanShutdownFileHandler. */
async function readMarker(disk: Platform['disk'], file: string): Promise<number | undefined> {
  if ((await disk.stat(file)) === undefined) return undefined;
  try {
    const content: unknown = JSON.parse((await disk.readFile(file)).toString());
    const epoch = (content as { readonly brokerEpoch?: unknown } | null)?.brokerEpoch;
    return typeof epoch === 'number' && Number.isSafeInteger(epoch) ? epoch : -1;
  } catch (error) {
    if (error instanceof SyntaxError) return -1;
    throw error;
  }
}

function explain(error: unknown, path: string): unknown {
  if (!(error instanceof DiskError)) return error;
  if (error.code === 'ELOCKED')
    return new LogError(
      'DIRECTORY_LOCKED',
      `${path} is in use by another Ottla or Kafka process: stop it, or choose another log.dirs`,
      error,
    );
  return new LogError('KAFKA_STORAGE_ERROR', `${path} ${whyUnusable(error)}`, error);
}

function whyUnusable({ code, operation }: DiskError): string {
  if (code === 'ENOENT' && operation === 'mkdir')
    return `cannot be used (${code}): no directory can be made there; choose another log.dirs`;
  const isForbidden = code === 'EACCES' || code === 'EROFS' || code === 'EPERM';
  return `${isForbidden ? 'is not writable' : 'cannot be used'} (${code}): check its permissions or choose another log.dirs`;
}
