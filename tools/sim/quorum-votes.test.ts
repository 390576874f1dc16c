// What counts as a vote given twice, and what does not.
import { type Role, VoterSet } from '@ottla/raft';
import { describe, expect, it } from 'vitest';
import { QuorumVotes, type VotingNode } from './quorum-votes.ts';

const EPOCH = 3;
const VOTERS = new VoterSet(
  [101, 102, 103].map((id) => ({ id, directoryId: `d${id}`, endpoints: [] })),
);

/** One life of a voter; `role` is changed to let it go on. */
function life(id: number): VotingNode & { role: Role; votedFor: number | undefined } {
  return {
    self: { id, directoryId: `d${id}` },
    voters: VOTERS,
    votedFor: undefined,
    role: follower(),
    get electionState() {
      const votedFor =
        this.votedFor === undefined ? undefined : { id: this.votedFor, directoryId: 'd' };
      return { epoch: EPOCH, leaderId: undefined, votedFor };
    },
  };
}

/** Any role with a vote: whose is told apart. */
function follower(): Role {
  return {
    role: 'unattached',
    epoch: EPOCH,
    votedFor: undefined,
    electionDeadlineMs: Infinity,
  };
}

function candidate(...granted: number[]): Role {
  const rejected = new Set<number>();
  return {
    role: 'candidate',
    epoch: EPOCH,
    granted: new Set(granted),
    rejected,
    electionDeadlineMs: 0,
  };
}

describe('QuorumVotes', () => {
  it('given a vote for itself that its disk refused, when its next life votes for another one, then it has voted once', () => {
    const votes = new QuorumVotes();
    const failed = Object.assign(life(101), { votedFor: 101, role: candidate(101) });
    expect(votes.check('101', failed)).toBeUndefined();

    const next = Object.assign(life(101), { votedFor: 102 });
    const elected = Object.assign(life(102), { votedFor: 102, role: candidate(102, 101) });

    expect(votes.check('101', next)).toBeUndefined();
    expect(votes.check('102', elected)).toBeUndefined();
  });

  it('given votes of two lives for two candidates, when both have heard, then it has voted twice', () => {
    const votes = new QuorumVotes();
    const one = Object.assign(life(102), { votedFor: 102, role: candidate(102, 101) });
    const other = Object.assign(life(103), { votedFor: 103, role: candidate(103, 101) });

    expect(votes.check('102', one)).toBeUndefined();
    expect(votes.check('103', other)).toMatch(/^101 has voted for 102 and for 103 in epoch 3/);
  });

  it('given one life, when it votes for two, then it has voted twice, whether anybody has heard or not', () => {
    const votes = new QuorumVotes();
    const voter = Object.assign(life(101), { votedFor: 102 });
    expect(votes.check('101', voter)).toBeUndefined();

    Object.assign(voter, { votedFor: 103, role: follower() });

    expect(votes.check('101', voter)).toMatch(/^101 has voted for 102 and for 103 in epoch 3/);
  });
});
