// A file system of a few megabytes for each node, in memory: it is full soon.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

const FILLER = 'filler';

/** Undefined when this machine lets us mount one, else the reason. */
export function whyNoSmallDisk(): string | undefined {
  return process.platform === 'linux' && process.getuid?.() === 0
    ? undefined
    : 'needs to mount a tmpfs, as root on Linux';
}

/** Mounts one. @throws when the system does not let us */
export function mountSmallDisk(folder: string, megabytes: number): void {
  mkdirSync(folder, { recursive: true });
  const args = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder];
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
}

export function unmountSmallDisk(folder: string): void {
  spawnSync('umount', ['-l', folder]);
}

/** Writes until nothing fits any more. */
export function fillDisk(folder: string): void {
  const descriptor = openSync(path.join(folder, FILLER), 'a');
  try {
    for (const bytes of [1024 * 1024, 4096]) writeUntilFull(descriptor, Buffer.alloc(bytes));
  } finally {
    closeSync(descriptor);
  }
}

function writeUntilFull(descriptor: number, chunk: Buffer): void {
  try {
    while (writeSync(descriptor, chunk) === chunk.length) continue;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

export function freeDisk(folder: string): void {
  rmSync(path.join(folder, FILLER), { force: true });
}
