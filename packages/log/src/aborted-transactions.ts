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
  const bytes = Buffer.alloc(ENTRY_BYTES);
  bytes.writeInt16BE(VERSION, 0);
  [aborted.producerId, aborted.firstOffset, aborted.lastOffset, aborted.lastStableOffset].forEach(
    (value, slot) => {
      bytes.writeInt32BE(Math.floor(value / TWO_32), 2 + slot * 8);
      bytes.writeUInt32BE(value % TWO_32, 6 + slot * 8);
    },
  );
  const path = segmentPath(segment.directory, segment.baseOffset, 'txnindex');
  segment.hasAborted = true;
  await context.handles.use(path, 'write', async (file) => {
    await file.write([bytes], (await file.stat()).size);
  });
}

/** All entries of a segment; none when it has no index. */
export async function readAborted(
  context: LogContext,
  segment: Segment,
): Promise<AbortedTransaction[]> {
  const path = segmentPath(segment.directory, segment.baseOffset, 'txnindex');
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
