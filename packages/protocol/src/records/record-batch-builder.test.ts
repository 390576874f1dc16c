import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { goldenBytes } from '../../test/record-goldens.ts';
import {
  buildControlBatch,
  Compression,
  ControlRecordType,
  decodeBatches,
  decodeRecords,
  encodeEndTxnMarker,
  readBatchHeader,
  RecordBatchBuilder,
  verifyCrc,
  walkRecords,
} from './index.ts';
import {
  RecordCursor,
  sizeOfVarint,
  sizeOfVarlong,
  writeVarint,
  writeVarlong,
} from './record-cursor.ts';

const error = (code: string): unknown => expect.objectContaining({ name: 'ProtocolError', code });

const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
const record = fc.record({
  timestamp: fc.oneof(fc.integer({ min: -1, max: 2e12 }), fc.nat(1000)),
  gap: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1e6 })),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(
    fc.record({ key: fc.string({ maxLength: 9, unit: 'grapheme' }), value: fc.option(bytes) }),
    { maxLength: 3 },
  ),
});

describe('RecordBatchBuilder', () => {
  it('given any records and any codec, when built and decoded, then they come back', () => {
    const codecs = fc.constantFrom(...Object.values(Compression));
    const batch = fc.tuple(codecs, fc.nat(1e9), fc.array(record, { minLength: 1, maxLength: 30 }));
    fc.assert(
      fc.property(batch, ([compression, baseOffset, records]) => {
        const builder = new RecordBatchBuilder({ compression, baseOffset, initialBytes: 70 });
        let offset = baseOffset - 1;
        const expected = records.map(({ gap, timestamp, key, value, headers }) => {
          offset += gap;
          builder.appendWithOffset(offset, timestamp, key, value, headers);
          return { offset, timestamp, sequence: -1, key, value, headers };
        });
        const built = builder.build();
        const decoded = [...decodeRecords(built)];
        expect(decoded).toMatchObject(expected);
        if (compression === Compression.none) expect(builder.estimatedBytes).toBe(built.length);
        const walk = walkRecords(built, readBatchHeader(built, 0));
        expect(walk.uncompressedBytes).toBe(builder.uncompressedBytes);
        expect(walk.maxTimestamp).toBe(Math.max(...records.map((r) => r.timestamp)));
      }),
      { numRuns: 300 },
    );
  });

  it('given maxBytes, when filled while there is room, then the batch keeps to it', () => {
    const builder = new RecordBatchBuilder({ maxBytes: 1000 });
    const value = Buffer.alloc(33);
    while (builder.hasRoomFor(null, value)) builder.append(1700000000000, null, value);
    expect(builder.build().length).toBeLessThanOrEqual(1000);
    expect(builder.build().length).toBeGreaterThan(900);
  });

  it('given a first record larger than maxBytes, then it has room, and no second', () => {
    const builder = new RecordBatchBuilder({ maxBytes: 100 });
    expect(builder.hasRoomFor(null, Buffer.alloc(500))).toBe(true);
    builder.append(1, null, Buffer.alloc(500));
    expect(builder.hasRoomFor(null, Buffer.alloc(1))).toBe(false);
  });

  it('given a compression ratio, then more records fit than would uncompressed', () => {
    const options = {
      maxBytes: 1000,
      compression: Compression.lz4,
      compressionRatio: 0.25,
    } as const;
    const builder = new RecordBatchBuilder(options);
    while (builder.hasRoomFor(null, Buffer.alloc(33))) builder.append(1, null, Buffer.alloc(33));
    expect(builder.uncompressedBytes).toBeGreaterThan(3000);
    expect(builder.build().length).toBeLessThan(1000);
  });

  it('given the producer state when the batch is drained, and again on a retry, then the header has it', () => {
    const builder = new RecordBatchBuilder({ compression: Compression.gzip });
    builder.append(5, Buffer.from('k'), null);
    builder.setProducerState(4242, 3, 17, true);
    expect(readBatchHeader(builder.build(), 0)).toMatchObject({
      producerId: 4242,
      baseSequence: 17,
    });
    builder.setProducerState(4242, 4, 0, true);
    const [batch] = [...decodeBatches(builder.build())];
    expect(batch).toMatchObject({ producerEpoch: 4, baseSequence: 0, isTransactional: true });
    expect(builder.build()).toBe(builder.build());
  });

  it('given offsets that do not rise or are too far, or odd timestamps, then OUT_OF_RANGE', () => {
    const builder = new RecordBatchBuilder({ baseOffset: 10 });
    expect(() => builder.appendWithOffset(9, 1, null, null)).toThrow(error('OUT_OF_RANGE'));
    builder.appendWithOffset(12, 1, null, null);
    expect(() => builder.appendWithOffset(12, 1, null, null)).toThrow(error('OUT_OF_RANGE'));
    expect(() => builder.appendWithOffset(2 ** 32, 1, null, null)).toThrow(error('OUT_OF_RANGE'));
    expect(() => builder.append(Number.NaN, null, null)).toThrow(error('OUT_OF_RANGE'));
    expect(() => builder.append(2 ** 53, null, null)).toThrow(error('OUT_OF_RANGE'));
    expect([...decodeRecords(builder.build())].map((r) => r.offset)).toEqual([12]);
  });

  it('given no records, then the batch is the one that compaction leaves to keep a sequence', () => {
    const built = new RecordBatchBuilder({
      compression: Compression.zstd,
      baseOffset: 400,
      lastOffset: 401,
      partitionLeaderEpoch: 2,
      producerId: 77,
      producerEpoch: 1,
      baseSequence: 5,
      maxTimestamp: 1700000000000,
    }).build();
    expect(built.equals(goldenBytes('empty-batch-retained'))).toBe(true);
  });
});

describe('buildControlBatch', () => {
  it.each([
    ['commit-marker', ControlRecordType.COMMIT, 700, 15],
    ['abort-marker', ControlRecordType.ABORT, 701, 16],
  ] as const)('given a %s, then the bytes are those of Kafka', (name, type, baseOffset, epoch) => {
    const built = buildControlBatch({
      type,
      value: encodeEndTxnMarker(epoch),
      timestamp: 1700000000000,
      baseOffset,
      partitionLeaderEpoch: 11,
      producerId: 4242,
      producerEpoch: 3,
    });
    expect(built.toString('hex')).toBe(goldenBytes(name).toString('hex'));
    expect(verifyCrc(built, readBatchHeader(built, 0))).toBe(true);
  });

  it('given a KRaft version, then it is not transactional', () => {
    const value = Buffer.from('0000000100', 'hex');
    const built = buildControlBatch({
      type: ControlRecordType.KRAFT_VERSION,
      value,
      timestamp: 1700000000000,
      baseOffset: 1,
      partitionLeaderEpoch: 12,
    });
    expect(built.toString('hex')).toBe(goldenBytes('kraft-version').toString('hex'));
  });
});

describe('varints of the record format', () => {
  it('given any int32, then it is written in the size foretold and read back', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const buffer = Buffer.alloc(5);
        const end = writeVarint(buffer, 0, value);
        expect(end).toBe(sizeOfVarint(value));
        expect(new RecordCursor(buffer, 0, end).readVarint()).toBe(value);
      }),
    );
  });

  it('given any safe integer, then it is written as BigInt arithmetic says and read back', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -70, max: 70 })),
        (value) => {
          const buffer = Buffer.alloc(10);
          const end = writeVarlong(buffer, 0, value);
          let raw = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
          const expected: number[] = [];
          for (; raw > 127n; raw >>= 7n) expected.push(Number(raw & 127n) | 128);
          expected.push(Number(raw));
          expect([...buffer.subarray(0, end)]).toEqual(expected);
          expect(sizeOfVarlong(value)).toBe(end);
          expect(new RecordCursor(buffer, 0, end).readVarlong()).toBe(value);
        },
      ),
      { numRuns: 500 },
    );
  });
});
