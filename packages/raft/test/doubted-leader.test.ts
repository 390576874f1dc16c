// A voter that doubts a leader which is there after all: it must follow again, or nothing is committed any more.
import { ZERO_UUID } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import {
  type Follower,
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

class EmptyLog implements LogView {
  readonly startOffset = 0;
  readonly endOffset = 0;
  readonly lastEpoch = 0;
  readonly voterHistory = new VoterHistory();
  endOffsetForEpoch(): LogPosition | undefined {
    return undefined;
  }
}

/** Node 3, which follows node 1 in epoch 4. */
function follower(): QuorumCore {
  const options = { self: key(3), voters: VOTERS, election: NO_ELECTION, random: () => 0 };
  const core = new QuorumCore({ ...options, log: new EmptyLog() }, 0);
  core.handleBeginEpoch({ kind: 'beginEpoch', leaderId: 1, epoch: 4 }, 0);
  core.handleHeard(1, 4, 1);
  core.handleFetched(1, 4, 0, 1);
  core.takeEffects();
  return core;
}

const rejected = { error: 'NONE', epoch: 4, leaderId: 1, granted: false } as const;

/** Of node 2. */
const preVote: VoteMessage = {
  kind: 'vote',
  from: key(2),
  epoch: 4,
  log: { offset: 0, epoch: 0 },
  preVote: true,
};

function asked(core: QuorumCore): VoteMessage {
  for (const effect of core.takeEffects())
    if (effect.kind === 'send' && effect.message.kind === 'vote') return effect.message;
  throw new Error('nobody was asked for a vote');
}

describe('a voter that doubts its leader', () => {
  it('given a third voter that never answers, when the leader says no, then it follows again when its time is up', () => {
    const core = follower();
    core.tick(core.deadlineMs);
    const request = asked(core);
    expect(core.role).toMatchObject({ role: 'prospective', leaderId: 1 });
    core.handleVoteAnswer(1, request, rejected, core.deadlineMs - 1);
    core.tick(core.deadlineMs);
    expect(core.role).toMatchObject({ role: 'follower', leaderId: 1, epoch: 4 });
  });

  it('given a leader that is gone, when it followed it in vain once more, then it asks again, and helps who asks first', () => {
    const core = follower();
    core.tick(core.deadlineMs);
    core.tick(core.deadlineMs);
    expect(core.role.role).toBe('follower');
    expect(core.handleVote(preVote, core.deadlineMs - 1).granted).toBe(true);
    core.tick(core.deadlineMs);
    expect(core.role).toMatchObject({ role: 'prospective', leaderId: 1 });
  });

  it('given a leader that was only slow, when its answer comes while votes are asked for, then it follows again at once', () => {
    const core = follower();
    const nowMs = core.deadlineMs;
    core.tick(nowMs);
    core.handleHeard(1, 4, nowMs + 1);
    expect(core.role).toMatchObject({ role: 'follower', leaderId: 1, epoch: 4 });
    expect(core.handleVote(preVote, nowMs + 1).granted).toBe(false);
  });

  it('given an answer on its way to a slow disk, when the fetch timeout is over, then it does not stand, but helps who does', () => {
    const core = follower();
    core.handleHeard(1, 4, 10);
    const { fetchDeadlineMs } = core.role as Follower;
    expect(core.handleVote(preVote, fetchDeadlineMs - 1).granted).toBe(false);
    core.tick(fetchDeadlineMs + 10_000);
    expect(core.role.role).toBe('follower');
    expect(core.handleVote(preVote, fetchDeadlineMs).granted).toBe(true);
  });

  it('given an answer on its way to the disk, when the leader takes leave, then its successor stands at once', () => {
    const core = follower();
    core.handleHeard(1, 4, 10);
    core.handleEndEpoch({ kind: 'endEpoch', leaderId: 1, epoch: 4, successors: [key(3)] }, 20);
    core.handleFetched(1, 4, 0, 30);
    expect(core.deadlineMs).toBe(20);
  });
});
