// The batches in some bytes (a fetch response's records, a log segment, a snapshot), one after the other.

import { ProtocolError } from '../protocol-error.ts';
import { batchSizeAt, MAGIC_V2, magicAt, readBatchHeader } from './batch-header.ts';
import { DefaultRecordBatch } from './default-record-batch.ts';
import { LegacyRecordBatch } from './legacy-record-batch.ts';
import type { LogRecord, RecordBatch } from './record-batch.ts';
import { MAX_DECOMPRESSED_BYTES_DEFAULT } from './walk-records.ts';

/** How to decode. */
export interface DecodeOptions {
  /** How many bytes one batch may decompress to; default 128 MB. */
  readonly maxDecompressedBytes?: number;
  /** Check each batch's CRC before it is handed out; default true. */
  readonly verifyCrc?: boolean;
  /** Leave out control batches (transaction markers, quorum records), as consumers do; default false. */
  readonly skipControlBatches?: boolean;
}

/**
 * The batches in `bytes`, of any message format, each read as it is asked for. A batch that is cut off at the end is not an
 * error but the end, as in a fetch response.
 *
 * @throws ProtocolError `CORRUPT_MESSAGE` for an impossible length, an unknown format or a wrong CRC; `OUT_OF_RANGE` and
 *   `INVALID_TIMESTAMP` for header fields beyond 2^53−1
 */
export function* decodeBatches(
  bytes: Buffer,
  options: DecodeOptions = {},
): Generator<RecordBatch, void, undefined> {
  const { maxDecompressedBytes = MAX_DECOMPRESSED_BYTES_DEFAULT, verifyCrc = true } = options;
  let position = 0;
  for (;;) {
    const sizeInBytes = batchSizeAt(bytes, position);
    if (sizeInBytes === 0) return;
    const batch =
      magicAt(bytes, position) === MAGIC_V2
        ? new DefaultRecordBatch(bytes, readBatchHeader(bytes, position), maxDecompressedBytes)
        : new LegacyRecordBatch(bytes, position, sizeInBytes, maxDecompressedBytes);
    if (verifyCrc && !batch.isValid())
      throw new ProtocolError('CORRUPT_MESSAGE', `wrong CRC in the batch at byte ${position}`);
    position += sizeInBytes;
    if (!(options.skipControlBatches === true && batch.isControlBatch)) yield batch;
  }
}

/** The records of all the batches in `bytes`; options and errors as `decodeBatches`. */
export function* decodeRecords(
  bytes: Buffer,
  options: DecodeOptions = {},
): Generator<LogRecord, void, undefined> {
  for (const batch of decodeBatches(bytes, options)) yield* batch.records();
}
