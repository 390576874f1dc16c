// What a newly formatted data directory holds of the quorum, as `kafka-storage format --standalone` leaves it: the first
// snapshot, at offset 0, with the version and the voters; and the controller's bootstrap records beside the logs.
import type { Disk } from '@ottla/platform';
import { VoterSet, type Voter } from '../replica.ts';
import type { QuorumRecord } from '../voter-history.ts';
import { METADATA_LOG_FOLDER } from './metadata-log.ts';
import { readSnapshotFile, snapshotFileName, writeSnapshotFile } from './snapshot-file.ts';

/** Writes the first snapshot of a quorum: its `kraft.version` and its first voters. */
export async function formatQuorum(
  disk: Disk,
  logDirectory: string,
  quorum: QuorumRecord,
  nowMs: number,
): Promise<void> {
  const folder = `${logDirectory}/${METADATA_LOG_FOLDER}`;
  await disk.mkdir(folder);
  await writeSnapshotFile(disk, `${folder}/${snapshotFileName({ offset: 0, epoch: 0 })}`, {
    lastContainedLogTimestampMs: nowMs,
    values: [],
    quorum,
    epoch: 0,
    nowMs,
  });
  await disk.syncDirectory(logDirectory);
}

/** Writes the first snapshot of a dynamic quorum (`kraft.version` 1) whose only voter is this node. */
export async function formatStandaloneQuorum(
  disk: Disk,
  logDirectory: string,
  voter: Voter,
  nowMs: number,
): Promise<void> {
  const quorum = { kraftVersion: 1, voters: new VoterSet([voter]) };
  await formatQuorum(disk, logDirectory, quorum, nowMs);
}

/** Writes `bootstrap.checkpoint`: the controller's first records, encoded. */
export async function writeBootstrapFile(
  disk: Disk,
  path: string,
  values: Iterable<Uint8Array>,
  nowMs: number,
): Promise<void> {
  await writeSnapshotFile(disk, path, { lastContainedLogTimestampMs: 0, values, epoch: 0, nowMs });
}

/** The values in `bootstrap.checkpoint`, or undefined when there is none. */
export async function readBootstrapFile(
  disk: Disk,
  path: string,
): Promise<readonly Buffer[] | undefined> {
  if ((await disk.stat(path)) === undefined) return undefined;
  return (await readSnapshotFile(disk, path)).values;
}
