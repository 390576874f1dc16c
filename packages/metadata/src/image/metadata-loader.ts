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
    for (const { records } of batches) {
      for (const record of records) delta = this.#replay(delta, record);
    }
    if (this.#transaction === undefined) this.#finish(delta, provenanceOf(last));
  }

  /** Replaces everything by the contents of a snapshot, published as one delta. */
  handleSnapshot(snapshot: MetadataSnapshot): void {
    this.#transaction = undefined;
    const delta = new MetadataDelta(this.#image);
    for (const record of snapshot.records) delta.replay(record);
    delta.finishSnapshot();
    this.#finish(delta, snapshot.provenance);
  }

  #replay(delta: MetadataDelta, record: MetadataRecord): MetadataDelta {
    switch (record.type) {
      case 'BeginTransactionRecord': {
        if (this.#transaction !== undefined) inconsistent('a transaction begins inside another');
        // What came before it in the same batches stands on its own.
        this.#finish(delta, this.#image.provenance);
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
