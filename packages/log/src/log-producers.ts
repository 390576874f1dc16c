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

export class LogProducers {
  readonly #context: LogContext;
  readonly #directory: string;
  #accepted: ProducerState;
  #written: ProducerState;

  /** @param loaded the state at the log's end, which is taken over */
  constructor(context: LogContext, directory: string, loaded: ProducerState, logEndOffset: number) {
    this.#context = context;
    this.#directory = directory;
    this.#accepted = loaded;
    this.#written = copyOf(loaded, logEndOffset);
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

  /** Forgets producers last heard of before `timestamp`, milliseconds. */
  expireBefore(timestamp: number): void {
    this.#accepted.expireBefore(timestamp);
    this.#written.expireBefore(timestamp);
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
