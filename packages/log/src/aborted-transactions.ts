// The `.txnindex` of a segment: transactions that ended there by an abort, for read_committed consumers. 34 bytes an entry,
// appended only. Kafka: TransactionIndex, AbortedTxn.
import type { LogContext } from './log-context.ts';
import type { AbortedTransaction } from './producer-state.ts';
import { segmentPath } from './segment-files.ts';
import type { Segment } from './segment.ts';

const ENTRY_BYTES = 34;
const VERSION = 0;
const TWO_32 = 2 ** 32;

/** Adds an entry to the index of the segment that holds the marker. */
export async function appendAborted(
  context: LogContext,
  segment: Segment,
  aborted: AbortedTransaction,
): Promise<void> {
  segment.hasAborted = true;
  await context.handles.use(pathOf(segment), 'write', async (file) => {
    await file.write([encode(aborted)], (await file.stat()).size);
  });
}

/** Replaces all entries of a segment; without any it has no index. Durable when it resolves. */
export async function rewriteAborted(
  context: LogContext,
  segment: Segment,
  entries: readonly AbortedTransaction[],
): Promise<void> {
  const path = pathOf(segment);
  context.handles.forget(path);
  segment.hasAborted = entries.length > 0;
  if (entries.length === 0) await context.disk.remove(path);
  else await context.disk.replaceFile(path, Buffer.concat(entries.map(encode)));
}

/** Removes the entries of markers at and above `offset`: they are cut off the log. */
export async function truncateAborted(
  context: LogContext,
  segment: Segment,
  offset: number,
): Promise<void> {
  const entries = await readAborted(context, segment);
  const kept = entries.filter(({ lastOffset }) => lastOffset < offset);
  if (kept.length < entries.length) await rewriteAborted(context, segment, kept);
}

/** Makes the entries durable: nothing rebuilds them once the segment is taken as sound. */
export async function syncAborted(context: LogContext, segment: Segment): Promise<void> {
  if (segment.hasAborted !== true) return;
  await context.handles.use(pathOf(segment), 'write', (file) => context.syncs.datasync(file));
}

function pathOf(segment: Segment): string {
  return segmentPath(segment.directory, segment.baseOffset, 'txnindex');
}

function encode(aborted: AbortedTransaction): Buffer {
  const bytes = Buffer.alloc(ENTRY_BYTES);
  bytes.writeInt16BE(VERSION, 0);
  [aborted.producerId, aborted.firstOffset, aborted.lastOffset, aborted.lastStableOffset].forEach(
    (value, slot) => {
      bytes.writeInt32BE(Math.floor(value / TWO_32), 2 + slot * 8);
      bytes.writeUInt32BE(value % TWO_32, 6 + slot * 8);
    },
  );
  return bytes;
}

/** All entries of a segment; none when it has no index. */
export async function readAborted(
  context: LogContext,
  segment: Segment,
): Promise<AbortedTransaction[]> {
  const path = pathOf(segment);
  if (segment.hasAborted === false) return [];
  const exists = (await context.disk.stat(path)) !== undefined;
  segment.hasAborted ||= exists;
  if (!exists) return [];
  const bytes = await context.disk.readFile(path);
  const found: AbortedTransaction[] = [];
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const value = (slot: number): number =>
      bytes.readInt32BE(at + 2 + slot * 8) * TWO_32 + bytes.readUInt32BE(at + 6 + slot * 8);
    found.push({
      producerId: value(0),
      firstOffset: value(1),
      lastOffset: value(2),
      lastStableOffset: value(3),
    });
  }
  return found;
}
