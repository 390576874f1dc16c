// Reads of one log: from the tail cache at once, or from the files. Returns regions, not bytes. Kafka: LocalLog.read.
import {
  BATCH_OVERHEAD_BYTES,
  BatchField,
  type BatchHeader,
  createBatchHeader,
  lastOffsetOf,
  MAGIC_V2,
  ProtocolError,
} from '@ottla/protocol/records';
import type { LogContext } from './log-context.ts';
import {
  FileRegion,
  type LogRegion,
  type MemoryPart,
  MemoryRegion,
  READ_AHEAD_BYTES,
  readWholeBatches,
  readWindow,
  type RegionFile,
  sumWindow,
} from './log-region.ts';
import { reaches, readAnyHeader } from './segment-scan.ts';
import { beginsBefore, type Segment } from './segment.ts';
import type { LogTail } from './tail-cache.ts';

/** What to read. */
export interface ReadRequest {
  /** First offset wanted (inclusive); the batch that holds it comes whole. */
  readonly offset: number;
  /** Bytes at most. */
  readonly maxBytes: number;
  /** Exclusive: nothing at or above, at batch boundaries. */
  readonly endOffset: number;
  /** Return the first batch even when it is larger than `maxBytes`. */
  readonly minOneBatch: boolean;
}

/** Reads from memory; undefined when the tail cache does not reach back that far. */
export function readTail(tail: LogTail, request: ReadRequest): LogRegion | undefined {
  if (request.offset < tail.startOffset) return undefined;
  const parts: MemoryPart[] = [];
  let sizeBytes = 0;
  let slot = tail.find(request.offset);
  for (let append = tail.at(slot); append !== undefined; append = tail.at(++slot)) {
    if (append.baseOffset >= request.endOffset) break;
    const bytes = clip(append.bytes, append.lastOffset, request, sizeBytes, parts.length === 0);
    if (bytes.length === 0) break;
    append.lease.retain();
    parts.push({ bytes, lease: append.lease });
    sizeBytes += bytes.length;
    // What was clipped short may not be followed by the next append: that would leave a gap.
    const isWhole = endInSlab(bytes) === endInSlab(append.bytes);
    if (!isWhole || sizeBytes >= request.maxBytes) break;
  }
  return new MemoryRegion(parts, sizeBytes);
}

/** The batches of one cached append that the request wants: not before its offset, not past its end or its size. */
function clip(
  bytes: Buffer,
  lastOffset: number,
  request: ReadRequest,
  takenBytes: number,
  isFirst: boolean,
): Buffer {
  const room = request.maxBytes - takenBytes;
  const startsInside = isFirst && request.offset > readBaseOffset(bytes, 0);
  if (!startsInside && bytes.length <= room && lastOffset < request.endOffset) return bytes;
  let start = 0;
  let end = 0;
  for (let position = 0; position < bytes.length;) {
    const size = bytes.readInt32BE(position + 8) + 12;
    const baseOffset = readBaseOffset(bytes, position);
    const last = baseOffset + bytes.readInt32BE(position + 23);
    if (last >= request.endOffset) break;
    if (isFirst && last < request.offset) start = position + size;
    else if (
      position + size - start > room &&
      !(isFirst && request.minOneBatch && position === start)
    )
      break;
    position += size;
    end = position;
  }
  return end > start ? bytes.subarray(start, end) : bytes.subarray(0, 0);
}

/** Where the slice ends in the memory behind it. */
function endInSlab(bytes: Buffer): number {
  return bytes.byteOffset + bytes.length;
}

function readBaseOffset(bytes: Buffer, position: number): number {
  return bytes.readInt32BE(position) * 0x1_0000_0000 + bytes.readUInt32BE(position + 4);
}

/** From the last index entry to a batch that is looked for: `index.interval.bytes` and a common batch. */
const INDEX_GAP_BYTES = 24 * 1024;

/** Reads from a segment's file; undefined when it has nothing at or after the offset (go on with the next segment). */
export async function readSegment(
  context: LogContext,
  segment: Segment,
  segmentEndOffset: number,
  request: ReadRequest,
): Promise<LogRegion | undefined> {
  const handle = await context.handles.acquire(segment.path, 'read');
  const file = {
    handle,
    description: segment.path,
    buffers: context.readBuffers,
    now: context.readsNow,
    damaged: () => context.onDamage(segment.directory),
  };
  let region: LogRegion | undefined;
  try {
    region = await readFile(context, segment, segmentEndOffset, request, file);
    return region;
  } finally {
    if (!(region instanceof FileRegion)) handle.release();
  }
}

async function readFile(
  context: LogContext,
  segment: Segment,
  segmentEndOffset: number,
  request: ReadRequest,
  file: RegionFile,
): Promise<LogRegion | undefined> {
  // Where the index points to is so near that the first bytes to send are read along with what is looked through.
  const { offsets } = await segment.indexes(context);
  const from = offsets.floorPosition(request.offset);
  const ahead = Math.min(READ_AHEAD_BYTES, request.maxBytes + INDEX_GAP_BYTES);
  const windowBytes = Math.min(ahead, segment.sizeBytes - from);
  if (windowBytes <= 0) return undefined;
  const window = await readWindow(file, from, windowBytes);
  let isTaken = false;
  try {
    const first =
      findNear(window.bytes, request.offset, from) ??
      (await segment.locate(context, request.offset)) ??
      // Nor is the index wrong: what cannot be read is told.
      findBatch(window.bytes, request.offset, from > 0);
    if (first === undefined) return undefined;
    const sizeBytes = await sizeToRead(context, segment, segmentEndOffset, request, first);
    if (sizeBytes <= 0) {
      // No end is inside a batch: this one is damaged, and whoever waits for it would wait for ever.
      if (first.baseOffset < request.endOffset && lastOffsetOf(first) >= request.endOffset) {
        const { sizeInBytes } = first;
        (await readWholeBatches(file, first.position, sizeInBytes, sizeInBytes)).lease.release();
      }
      return new MemoryRegion([], 0);
    }
    // Not where the index was wrong, and the batch is before what was read.
    isTaken = first.position >= from;
    const ready =
      (isTaken ? sumWindow(file, window, first.position - from, sizeBytes) : undefined) ??
      (await readWholeBatches(
        file,
        first.position,
        Math.max(first.sizeInBytes, READ_AHEAD_BYTES),
        sizeBytes,
      ));
    return new FileRegion(file, first.position, sizeBytes, ready);
  } finally {
    if (!isTaken) window.release();
  }
}

/** As `findBatch`, with its position in the file; undefined too where a header cannot be read: the index may be wrong. */
function findNear(bytes: Buffer, offset: number, from: number): BatchHeader | undefined {
  try {
    const near = findBatch(bytes, offset, from > 0);
    if (near !== undefined) near.position += from;
    return near;
  } catch (error) {
    if (from > 0 && error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/**
 * The batch that holds the offset, or the next, when its header is in the bytes; they start at a batch.
 *
 * @param isIndexed an index says so: undefined where it is wrong
 */
function findBatch(bytes: Buffer, offset: number, isIndexed: boolean): BatchHeader | undefined {
  const header = createBatchHeader();
  for (let position = 0; position + BATCH_OVERHEAD_BYTES <= bytes.length;) {
    if (bytes[position + BatchField.magic] !== MAGIC_V2) return undefined;
    readAnyHeader(bytes, position, header);
    if (isIndexed && position === 0 && !beginsBefore(header, offset)) return undefined;
    if (reaches(header, offset)) return header;
    position += header.sizeInBytes;
  }
  return undefined;
}

/** Bytes from the first batch on that answer the request; a batch is served whole or not at all. */
async function sizeToRead(
  context: LogContext,
  segment: Segment,
  segmentEndOffset: number,
  request: ReadRequest,
  first: BatchHeader,
): Promise<number> {
  if (lastOffsetOf(first) >= request.endOffset) return 0;
  if (!request.minOneBatch && first.sizeInBytes > request.maxBytes) return 0;
  const limit = await endPosition(context, segment, segmentEndOffset, request.endOffset);
  const wanted = request.minOneBatch
    ? Math.max(request.maxBytes, first.sizeInBytes)
    : request.maxBytes;
  return Math.min(wanted, limit - first.position);
}

/** First byte that must not be read: the segment's end, or the first batch that reaches `endOffset`. */
async function endPosition(
  context: LogContext,
  segment: Segment,
  segmentEndOffset: number,
  endOffset: number,
): Promise<number> {
  const size = segment.sizeBytes;
  if (endOffset >= segmentEndOffset) return size;
  const beyond = await segment.locate(context, endOffset);
  return Math.min(beyond?.position ?? size, size);
}
