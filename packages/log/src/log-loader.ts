// Opens the files of one partition: after a clean shutdown they are taken as they are; otherwise everything past the
// recovery point is read and summed, and the log is cut at the first byte that is no sound batch. A damaged tail never
// keeps a broker from starting. Below the recovery point everything was durable: what is damaged there was not the crash,
// and cutting it off would take what is behind it along (Kafka cuts). Kafka: LogLoader.
import { type BatchHeader, lastOffsetOf, nextOffsetOf } from '@ottla/protocol/records';
import type { LogContext } from './log-context.ts';
import { LeaderEpochs } from './leader-epochs.ts';
import { completeEpochs, readEpochs } from './load-epochs.ts';
import { loadProducers } from './load-producers.ts';
import type { ProducerState } from './producer-state.ts';
import {
  DELETED_SUFFIX,
  parseSegmentFile,
  type SegmentFile,
  segmentPath,
} from './segment-files.ts';
import { scanBatches } from './segment-scan.ts';
import { Segment } from './segment.ts';
import { LAST_ENTRIES_BYTES, TimeIndex } from './time-index.ts';

/** What loading found. */
export interface LoadedLog {
  /** By base offset; at least one. */
  readonly segments: Segment[];
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly epochs: LeaderEpochs;
  readonly producers: ProducerState;
  /** Bytes cut off the tail. */
  readonly cutBytes: number;
}

export interface LoadOptions {
  readonly directory: string;
  readonly isCleanShutdown: boolean;
  /** Everything below (exclusive) is durable. */
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  readonly rollJitterMs: () => number;
  readonly indexIntervalBytes: number;
}

/** Name of the file of leader epochs. */
export const EPOCH_CHECKPOINT_FILE = 'leader-epoch-checkpoint';

/** Loads one partition's directory, which exists. */
export async function loadLog(context: LogContext, options: LoadOptions): Promise<LoadedLog> {
  const bases = await listSegments(context, options.directory);
  const now = context.clock.nowMs();
  const segments = bases.map(
    (base) => new Segment(options.directory, base, now, options.rollJitterMs()),
  );
  for (const segment of segments) {
    segment.sizeBytes = (await context.disk.stat(segment.path))?.size ?? 0;
  }
  const epochsFile = `${options.directory}/${EPOCH_CHECKPOINT_FILE}`;
  const epochsRead = await readEpochs(context.disk, epochsFile);
  const known = epochsRead ?? new LeaderEpochs();
  const rebuildFrom = options.isCleanShutdown ? undefined : recoveryStart(options, segments);
  const recovered = options.isCleanShutdown
    ? NOT_RECOVERED
    : await recover(context, options, segments, known);
  if (segments.length === 0) segments.push(await createSegment(context, options));
  for (const [slot, segment] of segments.entries())
    await readTimes(context, segment, segments[slot + 1]?.baseOffset);
  const logEndOffset = Math.min(recovered.endOffset, await endOf(context, segments.at(-1)!));
  const logStartOffset = Math.min(
    Math.max(options.logStartOffset, segments[0]!.baseOffset),
    logEndOffset,
  );
  const areWhole = options.isCleanShutdown && epochsRead !== undefined;
  const epochs = areWhole ? known : await completeEpochs(context, segments, known, logStartOffset);
  epochs.truncateFromEnd(logEndOffset);
  epochs.truncateFromStart(logStartOffset);
  const producers = await loadProducers(context, {
    directory: options.directory,
    segments,
    logStartOffset,
    logEndOffset,
    rebuildFrom,
  });
  const { cutBytes } = recovered;
  return { segments, logStartOffset, logEndOffset, epochs, producers, cutBytes };
}

interface Recovered {
  readonly cutBytes: number;
  /** Exclusive: nothing is known to be behind. */
  readonly endOffset: number;
}

const NOT_RECOVERED: Recovered = { cutBytes: 0, endOffset: Infinity };

async function createSegment(context: LogContext, options: LoadOptions): Promise<Segment> {
  const segment = new Segment(
    options.directory,
    options.logStartOffset,
    context.clock.nowMs(),
    options.rollJitterMs(),
  );
  segment.startIndexes();
  await context.handles.use(segment.path, 'write', () => Promise.resolve());
  await syncNames(context, options.directory);
  return segment;
}

/** A new log exists for good once its file's name and its folder's name are durable; somebody else may have made the folder. */
async function syncNames(context: LogContext, directory: string): Promise<void> {
  await context.disk.syncDirectory(directory);
  await context.disk.syncDirectory(directory.slice(0, directory.lastIndexOf('/')) || '/');
}

/** Base offsets in order; leftovers of interrupted work are removed. */
async function listSegments(context: LogContext, directory: string): Promise<number[]> {
  const bases: number[] = [];
  for (const name of await context.disk.readdir(directory)) {
    if (name.endsWith(DELETED_SUFFIX) || name.endsWith('.cleaned') || name.endsWith('.tmp'))
      await context.disk.remove(`${directory}/${name}`);
    else if (name.endsWith('.swap'))
      // The replacement was complete: the originals may still be there, and the rename takes their place.
      await context.disk.rename(
        `${directory}/${name}`,
        `${directory}/${name.slice(0, -'.swap'.length)}`,
      );
  }
  const files = (await context.disk.readdir(directory)).flatMap(
    (name) => parseSegmentFile(name) ?? [],
  );
  for (const { kind, baseOffset } of files) if (kind === 'log') bases.push(baseOffset);
  await removeOrphans(context, directory, files, new Set(bases));
  return bases.sort((a, b) => a - b);
}

/** Indexes whose segment a power cut left removed must not become those of another one that begins there. */
async function removeOrphans(
  context: LogContext,
  directory: string,
  files: readonly SegmentFile[],
  bases: ReadonlySet<number>,
): Promise<void> {
  for (const { kind, baseOffset } of files)
    if (kind !== 'snapshot' && !bases.has(baseOffset))
      await context.disk.remove(segmentPath(directory, baseOffset, kind));
}

/** Indexes hold offsets relative to the segment's, as int32. */
const OFFSETS_OF_SEGMENT_MAX = 2 ** 31;

/** Base offset of the first segment that may hold bytes past the recovery point. */
function recoveryStart(options: LoadOptions, segments: readonly Segment[]): number {
  const first = segments.find(
    (_, slot) => (segments[slot + 1]?.baseOffset ?? Infinity) > options.recoveryPoint,
  );
  return first?.baseOffset ?? 0;
}

/** Sums every segment that may hold bytes past the recovery point, and cuts off what is no sound batch. */
async function recover(
  context: LogContext,
  options: LoadOptions,
  segments: Segment[],
  epochs: LeaderEpochs,
): Promise<Recovered> {
  let cutBytes = 0;
  let logEndOffset = Infinity;
  const from = recoveryStart(options, segments);
  // What is read tells its epochs itself. One that began before goes on: noted again, it would begin where the reading does.
  epochs.truncateFromEnd(from);
  for (let slot = 0; slot < segments.length; slot += 1) {
    const segment = segments[slot]!;
    const next = segments[slot + 1];
    if (segment.baseOffset < from) continue;
    const size = segment.sizeBytes;
    const endOffset = next?.baseOffset ?? segment.baseOffset + OFFSETS_OF_SEGMENT_MAX;
    logEndOffset = await recoverSegment(context, segment, endOffset, options, epochs);
    const valid = segment.sizeBytes;
    if (valid === size) {
      // Those of the last segment are written when it ends: as long as it grows, a crash builds them anew.
      if (next !== undefined) await segment.writeIndexes(context);
      continue;
    }
    cutBytes += size - valid;
    context.logger.warn('cutting a damaged tail off the log', {
      path: segment.path,
      validBytes: valid,
      cutBytes: size - valid,
    });
    const behind = segments.splice(slot + 1);
    cutBytes += behind.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await removeFromEnd(context, behind);
    await context.handles.use(segment.path, 'write', async (file) => {
      await file.truncate(valid);
      await file.datasync();
    });
  }
  return { cutBytes, endOffset: logEndOffset };
}

/**
 * Leaves the segment with the size of its sound batches.
 *
 * @param endOffset exclusive: the offsets that the segment may hold
 * @returns exclusive: where the last of them ends
 */
async function recoverSegment(
  context: LogContext,
  segment: Segment,
  endOffset: number,
  { indexIntervalBytes, recoveryPoint }: LoadOptions,
  epochs: LeaderEpochs,
): Promise<number> {
  const size = segment.sizeBytes;
  segment.startIndexes();
  segment.sizeBytes = 0;
  const take = (header: BatchHeader | undefined): void => {
    if (header === undefined) return;
    segment.add(header, indexIntervalBytes);
    if (header.partitionLeaderEpoch >= 0)
      epochs.assign(header.partitionLeaderEpoch, header.baseOffset);
  };
  // The sum leaves the base offset out, so only its neighbours tell whether it is right: each batch waits for the next.
  let waiting: BatchHeader | undefined;
  let taken = segment.baseOffset - 1;
  let damagedAt: number | undefined;
  const visit = (header: BatchHeader): boolean => {
    believeCount(waiting, header);
    const last = waiting === undefined ? taken : lastOffsetOf(waiting);
    const follows = header.lastOffsetDelta >= 0 && header.baseOffset > last;
    if (!follows || lastOffsetOf(header) >= endOffset) {
      if (waiting !== undefined && isOutOfPlace(waiting, taken, header)) {
        damagedAt = waiting.position;
        waiting = undefined;
      } else damagedAt = header.position;
      return true;
    }
    take(waiting);
    taken = last;
    waiting = { ...header };
    return false;
  };
  const end = await context.handles.use(segment.path, 'read', async (file) => {
    const durable = await scanBatches(file, { from: 0, to: size, verify: false }, (header) => {
      if (header.baseOffset >= recoveryPoint) return true;
      const isTooLong = nextOffsetOf(header) > recoveryPoint || header.lastOffsetDelta < 0;
      if (isTooLong) header.lastOffsetDelta = header.recordCount - 1;
      return nextOffsetOf(header) > recoveryPoint || visit(header);
    });
    if (damagedAt !== undefined || durable.reason !== 'stopped') return durable;
    return scanBatches(file, { from: durable.position, to: size, verify: true }, visit);
  });
  take(waiting);
  segment.sizeBytes = damagedAt ?? end.position;
  return waiting === undefined ? taken + 1 : nextOffsetOf(waiting);
}

/**
 * How many offsets a batch has stands twice in its header. Where only the number of its records fits what is behind it, the
 * other one is damaged, and must not take the rest of the log along. Compacted batches have fewer records than offsets.
 */
function believeCount(batch: BatchHeader | undefined, next: BatchHeader): void {
  if (batch !== undefined && batch.baseOffset + batch.recordCount === next.baseOffset)
    batch.lastOffsetDelta = batch.recordCount - 1;
}

/** Whether it is this batch whose offsets are wrong, and not the next one's: it leaves a gap, and the next fits without it. */
function isOutOfPlace(batch: BatchHeader, lastBefore: number, next: BatchHeader): boolean {
  return batch.baseOffset > lastBefore + 1 && next.baseOffset > lastBefore;
}

/**
 * Removes the files of the last segments, the newest first and durably: a power cut in between leaves a log without a gap, and
 * one after this does not bring a segment back behind what is cut off the one before.
 */
export async function removeFromEnd(
  context: LogContext,
  segments: readonly Segment[],
): Promise<void> {
  for (const segment of segments.toReversed()) await removeSegmentFiles(context, segment);
  const [first] = segments;
  if (first !== undefined) await context.disk.syncDirectory(first.directory);
}

async function removeSegmentFiles(context: LogContext, segment: Segment): Promise<void> {
  for (const kind of ['log', 'index', 'timeindex', 'txnindex'] as const) {
    const path = segmentPath(segment.directory, segment.baseOffset, kind);
    context.handles.forget(path);
    await context.disk.remove(path);
  }
  context.loadedIndexes.forget(segment);
}

/**
 * The highest timestamp of a loaded segment is the last entry of its time index. Of closed ones only that is read: there may
 * be thousands, and their indexes have megabytes.
 */
async function readTimes(
  context: LogContext,
  segment: Segment,
  endOffset: number | undefined,
): Promise<void> {
  if (segment.maxTimestamp >= 0 || segment.sizeBytes === 0) return;
  if (endOffset !== undefined && segment.loadedIndexes === undefined) {
    const last = await readLastTime(context, segment, endOffset);
    segment.maxTimestamp = last?.timestamp ?? -1;
    segment.offsetOfMaxTimestamp = last?.offset ?? segment.offsetOfMaxTimestamp;
    if (last !== undefined) return;
  }
  const { times } = await segment.indexes(context);
  if (segment.maxTimestamp < 0) {
    segment.maxTimestamp = times.lastTimestamp;
    segment.offsetOfMaxTimestamp = times.lastOffset;
  }
}

async function readLastTime(
  { disk }: LogContext,
  { directory, baseOffset }: Segment,
  endOffset: number,
): Promise<ReturnType<typeof TimeIndex.lastEntry>> {
  const path = segmentPath(directory, baseOffset, 'timeindex');
  const size = (await disk.stat(path))?.size ?? 0;
  const length = Math.min(size, LAST_ENTRIES_BYTES);
  if (length === 0) return undefined;
  // Past the cache of open files: it would lose those that are used.
  const file = await disk.open(path, 'read');
  try {
    const bytes = Buffer.alloc(length);
    const count = await file.read(bytes, size - length);
    return TimeIndex.lastEntry(bytes.subarray(0, count), baseOffset, endOffset);
  } finally {
    await file.close();
  }
}

/**
 * The end of the log: behind the last batch, found from the last index entry on. Leaves the indexes in memory. Where no batches
 * follow one another from there to the file's end, it is the entry that is wrong.
 */
async function endOf(context: LogContext, active: Segment): Promise<number> {
  if (active.sizeBytes === 0) {
    active.startIndexes();
    return active.baseOffset;
  }
  const indexes = await active.indexes(context);
  const { offsets } = indexes;
  context.loadedIndexes.forget(active);
  let end = active.baseOffset;
  const size = active.sizeBytes;
  const { reason } = await context.handles.use(active.path, 'read', (file) =>
    scanBatches(
      file,
      { from: offsets.lastPosition, to: size, verify: false },
      (header: BatchHeader) => {
        end = nextOffsetOf(header);
        if (header.maxTimestamp > active.maxTimestamp) {
          active.maxTimestamp = header.maxTimestamp;
          active.offsetOfMaxTimestamp = lastOffsetOf(header);
        }
        return false;
      },
    ),
  );
  const isWrong = reason === 'damaged' && offsets.count > 0;
  if (isWrong && (await active.repairIndexes(context, indexes))) return endOf(context, active);
  return end;
}
