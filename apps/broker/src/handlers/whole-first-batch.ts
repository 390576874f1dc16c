// A read within limits may end inside its first batch. A consumer that gets nothing else cannot go on, so such a read counts
// as empty. Kafka: FetchDataInfo.firstEntryIncomplete, ReplicaManager.readFromLog.
import type { LogRegion, RegionChunk } from '@ottla/log';
import { BatchField, LOG_OVERHEAD_BYTES } from '@ottla/protocol/records';

const NOTHING = (): void => undefined;

/**
 * The region as it was, or undefined (and the region given back) when its first batch is cut off.
 * @throws what reading the region throws; it is given back then
 */
export async function wholeFirstBatch(region: LogRegion): Promise<LogRegion | undefined> {
  if (region.sizeBytes === 0) return region;
  try {
    const chunk = await region.next(LOG_OVERHEAD_BYTES);
    const head = Buffer.from(chunk.bytes);
    chunk.release();
    const isLongEnough = head.length === LOG_OVERHEAD_BYTES;
    const firstBytes = isLongEnough
      ? LOG_OVERHEAD_BYTES + head.readInt32BE(BatchField.batchLength)
      : Infinity;
    if (firstBytes <= region.sizeBytes) return new ResumedRegion(head, region);
  } catch (error) {
    region.release();
    throw error;
  }
  region.release();
  return undefined;
}

/** A region of which the first bytes were taken already. */
class ResumedRegion implements LogRegion {
  readonly sizeBytes: number;
  #head: Buffer;
  readonly #rest: LogRegion;

  constructor(head: Buffer, rest: LogRegion) {
    this.sizeBytes = rest.sizeBytes;
    this.#head = head;
    this.#rest = rest;
  }

  next(maxBytes: number): RegionChunk | Promise<RegionChunk> {
    if (this.#head.length === 0) return this.#rest.next(maxBytes);
    const bytes = this.#head.subarray(0, maxBytes);
    this.#head = this.#head.subarray(bytes.length);
    return { bytes, release: NOTHING };
  }

  release(): void {
    this.#rest.release();
  }
}
