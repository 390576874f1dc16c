// Reads metadata log segments and snapshots as files hold them.
import { readFileSync } from 'node:fs';
import { decodeBatches } from '@ottla/protocol/records';
import { decodeMetadataRecord, type MetadataBatch } from '../../src/index.ts';

/** Bytes of a file in `test/golden`. */
export function goldenFile(name: string): Buffer {
  return readFileSync(new URL(`../golden/${name}`, import.meta.url));
}

/** Data batches of a segment or snapshot; control batches are left out. */
export function batchesOf(bytes: Buffer): MetadataBatch[] {
  return [...decodeBatches(bytes, { skipControlBatches: true })].map((batch) => ({
    baseOffset: batch.baseOffset,
    epoch: batch.partitionLeaderEpoch,
    appendTimestampMs: batch.maxTimestamp,
    sizeBytes: batch.sizeInBytes,
    records: [...batch.records()].map(({ value }) =>
      decodeMetadataRecord(Buffer.from(value ?? [])),
    ),
  }));
}
