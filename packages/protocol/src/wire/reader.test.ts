import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../protocol-error.ts';
import { Reader } from './reader.ts';
import type { Tagged } from './tagged-fields.ts';
import { UNKNOWN_TAGGED_FIELDS_MAX } from './tagged-fields.ts';
import { ZERO_UUID } from './uuid.ts';

const reader = (hex: string): Reader => new Reader(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

function malformed(read: () => unknown, code = 'MALFORMED'): void {
  expect(read).toThrow(ProtocolError);
  expect(read).toThrow(expect.objectContaining({ code }));
}

describe('Reader: integers', () => {
  it('given the extremes of each type, then they are read with their sign', () => {
    expect(reader('80').int8()).toBe(-128);
    expect(reader('8000').int16()).toBe(-32768);
    expect(reader('ffff').uint16()).toBe(65535);
    expect(reader('80000000').int32()).toBe(-(2 ** 31));
    expect(reader('ffffffff').uint32()).toBe(2 ** 32 - 1);
  });

  it('given int64 at the edges of what a number holds, then they are exact', () => {
    expect(reader('001fffffffffffff').int64()).toBe(Number.MAX_SAFE_INTEGER);
    expect(reader('ffe0000000000001').int64()).toBe(Number.MIN_SAFE_INTEGER);
    expect(reader('ffffffffffffffff').int64()).toBe(-1);
    expect(reader('00000000ffffffff').int64()).toBe(2 ** 32 - 1);
  });

  it.each(['0020000000000000', 'ffe0000000000000', '7fffffffffffffff', '8000000000000000'])(
    'given int64 0x%s beyond that, then it is refused as a number and read as a bigint',
    (hex) => {
      malformed(() => reader(hex).int64(), 'OUT_OF_RANGE');
      expect(reader(hex).wideInt64()).toBe(BigInt.asIntN(64, BigInt(`0x${hex}`)));
    },
  );

  it('given any byte but zero, then a bool is true', () => {
    expect(reader('00').bool()).toBe(false);
    expect(reader('ff').bool()).toBe(true);
  });

  it('given varints up to 32 bits, then they are read; longer or wider ones are refused', () => {
    expect(reader('ffffffff0f').uvarint()).toBe(2 ** 32 - 1);
    expect(reader('8000').uvarint()).toBe(0);
    expect(reader('ffffffff0f').varint()).toBe(-(2 ** 31));
    malformed(() => reader('ffffffff10').uvarint());
    malformed(() => reader('808080808000').uvarint());
    malformed(() => reader('80').uvarint());
  });
});

describe('Reader: strings and bytes', () => {
  it('given bytes that are not UTF-8, then U+FFFD stands for them', () => {
    expect(reader('0003 61ff62').string(false)).toBe('a\ufffdb');
  });

  it('given long and short, ASCII and other text, then it is the same text', () => {
    for (const text of [
      '',
      'a',
      'topic',
      'exactly-10',
      'a-longer-topic-name',
      'ß€😀',
      'x'.repeat(32767),
    ]) {
      const bytes = Buffer.from(text);
      const frame = Buffer.alloc(2 + bytes.length);
      frame.writeInt16BE(bytes.length);
      bytes.copy(frame, 2);
      expect(new Reader(frame).string(false)).toBe(text);
    }
  });

  it('given null, then only the nullable reads allow it', () => {
    expect(reader('ffff').nullableString(false)).toBeNull();
    expect(reader('00').nullableString(true)).toBeNull();
    expect(reader('ffffffff').nullableBytes(false)).toBeNull();
    malformed(() => reader('ffff').string(false));
    malformed(() => reader('00').string(true));
    malformed(() => reader('ffffffff').bytes(false));
    malformed(() => reader('00').arrayLength(true, 1));
  });

  it('given lengths that are negative, too long or beyond the frame, then they are refused', () => {
    malformed(() => reader('fffe').nullableString(false));
    malformed(() => reader('fffffffe').nullableBytes(false));
    malformed(() => reader('fffffffe').nullableArrayLength(false, 1));
    malformed(() => reader('0002 61').string(false));
    malformed(() => reader('818002').string(true));
    malformed(() => reader('7fffffff 61').bytes(false));
    malformed(() => reader('ffffffff0f').bytes(true));
  });

  it('given bytes, then they are a slice of the frame', () => {
    const frame = Buffer.from('0000000203ff', 'hex');
    const bytes = new Reader(frame).bytes(false);
    frame[4] = 7;
    expect(bytes).toEqual(Buffer.from([7, 255]));
  });
});

describe('Reader: arrays', () => {
  it('given a count whose elements cannot be in what is left, then it is refused before any is read', () => {
    malformed(() => reader('40000000').arrayLength(false, 1));
    malformed(() => reader('00000003 00000000 00000000').arrayLength(false, 4));
    expect(reader('00000002 00000000 00000000').arrayLength(false, 4)).toBe(2);
    malformed(() => reader('00000001').arrayLength(false, 0));
  });
});

describe('Reader: elements of one message', () => {
  it('given more elements in all arrays together than one message may hold, then they are refused', () => {
    const readBoth = (elementsMax: number): number => {
      const nested = reader('00000002 00000002 0000');
      nested.elementsLeft = elementsMax;
      return nested.arrayLength(false, 1) + nested.arrayLength(false, 1);
    };
    expect(readBoth(4)).toBe(4);
    malformed(() => readBoth(3), 'TOO_LARGE');
  });
});

describe('Reader: tagged fields', () => {
  const section = (hex: string): Tagged => {
    const value: Tagged = {};
    const all = reader(hex);
    all.unknownTaggedSection(value);
    expect(all.remaining).toBe(0);
    return value;
  };

  it('given none, then no array is made', () => {
    expect(section('00')).toEqual({});
  });

  it('given unknown ones in any order, then they are kept by ascending tag, the last of each', () => {
    expect(section('03 05 01aa 02 00 05 01bb')).toEqual({
      unknownTaggedFields: [
        { tag: 2, bytes: Buffer.alloc(0) },
        { tag: 5, bytes: Buffer.from([0xbb]) },
      ],
    });
  });

  it('given a size beyond the frame, then it is refused', () => {
    malformed(() => reader('01 00 05 aa').unknownTaggedSection({}));
  });

  it('given a known field whose size is not that of its content, then it is refused', () => {
    const one = reader('01 00 02 aabb');
    one.taggedFieldCount();
    one.uvarint();
    const end = one.taggedFieldEnd();
    one.int8();
    malformed(() => one.endTaggedField(end));
  });

  it('given more than can be in what is left, then they are refused at once', () => {
    malformed(() => reader('ffffffff0f 0000').unknownTaggedSection({}));
  });

  it('given twenty million of them really there, then they are refused at once', () => {
    const frame = Buffer.alloc(40_000_004);
    frame.set([0x80, 0xda, 0xc4, 0x09]);
    const before = process.memoryUsage().heapUsed;
    malformed(() => new Reader(frame).unknownTaggedSection({}), 'TOO_LARGE');
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
  });

  it('given too many spread over the structs of one message, then they are refused', () => {
    const perStruct = 1000;
    const all = new Reader(Buffer.alloc((UNKNOWN_TAGGED_FIELDS_MAX + perStruct) * 2 * 2));
    const fill = (): void => {
      const value: Tagged = {};
      for (let left = perStruct; left > 0; left -= 1)
        all.unknownTaggedField(value, all.uvarint(), all.taggedFieldEnd());
    };
    malformed(() => {
      for (let struct = 0; struct * perStruct <= UNKNOWN_TAGGED_FIELDS_MAX; struct += 1) fill();
    }, 'TOO_LARGE');
  });
});

describe('Reader: ids and bounds', () => {
  it('given the zero id and one that only starts and ends with zero, then they differ', () => {
    expect(reader('00'.repeat(16)).uuid()).toBe(ZERO_UUID);
    expect(reader(`00${'01'.repeat(14)}00`).uuid()).not.toBe(ZERO_UUID);
  });

  it('given a part of a buffer, then reading ends where the part ends', () => {
    const part = new Reader(Buffer.from('0001020304', 'hex'), 1, 3);
    expect(part.int16()).toBe(0x0102);
    malformed(() => part.int8());
    expect(() => new Reader(Buffer.alloc(2), 1, 3)).toThrow(RangeError);
  });
});
