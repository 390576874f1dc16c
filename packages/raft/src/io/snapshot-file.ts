// Snapshots of the metadata log: record batches in a file of their own, between a header and a footer record, named after
// the offset (exclusive) and epoch that they stand for. Kafka: RecordsSnapshotWriter, FileRawSnapshotWriter, Snapshots.
import type { Disk, DiskFile } from '@ottla/platform';
import { decodeBatches, RecordBatchBuilder } from '@ottla/protocol/records';
import { QuorumNodeError } from '../errors.ts';
import type { LogPosition, VoterSet } from '../replica.ts';
import type { QuorumRecord } from '../voter-history.ts';
import {
  type ControlEntry,
  controlBatch,
  quorumEntries,
  readControlRecord,
  snapshotFooterEntry,
  snapshotHeaderEntry,
} from './control-records.ts';

const BATCH_BYTES = 256 * 1024;
const SUFFIX = '.checkpoint';
/** More than the first batch of a snapshot: header, version and some hundred voters. */
const HEAD_BYTES = 64 * 1024;

/** `00000000000000000160-0000000002.checkpoint` */
export function snapshotFileName(id: LogPosition): string {
  return `${String(id.offset).padStart(20, '0')}-${String(id.epoch).padStart(10, '0')}${SUFFIX}`;
}

/** The offset and epoch in a snapshot's file name, or undefined for other files. */
export function parseSnapshotFileName(name: string): LogPosition | undefined {
  const match = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name);
  return match === null ? undefined : { offset: Number(match[1]), epoch: Number(match[2]) };
}

export interface SnapshotContent {
  /** Milliseconds since 1970 of the last record that the snapshot stands for. */
  readonly lastContainedLogTimestampMs: number;
  /** Record values, in order. */
  readonly values: Iterable<Uint8Array>;
  /** In quorums of `kraft.version` 1. */
  readonly quorum?: QuorumRecord;
  readonly epoch: number;
  readonly nowMs: number;
}

/** Writes a snapshot under a temporary name, makes it durable, and renames it into place. */
export async function writeSnapshotFile(
  disk: Disk,
  path: string,
  content: SnapshotContent,
): Promise<void> {
  const partial = `${path}.part`;
  await disk.remove(partial);
  const file = await disk.open(partial, 'write');
  try {
    await writeBatches(file, content);
    await file.datasync();
  } finally {
    await file.close();
  }
  await disk.rename(partial, path);
  await disk.syncDirectory(path.slice(0, path.lastIndexOf('/')));
}

async function writeBatches(file: DiskFile, content: SnapshotContent): Promise<void> {
  const { nowMs, epoch, quorum } = content;
  let position = 0;
  let offset = 0;
  const write = async (bytes: Buffer, records: number): Promise<void> => {
    await file.write([bytes], position);
    position += bytes.length;
    offset += records;
  };
  const head: ControlEntry[] = [snapshotHeaderEntry(content.lastContainedLogTimestampMs)];
  if (quorum !== undefined) head.push(...quorumEntries(quorum));
  await write(controlBatch(head, nowMs, offset, epoch), head.length);
  let builder: RecordBatchBuilder | undefined;
  for (const value of content.values) {
    builder ??= new RecordBatchBuilder({ baseOffset: offset, partitionLeaderEpoch: epoch });
    builder.append(nowMs, null, value);
    if (builder.estimatedBytes < BATCH_BYTES) continue;
    await write(builder.build(), builder.recordCount);
    builder = undefined;
  }
  if (builder !== undefined) await write(builder.build(), builder.recordCount);
  await write(controlBatch([snapshotFooterEntry()], nowMs, offset, epoch), 1);
}

/** Milliseconds since 1970 of the last record that a snapshot stands for: its first record says so. */
export async function readSnapshotTimestamp(disk: Disk, path: string): Promise<number> {
  const file = await disk.open(path, 'read');
  try {
    const head = Buffer.alloc(Math.min(HEAD_BYTES, (await file.stat()).size));
    const bytesRead = await file.read(head, 0);
    for (const batch of decodeBatches(head.subarray(0, bytesRead)))
      for (const record of batch.records()) {
        const said = readControlRecord(record);
        if (said !== undefined && 'headerTimestampMs' in said) return said.headerTimestampMs;
      }
  } finally {
    await file.close();
  }
  throw new QuorumNodeError('DIRECTORY_INVALID', `${path} does not begin with a snapshot's header`);
}

/** A snapshot in memory. */
export interface ReadSnapshot {
  readonly values: readonly Buffer[];
  readonly lastContainedLogTimestampMs: number;
  readonly voters: VoterSet | undefined;
  readonly kraftVersion: number | undefined;
}

/** Reads and checks a snapshot file. @throws QuorumNodeError `DIRECTORY_INVALID` when it is damaged */
export async function readSnapshotFile(disk: Disk, path: string): Promise<ReadSnapshot> {
  try {
    return decodeSnapshot(await disk.readFile(path));
  } catch (error) {
    throw new QuorumNodeError(
      'DIRECTORY_INVALID',
      `${path} is damaged: restore it from a copy or another controller`,
      error,
    );
  }
}

function decodeSnapshot(bytes: Buffer): ReadSnapshot {
  const values: Buffer[] = [];
  let lastContainedLogTimestampMs = -1;
  let voters: VoterSet | undefined;
  let kraftVersion: number | undefined;
  for (const batch of decodeBatches(bytes, { verifyCrc: true })) {
    for (const record of batch.records()) {
      if (!batch.isControlBatch) {
        if (record.value !== null) values.push(record.value);
        continue;
      }
      const said = readControlRecord(record);
      if (said === undefined) continue;
      if ('voters' in said) voters = said.voters;
      else if ('kraftVersion' in said) kraftVersion = said.kraftVersion;
      else lastContainedLogTimestampMs = said.headerTimestampMs;
    }
  }
  return { values, lastContainedLogTimestampMs, voters, kraftVersion };
}
