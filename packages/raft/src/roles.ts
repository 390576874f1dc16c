// The roles of a quorum member. One type each, so that a state that cannot be cannot be written.
//
//                          election timeout             majority of pre-votes           majority of votes
//   ┌────────────┐ ───────────────────────▶ ┌─────────────┐ ─────────▶ ┌───────────┐ ─────────▶ ┌────────┐
//   │ unattached │                          │ prospective │            │ candidate │            │ leader │
//   └────────────┘ ◀─────────────────────── └─────────────┘ ◀───────── └───────────┘            └────────┘
//      ▲      │        majority says no           ▲          lost or timed out                      │
//      │      │ leader found                      │ fetch timeout                                   │ no majority fetches,
//      │      ▼                                   │                                                 ▼ or shutting down
//      │  ┌──────────┐ ───────────────────────────┘                                            ┌──────────┐
//      │  │ follower │                                                                          │ resigned │
//      │  └──────────┘                                                                          └──────────┘
//      └──────────── from every role: a higher epoch without a known leader ─────────────────────────┘
//
// Observers (replicas that are no voters) are only ever unattached or followers. Kafka: QuorumState and its EpochStates;
// KIP-595, KIP-996 (pre-vote).
import type { ReplicaKey } from './replica.ts';

/** Knows the epoch, not the leader. */
export interface Unattached {
  readonly role: 'unattached';
  readonly epoch: number;
  readonly votedFor: ReplicaKey | undefined;
  /** Monotonic milliseconds; Infinity for an observer. */
  readonly electionDeadlineMs: number;
}

/** Asks whether it could win, before it disturbs anybody with a new epoch. */
export interface Prospective {
  readonly role: 'prospective';
  readonly epoch: number;
  /** The leader that fell silent, if there was one: its epoch is still the present one. */
  readonly leaderId: number | undefined;
  readonly votedFor: ReplicaKey | undefined;
  readonly granted: ReadonlySet<number>;
  readonly rejected: ReadonlySet<number>;
  readonly electionDeadlineMs: number;
}

/** Has voted for itself in a new epoch. */
export interface Candidate {
  readonly role: 'candidate';
  readonly epoch: number;
  readonly granted: ReadonlySet<number>;
  readonly rejected: ReadonlySet<number>;
  readonly electionDeadlineMs: number;
}

/** How far a replica is, as the leader knows from its fetches. */
export interface ReplicaProgress {
  readonly key: ReplicaKey;
  /** Exclusive; −1 before the first fetch. */
  readonly endOffset: number;
  /** Monotonic milliseconds. */
  readonly lastFetchMs: number;
  /** Monotonic milliseconds of the last fetch at the leader's end; −1 never. */
  readonly lastCaughtUpMs: number;
  /** The leader's end at the last fetch, for lastCaughtUpMs. */
  readonly leaderEndAtFetch: number;
}

/** Appends, and counts who has what. */
export interface Leader {
  readonly role: 'leader';
  readonly epoch: number;
  /** Offset of the leader change record: nothing below is committed by counting (Raft 5.4.2). */
  readonly epochStartOffset: number;
  readonly granted: ReadonlySet<number>;
  /** By node id; the leader itself included. */
  readonly voters: Map<number, ReplicaProgress>;
  readonly observers: Map<string, ReplicaProgress>;
  /** Voters that have not yet fetched in this epoch are told about it again. */
  beginDeadlineMs: number;
  /** Without fetches from a majority until then, the leader resigns. */
  checkQuorumDeadlineMs: number;
}

/** Fetches from a leader. */
export interface Follower {
  readonly role: 'follower';
  readonly epoch: number;
  readonly leaderId: number;
  readonly votedFor: ReplicaKey | undefined;
  fetchDeadlineMs: number;
  hasFetched: boolean;
}

/** Was the leader and gave it up; does not stand again at once. */
export interface Resigned {
  readonly role: 'resigned';
  readonly epoch: number;
  readonly electionDeadlineMs: number;
}

export type Role = Unattached | Prospective | Candidate | Leader | Follower | Resigned;
