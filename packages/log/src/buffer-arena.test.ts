import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferArena } from './buffer-arena.ts';
import { BufferPool } from './buffer-pool.ts';

const KB = 1024;

describe('BufferArena', () => {
  it('given any buffers lent and given back, then no two that are lent overlap, and in the end it is whole again', () => {
    const step = fc.record({ bytes: fc.integer({ min: 1, max: 300 * KB }), which: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const arena = new BufferArena(1024 * KB);
        const lent: { buffer: Buffer; mark: number }[] = [];
        const giveBack = (index: number): void => {
          const [{ buffer, mark }] = lent.splice(index, 1) as [{ buffer: Buffer; mark: number }];
          expect(buffer.every((byte) => byte === mark)).toBe(true);
          arena.give(buffer);
        };
        for (const [count, { bytes, which }] of steps.entries()) {
          if (which < lent.length) giveBack(which);
          const buffer = arena.take(bytes);
          if (buffer === undefined) continue;
          expect(buffer.length).toBe(bytes);
          const mark = count & 0xff;
          lent.push({ buffer: buffer.fill(mark), mark });
        }
        while (lent.length > 0) giveBack(0);
        expect(arena.take(1024 * KB)?.length).toBe(1024 * KB);
      }),
      { numRuns: 50 },
    );
  });

  it('lends the lowest place that is large enough', () => {
    const arena = new BufferArena(1024 * KB);
    const [first, second] = [arena.take(100 * KB)!, arena.take(100 * KB)!];
    arena.take(100 * KB);
    const { byteOffset } = second;
    arena.give(first);
    arena.give(second);
    expect(arena.take(200 * KB)!.byteOffset).toBe(0);
    expect(byteOffset).toBe(100 * KB);
  });
});

describe('BufferPool with an arena', () => {
  it('given more than the arena holds, then lends other memory, and takes back both', () => {
    const pool = new BufferPool({ arena: new BufferArena(1024 * KB) });
    const lent = [600, 600, 300].map((size) => pool.take(size * KB));
    expect(new Set(lent.map(({ buffer }) => buffer)).size).toBe(2);
    for (const buffer of lent) pool.give(buffer);
    expect([pool.lentBytes, pool.idleBytes]).toEqual([0, lent[1]!.length]);
    expect(pool.take(900 * KB).buffer).toBe(lent[0]!.buffer);
  });

  it('given small buffers, then keeps them as ever', () => {
    const pool = new BufferPool({ arena: new BufferArena(1024 * KB) });
    const small = pool.take(2 * KB);
    pool.give(small);
    expect(pool.take(2 * KB)).toBe(small);
  });
});
