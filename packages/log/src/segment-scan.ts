// One pass over the batches of a segment file: headers only (for positions), or with every byte summed (recovery).
// Bounded windows, so that a gigabyte never stands in memory and no task is long. Kafka: FileLogInputStream.
import type { DiskFile } from '@ottla/platform';
import {
  BATCH_OVERHEAD_BYTES,
  BatchField,
  type BatchHeader,
  createBatchHeader,
  LOG_OVERHEAD_BYTES,
  ProtocolError,
  readBatchHeader,
  verifyCrc,
} from '@ottla/protocol/records';

/** How a scan came to its end. */
export interface ScanEnd {
  /** First byte behind the last batch that was visited. */
  readonly position: number;
  /** Why it went no further: the end, the visitor's wish, or bytes that are no whole, sound batch. */
  readonly reason: 'end' | 'stopped' | 'damaged';
  /** What is wrong at `position`, when damaged. */
  readonly detail?: string;
}

/**
 * Called for each batch; `header.position` is the place in the file, `bytes` the window with the batch at `at` (the whole
 * batch when sums are checked, its header otherwise). Return true to stop before the next.
 */
export type BatchVisitor = (header: BatchHeader, bytes: Buffer, at: number) => boolean | void;

export interface ScanOptions {
  /** First byte, at a batch. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Sum every batch. */
  readonly verify: boolean;
  /** Larger batches count as damage; default 2^31−1. */
  readonly batchBytesMax?: number;
}

/**
 * What is visited without a pause: the event loop goes round whenever a window is read. Of the smallest batches that is
 * 1,900, which takes 2 ms; one batch may be larger.
 */
export const VERIFY_WINDOW_BYTES: number = 128 * 1024;
const HEADER_WINDOW_BYTES = 64 * 1024;
const IMPOSSIBLE_NUMBER: ReadonlySet<string> = new Set(['OUT_OF_RANGE', 'INVALID_TIMESTAMP']);
const INT64_BYTES = 8;
/** All bytes of −1. */
const ABSENT = 0xff;

/** Visits the batches of `file` in order. */
export async function scanBatches(
  file: DiskFile,
  options: ScanOptions,
  visit: BatchVisitor,
): Promise<ScanEnd> {
  const header = createBatchHeader();
  const windowBytes = options.verify ? VERIFY_WINDOW_BYTES : HEADER_WINDOW_BYTES;
  let position = options.from;
  let window = Buffer.alloc(0);
  let windowStart = position;
  while (position < options.to) {
    if (!isLoaded(position, BATCH_OVERHEAD_BYTES) && !(await load(position, BATCH_OVERHEAD_BYTES)))
      return { position, reason: 'damaged', detail: 'the file ends inside a batch header' };
    const size = window.readInt32BE(position - windowStart + 8) + LOG_OVERHEAD_BYTES;
    if (size < BATCH_OVERHEAD_BYTES || size > (options.batchBytesMax ?? 0x7fff_ffff))
      return { position, reason: 'damaged', detail: `a batch of ${size} bytes` };
    const isWhole = position + size <= options.to;
    if (!isWhole || (options.verify && !isLoaded(position, size) && !(await load(position, size))))
      return { position, reason: 'damaged', detail: 'the file ends inside a batch' };
    const at = position - windowStart;
    const wrong = readSound(window, at, header, options.verify);
    if (wrong !== undefined) return { position, reason: 'damaged', detail: wrong };
    header.position = position;
    if (visit(header, window, at) === true) return { position, reason: 'stopped' };
    position += size;
  }
  return { position, reason: 'end' };

  function isLoaded(start: number, sizeBytes: number): boolean {
    return start >= windowStart && start + sizeBytes <= windowStart + window.length;
  }

  async function load(start: number, sizeBytes: number): Promise<boolean> {
    if (options.to - start < sizeBytes) return false;
    const wanted = Math.min(Math.max(sizeBytes, windowBytes), options.to - start);
    const target = Buffer.allocUnsafeSlow(wanted);
    let filled = 0;
    while (filled < wanted) {
      const count = await file.read(target.subarray(filled), start + filled);
      if (count === 0) break;
      filled += count;
    }
    window = target.subarray(0, filled);
    windowStart = start;
    return filled >= sizeBytes;
  }
}

function readSound(
  window: Buffer,
  at: number,
  header: BatchHeader,
  verify: boolean,
): string | undefined {
  try {
    if (verify) readBatchHeader(window, at, header);
    else readAnyHeader(window, at, header);
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
  if (verify && !verifyCrc(window, header)) return 'a batch has a wrong CRC';
  return undefined;
}

/**
 * Reads a header whose sum is not looked at. A number in it that cannot be is damage, and must not hide the batches behind
 * this one, whose places other fields tell: timestamps and the producer then count as absent.
 *
 * @throws ProtocolError when it does not tell where the batch ends
 */
export function readAnyHeader(bytes: Buffer, position: number, into: BatchHeader): BatchHeader {
  try {
    return readBatchHeader(bytes, position, into);
  } catch (error) {
    if (!(error instanceof ProtocolError) || !IMPOSSIBLE_NUMBER.has(error.code)) throw error;
  }
  const copy = Buffer.from(bytes.subarray(position, position + BATCH_OVERHEAD_BYTES));
  for (const field of [BatchField.baseTimestamp, BatchField.maxTimestamp, BatchField.producerId])
    copy.fill(ABSENT, field, field + INT64_BYTES);
  readBatchHeader(copy, 0, into);
  into.position = position;
  return into;
}

/** Whether the batch ends at the offset or behind it. One with fewer than no records is damaged: who reads it finds out. */
export function reaches({ baseOffset, lastOffsetDelta }: BatchHeader, offset: number): boolean {
  return baseOffset + Math.max(0, lastOffsetDelta) >= offset;
}
