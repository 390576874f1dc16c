// The rates of throttled replication: who counts, who is held back, and for how long.
import { describe, expect, it } from 'vitest';
import type { Partition } from './partition.ts';
import { ReplicationQuota } from './replication-quota.ts';

const partition = { id: 3 } as Partition;
const other = { id: 4 } as Partition;

function quota(
  rate: number,
  throttled: readonly string[] = ['3:1'],
): { readonly made: ReplicationQuota; readonly time: { nowMs: number } } {
  const time = { nowMs: 0 };
  const made = new ReplicationQuota({
    nowMs: () => time.nowMs,
    windowMs: 1000,
    windows: 11,
    rate: () => rate,
    throttled: () => throttled,
    brokerId: 1,
  });
  return { made, time };
}

describe('a replication quota', () => {
  it('holds back the named replica once its rate is above the bound, until the windows have passed', () => {
    const { made, time } = quota(100);
    made.record(partition, 1000);
    expect(made.isHeldBack(partition)).toBe(false);
    made.record(partition, 1);
    expect(made.isHeldBack(partition)).toBe(true);
    expect(made.isHeldBack(other)).toBe(false);
    time.nowMs = 11_000;
    expect(made.bytesPerSecond).toBe(0);
    expect(made.isHeldBack(partition)).toBe(false);
  });

  it('does not count what is not named', () => {
    const { made } = quota(100);
    made.record(other, 1_000_000);
    expect(made.bytesPerSecond).toBe(0);
  });

  it.each([
    [['*'], true],
    [['3:1', '9:9'], true],
    [['3:2'], false],
    [['none'], false],
    [[], false],
  ])('given %j, counts this broker’s replica: %s', (values, counts) => {
    const { made } = quota(100, values);
    made.record(partition, 5000);
    expect(made.isHeldBack(partition)).toBe(counts);
  });

  it('without a rate holds nobody back', () => {
    const { made } = quota(Infinity, ['*']);
    made.record(partition, 1e12);
    expect(made.isHeldBack(partition)).toBe(false);
  });
});
