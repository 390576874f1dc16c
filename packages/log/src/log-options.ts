// What a caller says when it opens a log or appends to it.
import type { LogConfig } from './log-config.ts';
import type { AppendOrigin } from './producer-state.ts';
import type { SlabLease } from './slab-pool.ts';

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
  readonly lease?: SlabLease | undefined;
  /**
   * Asked before an append that had to wait for its check is admitted; one that does not lead `leaderEpoch` any more is
   * refused with `NOT_LEADER_OR_FOLLOWER`. Without a wait leadership is the caller's matter.
   */
  readonly leader?: { leads(leaderEpoch: number): boolean };
}

export interface FollowerAppendOptions {
  /** As `LeaderAppendOptions.lease`. */
  readonly lease?: SlabLease | undefined;
  /**
   * Batches of a higher epoch, and what is behind them, are left out: the answer was read from a log that was cut and
   * written again while it was sent (KAFKA-18723). Default: none is too high.
   */
  readonly leaderEpochMax?: number;
  /**
   * Whether the tail cache keeps it: worth its memory only where somebody reads the newest records. Default true; after an
   * append that it does not keep, what it held of this log is gone too, for a tail has no gaps.
   */
  readonly isCached?: boolean;
}

/** Offsets that listeners hear of. */
export type OffsetListener = (offset: number) => void;
