// What a log knows of its producers when it is opened: the newest snapshot and the batches behind it; where segments were
// recovered, also which transactions were aborted there. Kafka: UnifiedLog.rebuildProducerState, LogSegment.recover.
import { type BatchHeader, isControlBatch } from '@ottla/protocol/records';
import { rewriteAborted } from './aborted-transactions.ts';
import { endMarkerOf } from './end-marker.ts';
import type { LogContext } from './log-context.ts';
import { decodeProducerSnapshot } from './producer-snapshot.ts';
import { type AbortedTransaction, ProducerState } from './producer-state.ts';
import { parseSegmentFile, segmentPath } from './segment-files.ts';
import { scanBatches } from './segment-scan.ts';
import type { Segment } from './segment.ts';

/** Of which log, and up to where. */
export interface ProducersToLoad {
  readonly directory: string;
  readonly segments: readonly Segment[];
  readonly logStartOffset: number;
  /** Exclusive. */
  readonly logEndOffset: number;
  /** Segments from this base offset on get their indexes of aborted transactions anew: they were recovered. */
  readonly rebuildFrom?: number | undefined;
}

/** Producer state up to the end: the newest readable snapshot, then the batches behind it. */
export async function loadProducers(
  context: LogContext,
  options: ProducersToLoad,
): Promise<ProducerState> {
  const { segments, logStartOffset, logEndOffset, rebuildFrom = Infinity } = options;
  const producers = new ProducerState();
  producers.mapEndOffset = logStartOffset;
  await loadNewestSnapshot(context, options, producers);
  for (const [slot, segment] of segments.entries()) {
    const isRecovered = segment.baseOffset >= rebuildFrom;
    const aborted: AbortedTransaction[] = [];
    await replaySegment(context, options, slot, producers, aborted);
    if (isRecovered) await rewriteAborted(context, segment, aborted);
  }
  producers.mapEndOffset = logEndOffset;
  return producers;
}

/** Takes in the batches that the snapshot does not reflect. @param aborted gets the transactions that ended by an abort */
async function replaySegment(
  context: LogContext,
  { segments, logEndOffset }: ProducersToLoad,
  slot: number,
  producers: ProducerState,
  aborted: AbortedTransaction[],
): Promise<void> {
  const segment = segments[slot]!;
  const next = segments[slot + 1];
  if (next !== undefined && next.baseOffset <= producers.mapEndOffset) return;
  if (producers.mapEndOffset >= logEndOffset) return;
  const from = Math.max(producers.mapEndOffset, segment.baseOffset);
  const first = await segment.locate(context, from);
  if (first !== undefined)
    await replayBatches(context, segment, first.position, producers, aborted);
}

async function replayBatches(
  context: LogContext,
  segment: Segment,
  from: number,
  producers: ProducerState,
  aborted: AbortedTransaction[],
): Promise<void> {
  const markers: BatchHeader[] = [];
  await context.handles.use(segment.path, 'read', async (file) => {
    // Markers are small and rare; their type is in the record, which a scan of headers does not have.
    let position = from;
    while (position < segment.sizeBytes) {
      const end = await scanBatches(
        file,
        { from: position, to: segment.sizeBytes, verify: false },
        (header) => {
          if (header.producerId >= 0 && isControlBatch(header.attributes)) {
            markers.push({ ...header });
            return true;
          }
          producers.update(header);
          return false;
        },
      );
      position = end.position;
      const marker = markers.pop();
      if (marker === undefined) break;
      const bytes = Buffer.allocUnsafe(marker.sizeInBytes);
      await file.read(bytes, marker.position);
      const ended = producers.update(marker, endMarkerOf(bytes));
      if (ended !== undefined) aborted.push(ended);
      position = marker.position + marker.sizeInBytes;
    }
  });
}

/**
 * Passes over those that are newer than what must be looked through again. Those outside the segments go: they are of what was
 * cut off, or of a log that was there before this one began anew.
 */
async function loadNewestSnapshot(
  context: LogContext,
  { directory, segments, logStartOffset, logEndOffset, rebuildFrom = Infinity }: ProducersToLoad,
  producers: ProducerState,
): Promise<void> {
  const first = segments[0]?.baseOffset ?? 0;
  const offsets = (await context.disk.readdir(directory))
    .map(parseSegmentFile)
    .filter((file) => file?.kind === 'snapshot')
    .map((file) => file!.baseOffset)
    .sort((a, b) => b - a);
  for (const offset of offsets)
    if (offset > logEndOffset || offset < first)
      await context.disk.remove(segmentPath(directory, offset, 'snapshot'));
  for (const offset of offsets) {
    const path = segmentPath(directory, offset, 'snapshot');
    if (offset > logEndOffset || offset > rebuildFrom) continue;
    if (offset < logStartOffset) return;
    try {
      producers.reset(decodeProducerSnapshot(await context.disk.readFile(path)), offset);
      return;
    } catch (error) {
      context.logger.warn('a producer snapshot cannot be read; using an older one', {
        path,
        error: String(error),
      });
      await context.disk.remove(path);
    }
  }
}
