// A data directory that a power cut does not take away: its name is synced, and those above it that had to be made.
import type { Disk } from '@ottla/platform';

/** Creates a folder and those above it, and returns when their names are durable. One that is there is left as it is. */
export async function createDurably(disk: Disk, path: string): Promise<void> {
  if ((await disk.stat(path)) !== undefined) return;
  const slash = path.lastIndexOf('/');
  const parent = slash < 0 ? '.' : path.slice(0, slash) || '/';
  await createDurably(disk, parent);
  await disk.mkdir(path);
  await disk.syncDirectory(parent);
}
