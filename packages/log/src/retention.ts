// Which segments a log no longer needs, and how they leave. Pure decision; files are renamed to `.deleted` first, so that
// a crash in between leaves nothing half. Kafka: UnifiedLog.deleteOldSegments.
import type { LogConfig } from './log-config.ts';
import type { LogContext } from './log-context.ts';
import { DELETED_SUFFIX, segmentPath } from './segment-files.ts';
import type { Segment } from './segment.ts';

export interface RetentionState {
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly logEndOffset: number;
  /** Wall clock, milliseconds. */
  readonly nowMs: number;
}

/**
 * How many of the oldest segments are due. Only segments below the high watermark, and the newest one only when it is
 * not empty (then the log rolls first).
 */
export function dueForRetention(
  segments: readonly Segment[],
  config: LogConfig,
  state: RetentionState,
): number {
  const removable = segments.filter((segment, slot) => {
    const end = segments[slot + 1]?.baseOffset ?? state.logEndOffset;
    return end <= state.highWatermark && segment.sizeBytes > 0;
  }).length;
  let due = 0;
  while (due < removable && (segments[due + 1]?.baseOffset ?? Infinity) <= state.logStartOffset)
    due += 1;
  if (!config.cleanupPolicy.includes('delete')) return due;
  if (config.retentionMs >= 0) {
    while (due < removable && isTooOld(segments[due]!, config.retentionMs, state.nowMs)) due += 1;
  }
  if (config.retentionBytes >= 0) {
    let excess =
      segments.slice(due).reduce((bytes, segment) => bytes + segment.sizeBytes, 0) -
      config.retentionBytes;
    while (due < removable && excess - segments[due]!.sizeBytes >= 0) {
      excess -= segments[due]!.sizeBytes;
      due += 1;
    }
  }
  return due;
}

function isTooOld(segment: Segment, retentionMs: number, nowMs: number): boolean {
  const newest = segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.createdMs;
  return nowMs - newest > retentionMs;
}

/** Renames the segment's files now and removes them later. */
export async function scheduleRemoval(
  context: LogContext,
  segment: Segment,
  delayMs: number,
): Promise<void> {
  const doomed: string[] = [];
  context.loadedIndexes.forget(segment);
  for (const kind of ['log', 'index', 'timeindex', 'txnindex', 'snapshot'] as const) {
    const path = segmentPath(segment.directory, segment.baseOffset, kind);
    context.handles.forget(path);
    if ((await context.disk.stat(path)) === undefined) continue;
    await context.disk.rename(path, path + DELETED_SUFFIX);
    doomed.push(path + DELETED_SUFFIX);
  }
  context.removals.add(doomed, delayMs);
}
