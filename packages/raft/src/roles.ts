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
import type { FetchProgress } from './fetch-progress.ts';
import type { ReplicaKey } from './replica.ts';
import type { VoterChanges } from './voter-changes.ts';

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

/** Appends, and counts who has what. */
export interface Leader {
  readonly role: 'leader';
  readonly epoch: number;
  /** Offset of the leader change record: nothing below is committed by counting (Raft 5.4.2). */
  readonly epochStartOffset: number;
  readonly granted: ReadonlySet<number>;
  /** The leader itself included. */
  readonly progress: FetchProgress;
  readonly changes: VoterChanges;
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
  /** What the leader answered last is on its way into the log. */
  isTakingIn: boolean;
  /** When to look again whether the leader's idea of this node is right (KIP-853). */
  membershipDeadlineMs: number;
  /** The leader of a static quorum knows where this voter is reached. */
  hasUpdatedLeader: boolean;
}

/** Was the leader and gave it up; does not stand again at once. */
export interface Resigned {
  readonly role: 'resigned';
  readonly epoch: number;
  readonly electionDeadlineMs: number;
}

/** Whom a follower follows, and whom it has voted for. */
export type Followed = Pick<Follower, 'epoch' | 'leaderId' | 'votedFor'>;

/** A follower that has not heard its leader yet. */
export function follower(
  of: Followed,
  fetchDeadlineMs: number,
  membershipDeadlineMs: number,
): Follower {
  return {
    role: 'follower',
    ...of,
    fetchDeadlineMs,
    hasFetched: false,
    isTakingIn: false,
    membershipDeadlineMs,
    hasUpdatedLeader: false,
  };
}

/** Without a leader. @param electionDeadlineMs Infinity for an observer */
export function unattached(
  epoch: number,
  votedFor: ReplicaKey | undefined,
  electionDeadlineMs: number,
): Unattached {
  return { role: 'unattached', epoch, votedFor, electionDeadlineMs };
}

export type Role = Unattached | Prospective | Candidate | Leader | Follower | Resigned;

/** Monotonic milliseconds at which a node in this role has something to do; Infinity for never. */
export function deadlineOf(role: Role): number {
  switch (role.role) {
    case 'leader':
      return Math.min(role.beginDeadlineMs, role.checkQuorumDeadlineMs, role.changes.deadlineMs);
    case 'follower':
      return role.isTakingIn
        ? role.membershipDeadlineMs
        : Math.min(role.fetchDeadlineMs, role.membershipDeadlineMs);
    case 'unattached':
    case 'prospective':
    case 'candidate':
    case 'resigned':
      return role.electionDeadlineMs;
  }
}
