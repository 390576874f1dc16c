// What a follower does next with one partition: where it fetches, what an answer of the leader means for its log, when it
// tries again. Pure: the log is looked at, never changed; what to do with it comes out. Logs part where leader epochs part:
// each fetch names the epoch of the last record, the leader answers where its own log leaves it (KIP-101, KIP-279, KIP-595).
// Kafka: AbstractFetcherThread, ReplicaFetcherThread.
import { ErrorCode } from '@ottla/protocol';

/** The follower's log, as it stands. */
export interface FollowerLog {
  readonly logStartOffset: number;
  /** Exclusive; what is written, nothing that is on its way. */
  readonly logEndOffset: number;
  readonly highWatermark: number;
  /** Of the last record; −1 when there is none. */
  readonly latestEpoch: number;
  /** Where the largest epoch ≤ `epoch` ends (exclusive); −1 for what is not known. */
  endOffsetForEpoch(epoch: number): { readonly epoch: number; readonly endOffset: number };
}

/** What is asked of the leader for the partition. */
export interface FetchPosition {
  readonly leaderEpoch: number;
  readonly fetchOffset: number;
  /** −1 for a log without records. */
  readonly lastFetchedEpoch: number;
  readonly logStartOffset: number;
}

/** What the leader answered for the partition, without the records. */
export interface FetchAnswer {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  /** Epoch −1 when the logs agree up to the asked offset. */
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number };
}

/** What to do with the log. While it is done nothing is fetched; then comes `done` or `failed`. */
export type FollowerStep =
  /** The answer is to a question that is not asked any more. */
  | { readonly kind: 'ignore' }
  /** Append the records up to this leader epoch; then take over what is committed and where the leader's log starts. */
  | {
      readonly kind: 'append';
      readonly leaderEpoch: number;
      readonly highWatermark: number;
      readonly logStartOffset: number;
    }
  /** Cut off what is at and above the offset. Below the high watermark only after an unclean election: to be said aloud. */
  | {
      readonly kind: 'truncate';
      readonly offset: number;
      readonly isBelowHighWatermark: boolean;
    }
  /** Throw the log away and go on at the leader's start. */
  | { readonly kind: 'restart'; readonly offset: number }
  /** Ask the leader (ListOffsets) where its log starts and ends, then call `leaderOffsets`. */
  | { readonly kind: 'ask-offsets' }
  /** Ask again after a pause. */
  | { readonly kind: 'pause' }
  /** Wait for newer metadata: the leader is another one. */
  | { readonly kind: 'stop' };

export interface FollowerStateOptions {
  /** First pause after a refusal, doubled with each further one; milliseconds. */
  readonly pauseMs: number;
  /** `replica.fetch.backoff.ms` */
  readonly pauseMsMax: number;
}

const IGNORE: FollowerStep = { kind: 'ignore' };
const PAUSE: FollowerStep = { kind: 'pause' };
const STOP: FollowerStep = { kind: 'stop' };

/** Of one partition while this broker follows one leader epoch. */
export class FollowerState {
  readonly leaderEpoch: number;
  readonly #options: FollowerStateOptions;
  #isBusy = false;
  #isStopped = false;
  #readyAtMs = -Infinity;
  #pauses = 0;

  constructor(leaderEpoch: number, options: FollowerStateOptions) {
    this.leaderEpoch = leaderEpoch;
    this.#options = options;
  }

  /** Nothing will be fetched until there is newer metadata. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Monotonic milliseconds before which nothing is asked; −Infinity without a pause, Infinity when something else is waited for. */
  get readyAtMs(): number {
    return this.#isBusy || this.#isStopped ? Infinity : this.#readyAtMs;
  }

  /** Before the first fetch. A log that does not know its leader epochs keeps what is committed and nothing else. */
  begin(log: FollowerLog): FollowerStep {
    if (log.latestEpoch >= 0 || log.logEndOffset <= log.highWatermark) return IGNORE;
    return this.#truncate(log.highWatermark, log);
  }

  /** What to ask now; undefined while there is nothing to ask. */
  position(log: FollowerLog, nowMs: number): FetchPosition | undefined {
    if (this.readyAtMs > nowMs) return undefined;
    return {
      leaderEpoch: this.leaderEpoch,
      fetchOffset: log.logEndOffset,
      lastFetchedEpoch: log.latestEpoch,
      logStartOffset: log.logStartOffset,
    };
  }

  /** The leader answered `asked`. */
  answered(
    asked: FetchPosition,
    answer: FetchAnswer,
    log: FollowerLog,
    nowMs: number,
  ): FollowerStep {
    const isCurrent =
      asked.leaderEpoch === this.leaderEpoch &&
      asked.fetchOffset === log.logEndOffset &&
      asked.lastFetchedEpoch === log.latestEpoch;
    if (this.#isBusy || this.#isStopped || !isCurrent) return IGNORE;
    switch (answer.errorCode) {
      case ErrorCode.NONE:
        return this.#fetched(answer, log);
      case ErrorCode.OFFSET_OUT_OF_RANGE:
        this.#isBusy = true;
        return { kind: 'ask-offsets' };
      case ErrorCode.FENCED_LEADER_EPOCH:
        // The leader is ahead: the metadata that made it so is on its way to this broker too.
        this.#isStopped = true;
        return STOP;
      default:
        return this.refused(nowMs);
    }
  }

  #fetched(answer: FetchAnswer, log: FollowerLog): FollowerStep {
    this.#pauses = 0;
    const { highWatermark, logStartOffset, divergingEpoch } = answer;
    if (divergingEpoch.epoch >= 0) return this.#truncate(cutFor(divergingEpoch, log), log);
    this.#isBusy = true;
    return { kind: 'append', leaderEpoch: this.leaderEpoch, highWatermark, logStartOffset };
  }

  /** The answer to `ask-offsets`: the leader's log starts at `start` and ends at `end` (exclusive). */
  leaderOffsets(start: number, end: number, log: FollowerLog): FollowerStep {
    this.#isBusy = false;
    if (end < log.logEndOffset) return this.#truncate(end, log);
    if (start <= log.logEndOffset) return IGNORE;
    this.#isBusy = true;
    return { kind: 'restart', offset: start };
  }

  /** The step was done. */
  done(): void {
    this.#isBusy = false;
  }

  /** The answer could not be used, or there was none: after a pause once more. */
  refused(nowMs: number): FollowerStep {
    const { pauseMs, pauseMsMax } = this.#options;
    this.#isBusy = false;
    this.#readyAtMs = nowMs + Math.min(pauseMs * 2 ** this.#pauses, pauseMsMax);
    this.#pauses = Math.min(this.#pauses + 1, 20);
    return PAUSE;
  }

  /** The log cannot be used: nothing more is fetched. */
  stop(): void {
    this.#isBusy = false;
    this.#isStopped = true;
  }

  #truncate(offset: number, log: FollowerLog): FollowerStep {
    this.#isBusy = true;
    return { kind: 'truncate', offset, isBelowHighWatermark: offset < log.highWatermark };
  }
}

/**
 * Where to cut, given the largest epoch of the leader's that is not above the follower's last, and its end there. An epoch
 * that the follower does not have moves the cut to the end of its next lower one; the next fetch asks from there.
 */
function cutFor(
  leader: { readonly epoch: number; readonly endOffset: number },
  log: FollowerLog,
): number {
  const own = log.endOffsetForEpoch(leader.epoch);
  if (own.endOffset < 0) return Math.min(leader.endOffset, log.logEndOffset);
  const cut =
    own.epoch === leader.epoch ? Math.min(own.endOffset, leader.endOffset) : own.endOffset;
  return Math.min(cut, log.logEndOffset);
}
