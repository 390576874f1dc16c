// A file system of a few megabytes for each node, in memory: it is full soon.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
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
  const { bavail, bsize } = statfsSync(folder);
  const bytes = bavail * bsize;
  writeFileSync(path.join(folder, FILLER), Buffer.alloc(bytes));
}

export function freeDisk(folder: string): void {
  rmSync(path.join(folder, FILLER), { force: true });
}
