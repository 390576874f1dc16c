// How the hour is divided.
import { expect, it } from 'vitest';
import { hasTimeFor, TimeShares } from './time-shares.ts';

const MINUTE_MS = 60_000;

/** A clock that is set by hand. */
function clock(): { ms: number; now: () => number } {
  const self = { ms: 1_000, now: () => self.ms };
  return self;
}

it('given schedules that keep to their shares, then all shares are equal', () => {
  const time = clock();
  const shares = new TimeShares(60 * MINUTE_MS, 30, time.now);
  for (let turn = 0; turn < 30; turn++) {
    const { endsAtMs } = shares.next();
    expect(endsAtMs - time.ms).toBeCloseTo(2 * MINUTE_MS);
    time.ms = endsAtMs;
  }
});

it('given a schedule that takes longer, then those behind it share what is left', () => {
  const time = clock();
  const shares = new TimeShares(10 * MINUTE_MS, 3, time.now);
  shares.next();
  time.ms += 6 * MINUTE_MS;
  expect(shares.next().endsAtMs - time.ms).toBe(2 * MINUTE_MS);
  time.ms += MINUTE_MS;
  expect(shares.next().endsAtMs - time.ms).toBe(3 * MINUTE_MS);
});

it('given that all time is used up, then a schedule has a share that is over at once', () => {
  const time = clock();
  const shares = new TimeShares(MINUTE_MS, 2, time.now);
  shares.next();
  time.ms += 5 * MINUTE_MS;
  const share = shares.next();
  expect(share.endsAtMs).toBe(time.ms);
  expect(hasTimeFor(0, share, time.ms)).toBe(false);
});

it('given what reading and checking took so far, then as much is kept for them', () => {
  const time = clock();
  const shares = new TimeShares(10 * MINUTE_MS, 2, time.now);
  shares.closedIn(10_000);
  shares.closedIn(30_000);
  const share = shares.next();
  expect(share.closingMs).toBe(20_000);
  const lastStartMs = share.endsAtMs - share.closingMs - 15_000;
  expect(hasTimeFor(15_000, share, lastStartMs)).toBe(true);
  expect(hasTimeFor(15_000, share, lastStartMs + 1)).toBe(false);
});
