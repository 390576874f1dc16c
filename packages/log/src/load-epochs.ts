// Which leader epochs a log has when it is opened: what their file says, and what the batches say where it says nothing. Kafka
// believes the file, though a crash may take back the move of the log's start that it was written for.
import type { Disk } from '@ottla/platform';
import { readEpochCheckpoint } from './checkpoint-file.ts';
import { LogError } from './errors.ts';
import { LeaderEpochs } from './leader-epochs.ts';
import type { LogContext } from './log-context.ts';
import { scanBatches } from './segment-scan.ts';
import type { Segment } from './segment.ts';

/** The epochs of the file; undefined when it is damaged. @throws DiskError */
export async function readEpochs(disk: Disk, path: string): Promise<LeaderEpochs | undefined> {
  try {
    return new LeaderEpochs(await readEpochCheckpoint(disk, path));
  } catch (error) {
    if (error instanceof LogError) return undefined;
    throw error;
  }
}

/** Adds the epochs between the log's start and the first that is known; nothing is read when that is not behind the start. */
export async function completeEpochs(
  context: LogContext,
  segments: readonly Segment[],
  known: LeaderEpochs,
  logStartOffset: number,
): Promise<LeaderEpochs> {
  const end = known.entries[0]?.startOffset ?? Infinity;
  if (end <= logStartOffset) return known;
  const found = new LeaderEpochs();
  for (const { path, baseOffset, sizeBytes } of segments) {
    if (baseOffset >= end || sizeBytes === 0) continue;
    const all = { from: 0, to: sizeBytes, verify: false };
    await context.handles.use(path, 'read', (file) =>
      scanBatches(file, all, (header) => {
        if (header.baseOffset >= end) return true;
        found.assign(header.partitionLeaderEpoch, header.baseOffset);
        return false;
      }),
    );
  }
  for (const { epoch, startOffset } of known.entries) found.assign(epoch, startOffset);
  return found;
}
