import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { corruptLines, goldenBytes, goldenLines } from '../../test/record-goldens.ts';
import { BATCH_OVERHEAD_BYTES, BatchField, readBatchHeader, writeCrc } from './batch-header.ts';
import { decodeBatches } from './decode-batches.ts';
import { Compression, ProtocolError } from './index.ts';
import { RecordBatchBuilder } from './record-batch-builder.ts';
import { validateProducerBatch } from './validate-producer-batch.ts';
import { createRecordWalk, walkRecords, type WalkOptions } from './walk-records.ts';

const error = (code: string): unknown => expect.objectContaining({ name: 'ProtocolError', code });
const walk = (bytes: Buffer, options: WalkOptions = {}): unknown =>
  walkRecords(bytes, readBatchHeader(bytes, 0), options);

/** A batch around record bytes written by hand. */
function batchOf(recordsHex: string, recordCount: number): Buffer {
  const records = Buffer.from(recordsHex, 'hex');
  const bytes = Buffer.concat([
    goldenBytes('none-plain').subarray(0, BATCH_OVERHEAD_BYTES),
    records,
  ]);
  bytes.writeInt32BE(bytes.length - 12, BatchField.batchLength);
  bytes.writeInt32BE(recordCount, BatchField.recordCount);
  bytes.writeInt32BE(recordCount - 1, BatchField.lastOffsetDelta);
  writeCrc(bytes, 0);
  return bytes;
}

describe('walkRecords', () => {
  it('given records, then it leaves count, size and the first offset of the highest timestamp', () => {
    const builder = new RecordBatchBuilder({ baseOffset: 10 });
    for (const timestamp of [5, 9, 7, 9, -1]) builder.append(timestamp, null, null);
    const bytes = builder.build();
    const result = createRecordWalk();
    expect(walkRecords(bytes, readBatchHeader(bytes, 0), {}, result)).toBe(result);
    expect(result).toEqual({
      recordCount: 5,
      maxTimestamp: 9,
      offsetOfMaxTimestamp: 11,
      uncompressedBytes: bytes.length - BATCH_OVERHEAD_BYTES,
      hasSequentialOffsets: true,
    });
  });

  // Length 6: attributes, timestamp delta, offset delta, key length, value length, header count.
  it.each([
    ['the smallest record', '0c' + '000000010100', 1, undefined],
    ['a key length of −2, which Kafka reads as no key', '0c' + '000000030100', 1, undefined],
    ['a negative record length', '01' + '000000010100', 1, 'INVALID_RECORD'],
    ['a record length of 0', '00' + '000000010100', 1, 'INVALID_RECORD'],
    ['a record length past the end', '0e' + '000000010100', 1, 'INVALID_RECORD'],
    ['a record longer than its fields', '0e' + '00000001010000', 1, 'INVALID_RECORD'],
    ['a record shorter than its fields', '0c' + '00000002610100', 1, 'INVALID_RECORD'],
    ['a key past the record', '0c' + '000000c80100', 1, 'INVALID_RECORD'],
    ['a value past the record', '0c' + '000000010200', 1, 'INVALID_RECORD'],
    ['a huge value length', '14' + '00000001feffffff0f00', 1, 'INVALID_RECORD'],
    ['a negative header count', '0c' + '000000010101', 1, 'INVALID_RECORD'],
    ['more headers than bytes', '0c' + '000000010102', 1, 'INVALID_RECORD'],
    ['a header without a key', '10' + '0000000101020101', 1, 'INVALID_RECORD'],
    ['a header with a key and no value', '12' + '000000010102026101', 1, 'INVALID_RECORD'],
    ['a header, whole', '12' + '000000010102' + '0261' + '01', 1, undefined],
    ['an offset delta of 6 bytes', '16' + '0000808080808001010100', 1, 'INVALID_RECORD'],
    [
      'a timestamp of 11 bytes',
      '20' + '00ffffffffffffffffffff01' + '00010100',
      1,
      'INVALID_RECORD',
    ],
    [
      'a timestamp beyond 2^53',
      '1e' + '00ffffffffffffffffff01' + '00010100',
      1,
      'INVALID_TIMESTAMP',
    ],
    ['fewer records than declared', '0c000000010100', 2, 'INVALID_RECORD'],
    ['more records than declared', '0c0000000101000c000002010100', 1, 'INVALID_RECORD'],
    ['a negative count', '0c000000010100', -1, 'INVALID_RECORD'],
    ['no record where one is declared', '', 1, 'INVALID_RECORD'],
  ])('given %s, then walk and decoder agree', (name, records, count, code) => {
    const isWhole = name !== 'a header with a key and no value';
    const bytes = batchOf(isWhole ? records : '10' + '0000000101020261', count);
    const decode = (): unknown =>
      [...decodeBatches(bytes)].flatMap((batch) => [...batch.records()]);
    if (code === undefined) {
      expect(() => walk(bytes)).not.toThrow();
      expect(decode).not.toThrow();
    } else {
      expect(() => walk(bytes)).toThrow(error(code));
      expect(decode).toThrow(error(code));
    }
  });

  it('given a topic that is compacted, when a record has no key, then INVALID_RECORD', () => {
    const bytes = goldenBytes('none-null-key-value');
    expect(() => walk(bytes)).not.toThrow();
    expect(() => walk(bytes, { requireKeys: true })).toThrow(error('INVALID_RECORD'));
    expect(() => walk(goldenBytes('lz4-plain'), { requireKeys: true })).not.toThrow();
    const oddNull = batchOf('0c000000030100', 1);
    expect(() => walk(oddNull, { requireKeys: true })).toThrow(error('INVALID_RECORD'));
    expect(() => walk(oddNull, { requireKeys: true })).toThrow(
      expect.objectContaining({ recordIndex: expect.any(Number) as number }),
    );
  });

  it('given offsets with gaps, then that is said, and refused where it is asked for', () => {
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
      const bytes = goldenBytes(`${codec}-compacted-gaps`);
      expect(walk(bytes)).toMatchObject({ hasSequentialOffsets: false, recordCount: 3 });
      expect(() => walk(bytes, { requireSequentialOffsets: true })).toThrow(
        error('INVALID_RECORD'),
      );
    }
    expect(walk(goldenBytes('zstd-large-1000'), { requireSequentialOffsets: true })).toMatchObject({
      hasSequentialOffsets: true,
      recordCount: 200,
    });
  });

  it('given bounds for timestamps, then outside is INVALID_TIMESTAMP and no timestamp always passes', () => {
    const bytes = goldenBytes('none-plain');
    const [first, last] = [1700000000000, 1700000000005];
    expect(() => walk(bytes, { timestampMin: first, timestampMax: last })).not.toThrow();
    expect(() => walk(bytes, { timestampMin: first + 1 })).toThrow(error('INVALID_TIMESTAMP'));
    expect(() => walk(bytes, { timestampMax: last - 1 })).toThrow(error('INVALID_TIMESTAMP'));
    expect(() => walk(goldenBytes('negative-timestamp'), { timestampMin: first })).not.toThrow();
  });

  it('given log append time, then the highest timestamp is the append at the last offset', () => {
    expect(walk(goldenBytes('gzip-log-append-time'))).toMatchObject({
      maxTimestamp: 1700000000999,
      offsetOfMaxTimestamp: 201,
    });
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'given %s records, when more than the bound come out, then TOO_LARGE',
    (codec) => {
      const builder = new RecordBatchBuilder({ compression: Compression[codec] });
      for (let index = 0; index < 20; index += 1) builder.append(1, null, Buffer.alloc(50_000));
      const bytes = builder.build();
      expect(() => walk(bytes, { maxDecompressedBytes: 999_999 })).toThrow(error('TOO_LARGE'));
      expect(() => walk(bytes, { maxDecompressedBytes: 1_100_000 })).not.toThrow();
      const garbage = Buffer.from(bytes);
      garbage.fill(0x5a, BATCH_OVERHEAD_BYTES);
      expect(() => walk(garbage)).toThrow(error('CORRUPT_MESSAGE'));
    },
  );

  it('given the same batch a million records long, then the walk allocates nothing for each', () => {
    const builder = new RecordBatchBuilder();
    const value = Buffer.alloc(4);
    for (let index = 0; index < 10_000; index += 1)
      builder.append(
        1700000000000 + index,
        value,
        value,
        index % 4 === 0 ? [{ key: 'h', value }] : [],
      );
    const bytes = builder.build();
    const header = readBatchHeader(bytes, 0);
    const result = createRecordWalk();
    const options = { requireKeys: true };
    for (let turn = 0; turn < 30; turn += 1) walkRecords(bytes, header, options, result);
    let allocatedBytes = 0;
    for (let turn = 0; turn < 100; turn += 1) {
      const before = process.memoryUsage().heapUsed;
      walkRecords(bytes, header, options, result);
      // Turn by turn, because a collection in between makes the heap smaller and would hide what came before.
      allocatedBytes += Math.max(0, process.memoryUsage().heapUsed - before);
    }
    // One small object for each record would be 16 MB or more; what is measured is the measuring itself.
    expect(allocatedBytes).toBeLessThan(4_000_000);
  });
});

describe('batches that are damaged at random', () => {
  const sources = [...goldenLines.filter((line) => line.category !== 'legacy'), ...corruptLines];
  const anyLines = [...goldenLines, ...corruptLines];
  const codes = [
    'CORRUPT_MESSAGE',
    'INVALID_RECORD',
    'INVALID_TIMESTAMP',
    'UNSUPPORTED_COMPRESSION_TYPE',
    'TOO_LARGE',
    'OUT_OF_RANGE',
    'UNSUPPORTED',
  ];
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });

  function attempt(action: () => unknown): string {
    try {
      action();
      return 'ok';
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      expect(codes).toContain(thrown.code);
      return thrown.code;
    }
  }

  function damaged(bytes: Buffer, changes: readonly (readonly [number, number])[]): Buffer {
    const copy = Buffer.from(bytes);
    for (const [at, byte] of changes) copy[at % copy.length] = byte;
    return copy;
  }

  it('given any bytes changed, then walk and decoder end with a result or one typed error', () => {
    fc.assert(
      fc.property(fc.nat(anyLines.length - 1), damage, (index, changes) => {
        const bytes = damaged(anyLines[index]!.bytes, changes);
        attempt(() => walk(bytes, { maxDecompressedBytes: 1e6 }));
        attempt(() => {
          const options = { verifyCrc: false, maxDecompressedBytes: 1e6 };
          for (const batch of decodeBatches(bytes, options)) for (const _ of batch.records());
        });
      }),
      { numRuns: 5000 },
    );
  });

  it('given records changed, then walk and decoder come to the same verdict', () => {
    fc.assert(
      fc.property(fc.nat(sources.length - 1), damage, (index, changes) => {
        const source = sources[index]!.bytes;
        if (source.length <= BATCH_OVERHEAD_BYTES) return;
        const records = damaged(source.subarray(BATCH_OVERHEAD_BYTES), changes);
        const bytes = Buffer.concat([source.subarray(0, BATCH_OVERHEAD_BYTES), records]);
        const options = { verifyCrc: false, maxDecompressedBytes: 1e6 };
        const [first] =
          attempt(() => [...decodeBatches(bytes, options)]) === 'ok'
            ? [...decodeBatches(bytes, options)]
            : [];
        if (first === undefined) return;
        const decoded = attempt(() => [...first.records()]);
        expect(attempt(() => walk(bytes, options))).toBe(decoded);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('validateProducerBatch', () => {
  const check = (change: (bytes: Buffer) => void, name = 'none-idempotent'): unknown => {
    const bytes = goldenBytes(name);
    bytes.writeBigInt64BE(0n, BatchField.baseOffset);
    change(bytes);
    return validateProducerBatch(readBatchHeader(bytes, 0));
  };

  it('given a batch as producers send it, then it passes, also where the sequence wraps around', () => {
    expect(() => check(() => {})).not.toThrow();
    expect(() => check(() => {}, 'sequence-wraparound')).not.toThrow();
  });

  it.each([
    [
      'a base offset',
      'INVALID_RECORD',
      (b: Buffer) => b.writeBigInt64BE(7n, BatchField.baseOffset),
    ],
    [
      'a last offset that lies',
      'INVALID_RECORD',
      (b: Buffer) => b.writeInt32BE(5, BatchField.lastOffsetDelta),
    ],
    [
      'a negative last offset',
      'INVALID_RECORD',
      (b: Buffer) => b.writeInt32BE(-1, BatchField.lastOffsetDelta),
    ],
    [
      'a last offset that overflows',
      'INVALID_RECORD',
      (b: Buffer) => b.writeInt32BE(0x7fffffff, BatchField.lastOffsetDelta),
    ],
    [
      'a count that lies',
      'INVALID_RECORD',
      (b: Buffer) => b.writeInt32BE(3, BatchField.recordCount),
    ],
    ['no records', 'INVALID_RECORD', (b: Buffer) => b.writeInt32BE(0, BatchField.recordCount)],
    [
      'the control bit',
      'INVALID_RECORD',
      (b: Buffer) => b.writeInt16BE(0x20, BatchField.attributes),
    ],
    [
      'a producer id without a sequence',
      'INVALID_RECORD',
      (b: Buffer) => b.writeInt32BE(-1, BatchField.baseSequence),
    ],
    [
      'an unknown codec',
      'UNSUPPORTED_COMPRESSION_TYPE',
      (b: Buffer) => b.writeInt16BE(5, BatchField.attributes),
    ],
  ])('given %s, then %s', (_, code, change) => {
    expect(() => check(change)).toThrow(error(code));
  });

  it('given the append time set by a client, then Kafka only lets it pass as a create time', () => {
    const header = readBatchHeader(goldenBytes('none-log-append-time'), 0);
    header.baseOffset = 0;
    expect(() => validateProducerBatch(header)).not.toThrow();
    expect(() => validateProducerBatch(header, true)).toThrow(error('INVALID_TIMESTAMP'));
    header.maxTimestamp = -1;
    expect(() => validateProducerBatch(header)).toThrow(error('INVALID_TIMESTAMP'));
  });
});
