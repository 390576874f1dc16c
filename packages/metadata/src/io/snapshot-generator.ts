// SnapshotGenerator: decides when the metadata log is long enough to be summed up, and has it written.
// Every node of the quorum, voter or observer, makes its own.
// Kafka: org.apache.kafka.image.publisher.SnapshotGenerator.
import type { Clock, Logger } from '@ottla/platform';
import { METADATA_VERSION_FEATURE } from '../feature-levels.ts';
import { imageRecords } from '../image/image-records.ts';
import type { MetadataImage } from '../image/metadata-image.ts';
import { encodeMetadataRecord } from '../metadata-record.ts';
import type { MetadataQuorum } from './metadata-quorum.ts';

/** When a snapshot is due. */
export interface SnapshotThresholds {
  /** `metadata.log.max.record.bytes.between.snapshots`; default 20,971,520. */
  readonly bytesMax?: number;
  /** `metadata.log.max.snapshot.interval.ms`, 0 for no limit; default 3,600,000. */
  readonly intervalMsMax?: number;
}

/** What the generator works with. */
export interface SnapshotGeneratorOptions extends SnapshotThresholds {
  readonly quorum: Pick<MetadataQuorum, 'writeSnapshot'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Watches committed images and writes one as a snapshot when enough has come together. */
export class SnapshotGenerator {
  readonly #quorum: SnapshotGeneratorOptions['quorum'];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #bytesMax: number;
  readonly #intervalMsMax: number;
  #bytesSince = 0;
  #lastMs: number;
  #lastOffset = -1;
  #writing: Promise<void> | undefined;

  constructor(options: SnapshotGeneratorOptions) {
    this.#quorum = options.quorum;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#bytesMax = options.bytesMax ?? 20 * 1024 * 1024;
    this.#intervalMsMax = options.intervalMsMax ?? 3_600_000;
    this.#lastMs = this.#clock.monotonicMs();
  }

  /** A snapshot was loaded: counting begins anew. */
  handleSnapshot(lastContainedOffset: number): void {
    this.#restart(lastContainedOffset);
  }

  /**
   * More of the log is committed.
   *
   * @param sizeBytes how much more
   * @param image everything committed
   */
  handleCommit(sizeBytes: number, image: MetadataImage): void {
    this.#bytesSince += sizeBytes;
    if (this.#writing !== undefined || !this.#isDue(image)) return;
    this.#restart(image.provenance.lastContainedOffset);
    this.#writing = this.#write(image).finally(() => (this.#writing = undefined));
  }

  /** Resolves when no snapshot is being written. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  #isDue(image: MetadataImage): boolean {
    const isNew = image.provenance.lastContainedOffset > this.#lastOffset;
    if (!isNew || !image.features.has(METADATA_VERSION_FEATURE)) return false;
    if (this.#bytesSince >= this.#bytesMax) return true;
    const elapsedMs = this.#clock.monotonicMs() - this.#lastMs;
    return this.#intervalMsMax > 0 && elapsedMs >= this.#intervalMsMax;
  }

  #restart(lastOffset: number): void {
    this.#bytesSince = 0;
    this.#lastMs = this.#clock.monotonicMs();
    this.#lastOffset = lastOffset;
  }

  /** A failed snapshot loses nothing: the log is still there, and the next one is tried when it is due. */
  async #write(image: MetadataImage): Promise<void> {
    const { lastContainedOffset } = image.provenance;
    try {
      const values = encodedRecords(image);
      const isWritten = await this.#quorum.writeSnapshot({ ...image.provenance, values });
      if (isWritten) this.#logger.info('metadata snapshot written', { lastContainedOffset });
    } catch (error) {
      this.#logger.error('metadata snapshot failed', { lastContainedOffset, error });
    }
  }
}

function* encodedRecords(image: MetadataImage): Generator<Uint8Array> {
  for (const record of imageRecords(image)) yield encodeMetadataRecord(record);
}
