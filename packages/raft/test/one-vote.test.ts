// A node votes once in an epoch, whatever roles it passes through. Each case is one history that ended with two votes.
import { ZERO_UUID } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import {
  type ElectionState,
  type LogPosition,
  type LogView,
  NO_ELECTION,
  QuorumCore,
  type ReplicaKey,
  type VoteMessage,
  VoterHistory,
  VoterSet,
} from '../src/index.ts';

const key = (id: number): ReplicaKey => ({ id, directoryId: ZERO_UUID });
const VOTERS = new VoterSet([1, 2, 3].map((id) => ({ ...key(id), endpoints: [] })));

class ToyLog implements LogView {
  startOffset = 0;
  endOffset = 0;
  lastEpoch = 0;
  readonly voterHistory = new VoterHistory();
  endOffsetForEpoch(epoch: number): LogPosition | undefined {
    return { offset: this.endOffset, epoch: Math.min(epoch, this.lastEpoch) };
  }
}

function node(id: number, election: ElectionState = NO_ELECTION): QuorumCore {
  const log = new ToyLog();
  return new QuorumCore({ self: key(id), voters: VOTERS, election, log, random: () => 0 }, 0);
}

function vote(from: number, epoch: number, directoryId = ZERO_UUID): VoteMessage {
  return {
    kind: 'vote',
    from: { id: from, directoryId },
    epoch,
    log: { offset: 0, epoch: 0 },
    preVote: false,
  };
}

describe('one vote in an epoch', () => {
  it('given a follower that voted for its leader, when the leader takes leave, then another candidate of that epoch gets no vote', () => {
    const voter = node(1);
    expect(voter.handleVote(vote(2, 4), 0).granted).toBe(true);
    voter.handleBeginEpoch({ kind: 'beginEpoch', leaderId: 2, epoch: 4 }, 1);
    voter.handleEndEpoch({ kind: 'endEpoch', leaderId: 2, epoch: 4, successors: [key(3)] }, 2);
    expect(voter.handleVote(vote(3, 4), 3).granted).toBe(false);
  });

  it('given a candidate, when the leader of its epoch takes leave, then it still has voted for itself', () => {
    const candidate = node(1);
    candidate.tick(10_000);
    candidate.handleVoteAnswer(
      2,
      { ...vote(1, 0), preVote: true },
      { error: 'NONE', epoch: 0, leaderId: undefined, granted: true },
      10_001,
    );
    expect(candidate.role).toMatchObject({ role: 'candidate', epoch: 1 });
    candidate.handleEndEpoch({ kind: 'endEpoch', leaderId: 2, epoch: 1, successors: [] }, 10_002);
    expect(candidate.handleVote(vote(3, 1), 10_003).granted).toBe(false);
  });

  it('given a leader that was killed, when it is back and a late request of that epoch comes, then it does not vote', () => {
    const restarted = node(1, { epoch: 5, leaderId: 1, votedFor: undefined });
    expect(restarted.handleVote(vote(3, 5), 0).granted).toBe(false);
  });

  it('given a vote for a replica, when the same node asks with another disk, then it is another candidate', () => {
    const voter = node(1);
    expect(voter.handleVote(vote(2, 4, 'AAAAAAAAAAAAAAAAAAAAAg'), 0).granted).toBe(true);
    expect(voter.handleVote(vote(2, 4, 'AAAAAAAAAAAAAAAAAAAABg'), 1).granted).toBe(false);
  });
});
