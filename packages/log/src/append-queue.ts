// Appends to one log that meet go out together: one vectored write in flight, the rest grouped behind it, and with
// `flush.messages` one datasync for the whole group. A failed write or sync fails the log for good; it is never tried
// again as if it had worked. DESIGN §4.3, decision 0005.
import { type BatchHeader, lastOffsetOf } from '@ottla/protocol/records';
import { LogError } from './errors.ts';
import type { SlabLease } from './slab-pool.ts';

/** Where an append ended up. */
export interface AppendResult {
  readonly baseOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  /** Milliseconds; −1 unless the topic stamps records itself. */
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
  /** The batch was there already; the offsets are those of the first time. */
  readonly isDuplicate: boolean;
}

/** One append on its way to the disk, offsets already in its bytes. */
export interface PendingAppend {
  readonly bytes: Buffer;
  /** A hold of the queue's own, or undefined when the bytes are not in a slab. */
  readonly lease: SlabLease | undefined;
  /** Positions are relative to `bytes`. */
  readonly headers: readonly BatchHeader[];
  readonly recordCount: number;
  /** Whether the tail cache keeps it. */
  readonly isCached: boolean;
  readonly result: AppendResult;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: LogError) => void;
}

/** What the queue asks of the log. */
export interface AppendTarget {
  /** Rolls first when the append must not go into the present segment. */
  prepare(append: PendingAppend): Promise<void>;
  /** Whether the append can still go into the segment that the group before it leaves, `groupBytes` fuller. */
  fits(append: PendingAppend, groupBytes: number): boolean;
  /** Writes one append in place, if that may be done and nothing else is due. @returns whether it did */
  writeNow(append: PendingAppend): boolean;
  /** One vectored write at the end of the segment; then, if due, one sync. */
  write(group: readonly PendingAppend[]): Promise<void>;
  /** The group is on disk: make it visible. */
  written(group: readonly PendingAppend[]): void;
  /** The log is done for. */
  failed(error: LogError): void;
}

/** Bounds a group, so that one write does not hold the thread pool long. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024;
const GROUP_APPENDS_MAX = 512;

/** The one writer of a log. */
export class AppendQueue {
  readonly #target: AppendTarget;
  #pending: PendingAppend[] = [];
  #isRunning = false;
  #failure: LogError | undefined;
  #idle: (() => void)[] = [];
  readonly #exclusive: (() => Promise<void>)[] = [];

  constructor(target: AppendTarget) {
    this.#target = target;
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  /** Queues an append. Its promise settles in the order of the calls. */
  push(append: PendingAppend): void {
    if (this.#failure !== undefined) {
      settle([append], this.#failure);
      return;
    }
    if (this.#isRunning || !this.#writeNow(append)) {
      this.#pending.push(append);
      this.#start();
    }
  }

  /** Nothing is queued before it: it needs no queue. @returns whether the append is settled */
  #writeNow(append: PendingAppend): boolean {
    const group = [append];
    try {
      if (!this.#target.writeNow(append)) return false;
    } catch (error) {
      this.#fail(group, error);
      return true;
    }
    this.#target.written(group);
    settle(group, undefined);
    return true;
  }

  /**
   * Runs `work` between two writes: nothing is in flight while it runs, and appends wait behind it. Those already
   * queued have their offsets, but are not in the file. Rejects as `work` does; the queue goes on.
   */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#exclusive.push(() => work().then(resolve, reject));
      this.#start();
    });
  }

  /**
   * As `exclusive`, for work that changes what was written already: where it fails, the log is done for. What a failed sync
   * or a half-done cut has left must not be built upon.
   */
  rewrite(work: () => Promise<void>): Promise<void> {
    return this.exclusive(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        await work();
      } catch (cause) {
        this.#fail([], cause);
        throw this.#failure!;
      }
    });
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  /** Resolves when nothing is queued or in flight. */
  async idle(): Promise<void> {
    if (!this.#isRunning) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #run(): Promise<void> {
    for (;;) {
      const work = this.#exclusive.shift();
      if (work !== undefined) {
        await work();
        continue;
      }
      if (this.#pending.length === 0) break;
      let group: PendingAppend[] = [];
      try {
        await this.#target.prepare(this.#pending[0]!);
        group = this.#takeGroup();
        await this.#target.write(group);
      } catch (error) {
        this.#fail(group, error);
        continue;
      }
      this.#target.written(group);
      settle(group, undefined);
    }
    this.#isRunning = false;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #takeGroup(): PendingAppend[] {
    let count = 1;
    let bytes = this.#pending[0]!.bytes.length;
    while (count < this.#pending.length && count < GROUP_APPENDS_MAX) {
      const next = this.#pending[count]!;
      if (bytes + next.bytes.length > GROUP_BYTES_MAX || !this.#target.fits(next, bytes)) break;
      bytes += next.bytes.length;
      count += 1;
    }
    return this.#pending.splice(0, count);
  }

  #fail(group: readonly PendingAppend[], cause: unknown): void {
    const error =
      cause instanceof LogError
        ? cause
        : new LogError('KAFKA_STORAGE_ERROR', `the log cannot be written: ${String(cause)}`, cause);
    this.#failure = error;
    const lost = [...group, ...this.#pending];
    this.#pending = [];
    this.#target.failed(error);
    settle(lost, error);
  }
}

function settle(appends: readonly PendingAppend[], error: LogError | undefined): void {
  for (const append of appends) {
    if (error === undefined) append.resolve(append.result);
    else append.reject(error);
    append.lease?.release();
  }
}

/** Last offset (inclusive) of an append. */
export function lastOffsetOfAppend(append: PendingAppend): number {
  return lastOffsetOf(append.headers.at(-1)!);
}

/** Highest timestamp of an append, milliseconds. */
export function maxTimestampOfAppend(append: PendingAppend): number {
  let highest = -1;
  for (const header of append.headers) highest = Math.max(highest, header.maxTimestamp);
  return highest;
}
