// The producers of one log twice: up to the newest accepted append, which decides on the next one, and up to what is
// written, which goes into snapshots and tells what is stable. Kafka has one, for it writes under the lock.
import { type BatchHeader, isControlBatch } from '@ottla/protocol/records';
import { endMarkerOf } from './end-marker.ts';
import type { LogContext } from './log-context.ts';
import { loadProducers } from './load-producers.ts';
import { encodeProducerSnapshot } from './producer-snapshot.ts';
import type {
  AbortedTransaction,
  AppendOrigin,
  ProducerBatch,
  ProducerState,
} from './producer-state.ts';
import { parseSegmentFile, segmentPath } from './segment-files.ts';
import type { Segment } from './segment.ts';

/**
 * So long at least, in monotonic milliseconds, a producer is remembered that was only read from the disk: longer than
 * anybody sends a batch again after a restart.
 */
const LOADED_KEPT_MS = 3_600_000;

export class LogProducers {
  readonly #context: LogContext;
  readonly #directory: string;
  #accepted: ProducerState;
  #written: ProducerState;
  /** When a batch of each producer was accepted last, in monotonic milliseconds; not of those that were only loaded. */
  readonly #heardMs: Map<number, number> = new Map();
  readonly #loadedMs: number;

  /** @param loaded the state at the log's end, which is taken over */
  constructor(context: LogContext, directory: string, loaded: ProducerState, logEndOffset: number) {
    this.#context = context;
    this.#directory = directory;
    this.#accepted = loaded;
    this.#written = copyOf(loaded, logEndOffset);
    this.#loadedMs = context.clock.monotonicMs();
  }

  /** Up to the log's end. */
  get written(): ProducerState {
    return this.#written;
  }

  /**
   * Whether the batches may be appended next.
   * @param highWatermark exclusive
   * @returns the remembered batch when the append repeats one
   * @throws LogError as `ProducerState.check`
   */
  check(
    headers: readonly BatchHeader[],
    origin: AppendOrigin,
    highWatermark: number,
  ): ProducerBatch | undefined {
    for (const header of headers) {
      if (header.producerId < 0) continue;
      if (origin === 'client') {
        const duplicate = this.#accepted.findDuplicate(header);
        if (duplicate !== undefined) return duplicate;
      }
      this.#accepted.check(header, origin, highWatermark);
    }
    return undefined;
  }

  /** A batch was accepted; `header.position` is in `bytes`. */
  accept(bytes: Buffer, header: BatchHeader): void {
    update(this.#accepted, bytes, header);
    if (header.producerId >= 0)
      this.#heardMs.set(header.producerId, this.#context.clock.monotonicMs());
  }

  /** A batch was written; returns the transaction that it aborted. */
  write(bytes: Buffer, header: BatchHeader): AbortedTransaction | undefined {
    return update(this.#written, bytes, header);
  }

  /** End of what is decided for good (exclusive): nothing above is in a transaction that is open or not replicated. */
  firstUnstableOffset(highWatermark: number): number | undefined {
    return this.#written.firstUnstableOffset(highWatermark);
  }

  /** The high watermark (exclusive) moved up. */
  replicated(highWatermark: number): void {
    this.#accepted.forgetReplicated(highWatermark);
    this.#written.forgetReplicated(highWatermark);
  }

  /**
   * Forgets producers that have been quiet for `expirationMs`: by the wall clock since their newest record, as in Kafka, and
   * also by this process's own time since it took their last batch. The wall clock alone may jump, and then a batch that is
   * sent again would be new.
   */
  expire(expirationMs: number): void {
    const { clock } = this.#context;
    const nowMs = clock.monotonicMs();
    const loadedUntilMs = this.#loadedMs + Math.min(expirationMs, LOADED_KEPT_MS);
    for (const producerId of this.#accepted.quietSince(clock.nowMs() - expirationMs)) {
      const heardMs = this.#heardMs.get(producerId);
      const keptUntilMs = heardMs === undefined ? loadedUntilMs : heardMs + expirationMs;
      if (nowMs < keptUntilMs) continue;
      this.#accepted.forget(producerId);
      this.#written.forget(producerId);
    }
    for (const producerId of this.#heardMs.keys())
      if (this.#accepted.get(producerId) === undefined) this.#heardMs.delete(producerId);
  }

  /** Starts anew from what is on disk, after the log was cut. */
  async reload(
    segments: readonly Segment[],
    logStartOffset: number,
    logEndOffset: number,
  ): Promise<void> {
    this.#accepted = await loadProducers(this.#context, {
      directory: this.#directory,
      segments,
      logStartOffset,
      logEndOffset,
    });
    this.#written = copyOf(this.#accepted, logEndOffset);
  }

  /** Writes the snapshot of `offset`, the log's end, unless it is there; drops those that nobody needs. */
  async takeSnapshot(offset: number, segments: readonly Segment[]): Promise<void> {
    const path = segmentPath(this.#directory, offset, 'snapshot');
    if ((await this.#context.disk.stat(path)) !== undefined) return;
    const bytes = encodeProducerSnapshot(this.#written.entries());
    await this.#context.disk.replaceFile(path, bytes);
    await this.#dropOldSnapshots(offset, segments);
  }

  /** Kept are the two newest snapshots and those at the start of a segment that is still there. */
  async #dropOldSnapshots(newest: number, segments: readonly Segment[]): Promise<void> {
    const bases = new Set(segments.map((segment) => segment.baseOffset));
    const offsets = (await this.#context.disk.readdir(this.#directory))
      .map(parseSegmentFile)
      .filter((file) => file?.kind === 'snapshot')
      .map((file) => file!.baseOffset)
      .sort((a, b) => b - a);
    for (const offset of offsets.slice(2))
      if (!bases.has(offset) && offset < newest)
        await this.#context.disk.remove(segmentPath(this.#directory, offset, 'snapshot'));
  }
}

function update(
  state: ProducerState,
  bytes: Buffer,
  header: BatchHeader,
): AbortedTransaction | undefined {
  if (header.producerId < 0) return undefined;
  if (!isControlBatch(header.attributes)) return state.update(header);
  const { position, sizeInBytes } = header;
  return state.update(header, endMarkerOf(bytes.subarray(position, position + sizeInBytes)));
}

function copyOf(state: ProducerState, mapEndOffset: number): ProducerState {
  return state.copy(mapEndOffset);
}
