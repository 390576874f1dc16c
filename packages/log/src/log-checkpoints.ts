// What the checkpoint files of a data directory say of its logs: how far each is durable, committed, and where it starts. Kafka:
// LogManager.checkpointLogRecoveryOffsets, checkpointLogStartOffsets, ReplicaManager.checkpointHighWatermarks.
import type { Disk } from '@ottla/platform';
import { readOffsetCheckpoint, writeOffsetCheckpoint } from './checkpoint-file.ts';
import { LogError } from './errors.ts';

const RECOVERY_POINT_FILE = 'recovery-point-offset-checkpoint';
const HIGH_WATERMARK_FILE = 'replication-offset-checkpoint';
const LOG_START_FILE = 'log-start-offset-checkpoint';

/** By `topic-partition`. */
type Offsets = ReadonlyMap<string, number>;

/** What of an open log is written down. */
export interface CheckpointedLog {
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
}

/** Those of one directory. Offsets of logs that are not open stay as they were read. */
export class LogCheckpoints {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #recoveryPoints: Map<string, number>;
  readonly #highWatermarks: Map<string, number>;
  readonly #logStarts: Map<string, number>;
  /** Logs of which the files say something. */
  #written: ReadonlySet<string>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    disk: Disk,
    path: string,
    [recoveryPoints, highWatermarks, logStarts]: Found,
  ) {
    this.#disk = disk;
    this.#path = path;
    this.#recoveryPoints = recoveryPoints;
    this.#highWatermarks = highWatermarks;
    this.#logStarts = logStarts;
    this.#written = this.#known();
  }

  /** A damaged file costs time, not data: everything is checked from the start then. @throws DiskError */
  static async read(disk: Disk, path: string): Promise<LogCheckpoints> {
    const offsets = (file: string): Promise<Map<string, number>> =>
      readOffsetCheckpoint(disk, `${path}/${file}`).catch((error: unknown) => {
        if (error instanceof LogError) return new Map<string, number>();
        throw error;
      });
    const recoveryPoints = await offsets(RECOVERY_POINT_FILE);
    const highWatermarks = await offsets(HIGH_WATERMARK_FILE);
    const logStarts = await offsets(LOG_START_FILE);
    return new LogCheckpoints(disk, path, [recoveryPoints, highWatermarks, logStarts]);
  }

  get recoveryPoints(): Offsets {
    return this.#recoveryPoints;
  }

  /** All three are 0 for a log that nothing is known of. */
  of(name: string): CheckpointedLog {
    return {
      recoveryPoint: this.#recoveryPoints.get(name) ?? 0,
      logStartOffset: this.#logStarts.get(name) ?? 0,
      highWatermark: this.#highWatermarks.get(name) ?? 0,
    };
  }

  /** What they say of a log of that name was said of another one. Durably: a crash would ask them. */
  async forgetFormer(name: string, logs: ReadonlyMap<string, CheckpointedLog>): Promise<void> {
    this.forget(name);
    if (this.#written.has(name)) await this.write(logs);
  }

  forget(name: string): void {
    for (const map of [this.#recoveryPoints, this.#highWatermarks, this.#logStarts])
      map.delete(name);
  }

  /** What is written behind the cut is not durable, or committed, or deleted, because what was there before it had been. */
  async cut(
    name: string,
    logEndOffset: number,
    logs: ReadonlyMap<string, CheckpointedLog>,
  ): Promise<void> {
    const isBehind = (offsets: Offsets): boolean => (offsets.get(name) ?? 0) > logEndOffset;
    if ([this.#recoveryPoints, this.#logStarts, this.#highWatermarks].some(isBehind))
      await this.write(logs);
  }

  /**
   * Recovery has cut the log, or a crash came between a cut and the checkpoints. High watermarks wait for the next
   * checkpoint: after a power cut those of many logs are behind the end.
   */
  async correct(
    name: string,
    opened: { readonly logEndOffset: number; readonly logStartOffset: number },
    logs: ReadonlyMap<string, CheckpointedLog>,
  ): Promise<void> {
    const { logEndOffset, logStartOffset } = opened;
    const isBehind = (offsets: Offsets): boolean => (offsets.get(name) ?? 0) > logEndOffset;
    if (![this.#recoveryPoints, this.#logStarts].some(isBehind)) return;
    this.#recoveryPoints.set(name, Math.min(this.of(name).recoveryPoint, logEndOffset));
    this.#logStarts.set(name, logStartOffset);
    await this.write(logs);
  }

  /** @param logs those that are open, by name */
  write(logs: ReadonlyMap<string, CheckpointedLog>): Promise<void> {
    return this.#inTurn(async () => {
      for (const [name, log] of logs) {
        this.#recoveryPoints.set(name, log.recoveryPoint);
        this.#logStarts.set(name, log.logStartOffset);
        this.#highWatermarks.set(name, log.highWatermark);
      }
      const known = this.#known();
      this.#written = this.#written.union(known);
      const moved = new Map([...this.#logStarts].filter(([, offset]) => offset > 0));
      await this.#writeFile(RECOVERY_POINT_FILE, this.#recoveryPoints);
      await this.#writeFile(LOG_START_FILE, moved);
      await this.#writeFile(HIGH_WATERMARK_FILE, this.#highWatermarks);
      this.#written = known;
    });
  }

  /** Not where nothing moved since the last time. */
  writeHighWatermarks(logs: ReadonlyMap<string, CheckpointedLog>): Promise<void> {
    return this.#inTurn(async () => {
      let hasMoved = false;
      for (const [name, { highWatermark }] of logs) {
        hasMoved ||= this.#highWatermarks.get(name) !== highWatermark;
        this.#highWatermarks.set(name, highWatermark);
      }
      if (hasMoved) await this.#writeFile(HIGH_WATERMARK_FILE, this.#highWatermarks);
    });
  }

  #known(): ReadonlySet<string> {
    return new Set([
      ...this.#recoveryPoints.keys(),
      ...this.#highWatermarks.keys(),
      ...this.#logStarts.keys(),
    ]);
  }

  #writeFile(file: string, offsets: Offsets): Promise<void> {
    return writeOffsetCheckpoint(this.#disk, `${this.#path}/${file}`, offsets);
  }

  /** One after the other. */
  #inTurn(write: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }
}

/** Recovery points, high watermarks, starts. */
type Found = readonly [Map<string, number>, Map<string, number>, Map<string, number>];
