// After a failed sync the system goes on to show bytes that the disk has not got, and thinks that it has written them: a
// process that starts again on the same running machine reads them, and no sync of its own makes them durable. So a directory
// that failed leaves a mark, and whoever opens it next writes again what it reads behind the recovery points: then the
// system knows that there is something to write, and a sync means what it says. The mark need not be durable: a power cut
// takes the wrong bytes as well. Kafka has no such thing; PostgreSQL 12 stops at once and replays its log, which it writes anew.
import type { Disk, DiskFile } from '@ottla/platform';
import { nextOffsetOf } from '@ottla/protocol/records';
import { parseSegmentFile } from './segment-files.ts';
import { scanBatches } from './segment-scan.ts';

/** Stands in a directory whose disk has failed, until what it shows is surely on it. */
export const FAILED_FILE = '.ottla_disk_failed';

const CHUNK_BYTES = 1024 * 1024;

/** Leaves the mark; whether it is durable does not matter. @throws DiskError */
export async function markFailed(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(`${path}/${FAILED_FILE}`, 'write');
  await file.close();
}

/**
 * Makes durable what logs show behind their recovery points, if the directory has failed before, and takes the mark away.
 * @param logs names of their folders; @param recoveryPoints by name
 * @returns bytes that were written again; undefined when nothing had failed
 * @throws DiskError when the disk fails again; the mark stays
 */
export async function rewriteUnsynced(
  disk: Disk,
  path: string,
  logs: readonly string[],
  recoveryPoints: ReadonlyMap<string, number>,
): Promise<number | undefined> {
  if ((await disk.stat(`${path}/${FAILED_FILE}`)) === undefined) return undefined;
  let bytes = 0;
  for (const name of logs) {
    bytes += await rewriteLog(disk, `${path}/${name}`, recoveryPoints.get(name) ?? 0);
    await disk.syncDirectory(`${path}/${name}`);
  }
  await disk.syncDirectory(path);
  await disk.remove(`${path}/${FAILED_FILE}`);
  return bytes;
}

async function rewriteLog(disk: Disk, directory: string, recoveryPoint: number): Promise<number> {
  const names = await disk.readdir(directory);
  const parsed = names.flatMap((name) => parseSegmentFile(name) ?? []);
  const bases = parsed.flatMap(({ kind, baseOffset }) => (kind === 'log' ? baseOffset : []));
  const nextOf = (base: number): number => Math.min(...bases.filter((each) => each > base));
  let bytes = 0;
  for (const name of names) {
    const file = parseSegmentFile(name);
    if (file === undefined || nextOf(file.baseOffset) <= recoveryPoint) continue;
    // All other files are replaced as a whole, and not before the new ones are durable.
    if (file.kind !== 'log' && file.kind !== 'txnindex') continue;
    const isLog = file.kind === 'log';
    bytes += await rewriteFile(disk, `${directory}/${name}`, isLog ? recoveryPoint : undefined);
  }
  return bytes;
}

/** @param recoveryPoint of a segment: batches before it were durable already */
async function rewriteFile(
  disk: Disk,
  path: string,
  recoveryPoint: number | undefined,
): Promise<number> {
  const file = await disk.open(path, 'write');
  try {
    const { size } = await file.stat();
    const from = recoveryPoint === undefined ? 0 : await unsyncedFrom(file, size, recoveryPoint);
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - from));
    let position = from;
    while (position < size) {
      const count = await file.read(chunk, position);
      if (count === 0) break;
      await file.write([chunk.subarray(0, count)], position);
      position += count;
    }
    // What was behind may have been cut off by then, and the disk has not got that either.
    await file.truncate(size);
    await file.datasync();
    return position - from;
  } finally {
    await file.close();
  }
}

/** Where the first batch begins that reaches beyond the recovery point, or whatever is no batch. */
async function unsyncedFrom(file: DiskFile, size: number, recoveryPoint: number): Promise<number> {
  const options = { from: 0, to: size, verify: false };
  const { position } = await scanBatches(
    file,
    options,
    (header) => nextOffsetOf(header) > recoveryPoint,
  );
  return position;
}
