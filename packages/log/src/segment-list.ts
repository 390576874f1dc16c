// The segments of one log, oldest first; the last one grows. Finds the segment for an offset or a timestamp, and adds and
// removes files at both ends. Kafka: LogSegments, LocalLog.
import { readAborted, truncateAborted } from './aborted-transactions.ts';
import type { LogContext } from './log-context.ts';
import { removeFromEnd } from './log-loader.ts';
import { type LogRegion, MemoryRegion } from './log-region.ts';
import { type ReadRequest, readSegment } from './log-reader.ts';
import type { AbortedTransaction } from './producer-state.ts';
import { scheduleRemoval } from './retention.ts';
import { segmentPath } from './segment-files.ts';
import { Segment, type TimestampOffset } from './segment.ts';

export class SegmentList {
  readonly #context: LogContext;
  readonly #directory: string;
  readonly #segments: Segment[];

  /** @param segments by base offset, at least one */
  constructor(context: LogContext, directory: string, segments: Segment[]) {
    this.#context = context;
    this.#directory = directory;
    this.#segments = segments;
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }
  get first(): Segment {
    return this.#segments[0]!;
  }
  /** The segment that is written to. */
  get active(): Segment {
    return this.#segments.at(-1)!;
  }
  get sizeBytes(): number {
    let bytes = 0;
    for (const segment of this.#segments) bytes += segment.sizeBytes;
    return bytes;
  }

  /** A new, empty segment at the end. */
  async add(baseOffset: number, rollJitterMs: number): Promise<void> {
    const nowMs = this.#context.clock.nowMs();
    const segment = new Segment(this.#directory, baseOffset, nowMs, rollJitterMs);
    segment.startIndexes();
    await this.#context.handles.use(segment.path, 'write', (file) => file.truncate(0));
    this.#segments.push(segment);
  }

  /** Reads from the files, from the segment that holds the offset on. */
  async read(request: ReadRequest, logEndOffset: number): Promise<LogRegion> {
    for (let slot = this.#floor(request.offset); slot < this.#segments.length; slot += 1) {
      const segment = this.#segments[slot]!;
      const end = this.#segments[slot + 1]?.baseOffset ?? logEndOffset;
      const region = await readSegment(this.#context, segment, end, request);
      if (region !== undefined) return region;
    }
    return new MemoryRegion([], 0);
  }

  /** The first record at or after `startOffset` whose timestamp is ≥ `timestamp` (milliseconds), or undefined. */
  async findTimestamp(
    timestamp: number,
    startOffset: number,
  ): Promise<TimestampOffset | undefined> {
    for (const segment of this.#segments.slice()) {
      if (segment.maxTimestamp < timestamp) continue;
      const found = await segment.findTimestamp(this.#context, timestamp, startOffset);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Highest timestamp of all segments, milliseconds; −1 without records. */
  get maxTimestamp(): number {
    let highest = -1;
    for (const segment of this.#segments) highest = Math.max(highest, segment.maxTimestamp);
    return highest;
  }

  /** Aborted transactions that reach into [from, to) offsets. At once when it is known that there are none. */
  abortedTransactions(
    from: number,
    to: number,
  ): AbortedTransaction[] | Promise<AbortedTransaction[]> {
    const segments = this.#segments.slice(this.#floor(from));
    if (segments.every(({ hasAborted }) => hasAborted === false)) return [];
    return this.#readAborted(segments, from, to);
  }

  async #readAborted(
    segments: readonly Segment[],
    from: number,
    to: number,
  ): Promise<AbortedTransaction[]> {
    const found: AbortedTransaction[] = [];
    for (const segment of segments) {
      for (const aborted of await readAborted(this.#context, segment))
        if (aborted.lastOffset >= from && aborted.firstOffset < to) found.push(aborted);
    }
    return found;
  }

  /** Takes the oldest segments out, never the last. Their files stay until `discard`. */
  takeOldest(count: number): Segment[] {
    return this.#segments.splice(0, Math.min(count, this.#segments.length - 1));
  }

  /** Renames the files of segments that were taken out; they go after `delayMs`. */
  async discard(segments: readonly Segment[], delayMs: number): Promise<void> {
    for (const segment of segments) await scheduleRemoval(this.#context, segment, delayMs);
  }

  /** Cuts the batches at and above `offset` off; `offset` is above the first segment's base. */
  async cut(offset: number): Promise<void> {
    await removeFromEnd(this.#context, this.#segments.splice(this.#floor(offset) + 1));
    const segment = this.active;
    const first = await segment.locate(this.#context, offset);
    if (first !== undefined) {
      segment.sizeBytes = first.position;
      await this.#context.handles.use(segment.path, 'write', async (file) => {
        await file.truncate(first.position);
        await file.datasync();
      });
    }
    await truncateAborted(this.#context, segment, offset);
    await segment.rebuild(this.#context);
    this.#context.loadedIndexes.forget(segment);
  }

  /** Removes everything; `add` must follow. */
  async clear(): Promise<void> {
    await removeFromEnd(this.#context, this.#segments.splice(0));
  }

  /** Lets go of open files and of indexes in memory. */
  forget(): void {
    for (const segment of this.#segments) {
      for (const kind of ['log', 'index', 'timeindex', 'txnindex'] as const)
        this.#context.handles.forget(segmentPath(segment.directory, segment.baseOffset, kind));
      this.#context.loadedIndexes.forget(segment);
    }
  }

  #floor(offset: number): number {
    let slot = this.#segments.length - 1;
    while (slot > 0 && this.#segments[slot]!.baseOffset > offset) slot -= 1;
    return slot;
  }
}
