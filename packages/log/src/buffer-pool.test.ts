import { describe, expect, it } from 'vitest';
import { BufferPool } from './buffer-pool.ts';

const MB = 1024 * 1024;

describe('BufferPool', () => {
  it('given a buffer that came back, when the same size is asked for, then it is lent again', () => {
    const pool = new BufferPool();
    const buffer = pool.take(MB);
    pool.give(buffer);
    expect(pool.take(MB)).toBe(buffer);
  });

  it('given idle buffers of sizes that nobody asks for any more, then they make room for those in use', () => {
    const pool = new BufferPool({ idleBytesMax: 4 * MB });
    const stale = Array.from({ length: 8 }, () => pool.take(512 * 1024));
    for (const buffer of stale) pool.give(buffer);
    const wanted = Array.from({ length: 4 }, () => pool.take(MB));
    for (const buffer of wanted) pool.give(buffer);
    expect(pool.idleBytes).toBe(4 * MB);
    const again = Array.from({ length: 4 }, () => pool.take(MB));
    expect(new Set(again)).toEqual(new Set(wanted));
  });

  it('never keeps more idle than its bound, whatever comes back', () => {
    const pool = new BufferPool({ idleBytesMax: 2 * MB });
    const lent = [3 * MB, 5 * MB, MB, MB, 700_000, 100, 1_500_000].map((size) => pool.take(size));
    for (const buffer of lent) {
      pool.give(buffer);
      expect(pool.idleBytes).toBeLessThanOrEqual(2 * MB);
    }
    // What is not kept is given back to the system now, not when the collector comes to it.
    const kept = lent.reduce((sum, { length }) => sum + length, 0);
    expect(kept).toBe(pool.idleBytes);
    expect(pool.lentBytes).toBe(0);
  });
});
