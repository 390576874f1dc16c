// What a quorum core is made from: its view of the log, its times, who it is.
import type { ElectionState, LogPosition, ReplicaKey, VoterSet } from './replica.ts';

/** What the core may know of its log. */
export interface LogView {
  readonly endOffset: number;
  /** Epoch of the last record; 0 in an empty log. */
  readonly lastEpoch: number;
  /** First offset that can be read. */
  readonly startOffset: number;
  /** End (exclusive) of the largest epoch ≤ `epoch`; undefined when the log does not know. */
  endOffsetForEpoch(epoch: number): LogPosition | undefined;
}

/** Times in milliseconds. Kafka's defaults. */
export interface QuorumTimes {
  /** `controller.quorum.election.timeout.ms`; jittered up to twice. Default 1,000. */
  readonly electionTimeoutMs: number;
  /** `controller.quorum.fetch.timeout.ms`. Default 2,000. */
  readonly fetchTimeoutMs: number;
}

export const QUORUM_TIMES_DEFAULT: QuorumTimes = {
  electionTimeoutMs: 1_000,
  fetchTimeoutMs: 2_000,
};

export interface QuorumCoreOptions {
  readonly self: ReplicaKey;
  readonly voters: VoterSet;
  readonly election: ElectionState;
  readonly log: LogView;
  /** Uniform integer in [0, boundExclusive). */
  readonly random: (boundExclusive: number) => number;
  readonly times?: QuorumTimes;
}
