// The small text files beside the logs: a version line, a count line, then one entry a line. Offsets by partition
// (`recovery-point-offset-checkpoint` and its kin) and epochs (`leader-epoch-checkpoint`). Kafka: CheckpointFile.
import type { Disk } from '@ottla/platform';
import type { EpochEntry } from './leader-epochs.ts';
import { LogError } from './errors.ts';

const VERSION = 0;

/** The text of a checkpoint with these entry lines. */
export function formatCheckpoint(lines: readonly string[]): string {
  return [VERSION, lines.length, ...lines, ''].join('\n');
}

/**
 * The entry lines of a checkpoint.
 * @throws LogError `DIRECTORY_INVALID` for another version or a wrong count
 */
export function parseCheckpoint(text: string, path: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2 || Number(lines[0]) !== VERSION || Number(lines[1]) !== lines.length - 2)
    throw new LogError('DIRECTORY_INVALID', `${path} is not a checkpoint of version ${VERSION}`);
  return lines.slice(2);
}

/** Offsets by `topic-partition`; empty when the file is not there. */
export async function readOffsetCheckpoint(disk: Disk, path: string): Promise<Map<string, number>> {
  const offsets = new Map<string, number>();
  for (const line of await readLines(disk, path)) {
    const [topic, partition, offset] = line.split(/\s+/);
    if (topic === undefined || partition === undefined || !Number.isSafeInteger(Number(offset)))
      throw new LogError('DIRECTORY_INVALID', `${path}: cannot read the line "${line}"`);
    offsets.set(`${topic}-${partition}`, Number(offset));
  }
  return offsets;
}

/** Replaces the file by these offsets, by `topic-partition`. */
export async function writeOffsetCheckpoint(
  disk: Disk,
  path: string,
  offsets: ReadonlyMap<string, number>,
): Promise<void> {
  const lines = [...offsets].map(([name, offset]) => {
    const dash = name.lastIndexOf('-');
    return `${name.slice(0, dash)} ${name.slice(dash + 1)} ${offset}`;
  });
  await disk.replaceFile(path, Buffer.from(formatCheckpoint(lines)));
}

/** The epochs of a log; empty when the file is not there. */
export async function readEpochCheckpoint(disk: Disk, path: string): Promise<EpochEntry[]> {
  return (await readLines(disk, path)).map((line) => {
    const [epoch, startOffset] = line.split(/\s+/).map(Number);
    if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(startOffset))
      throw new LogError('DIRECTORY_INVALID', `${path}: cannot read the line "${line}"`);
    return { epoch: epoch!, startOffset: startOffset! };
  });
}

/** Replaces the file by these epochs. */
export async function writeEpochCheckpoint(
  disk: Disk,
  path: string,
  entries: readonly EpochEntry[],
): Promise<void> {
  const lines = entries.map((entry) => `${entry.epoch} ${entry.startOffset}`);
  await disk.replaceFile(path, Buffer.from(formatCheckpoint(lines)));
}

async function readLines(disk: Disk, path: string): Promise<string[]> {
  if ((await disk.stat(path)) === undefined) return [];
  return parseCheckpoint((await disk.readFile(path)).toString('utf8'), path);
}
