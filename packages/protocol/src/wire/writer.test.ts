import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../protocol-error.ts';
import { Reader } from './reader.ts';
import { SPLICE_BYTES_MIN } from './records-source.ts';
import { bytesSize, stringSize, utf8Size, uvarintSize } from './sizes.ts';
import { METADATA_TOPIC_ID, uuidFromBytes, uuidToBytes, ZERO_UUID } from './uuid.ts';
import { Writer } from './writer.ts';

describe('Writer and Reader', () => {
  it('given any value of each type, then it is read back and its size is right', () => {
    const values = fc.record({
      int64: fc.maxSafeInteger(),
      wide: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      uvarint: fc.nat(2 ** 31 - 1).map((value) => value * 2),
      varint: fc.integer(),
      text: fc.string({ unit: 'grapheme', maxLength: 200 }),
      bytes: fc.uint8Array({ maxLength: 300 }),
      id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      compact: fc.boolean(),
    });
    fc.assert(
      fc.property(values, ({ int64, wide, uvarint, varint, text, bytes, id, compact }) => {
        const zigzag = (varint << 1) ^ (varint >> 31);
        const size =
          16 + uvarintSize(uvarint) + uvarintSize(zigzag >>> 0) + stringSize(text, compact);
        const uuid = uuidFromBytes(Buffer.from(id));
        const writer = new Writer(size + bytesSize(bytes, compact) + 16);
        writer.int64(int64);
        writer.wideInt64(wide);
        writer.uvarint(uvarint);
        writer.varint(varint);
        writer.string(text, compact);
        writer.bytes(bytes, compact);
        writer.uuid(uuid);
        const [frame] = writer.finish();
        const reader = new Reader(frame as Buffer);
        expect(reader.int64()).toBe(int64 === 0 ? 0 : int64);
        expect(reader.wideInt64()).toBe(wide);
        expect(reader.uvarint()).toBe(uvarint);
        expect(reader.varint()).toBe(varint);
        expect(reader.string(compact)).toBe(text.toWellFormed());
        expect(reader.bytes(compact)).toEqual(Buffer.from(bytes));
        expect(reader.uuid()).toBe(uuid);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it.each([2 ** 53, -(2 ** 53), 1.5, Number.NaN, Infinity])(
    'given int64 %d, then it is refused',
    (value) => {
      expect(() => new Writer(8).int64(value)).toThrow(
        expect.objectContaining({ name: 'ProtocolError', code: 'OUT_OF_RANGE' }),
      );
    },
  );

  it('given a string of more than 32,767 bytes, then its size is refused', () => {
    expect(stringSize('x'.repeat(32767), true)).toBe(32770);
    expect(() => stringSize('ß'.repeat(16384), false)).toThrow(ProtocolError);
  });

  it('given text of all widths, then its size is that of UTF-8', () => {
    for (const text of ['', 'abc', 'aß', '€', '😀', 'x'.repeat(50), `${'x'.repeat(30)}é`])
      expect(utf8Size(text)).toBe(Buffer.byteLength(text));
  });

  it('given a text that is not an id, then it is refused', () => {
    for (const text of ['', 'AAAA', `${ZERO_UUID}A`, '!!!!!!!!!!!!!!!!!!!!!!'])
      expect(() => uuidToBytes(text)).toThrow(ProtocolError);
    expect(uuidToBytes(METADATA_TOPIC_ID).readBigUInt64BE(8)).toBe(1n);
    expect(() => uuidFromBytes(Buffer.alloc(15))).toThrow(ProtocolError);
  });
});

describe('Writer: records', () => {
  it('given a region, then only its length is written and it comes between the pieces', () => {
    const region = { sizeBytes: 5000 };
    const writer = new Writer(4 + 4 + 2);
    writer.int32(1);
    writer.records(region, false);
    writer.int16(2);
    expect(writer.finish()).toEqual([
      Buffer.from('0000000100001388', 'hex'),
      region,
      Buffer.from('0002', 'hex'),
    ]);
  });

  it('given long bytes, then they become a segment without a copy; short ones are copied', () => {
    const long = new Uint8Array(SPLICE_BYTES_MIN);
    const short = new Uint8Array(SPLICE_BYTES_MIN - 1);
    const writer = new Writer(4 + 4 + short.length);
    writer.records(long, false);
    writer.records(short, false);
    const [, spliced, last] = writer.finish() as Buffer[];
    long[0] = 9;
    expect(spliced![0]).toBe(9);
    expect(last).toHaveLength(4 + short.length);
  });

  it('given fewer bytes than announced, then finishing fails', () => {
    const writer = new Writer(3);
    writer.int16(1);
    expect(() => writer.finish()).toThrow(/2 bytes were written, 3 were announced/);
  });
});
