// What a quorum core is made from: its view of the log, its times, who it is.
import type {
  ElectionState,
  LogPosition,
  QuorumEndpoint,
  ReplicaKey,
  VoterSet,
} from './replica.ts';
import type { VoterHistory } from './voter-history.ts';

/** What the core may know of its log. */
export interface LogView {
  readonly endOffset: number;
  /** Epoch of the last record; 0 in an empty log. */
  readonly lastEpoch: number;
  /** First offset that can be read. */
  readonly startOffset: number;
  /** End (exclusive) of the largest epoch ≤ `epoch`; undefined when the log does not know. */
  endOffsetForEpoch(epoch: number): LogPosition | undefined;
  /** What its records say of the quorum; kept in step with what is appended and cut off. */
  readonly voterHistory: VoterHistory;
}

/** Times in milliseconds. Kafka's defaults. */
export interface QuorumTimes {
  /** `controller.quorum.election.timeout.ms`; jittered up to twice. Default 1,000. */
  readonly electionTimeoutMs: number;
  /** `controller.quorum.fetch.timeout.ms`. Default 2,000. */
  readonly fetchTimeoutMs: number;
  /** `controller.quorum.request.timeout.ms`: how long any request to another node may take, a fetch without its wait. Default 2,000. */
  readonly requestTimeoutMs?: number;
  /** `controller.quorum.retry.backoff.ms`: from a fetch that failed to the next. Default 20. */
  readonly retryBackoffMs?: number;
}

/** Default of `requestTimeoutMs`. */
export const REQUEST_TIMEOUT_MS = 2_000;

/** Default of `retryBackoffMs`. */
export const RETRY_BACKOFF_MS = 20;

/** How much one request of a follower brings, in bytes. Kafka's defaults. */
export interface QuorumFetchSizes {
  /** `controller.quorum.fetch.max.bytes`; one batch comes whole, however large. Default 1 MiB. */
  readonly logBytesMax: number;
  /** `controller.quorum.fetch.snapshot.max.bytes`. Default 1 MiB. */
  readonly snapshotBytesMax: number;
}

export const QUORUM_FETCH_SIZES_DEFAULT: QuorumFetchSizes = {
  logBytesMax: 1024 * 1024,
  snapshotBytesMax: 1024 * 1024,
};

export const QUORUM_TIMES_DEFAULT: QuorumTimes = {
  electionTimeoutMs: 1_000,
  fetchTimeoutMs: 2_000,
};

export interface QuorumCoreOptions {
  readonly self: ReplicaKey;
  /** `controller.quorum.voters`: who votes as long as the log does not say. */
  readonly voters: VoterSet;
  readonly election: ElectionState;
  readonly log: LogView;
  /** Uniform integer in [0, boundExclusive). */
  readonly random: (boundExclusive: number) => number;
  readonly times?: QuorumTimes;
  /**
   * Where this node's controller listeners are reached, the one for the quorum first; read when needed. Empty for a node
   * that never votes.
   */
  readonly endpoints?: readonly QuorumEndpoint[];
  /** `controller.quorum.auto.join.enable`: an observer with endpoints asks to vote. Default false. */
  readonly autoJoin?: boolean;
}
