import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { BufferPool } from './buffer-pool.ts';
import { TailCache } from './tail-cache.ts';

const SIZE = 64 * 1024;

/** Appends of `SIZE` bytes with memory of their own, which nothing but the cache holds. */
function fill(cache: TailCache, count: number): WeakRef<Buffer>[] {
  const pool = new BufferPool({ idleBytesMax: 0 });
  const tail = cache.tail();
  return Array.from({ length: count }, (_, offset) => {
    const lease = pool.lease(SIZE);
    cache.add(tail, { baseOffset: offset, lastOffset: offset, bytes: lease.bytes, lease });
    lease.release();
    return new WeakRef(lease.slab.buffer);
  });
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe('TailCache', () => {
  it('given more appends than its budget, then the oldest leave and the budget holds', () => {
    const cache = new TailCache(3 * SIZE);
    fill(cache, 10);
    expect(cache.usedBytes).toBe(3 * SIZE);
  });

  it('given appends that left, then their memory can be collected at once (a thousand of 1 MB stayed)', async () => {
    const cache = new TailCache(3 * SIZE);
    const references = fill(cache, 40);
    // A WeakRef lives until the end of the turn in which it was made.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    const alive = references.filter((reference) => reference.deref() !== undefined);
    expect(alive.length).toBeLessThanOrEqual(4);
    expect(cache.usedBytes).toBe(3 * SIZE);
  });
});
