// The rules of changing voters at one core: what is refused, what the driver is told to do, when the change is done.
import { ZERO_UUID } from '@ottla/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Effect,
  KRAFT_VERSIONS,
  type LogPosition,
  QuorumCore,
  type QuorumRecord,
  type ReplicaKey,
  type Voter,
  type VoterChangeAnswer,
  VoterSet,
} from '../src/index.ts';
import { SimulatedDisk } from './simulation/simulated-log.ts';

const key = (id: number, disk = 'A'): ReplicaKey => ({
  id,
  directoryId: `AAAAAAAAAAAAAAAAAAA${id}${disk}A`,
});
const voter = (id: number, disk = 'A', port = 9093): Voter => ({
  ...key(id, disk),
  endpoints: [{ name: 'CONTROLLER', host: `node-${id}`, port }],
  kraftVersions: KRAFT_VERSIONS,
});
const voters = (...ids: number[]): VoterSet => new VoterSet(ids.map((id) => voter(id)));

/** A node with its driver played by hand. */
class Node {
  readonly disk: SimulatedDisk;
  readonly core: QuorumCore;
  readonly answers = new Map<number, VoterChangeAnswer>();
  readonly asked: number[] = [];
  nowMs = 0;
  #request = 0;

  constructor(id: number, formatted: QuorumRecord, staticVoters = new VoterSet([])) {
    this.disk = new SimulatedDisk(formatted);
    this.core = new QuorumCore(
      {
        self: key(id),
        voters: staticVoters,
        election: { epoch: 0, leaderId: undefined, votedFor: undefined },
        log: this.disk,
        random: () => 0,
        endpoints: voter(id).endpoints,
      },
      0,
    );
  }

  /** Has it elected by everybody it asks. */
  lead(): void {
    this.core.start(this.nowMs);
    if (this.core.deadlineMs < Infinity && this.core.role.role !== 'leader') {
      this.nowMs = this.core.deadlineMs;
      this.core.tick(this.nowMs);
    }
    for (let effects = this.core.takeEffects(); effects.length > 0;) {
      for (const effect of effects) {
        if (effect.kind !== 'send' || effect.message.kind !== 'vote') continue;
        const { epoch } = this.core;
        const answer = { error: 'NONE', epoch, leaderId: undefined, granted: true } as const;
        this.core.handleVoteAnswer(effect.to.id, effect.message, answer, this.nowMs);
      }
      effects = this.core.takeEffects();
    }
    this.#startEpoch();
  }

  #startEpoch(): void {
    this.disk.append([{ epoch: this.core.epoch, value: 0 }]);
    this.core.handleDurable(this.disk.endOffset, this.nowMs);
    this.perform();
  }

  perform(): Effect[] {
    const effects = this.core.takeEffects();
    for (const effect of effects) {
      if (effect.kind === 'voterChange') this.answers.set(effect.request, effect.answer);
      else if (effect.kind === 'askVersions') this.asked.push(effect.voter.id);
      else if (effect.kind === 'appendQuorum') {
        this.disk.append([{ epoch: effect.epoch, value: 0, quorum: effect.record }]);
        this.core.quorumAppended(effect.epoch, this.disk.endOffset - 1, this.nowMs);
        this.core.handleDurable(this.disk.endOffset, this.nowMs);
        this.perform();
      }
    }
    return effects;
  }

  fetch(
    from: ReplicaKey,
    at: LogPosition = { offset: this.disk.endOffset, epoch: this.core.epoch },
  ): void {
    const { offset: fetchOffset, epoch: lastFetchedEpoch } = at;
    const { epoch } = this.core;
    this.core.handleFetch(
      { kind: 'fetch', from, epoch, fetchOffset, lastFetchedEpoch },
      this.nowMs,
    );
    this.perform();
  }

  add(which: Voter, ackWhenCommitted = true): number {
    const request = ++this.#request;
    this.core.changes!.add(request, which, ackWhenCommitted, this.nowMs);
    this.perform();
    return request;
  }

  remove(which: ReplicaKey): number {
    const request = ++this.#request;
    this.core.changes!.remove(request, which, this.nowMs);
    this.perform();
    return request;
  }

  update(which: Voter): number {
    const request = ++this.#request;
    this.core.changes!.update(request, which, this.nowMs);
    this.perform();
    return request;
  }

  serves(id: number, range = KRAFT_VERSIONS): void {
    this.core.changes!.handleVersions(id, { range }, this.nowMs);
    this.perform();
  }

  error(request: number): string | undefined {
    return this.answers.get(request)?.error;
  }
}

function dynamic(...ids: number[]): Node {
  const node = new Node(1, { kraftVersion: 1, voters: voters(...ids) });
  node.lead();
  return node;
}

/** Leads, and has committed a record of its epoch with the help of 2. */
function committed(...ids: number[]): Node {
  const node = dynamic(...ids);
  for (const id of ids) if (id !== 1) node.fetch(key(id));
  expect(node.core.highWatermark).toBe(1);
  return node;
}

describe('a new voter', () => {
  it('given one that follows, then it is asked what it serves, and votes as soon as the record is in the log', () => {
    const node = committed(1);
    node.fetch(key(2));
    const request = node.add(voter(2));
    expect(node.asked).toEqual([2]);
    expect(node.core.voters.ids).toEqual([1]);
    node.serves(2);
    expect(node.core.voters.ids).toEqual([1, 2]);
    expect(node.core.highWatermark).toBe(1);
    expect(node.error(request)).toBeUndefined();
    node.fetch(key(2));
    expect(node.core.highWatermark).toBe(2);
    expect(node.error(request)).toBe('NONE');
  });

  it('given nobody to wait for the commit, then the answer comes with the record', () => {
    const node = committed(1);
    node.fetch(key(2));
    const request = node.add(voter(2), false);
    node.serves(2);
    expect(node.core.highWatermark).toBe(1);
    expect(node.error(request)).toBe('NONE');
  });

  it('given one that never fetched, or fetched with another disk, then it has not caught up', () => {
    const node = committed(1);
    node.fetch(key(2, 'B'));
    const request = node.add(voter(2));
    node.serves(2);
    expect(node.answers.get(request)).toMatchObject({ error: 'REQUEST_TIMED_OUT' });
    expect(node.core.voters.ids).toEqual([1]);
  });

  // Simulator, seed 500402: an operator let the former selves of two nodes vote, and the quorum had no leader any more.
  it('given a node that was given another disk, then its former self does not vote, however lately it was there', () => {
    const node = committed(1);
    node.fetch(key(2));
    node.nowMs += 100;
    node.fetch(key(2, 'B'));
    const former = node.add(voter(2));
    node.serves(2);
    expect(node.error(former)).toBe('REQUEST_TIMED_OUT');
    node.add(voter(2, 'B'));
    node.serves(2);
    expect(node.core.voters.voters.at(-1)).toMatchObject(key(2, 'B'));
  });

  it('given one that had caught up and went silent, then it does not vote', () => {
    const node = committed(1);
    node.fetch(key(2));
    node.nowMs += 10_000;
    const request = node.add(voter(2));
    node.serves(2);
    expect(node.error(request)).toBe('REQUEST_TIMED_OUT');
    node.fetch(key(2));
    node.add(voter(2));
    node.serves(2);
    expect(node.core.voters.ids).toEqual([1, 2]);
  });

  it('given one that does not serve kraft.version 1, or does not know it, then it is refused', () => {
    const node = committed(1);
    node.fetch(key(2));
    const old = node.add(voter(2));
    node.serves(2, { min: 0, max: 0 });
    expect(node.error(old)).toBe('INVALID_REQUEST');
    const silent = node.add(voter(2));
    node.core.changes!.handleVersions(2, { failure: 'refused' }, node.nowMs);
    node.perform();
    expect(node.error(silent)).toBe('REQUEST_TIMED_OUT');
  });

  it('given the id of a voter, another disk of it too, then it is a duplicate', () => {
    const node = committed(1, 2);
    expect(node.error(node.add(voter(2)))).toBe('DUPLICATE_VOTER');
    expect(node.error(node.add(voter(2, 'B')))).toBe('DUPLICATE_VOTER');
  });

  it('given the second voter ever, then the leader that was alone needs it to stay', () => {
    const node = committed(1);
    node.fetch(key(2));
    expect(node.core.deadlineMs).toBe(Infinity);
    node.add(voter(2));
    node.serves(2);
    while (node.core.role.role === 'leader' && node.nowMs < 10_000) {
      node.nowMs += 1_000;
      node.core.tick(node.nowMs);
    }
    expect(node.core.role.role).toBe('resigned');
  });
});

describe('one change at a time', () => {
  it('given a leader that has committed nothing of its epoch, then it waits', () => {
    const node = dynamic(1, 2, 3);
    expect(node.error(node.remove(key(3)))).toBe('REQUEST_TIMED_OUT');
    expect(node.error(node.add(voter(4)))).toBe('REQUEST_TIMED_OUT');
    expect(node.error(node.update(voter(2, 'A', 9)))).toBe('REQUEST_TIMED_OUT');
    expect(node.disk.endOffset).toBe(1);
  });

  it('given a change that is not committed, then there is no other, also when the first gave up waiting', () => {
    const node = committed(1, 2, 3);
    const first = node.remove(key(3));
    expect(node.error(node.remove(key(2)))).toBe('REQUEST_TIMED_OUT');
    node.nowMs += 2_000;
    node.core.tick(node.nowMs);
    node.perform();
    expect(node.error(first)).toBe('REQUEST_TIMED_OUT');
    expect(node.error(node.remove(key(2)))).toBe('REQUEST_TIMED_OUT');
    expect(node.core.voters.ids).toEqual([1, 2]);
    node.fetch(key(2));
    // The one that is left is a majority by itself.
    expect(node.error(node.remove(key(2)))).toBe('NONE');
  });

  it('given a leader that is deposed, then who waits is told', () => {
    const node = committed(1, 2, 3);
    const request = node.remove(key(3));
    node.core.handleBeginEpoch({ kind: 'beginEpoch', leaderId: 2, epoch: 9 }, node.nowMs);
    node.perform();
    expect(node.error(request)).toBe('NOT_LEADER_OR_FOLLOWER');
  });

  it('given a change that is cut off, then the voters are again those from before', () => {
    const node = committed(1, 2, 3);
    node.remove(key(3));
    expect(node.core.voters.ids).toEqual([1, 2]);
    node.core.handleBeginEpoch({ kind: 'beginEpoch', leaderId: 2, epoch: 9 }, node.nowMs);
    node.disk.truncateTo(1);
    expect(node.core.voters.ids).toEqual([1, 2, 3]);
  });
});

describe('a voter that is removed', () => {
  it('given another disk, a stranger or the last voter, then there is none to remove', () => {
    const node = committed(1, 2);
    expect(node.error(node.remove(key(2, 'B')))).toBe('VOTER_NOT_FOUND');
    expect(node.error(node.remove(key(4)))).toBe('VOTER_NOT_FOUND');
    const alone = committed(1);
    expect(alone.error(alone.remove(key(1)))).toBe('VOTER_NOT_FOUND');
  });

  it('given the leader itself, then it does not count itself, and resigns when the others have it', () => {
    const node = committed(1, 2, 3);
    const request = node.remove(key(1));
    node.fetch(key(2));
    expect(node.core.highWatermark).toBe(1);
    expect(node.core.role.role).toBe('leader');
    node.fetch(key(3));
    expect(node.core.highWatermark).toBe(2);
    expect(node.error(request)).toBe('NONE');
    expect(node.core.role.role).toBe('resigned');
    // It becomes an observer, and does not stand.
    node.nowMs = node.core.deadlineMs;
    node.core.tick(node.nowMs);
    expect(node.core.role).toMatchObject({ role: 'unattached', electionDeadlineMs: Infinity });
  });
});

describe('a voter that is updated', () => {
  it('given new endpoints, then they are in the log; given another disk or versions too old, then they are not', () => {
    const node = committed(1, 2);
    expect(node.error(node.update(voter(2, 'B', 9)))).toBe('VOTER_NOT_FOUND');
    const old = { ...voter(2, 'A', 9), kraftVersions: { min: 0, max: 0 } };
    expect(node.error(node.update(old))).toBe('INVALID_REQUEST');
    expect(node.error(node.update(voter(2, 'A', 9)))).toBe('NONE');
    expect(node.core.voters.get(2)?.endpoints[0]?.port).toBe(9);
  });

  it('given a follower that is reached elsewhere than the log says, then it tells the leader', () => {
    const moved = new VoterSet([voter(1, 'A', 1), voter(2)]);
    const node = new Node(1, { kraftVersion: 1, voters: moved });
    node.core.handleBeginEpoch({ kind: 'beginEpoch', leaderId: 2, epoch: 3 }, 0);
    node.core.handleHeard(2, 3, 1_500);
    node.core.handleFetched(2, 3, 0, 1_500);
    node.core.takeEffects();
    node.core.tick(2_000);
    expect(node.core.takeEffects()).toMatchObject([
      { kind: 'send', to: { id: 2 }, message: { kind: 'updateVoter', epoch: 3, voter: voter(1) } },
    ]);
  });
});

describe('kraft.version', () => {
  const unknown = new VoterSet(
    [1, 2].map((id) => ({ id, directoryId: ZERO_UUID, endpoints: voter(id).endpoints })),
  );
  function fixed(): Node {
    const node = new Node(1, {}, unknown);
    node.lead();
    node.fetch(key(2));
    return node;
  }

  it('given version 0, then voters are not changed', () => {
    const node = fixed();
    expect(node.error(node.add(voter(3)))).toBe('UNSUPPORTED_VERSION');
    expect(node.error(node.remove(key(2)))).toBe('UNSUPPORTED_VERSION');
  });

  it('given voters that told their directories, then the upgrade writes them to the log', () => {
    const node = fixed();
    expect(node.core.changes!.upgrade(1, false, node.nowMs)).toMatch(/voter 2 has not told/);
    expect(node.error(node.update(voter(2)))).toBe('NONE');
    expect(node.disk.endOffset).toBe(1);
    expect(node.core.changes!.upgrade(1, true, node.nowMs)).toBeUndefined();
    expect(node.core.kraftVersion).toBe(0);
    expect(node.core.changes!.upgrade(1, false, node.nowMs)).toBeUndefined();
    node.perform();
    expect(node.core.kraftVersion).toBe(1);
    expect(node.core.voters.equals(voters(1, 2))).toBe(true);
    node.fetch(key(2));
    expect(node.core.changes!.upgrade(1, false, node.nowMs)).toBeUndefined();
    expect(node.core.changes!.upgrade(0, false, node.nowMs)).toMatch(/cannot be lowered/);
    // The one that is left is a majority by itself.
    expect(node.error(node.remove(key(2)))).toBe('NONE');
  });

  it('given a voter that serves version 0 only, then it is not raised', () => {
    const node = fixed();
    node.update({ ...voter(2), kraftVersions: { min: 0, max: 0 } });
    expect(node.core.changes!.upgrade(1, false, node.nowMs)).toMatch(/does not serve/);
  });
});

describe('joining by itself', () => {
  let node: QuorumCore;
  const start = (formatted: VoterSet, self: ReplicaKey, autoJoin = true): Effect[] => {
    const disk = new SimulatedDisk({ kraftVersion: 1, voters: formatted });
    const election = { epoch: 3, leaderId: 2, votedFor: undefined };
    const { endpoints } = voter(self.id);
    node = new QuorumCore(
      { self, voters: new VoterSet([]), election, log: disk, random: () => 0, endpoints, autoJoin },
      0,
    );
    node.handleHeard(2, 3, 1_500);
    node.handleFetched(2, 3, -1, 1_500);
    node.tick(2_000);
    return node.takeEffects();
  };

  beforeEach(() => expect.hasAssertions());

  it('given an observer, then it asks to vote; given that it is not wanted, then not', () => {
    expect(start(voters(2), key(3))).toMatchObject([
      { kind: 'send', to: { id: 2 }, message: { kind: 'addVoter', voter: voter(3) } },
    ]);
    expect(start(voters(2), key(3), false)).toEqual([]);
  });

  it('given a voter that lost its disk, then it first has the old one removed', () => {
    expect(start(voters(2, 3), key(3, 'B'))).toMatchObject([
      { kind: 'send', to: { id: 2 }, message: { kind: 'removeVoter', key: key(3) } },
    ]);
  });

  it('given a voter, then there is nothing to ask for', () => {
    expect(start(voters(2, 3), key(3))).toEqual([]);
  });
});
