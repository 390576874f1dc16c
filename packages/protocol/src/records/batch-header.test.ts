import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { goldenBytes } from '../../test/record-goldens.ts';
import {
  BATCH_OVERHEAD_BYTES,
  BatchField,
  type BatchHeader,
  batchSizeAt,
  createBatchHeader,
  incrementSequence,
  isLogAppendTime,
  lastSequenceOf,
  nextOffsetOf,
  readBatchHeader,
  setBaseOffset,
  setLastOffset,
  setMaxTimestamp,
  setPartitionLeaderEpoch,
  verifyCrc,
  writeBatchHeader,
} from './batch-header.ts';
import { decodeBatches } from './decode-batches.ts';
import { readInt64, writeInt64 } from './int64.ts';

const error = (code: string): unknown => expect.objectContaining({ name: 'ProtocolError', code });

describe('BatchHeader', () => {
  it('given any fields, when written and read, then they come back', () => {
    const int16 = fc.integer({ min: -0x8000, max: 0x7fff });
    const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
    const header = fc.record({
      position: fc.nat(20),
      sizeInBytes: fc.integer({ min: BATCH_OVERHEAD_BYTES, max: 0x7fffffff }),
      baseOffset: fc.maxSafeInteger(),
      partitionLeaderEpoch: int32,
      magic: fc.constant(2),
      crc: fc.nat(0xffffffff),
      attributes: int16,
      lastOffsetDelta: int32,
      baseTimestamp: fc.maxSafeInteger(),
      maxTimestamp: fc.maxSafeInteger(),
      producerId: fc.maxSafeInteger(),
      producerEpoch: int16,
      baseSequence: int32,
      recordCount: int32,
    });
    const into = createBatchHeader();
    fc.assert(
      fc.property(header, (fields: BatchHeader) => {
        const buffer = Buffer.alloc(100);
        writeBatchHeader(buffer, fields);
        expect(readBatchHeader(buffer, fields.position)).toEqual(fields);
        expect(readBatchHeader(buffer, fields.position, into)).toBe(into);
        expect(into).toEqual(fields);
      }),
    );
  });

  it('given any safe integer, then its int64 is what BigInt says', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const buffer = Buffer.alloc(8);
        writeInt64(buffer, 0, value);
        expect(buffer.readBigInt64BE()).toBe(BigInt(value));
        expect(readInt64(buffer, 0, 'it')).toBe(value);
      }),
    );
  });

  it.each([
    ['baseOffset', 'OUT_OF_RANGE'],
    ['producerId', 'OUT_OF_RANGE'],
    ['baseTimestamp', 'INVALID_TIMESTAMP'],
    ['maxTimestamp', 'INVALID_TIMESTAMP'],
  ] as const)('given %s beyond 2^53−1, then %s', (field, code) => {
    for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
      const bytes = goldenBytes('none-plain');
      bytes.writeBigInt64BE(value, BatchField[field]);
      expect(() => readBatchHeader(bytes, 0)).toThrow(error(code));
    }
  });

  it.each([
    ['another magic', BatchField.magic, [3], 'CORRUPT_MESSAGE'],
    ['an older magic', BatchField.magic, [1], 'UNSUPPORTED'],
    ['a length below the header', BatchField.batchLength, [0, 0, 0, 48], 'CORRUPT_MESSAGE'],
    ['a negative length', BatchField.batchLength, [0xff, 0xff, 0xff, 0xff], 'CORRUPT_MESSAGE'],
  ])('given %s, then the header is refused', (_, at, patch, code) => {
    const bytes = goldenBytes('none-plain');
    bytes.set(patch, at);
    expect(() => readBatchHeader(bytes, 0)).toThrow(error(code));
  });

  it('given a buffer that ends in the header, then CORRUPT_MESSAGE at every length', () => {
    const bytes = goldenBytes('none-plain');
    for (let length = 0; length < BATCH_OVERHEAD_BYTES; length += 1)
      expect(() => readBatchHeader(bytes.subarray(0, length), 0)).toThrow(error('CORRUPT_MESSAGE'));
  });

  it('given a batch cut at any byte, then there is no complete batch', () => {
    const bytes = goldenBytes('none-plain');
    expect(batchSizeAt(bytes, 0)).toBe(bytes.length);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(batchSizeAt(bytes.subarray(0, length), 0)).toBe(0);
      expect([...decodeBatches(bytes.subarray(0, length))]).toEqual([]);
    }
  });

  it('given sequences, when they pass 2^31−1, then they go on from 0', () => {
    expect(incrementSequence(0x7fffffff, 0)).toBe(0x7fffffff);
    expect(incrementSequence(0x7fffffff, 1)).toBe(0);
    expect(incrementSequence(0x7ffffffe, 3)).toBe(1);
    expect(incrementSequence(5, 7)).toBe(12);
    expect(lastSequenceOf(readBatchHeader(goldenBytes('sequence-wraparound'), 0))).toBe(1);
    expect(lastSequenceOf(createBatchHeader())).toBe(-1);
  });
});

describe('fields that a broker sets in place', () => {
  it('given offset and leader epoch, then they change and the CRC still holds', () => {
    const bytes = goldenBytes('zstd-plain');
    setBaseOffset(bytes, 0, 2 ** 40);
    setPartitionLeaderEpoch(bytes, 0, 17);
    const header = readBatchHeader(bytes, 0);
    expect(header).toMatchObject({ baseOffset: 2 ** 40, partitionLeaderEpoch: 17 });
    expect(verifyCrc(bytes, header)).toBe(true);
    setLastOffset(bytes, 0, 99);
    expect(nextOffsetOf(readBatchHeader(bytes, 0))).toBe(100);
  });

  it('given the time of the append, then every record takes it and the CRC is new', () => {
    const bytes = goldenBytes('none-transactional');
    expect(setMaxTimestamp(bytes, 0, 1700000009999, true)).toBe(true);
    const header = readBatchHeader(bytes, 0);
    expect(isLogAppendTime(header.attributes)).toBe(true);
    expect(verifyCrc(bytes, header)).toBe(true);
    const [batch] = [...decodeBatches(bytes)];
    expect(batch!.isTransactional).toBe(true);
    expect([...batch!.records()].map((record) => record.timestamp)).toEqual([
      1700000009999, 1700000009999, 1700000009999,
    ]);
  });

  it('given the timestamp that is already there, then nothing is written', () => {
    const bytes = goldenBytes('none-plain');
    const before = Buffer.from(bytes);
    const { maxTimestamp } = readBatchHeader(bytes, 0);
    expect(setMaxTimestamp(bytes, 0, maxTimestamp, false)).toBe(false);
    expect(bytes.equals(before)).toBe(true);
  });

  it('given any one bit flipped behind the CRC, then the batch is not valid', () => {
    const bytes = goldenBytes('none-headers');
    for (let bit = BatchField.attributes * 8; bit < bytes.length * 8; bit += 1) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      let isValid = true;
      try {
        isValid = verifyCrc(bytes, readBatchHeader(bytes, 0));
      } catch (thrown) {
        expect(thrown).toMatchObject({ name: 'ProtocolError' });
        isValid = false;
      }
      expect(isValid).toBe(false);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
  });
});
