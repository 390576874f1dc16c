// What is committed is committed: whatever replica says that a prefix of a log is, has the same batches there as every
// other, now and after each restart. Batches are read from the simulated disks themselves, behind the servers' backs.
import {
  BATCH_OVERHEAD_BYTES,
  BatchField,
  type BatchHeader,
  readBatchHeader,
} from '@ottla/protocol/records';
import type { SimulatedDisk } from '@ottla/platform/simulated';

interface Batch {
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly crc: number;
  /** Who was the first to call it committed. */
  readonly by: string;
}

interface CommittedLog {
  /** By base offset. */
  readonly batches: Map<number, Batch>;
  /** Exclusive. */
  end: number;
}

/** How far one replica has been compared. */
export interface Cursor {
  segmentBase: number;
  position: number;
  offset: number;
}

/** Where a replica lies, and what it knows of the epochs in it. */
export interface ReplicaOnDisk {
  readonly disk: SimulatedDisk;
  readonly folder: string;
  readonly epochs: { epochAt(offset: number): number };
}

const SEGMENT_NAME_DIGITS = 20;
/** All bytes of −1. */
const ABSENT = 0xff;

/** Hears of each batch once, in the order of offsets, when the first replica calls it committed. */
export interface CommittedListener {
  heard(log: string, folder: string, header: BatchHeader, batch: () => Buffer): void;
}

export class CommittedPrefixes {
  readonly #logs: Map<string, CommittedLog> = new Map();
  readonly #listener: CommittedListener;

  constructor(listener: CommittedListener) {
    this.#listener = listener;
  }

  /** Exclusive end of what any replica has called committed. */
  end(log: string): number {
    return this.#logs.get(log)?.end ?? 0;
  }

  /**
   * A replica calls everything below `highWatermark` committed.
   *
   * @param log names this log and no other, also when a topic of the same name comes back
   * @param folder where it lies on the disk
   * @param epochs what it knows of the epochs in it
   * @throws Error when it has something else there, or another idea of who wrote it
   */
  check(
    log: string,
    by: string,
    { disk, folder, epochs }: ReplicaOnDisk,
    cursor: Cursor,
    highWatermark: number,
  ): void {
    let known = this.#logs.get(log);
    if (known === undefined) this.#logs.set(log, (known = { batches: new Map(), end: 0 }));
    while (cursor.offset < highWatermark) {
      const header = nextBatch(folder, disk, cursor);
      if (header === undefined)
        throw new Error(
          `${by} has no batch at ${log}@${cursor.offset}, below its high watermark ${highWatermark}`,
        );
      const { baseOffset, lastOffsetDelta, partitionLeaderEpoch: leaderEpoch, crc } = header;
      const lastOffset = baseOffset + lastOffsetDelta;
      if (epochs.epochAt(lastOffset) !== leaderEpoch)
        throw new Error(
          `${by} takes ${log}@${lastOffset} for one of epoch ${epochs.epochAt(lastOffset)}; its batch is of epoch ${leaderEpoch}`,
        );
      const before = known.batches.get(baseOffset);
      if (before === undefined) {
        if (baseOffset < known.end)
          throw new Error(
            `${by} has a batch at ${log}@${baseOffset}, where none begins elsewhere; committed up to ${known.end}`,
          );
        known.batches.set(baseOffset, { lastOffset, leaderEpoch, crc, by });
        known.end = lastOffset + 1;
        const { segmentBase } = cursor;
        const position = cursor.position - header.sizeInBytes;
        this.#listener.heard(log, folder, header, () =>
          bytesAt(folder, disk, { segmentBase, position }, header.sizeInBytes),
        );
      } else if (
        before.crc !== crc ||
        before.lastOffset !== lastOffset ||
        before.leaderEpoch !== leaderEpoch
      ) {
        throw new Error(
          `${log}@${baseOffset} is committed with epoch ${before.leaderEpoch} and crc ${before.crc} by ${before.by}, ` +
            `with epoch ${leaderEpoch} and crc ${crc} by ${by}`,
        );
      }
    }
  }
}

/** Where to begin to compare a log that starts at `offset`, which may be in the middle of a segment. */
export function cursorAt(disk: SimulatedDisk, folder: string, offset: number): Cursor {
  const prefix = `/data/${folder}/`;
  const bases = disk
    .files()
    .filter((path) => path.startsWith(prefix) && /\/\d{20}\.log$/.test(path))
    .map((path) => Number(path.slice(prefix.length, -'.log'.length)))
    .filter((base) => base <= offset);
  const segmentBase = bases.at(-1) ?? offset;
  const cursor = { segmentBase, position: 0, offset: segmentBase };
  while (cursor.offset < offset) {
    const before = { ...cursor };
    if (nextBatch(folder, disk, cursor) === undefined) break;
    if (cursor.offset > offset) return before;
  }
  return cursor;
}

/** Moves on by a batch; undefined where none stands. */
export function nextBatch(
  log: string,
  disk: SimulatedDisk,
  cursor: Cursor,
): BatchHeader | undefined {
  let head = peekHead(log, disk, cursor);
  if (head === undefined && cursor.offset > cursor.segmentBase) {
    cursor.segmentBase = cursor.offset;
    cursor.position = 0;
    head = peekHead(log, disk, cursor);
  }
  if (head === undefined) return undefined;
  const header = headerOf(head);
  cursor.position += header.sizeInBytes;
  cursor.offset = header.baseOffset + header.lastOffsetDelta + 1;
  return header;
}

/** A flipped bit may have made a number of it impossible; what is compared here stands elsewhere. */
export function headerOf(head: Buffer): BatchHeader {
  try {
    return readBatchHeader(head, 0);
  } catch {
    return readBatchHeader(
      head.fill(ABSENT, BatchField.baseTimestamp, BatchField.producerEpoch),
      0,
    );
  }
}

/** Undefined where no whole header stands. */
function peekHead(folder: string, disk: SimulatedDisk, place: Place): Buffer | undefined {
  const head = bytesAt(folder, disk, place, BATCH_OVERHEAD_BYTES);
  return head.length === BATCH_OVERHEAD_BYTES ? head : undefined;
}

type Place = Pick<Cursor, 'segmentBase' | 'position'>;

/** As many bytes as are there, at most `length`. */
function bytesAt(
  folder: string,
  disk: SimulatedDisk,
  { segmentBase, position }: Place,
  length: number,
): Buffer {
  return disk.peek(segmentFile(folder, segmentBase), position, length) ?? Buffer.alloc(0);
}

/** The newest name by folder: it is asked for with each batch. */
const segmentFiles = new Map<string, { readonly segmentBase: number; readonly path: string }>();

export function segmentFile(folder: string, segmentBase: number): string {
  const known = segmentFiles.get(folder);
  if (known?.segmentBase === segmentBase) return known.path;
  const path = `/data/${folder}/${String(segmentBase).padStart(SEGMENT_NAME_DIGITS, '0')}.log`;
  segmentFiles.set(folder, { segmentBase, path });
  return path;
}
