import { describe, expect, it } from 'vitest';

import {
  corruptLines,
  type GoldenBatch,
  goldenLines,
  goldenLogFiles,
  inGoldenShape,
} from '../../test/record-goldens.ts';
import {
  BATCH_OVERHEAD_BYTES,
  Compression,
  type CompressionName,
  compressionOf,
  ControlRecordType,
  controlRecordType,
  decodeBatches,
  decodeEndTxnMarker,
  decompress,
  ProtocolError,
  readBatchHeader,
  RecordBatchBuilder,
  verifyCrc,
  walkRecords,
  writeBatchHeader,
  writeCrc,
} from './index.ts';

/** The base timestamp is of the header only; see the header tests below. */
function withoutBaseTimestamp(batch: GoldenBatch): GoldenBatch {
  const copy: Record<string, unknown> = { ...batch };
  delete copy['baseTimestamp'];
  return copy as unknown as GoldenBatch;
}

function expectDecoded(bytes: Buffer, golden: readonly GoldenBatch[]): void {
  const batches = [...decodeBatches(bytes)];
  const expected = golden.map(withoutBaseTimestamp);
  expect(batches.length).toBe(expected.length);
  for (const [index, batch] of batches.entries()) {
    const like = expected[index]!;
    expect(inGoldenShape(batch, like)).toEqual(like);
    expect(batch.isValid()).toBe(true);
  }
}

describe("reading batches that Kafka's own builders made", () => {
  it.each(goldenLines)('given $category $name, then every field and record is the same', (line) => {
    expectDecoded(line.bytes, line.batches);
  });

  it.each(goldenLines.filter((line) => line.category !== 'legacy'))(
    'given $name, then the header reads and writes back, and the walk agrees with the records',
    (line) => {
      let position = 0;
      for (const golden of line.batches) {
        const header = readBatchHeader(line.bytes, position);
        expect(header.baseTimestamp).toBe(golden.baseTimestamp);
        expect(verifyCrc(line.bytes, header)).toBe(true);
        const copy = Buffer.from(line.bytes);
        copy.fill(0, position, position + BATCH_OVERHEAD_BYTES);
        writeBatchHeader(copy, header);
        expect(copy.equals(line.bytes)).toBe(true);

        const walk = walkRecords(line.bytes, header);
        const timestamps = golden.records.map((record) => record.timestamp);
        const max = Math.max(-1, ...timestamps);
        expect(walk.recordCount).toBe(golden.records.length);
        expect(walk.maxTimestamp).toBe(max);
        if (golden.timestampType === 'CreateTime' && max !== -1)
          expect(walk.offsetOfMaxTimestamp).toBe(golden.records[timestamps.indexOf(max)]!.offset);
        position += header.sizeInBytes;
      }
    },
  );

  it.each(goldenLines.filter((line) => line.batches[0]!.records[0]?.control !== undefined))(
    'given $name, then its key and marker decode',
    (line) => {
      const golden = line.batches[0]!.records[0]!.control!;
      const [record] = [...decodeBatches(line.bytes)].flatMap((batch) => [...batch.records()]);
      expect(controlRecordType(record!.key)).toBe(golden.typeId);
      expect(Object.keys(ControlRecordType)[golden.typeId]).toBe(golden.type);
      if (golden.coordinatorEpoch !== undefined)
        expect(decodeEndTxnMarker(record!.value)).toEqual({
          coordinatorEpoch: golden.coordinatorEpoch,
        });
      expect([...decodeBatches(line.bytes, { skipControlBatches: true })]).toEqual([]);
    },
  );
});

/** Builds a golden batch again from what it is said to hold. */
function rebuild(golden: GoldenBatch): Buffer {
  const isEmpty = golden.records.length === 0;
  const builder = new RecordBatchBuilder({
    compression: Compression[golden.compression as CompressionName],
    baseOffset: golden.baseOffset,
    lastOffset: golden.lastOffset,
    partitionLeaderEpoch: golden.partitionLeaderEpoch!,
    producerId: golden.producerId!,
    producerEpoch: golden.producerEpoch!,
    baseSequence: golden.baseSequence!,
    transactional: golden.isTransactional!,
    control: golden.isControlBatch!,
    ...(golden.timestampType === 'LogAppendTime' ? { logAppendTime: golden.maxTimestamp } : {}),
    ...(golden.deleteHorizonMs === undefined ? {} : { deleteHorizonMs: golden.deleteHorizonMs }),
    ...(isEmpty ? { maxTimestamp: golden.maxTimestamp } : {}),
  });
  const bytes = (hex: string | null): Buffer | null =>
    hex === null ? null : Buffer.from(hex, 'hex');
  for (const { offset, timestamp, key, value, headers } of golden.records) {
    const decoded = headers.map((header) => ({ key: header.key, value: bytes(header.value) }));
    builder.appendWithOffset(offset, timestamp, bytes(key), bytes(value), decoded);
  }
  return builder.build();
}

/** The batch with its records decompressed, so that two compressors can be compared. */
function uncompressed(bytes: Buffer): Buffer {
  const header = readBatchHeader(bytes, 0);
  const records = decompress(
    compressionOf(header.attributes),
    bytes.subarray(BATCH_OVERHEAD_BYTES),
    1e6,
  );
  header.sizeInBytes = BATCH_OVERHEAD_BYTES + records.length;
  const batch = Buffer.concat([Buffer.alloc(BATCH_OVERHEAD_BYTES), records]);
  writeBatchHeader(batch, header);
  writeCrc(batch, 0);
  return batch;
}

describe("building the batches that Kafka's own builders made", () => {
  // Where Kafka took the time of the append, the records' own timestamps are lost and nothing can write them again.
  const rebuildable = goldenLines.filter(
    (line) => line.category !== 'legacy' && !line.name.endsWith('log-append-time'),
  );
  it.each(rebuildable)('given $name, then our bytes are the same after decompression', (line) => {
    let position = 0;
    for (const golden of line.batches) {
      const kafkas = line.bytes.subarray(position, position + golden.sizeInBytes);
      const ours = rebuild(golden);
      if (golden.compression === 'none') expect(ours.toString('hex')).toBe(kafkas.toString('hex'));
      expect(uncompressed(ours).toString('hex')).toBe(uncompressed(kafkas).toString('hex'));
      position += golden.sizeInBytes;
    }
  });
});

describe('reading batches that were damaged on purpose', () => {
  const isError = (outcome: string | undefined): boolean =>
    outcome !== undefined && outcome !== 'ok';

  it.each(corruptLines)('given $name ($change), then we refuse what Kafka refuses', (line) => {
    const { kafka, bytes } = line;
    let batchesSeen = 0;
    const iterate = (): void => {
      for (const batch of decodeBatches(bytes, { verifyCrc: false })) {
        batchesSeen += 1;
        if (kafka.isValid !== undefined) expect(batch.isValid()).toBe(kafka.isValid);
        const records = (): unknown[] => [...batch.records()];
        if (isError(kafka.recordIteration)) expect(records).toThrow(ProtocolError);
        else expect(records().length).toBe(kafka.recordsSeen);
      }
    };
    if (isError(kafka.batchIteration))
      expect(iterate).toThrow(expect.objectContaining({ code: 'CORRUPT_MESSAGE' }));
    else iterate();
    expect(batchesSeen).toBe(kafka.batchesSeen);
  });

  it.each([
    ['bad-crc-field', undefined],
    ['bad-payload-byte', undefined],
    ['count-too-large-crc-ok', 'INVALID_RECORD'],
    ['count-too-small-crc-ok', 'INVALID_RECORD'],
    ['unknown-compression-crc-ok', 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['record-length-wrong-crc-ok', 'INVALID_RECORD'],
  ])('given %s, then the walk says %s', (name, code) => {
    const { bytes, kafka } = corruptLines.find((line) => line.name === name)!;
    const header = readBatchHeader(bytes, 0);
    expect(verifyCrc(bytes, header)).toBe(kafka.isValid);
    const walk = (): unknown => walkRecords(bytes, header);
    if (code === undefined) expect(walk).not.toThrow();
    else expect(walk).toThrow(expect.objectContaining({ name: 'ProtocolError', code }));
  });

  it('given a wrong CRC, when batches are decoded, then that is the error unless it was waived', () => {
    const { bytes } = corruptLines.find((line) => line.name === 'bad-payload-byte')!;
    expect(() => [...decodeBatches(bytes)]).toThrow(
      expect.objectContaining({ code: 'CORRUPT_MESSAGE' }),
    );
  });
});

describe("reading a real Apache Kafka broker's log files", () => {
  it.each(goldenLogFiles())('given $file, then batches and records are as expected', (golden) => {
    expectDecoded(golden.bytes, golden.batches);
  });
});
