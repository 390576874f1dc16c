// What all logs of a directory share: ports, caches, bounds. Passed in, so that a test can build one small.
import type { Clock, Disk, Logger, Random, Threads, Timers } from '@ottla/platform';
import type { BufferPool } from './buffer-pool.ts';
import type { DelayedRemovals } from './delayed-removals.ts';
import type { LogError } from './errors.ts';
import type { HandleCache } from './handle-cache.ts';
import type { SlabPool } from './slab-pool.ts';
import type { SyncGate } from './sync-gate.ts';
import type { TailCache } from './tail-cache.ts';
import type { WriteNowGate } from './write-now-gate.ts';

export interface LogContext {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly threads: Threads;
  readonly logger: Logger;
  readonly handles: HandleCache;
  readonly tailCache: TailCache;
  readonly slabs: SlabPool;
  /** Memory for cold reads. */
  readonly readBuffers: BufferPool;
  readonly syncs: SyncGate;
  readonly writesNow: WriteNowGate;
  readonly readsNow: WriteNowGate;
  readonly removals: DelayedRemovals;
  /** Indexes of closed segments in memory. */
  readonly loadedIndexes: LoadedIndexes;
  /** For indexes that are built anew, bytes. */
  readonly indexIntervalBytes: number;
  /** A log began a new segment: the older ones can be dropped. */
  onRolled(): void;
  /** The log in this folder was cut and ends at this offset (exclusive) now. Resolves when it may be written to again. */
  onCut(folder: string, logEndOffset: number): Promise<void>;
  /** A write or a sync failed: nothing of this directory can be trusted to become durable any more. */
  onFailure(error: LogError): void;
  /** A read came upon a batch in this folder that is not what was written: a log's copy is damaged. */
  onDamage(folder: string): void;
}

/** Something whose indexes can be dropped. */
export interface IndexHolder {
  dropIndexes(): void;
}

const LOADED_MAX_DEFAULT = 256;

/** Keeps the indexes of the most recently read closed segments, and no more. */
export class LoadedIndexes {
  readonly #max: number;
  readonly #holders = new Set<IndexHolder>();

  constructor(max: number = LOADED_MAX_DEFAULT) {
    this.#max = max;
  }

  /** Notes a use of indexes that are there; of a segment that still grows they are not kept here. */
  used(holder: IndexHolder): void {
    if (this.#holders.delete(holder)) this.#holders.add(holder);
  }

  /** Notes that a holder has its indexes; the one that was used longest ago may lose its own. */
  touch(holder: IndexHolder): void {
    this.#holders.delete(holder);
    this.#holders.add(holder);
    if (this.#holders.size <= this.#max) return;
    const [oldest] = this.#holders;
    this.#holders.delete(oldest!);
    oldest!.dropIndexes();
  }

  forget(holder: IndexHolder): void {
    this.#holders.delete(holder);
  }
}
