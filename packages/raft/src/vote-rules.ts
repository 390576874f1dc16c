// Who gets a vote (Raft 5.2, 5.4.1; KIP-996 for the question before it). Kafka: UnattachedState.canGrantVote and its like.
import { type LogPosition, type ReplicaKey, sameReplica } from './replica.ts';
import type { LogView } from './quorum-options.ts';
import type { Role } from './roles.ts';
import type { VoterHistory } from './voter-history.ts';

/** Whether a log that ends there has all that this one has, as far as elections need to know. */
export function isUpToDate(other: LogPosition, { lastEpoch, endOffset }: LogView): boolean {
  return other.epoch > lastEpoch || (other.epoch === lastEpoch && other.offset >= endOffset);
}

/** Whether it would vote for a candidate with an up-to-date log: one that hears its leader does not help to unseat it. */
export function wouldVote(role: Role, nowMs: number): boolean {
  if (role.role !== 'follower') return role.role !== 'leader';
  return !role.hasFetched || nowMs >= role.fetchDeadlineMs;
}

/** Whether it may vote for this candidate in its epoch: once, and for nobody when there is a leader. */
export function mayVote(
  role: Role,
  leaderId: number | undefined,
  candidate: ReplicaKey,
  hasAll: boolean,
): boolean {
  if (role.role !== 'unattached' && role.role !== 'prospective') return false;
  if (leaderId !== undefined) return false;
  if (role.votedFor !== undefined) return sameReplica(role.votedFor, candidate);
  return hasAll;
}

/** Whom a node in this role has voted for in its epoch, as far as it says so. */
export function votedFor(role: Role, self: ReplicaKey): ReplicaKey | undefined {
  switch (role.role) {
    case 'candidate':
    case 'resigned':
      return self;
    case 'unattached':
    case 'prospective':
    case 'follower':
      return role.votedFor;
    case 'leader':
      return undefined;
  }
}

/**
 * Whether a replica voted until a change that may not be committed: it may still stand, for nobody else might have a log
 * that is long enough to be elected (Raft dissertation 4.2.2).
 *
 * @param highWatermark exclusive; −1 while not known
 */
export function wasVoter(
  self: ReplicaKey,
  { last, previous }: VoterHistory,
  highWatermark: number,
): boolean {
  return last !== undefined && last.offset >= highWatermark && previous?.has(self) === true;
}
