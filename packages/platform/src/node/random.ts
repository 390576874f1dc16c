// Chance from the operating system's generator, drawn in blocks because each draw is a system call.
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from '../ports.ts';
import { randomFrom } from '../random.ts';

const block = new Uint32Array(1024);
let next = block.length;

function uint32(): number {
  if (next === block.length) {
    randomFillSync(block);
    next = 0;
  }
  const value = block[next] ?? 0;
  block[next++] = 0; // a value that was given away is not kept
  return value;
}

export const nodeRandom: Random = {
  ...randomFrom(uint32),
  bytes: (length) => randomBytes(length),
};
