// What is measured of elections and commits.
import { beforeEach, describe, expect, it } from 'vitest';
import { QuorumStopwatch } from './quorum-measures.ts';

let elections: number[];
let commits: number[];
let watch: QuorumStopwatch;

beforeEach(() => {
  elections = [];
  commits = [];
  watch = new QuorumStopwatch({
    elected: (ms) => elections.push(ms),
    committed: (ms) => commits.push(ms),
  });
});

describe('an election', () => {
  it('given a node that asks again and again, then the time counts from the first question to the leader', () => {
    watch.inRole({ role: 'follower' }, 0);
    watch.inRole({ role: 'prospective' }, 100);
    watch.inRole({ role: 'unattached' }, 150);
    watch.inRole({ role: 'candidate' }, 200);
    watch.inRole({ role: 'leader' }, 250);
    watch.inRole({ role: 'leader' }, 400);
    expect(elections).toEqual([150]);
  });

  it('given a node that never asks, then nothing is measured', () => {
    watch.inRole({ role: 'unattached' }, 0);
    watch.inRole({ role: 'follower' }, 10);
    expect(elections).toEqual([]);
  });
});

describe('a commit', () => {
  it('given appends, then each counts until all of it is committed', () => {
    watch.inRole({ role: 'leader' }, 0);
    watch.appended(4, 10);
    watch.appended(9, 20);
    watch.committed(5, 30);
    watch.committed(8, 40);
    watch.committed(10, 50);
    expect(commits).toEqual([20, 30]);
  });

  it('given a leader that is none any more, then what it appended is not waited for', () => {
    watch.inRole({ role: 'leader' }, 0);
    watch.appended(4, 10);
    watch.inRole({ role: 'resigned' }, 20);
    watch.inRole({ role: 'follower' }, 30);
    watch.committed(5, 40);
    expect(commits).toEqual([]);
  });
});
