// Files of a partition's log, and damage done to them.
import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

/** Segments of a partition on a node, oldest first. */
export function segmentFiles(dataDir: string, topic: string, partition: number): string[] {
  const folder = path.join(dataDir, `${topic}-${partition}`);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => path.join(folder, name));
}

/** Turns one bit around, somewhere. @returns where */
export function flipBit(file: string, random: { below(bound: number): number }): number {
  const position = random.below(statSync(file).size);
  flipBitAt(file, position, random.below(8));
  return position;
}

/** @param bit 0 to 7 */
export function flipBitAt(file: string, position: number, bit: number): void {
  const descriptor = openSync(file, 'r+');
  try {
    const byte = Buffer.alloc(1);
    readSync(descriptor, byte, 0, 1, position);
    byte[0]! ^= 1 << bit;
    writeSync(descriptor, byte, 0, 1, position);
  } finally {
    closeSync(descriptor);
  }
}
