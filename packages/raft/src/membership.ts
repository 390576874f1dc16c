// What a follower has to tell its leader about itself: that it is reached elsewhere now, that it wants to vote, that a
// voter of its id is its own lost disk. Kafka: KafkaRaftClient.shouldSendUpdateVoteRequest, pollFollowerAsObserver (KIP-853).
import type { OutgoingMessage } from './messages.ts';
import { sameVoter, type Voter, type VoterSet } from './replica.ts';

export interface Membership {
  /** This node as it would stand in the voters record. */
  readonly self: Voter;
  readonly voters: VoterSet;
  readonly kraftVersion: number;
  readonly epoch: number;
  readonly autoJoin: boolean;
  readonly hasUpdatedLeader: boolean;
}

/** What to tell the leader now; undefined when it knows everything. */
export function membershipMessage(membership: Membership): OutgoingMessage | undefined {
  const { self, voters, kraftVersion, epoch, autoJoin, hasUpdatedLeader } = membership;
  const known = voters.get(self.id);
  if (known !== undefined && voters.has(self)) {
    // A static quorum has no record of it: each new leader is told.
    const isKnown = kraftVersion >= 1 ? sameVoter(known, self) : hasUpdatedLeader;
    return isKnown ? undefined : { kind: 'updateVoter', epoch, voter: self };
  }
  if (!autoJoin || kraftVersion < 1) return undefined;
  return known === undefined
    ? { kind: 'addVoter', voter: self }
    : { kind: 'removeVoter', key: { id: known.id, directoryId: known.directoryId } };
}
