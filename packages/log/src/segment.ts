// One file of a log and its two indexes. Knows its size, its highest timestamp and how to find a position; writing is
// the append queue's part. Index files of the newest segment are written when it is rolled, flushed for good or closed:
// after a crash the tail is scanned anyway. Kafka: LogSegment.
import {
  type BatchHeader,
  decodeBatches,
  isControlBatch,
  lastOffsetOf,
} from '@ottla/protocol/records';
import type { LogConfig } from './log-config.ts';
import type { LogContext } from './log-context.ts';
import { OffsetIndex } from './offset-index.ts';
import { segmentPath } from './segment-files.ts';
import { reaches, scanBatches } from './segment-scan.ts';
import { TimeIndex } from './time-index.ts';

const INT32_MAX = 0x7fff_ffff;
const INDEX_ENTRY_BYTES = 8;

/** Both indexes of a segment. */
export interface SegmentIndexes {
  readonly offsets: OffsetIndex;
  readonly times: TimeIndex;
}

/** A timestamp and the offset of the first record that has it. */
export interface TimestampOffset {
  /** Milliseconds. */
  readonly timestamp: number;
  readonly offset: number;
}

export class Segment {
  readonly baseOffset: number;
  readonly directory: string;
  /** Of the `.log` file; made once, for every append asks for it. */
  readonly path: string;
  /** Bytes of whole batches. */
  sizeBytes = 0;
  /** Milliseconds; −1 without records. */
  maxTimestamp = -1;
  offsetOfMaxTimestamp = -1;
  /** Timestamp of the first batch, or −1. */
  firstTimestamp = -1;
  /** Wall clock when it was made (or opened), milliseconds. */
  readonly createdMs: number;
  /** Subtracted from `segment.ms`. */
  readonly rollJitterMs: number;
  /** Whether there are aborted transactions; undefined until somebody looked. */
  hasAborted: boolean | undefined;
  #indexes: SegmentIndexes | undefined;
  #loading: Promise<SegmentIndexes> | undefined;
  #bytesSinceEntry = 0;
  /** Those in memory were compared with the log: built from it, or it is the log that is damaged. */
  #isRepaired = false;
  #repairing: Promise<void> | undefined;

  constructor(directory: string, baseOffset: number, createdMs: number, rollJitterMs: number) {
    this.directory = directory;
    this.baseOffset = baseOffset;
    this.path = segmentPath(directory, baseOffset, 'log');
    this.createdMs = createdMs;
    this.rollJitterMs = rollJitterMs;
  }

  /** The indexes, when they are in memory. */
  get loadedIndexes(): SegmentIndexes | undefined {
    return this.#indexes;
  }

  /** Starts with empty indexes in memory: a new segment, or one about to be scanned. */
  startIndexes(): SegmentIndexes {
    this.#bytesSinceEntry = 0;
    this.#indexes = {
      offsets: new OffsetIndex(this.baseOffset),
      times: new TimeIndex(this.baseOffset),
    };
    return this.#indexes;
  }

  /** Lets go of the indexes of a segment that no longer grows; the next look-up reads the files. */
  dropIndexes(): void {
    this.#indexes = undefined;
  }

  /** Takes an appended batch into account; `header.position` is its place in this file. */
  add(header: BatchHeader, indexIntervalBytes: number): void {
    const indexes = this.#indexes ?? this.startIndexes();
    if (this.firstTimestamp < 0) this.firstTimestamp = header.maxTimestamp;
    if (header.maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = header.maxTimestamp;
      this.offsetOfMaxTimestamp = lastOffsetOf(header);
    }
    if (this.#bytesSinceEntry > indexIntervalBytes) {
      indexes.offsets.append(lastOffsetOf(header), header.position);
      indexes.times.append(this.maxTimestamp, this.offsetOfMaxTimestamp);
      this.#bytesSinceEntry = 0;
    }
    this.#bytesSinceEntry += header.sizeInBytes;
    this.sizeBytes = header.position + header.sizeInBytes;
  }

  /** Whether the batches of an append belong into a new segment. */
  mustRoll(
    config: LogConfig,
    appendBytes: number,
    lastOffset: number,
    timestamp: number,
    nowMs: number,
  ): boolean {
    if (this.sizeBytes === 0) return lastOffset - this.baseOffset > INT32_MAX;
    const waitedMs =
      this.firstTimestamp >= 0 && timestamp >= 0
        ? timestamp - this.firstTimestamp
        : nowMs - this.createdMs;
    const entries = this.#indexes?.offsets.count ?? 0;
    return (
      this.sizeBytes > config.segmentBytes - appendBytes ||
      waitedMs > config.segmentMs - this.rollJitterMs ||
      (entries + 1) * INDEX_ENTRY_BYTES > config.segmentIndexBytes ||
      lastOffset - this.baseOffset > INT32_MAX
    );
  }

  /** The indexes, read from their files, or built from the log where the files are missing or damaged. */
  indexes(context: LogContext): SegmentIndexes | Promise<SegmentIndexes> {
    if (this.#indexes !== undefined) {
      context.loadedIndexes.used(this);
      return this.#indexes;
    }
    this.#loading ??= this.#load(context).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(context: LogContext): Promise<SegmentIndexes> {
    const offsets = await readIndex(
      context,
      segmentPath(this.directory, this.baseOffset, 'index'),
      (bytes) => OffsetIndex.parse(bytes, this.baseOffset, this.sizeBytes),
    );
    const times = await readIndex(
      context,
      segmentPath(this.directory, this.baseOffset, 'timeindex'),
      (bytes) => TimeIndex.parse(bytes, this.baseOffset),
    );
    this.#isRepaired = false;
    if (offsets !== undefined && times !== undefined) {
      this.#indexes = { offsets, times };
      context.loadedIndexes.touch(this);
      return this.#indexes;
    }
    context.logger.warn('rebuilding the index of a segment', { path: this.path });
    await this.rebuild(context);
    await this.writeIndexes(context);
    context.loadedIndexes.touch(this);
    return this.#indexes!;
  }

  /**
   * Indexes name a place where no batch is, or a later one: a bit of them has changed. Builds them from the log, in memory;
   * what is appended meanwhile is kept. Where the log itself cannot be read to its end they stay, for they know the way to what
   * is behind the damage.
   *
   * @returns false when that was done already: then it is the log that is damaged
   */
  async repairIndexes(context: LogContext, damaged: SegmentIndexes): Promise<boolean> {
    if (this.#indexes !== damaged) return true;
    if (this.#isRepaired) return false;
    this.#repairing ??= this.#repair(context, damaged).finally(() => {
      this.#repairing = undefined;
    });
    await this.#repairing;
    return true;
  }

  async #repair(context: LogContext, damaged: SegmentIndexes): Promise<void> {
    const { sizeBytes } = this;
    const copy = new Segment(this.directory, this.baseOffset, this.createdMs, this.rollJitterMs);
    copy.sizeBytes = sizeBytes;
    const isWhole = await copy.rebuild(context);
    const built = copy.loadedIndexes!;
    // A cut has built them already.
    if (this.#indexes !== undefined && this.#indexes !== damaged) return;
    if (!isWhole) {
      this.#isRepaired = this.#indexes === damaged;
      return;
    }
    context.logger.warn('the index of a segment was damaged: it is built anew', {
      path: this.path,
    });
    if (this.#indexes === undefined) context.loadedIndexes.touch(this);
    else built.offsets.appendFrom(this.#indexes.offsets, sizeBytes);
    built.times.append(this.maxTimestamp, this.offsetOfMaxTimestamp);
    this.#indexes = built;
    this.#isRepaired = true;
  }

  /**
   * Builds the indexes by reading the batch headers.
   *
   * @returns whether batches with rising offsets follow one another to the end
   */
  async rebuild(context: LogContext): Promise<boolean> {
    const size = this.sizeBytes;
    this.startIndexes();
    this.maxTimestamp = -1;
    this.firstTimestamp = -1;
    let lastOffset = -1;
    let isRising = true;
    const { reason } = await context.handles.use(this.path, 'read', (file) =>
      scanBatches(file, { from: 0, to: size, verify: false }, (header) => {
        isRising &&= header.baseOffset > lastOffset && header.lastOffsetDelta >= 0;
        lastOffset = lastOffsetOf(header);
        this.add(header, context.indexIntervalBytes);
      }),
    );
    this.sizeBytes = size;
    return isRising && reason === 'end';
  }

  /**
   * Replaces both index files, with the final time entry that Kafka expects at the end of a segment. Durable when it resolves:
   * once the segment counts as sound nobody compares them with it, and a part of them, or those of before a cut, would pass.
   */
  async writeIndexes(context: LogContext): Promise<void> {
    const indexes = this.#indexes;
    if (indexes === undefined) return;
    indexes.times.append(this.maxTimestamp, this.offsetOfMaxTimestamp);
    const path = (kind: 'index' | 'timeindex'): string =>
      segmentPath(this.directory, this.baseOffset, kind);
    await Promise.all([
      context.disk.replaceFile(path('index'), indexes.offsets.serialize()),
      context.disk.replaceFile(path('timeindex'), indexes.times.serialize()),
    ]);
  }

  /** Position of the first batch whose last offset is ≥ `offset`, and its header; undefined behind the end. */
  async locate(context: LogContext, offset: number): Promise<BatchHeader | undefined> {
    const indexes = await this.indexes(context);
    const from = indexes.offsets.floorPosition(offset);
    let isThere = from === 0;
    let found: BatchHeader | undefined;
    await context.handles.use(this.path, 'read', (file) =>
      scanBatches(file, { from, to: this.sizeBytes, verify: false }, (header) => {
        isThere ||= beginsBefore(header, offset);
        if (!isThere) return true;
        if (!reaches(header, offset)) return false;
        found = { ...header };
        return true;
      }),
    );
    if (!isThere && (await this.repairIndexes(context, indexes)))
      return this.locate(context, offset);
    return found;
  }

  /** The first record at or after `startOffset` whose timestamp is ≥ `timestamp`. */
  async findTimestamp(
    context: LogContext,
    timestamp: number,
    startOffset: number,
  ): Promise<TimestampOffset | undefined> {
    const { offsets, times } = await this.indexes(context);
    const from = offsets.floorPosition(Math.max(times.floorOffset(timestamp), startOffset));
    let candidates: BatchHeader[] = [];
    let position = from;
    while (position < this.sizeBytes) {
      candidates = [];
      const start = position;
      const end = await context.handles.use(this.path, 'read', (file) =>
        scanBatches(file, { from: start, to: this.sizeBytes, verify: false }, (header) => {
          if (candidates.length > 0) return true;
          if (
            header.maxTimestamp >= timestamp &&
            lastOffsetOf(header) >= startOffset &&
            !isControlBatch(header.attributes)
          )
            candidates.push({ ...header });
          return false;
        }),
      );
      const header = candidates[0];
      if (header === undefined) return undefined;
      const found = await this.#findInBatch(context, header, timestamp, startOffset);
      if (found !== undefined) return found;
      position = Math.max(end.position, header.position + header.sizeInBytes);
    }
    return undefined;
  }

  async #findInBatch(
    context: LogContext,
    header: BatchHeader,
    timestamp: number,
    startOffset: number,
  ): Promise<TimestampOffset | undefined> {
    const bytes = Buffer.allocUnsafeSlow(header.sizeInBytes);
    await context.handles.use(this.path, 'read', (file) => file.read(bytes, header.position));
    for (const batch of decodeBatches(bytes, { verifyCrc: true }))
      for (const record of batch.records())
        if (record.timestamp >= timestamp && record.offset >= startOffset)
          return { timestamp: record.timestamp, offset: record.offset };
    return undefined;
  }
}

/** Whether an index may send those to this batch who look for the offset. */
export function beginsBefore({ baseOffset }: BatchHeader, offset: number): boolean {
  return baseOffset <= offset;
}

async function readIndex<T>(
  context: LogContext,
  path: string,
  parse: (bytes: Buffer) => T | undefined,
): Promise<T | undefined> {
  if ((await context.disk.stat(path)) === undefined) return undefined;
  return parse(await context.disk.readFile(path));
}
