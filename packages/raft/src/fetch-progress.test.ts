// What a leader concludes from the fetches of its voters.
import { ZERO_UUID } from '@ottla/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { FetchProgress } from './fetch-progress.ts';
import { type ReplicaKey, VoterSet } from './replica.ts';

const key = (id: number): ReplicaKey => ({ id, directoryId: ZERO_UUID });
const VOTERS = new VoterSet([1, 2, 3].map((id) => ({ ...key(id), endpoints: [] })));

let progress: FetchProgress;
beforeEach(() => (progress = new FetchProgress()));

function fetch(from: number, fetchOffset: number, leaderEnd: number, nowMs: number): void {
  const message = { kind: 'fetch', from: key(from), epoch: 1, fetchOffset, lastFetchedEpoch: 1 };
  progress.note(message as Parameters<FetchProgress['note']>[0], VOTERS, leaderEnd, nowMs);
}

const heardMs = (): number => progress.majorityHeardMs(key(1), VOTERS);

describe('a majority that follows', () => {
  it('given a voter that has nothing to be given, then each of its fetches counts', () => {
    fetch(2, 5, 5, 100);
    fetch(2, 5, 5, 200);
    expect(heardMs()).toBe(200);
  });

  it('given a voter that takes what it is given, then each of its fetches counts', () => {
    fetch(2, 5, 9, 100);
    fetch(2, 7, 9, 200);
    expect(heardMs()).toBe(200);
  });

  it('given a voter that asks again for what it was given, then it does not hear, and counts no longer', () => {
    fetch(2, 5, 9, 100);
    fetch(2, 5, 9, 200);
    fetch(2, 5, 12, 300);
    expect(heardMs()).toBe(100);
    fetch(3, 12, 12, 350);
    expect(heardMs()).toBe(350);
    fetch(2, 9, 12, 400);
    expect(heardMs()).toBe(400);
  });

  it('given a voter that comes back with less than it had, then it counts', () => {
    fetch(2, 5, 9, 100);
    fetch(2, 2, 9, 200);
    expect(heardMs()).toBe(200);
  });
});
