// What a log that syncs each batch shows, and what any log calls its recovery point, is on the disk: a power cut at this moment
// would leave it. Looked at when it is said, for few crashes come just when it would not.
import type { Partition } from '../../apps/broker/test/server-parts.ts';
import type { SimulatedDisk } from '@ottla/platform/simulated';
import { type Cursor, cursorAt, nextBatch, segmentFile } from './committed-prefix.ts';

type PartitionLog = NonNullable<Partition['log']>;

/** How far one replica, in one life, has been looked at. */
export interface DurableSeen {
  /** Exclusive. */
  promised: number;
  logStartOffset: number;
  cursor: Cursor | undefined;
}

/** Why it does not hold; undefined when it does. */
export function checkDurable(
  log: PartitionLog,
  disk: SimulatedDisk,
  folder: string,
  seen: DurableSeen,
): string | undefined {
  const isSynced = log.config.flushMessages === 1;
  const promised = isSynced ? log.logEndOffset : log.recoveryPoint;
  if (promised === seen.promised) return undefined;
  const { logStartOffset } = log;
  // It was cut: what comes behind the cut is not what was there. Or old segments went, perhaps the one that was looked at.
  if (promised < seen.promised || logStartOffset !== seen.logStartOffset) seen.cursor = undefined;
  Object.assign(seen, { promised, logStartOffset });
  if (promised <= logStartOffset) return undefined;
  let { cursor } = seen;
  if (cursor === undefined) seen.cursor = cursor = cursorAt(disk, folder, logStartOffset);
  const what = isSynced ? 'shows' : 'has its recovery point at';
  while (cursor.offset < promised) {
    const { segmentBase, position } = cursor;
    if (nextBatch(folder, disk, cursor) === undefined)
      return `${what} ${folder}@${promised}, and has no batch at ${cursor.offset}`;
    if (segmentBase === cursor.segmentBase) continue;
    const lost = notDurable(disk, segmentFile(folder, segmentBase), position);
    if (lost !== undefined) return `${what} ${folder}@${promised}, and ${lost}`;
  }
  const lost = notDurable(disk, segmentFile(folder, cursor.segmentBase), cursor.position);
  return lost && `${what} ${folder}@${promised}, and ${lost}`;
}

function notDurable(disk: SimulatedDisk, path: string, bytes: number): string | undefined {
  const durable = disk.durableBytes(path);
  return durable < bytes ? `${durable} of ${bytes} bytes in ${path} are durable` : undefined;
}
