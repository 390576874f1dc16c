import { afterEach, expect, it } from 'vitest';
import { boundYoungGeneration, youngGenerationBytes } from './young-generation.ts';

const MIB = 1024 * 1024;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Makes garbage of which some survives for a while, as requests in flight do. @returns the most that V8 took for it */
async function work(): Promise<number> {
  const alive = new Map<number, object>();
  let bytesMax = 0;
  for (let turn = 0; turn < 400; turn += 1) {
    for (let n = 0; n < 2_000; n += 1) alive.set(n * 25 + (turn % 25), { turn, pair: [n, turn] });
    await new Promise<void>((resolve) => void setImmediate(resolve));
    bytesMax = Math.max(bytesMax, youngGenerationBytes());
  }
  return bytesMax;
}

it('given a load that would make it grow, then the young generation keeps the bound', async () => {
  ends.push(boundYoungGeneration(8 * MIB));
  // It may have been larger before, and one doubling may pass between two looks.
  const before = youngGenerationBytes();
  expect(await work()).toBeLessThanOrEqual(Math.max(before, 16 * MIB));
});
