// MetadataLoader: turns what the quorum has committed into images, and tells a publisher about each.
// Records between BeginTransactionRecord and EndTransactionRecord become visible at once or, after
// AbortTransactionRecord, never (KIP-868). Brokers and the controller's snapshots use it.
// Kafka: org.apache.kafka.image.loader.MetadataLoader and MetadataBatchLoader.
import { inconsistent } from '../errors.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { MetadataDelta } from './metadata-delta.ts';
import { EMPTY_IMAGE, type MetadataImage, type MetadataProvenance } from './metadata-image.ts';

/** One batch of the metadata log, control batches left out. */
export interface MetadataBatch {
  /** Offset of the first record; the others follow without gaps. */
  readonly baseOffset: number;
  /** Leader epoch in which it was written. */
  readonly epoch: number;
  /** When it was appended, ms since 1970. */
  readonly appendTimestampMs: number;
  readonly records: readonly MetadataRecord[];
  /** Bytes that it takes in the log, by which snapshots are paced; 0 when not known. */
  readonly sizeBytes?: number;
}

/** The contents of a snapshot. */
export interface MetadataSnapshot {
  /** What the snapshot stands for. */
  readonly provenance: MetadataProvenance;
  readonly records: Iterable<MetadataRecord>;
}

/** Receives every new image. `delta.image` is the one before. */
export type MetadataPublisher = (delta: MetadataDelta, image: MetadataImage) => void;

/** Reads committed batches in order, each once. */
export class MetadataLoader {
  readonly #publish: MetadataPublisher;
  #image: MetadataImage = EMPTY_IMAGE;
  /** The end of the last batch that was read, published or not. */
  #position: MetadataProvenance = EMPTY_IMAGE.provenance;
  /** Changes of a transaction that has begun and not ended. */
  #transaction: MetadataDelta | undefined;

  constructor(publish: MetadataPublisher) {
    this.#publish = publish;
  }

  /** The newest image; it does not contain a transaction that has not ended. */
  get image(): MetadataImage {
    return this.#image;
  }

  /**
   * Takes in committed batches and publishes one image for all of them together.
   *
   * @throws MetadataError INCONSISTENT_METADATA when records contradict each other; nothing is
   * published then and the loader must not be used any more
   */
  handleCommit(batches: readonly MetadataBatch[]): void {
    const last = batches.at(-1);
    if (last === undefined) return;
    let delta = this.#transaction ?? new MetadataDelta(this.#image);
    for (const batch of batches) {
      for (const [index, record] of batch.records.entries()) {
        delta = this.#replay(delta, record, batch, batch.baseOffset + index);
      }
      this.#position = provenanceOf(batch);
    }
    if (this.#transaction === undefined) this.#finish(delta, provenanceOf(last));
  }

  /** Replaces everything by the contents of a snapshot, published as one delta. */
  handleSnapshot(snapshot: MetadataSnapshot): void {
    this.#transaction = undefined;
    this.#position = snapshot.provenance;
    const delta = new MetadataDelta(this.#image);
    for (const record of snapshot.records) delta.replay(record);
    delta.finishSnapshot();
    this.#finish(delta, snapshot.provenance);
  }

  #replay(
    delta: MetadataDelta,
    record: MetadataRecord,
    batch: MetadataBatch,
    offset: number,
  ): MetadataDelta {
    switch (record.type) {
      case 'BeginTransactionRecord': {
        if (this.#transaction !== undefined) inconsistent('a transaction begins inside another');
        // What came before it in the same batches stands on its own.
        this.#finish(delta, provenanceBefore(this.#position, batch, offset));
        this.#transaction = new MetadataDelta(this.#image);
        return this.#transaction;
      }
      case 'EndTransactionRecord':
        if (this.#transaction === undefined) inconsistent('a transaction ends that did not begin');
        this.#transaction = undefined;
        return delta;
      case 'AbortTransactionRecord':
        if (this.#transaction === undefined)
          inconsistent('a transaction is aborted that did not begin');
        this.#transaction = undefined;
        return new MetadataDelta(this.#image);
      default:
        delta.replay(record);
        return delta;
    }
  }

  #finish(delta: MetadataDelta, provenance: MetadataProvenance): void {
    this.#image = delta.apply(provenance);
    this.#publish(delta, this.#image);
  }
}

/** How far an image reaches that ends with `batch`. */
export function provenanceOf(batch: MetadataBatch): MetadataProvenance {
  return {
    lastContainedOffset: batch.baseOffset + batch.records.length - 1,
    lastContainedEpoch: batch.epoch,
    lastContainedLogTimeMs: batch.appendTimestampMs,
  };
}

/**
 * How far an image reaches that ends right before `offset`, which is in `batch`.
 *
 * @param previous how far the batch before it reaches
 */
export function provenanceBefore(
  previous: MetadataProvenance,
  batch: MetadataBatch,
  offset: number,
): MetadataProvenance {
  if (offset === batch.baseOffset) return previous;
  return { ...provenanceOf(batch), lastContainedOffset: offset - 1 };
}
