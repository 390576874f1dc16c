import { gzipSync, zstdCompressSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compress, Compression, compressionName, decompress } from './index.ts';
import { xxhash32 } from './xxhash32.ts';

const MB = 1024 * 1024;
const codecs = Object.entries(Compression);
const realCodecs = codecs.filter(([name]) => name !== 'none');
const error = (code: string): unknown => expect.objectContaining({ name: 'ProtocolError', code });

describe('compress and decompress', () => {
  it.each(codecs)('given any bytes, when they go through %s, then they come back', (_, codec) => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 5000 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 5000 }))
        .map(([pattern, times]) => Buffer.alloc(pattern.length * times, pattern)),
    );
    fc.assert(
      fc.property(bytes, (content) => {
        const input = Buffer.from(content);
        const back = decompress(codec, compress(codec, input), input.length);
        expect(back.equals(input)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it.each(realCodecs)(
    'given 3 MB of text, when it goes through %s, then it comes back',
    (_, codec) => {
      const lines = Array.from(
        { length: 60_000 },
        (__, n) => `{"id":${n},"name":"user-${n % 977}"}`,
      );
      const input = Buffer.from(lines.join('\n'));
      const packed = compress(codec, input);
      expect(packed.length).toBeLessThan(input.length / 2);
      expect(decompress(codec, packed, 4 * MB).equals(input)).toBe(true);
    },
  );

  it('given levels, then gzip and zstd heed them', () => {
    const input = Buffer.from(Array.from({ length: 20_000 }, (_, n) => `${n * 7919}`).join());
    for (const [codec, low, high] of [
      [Compression.gzip, 1, 9],
      [Compression.zstd, 1, 19],
    ] as const) {
      const packed = compress(codec, input, high);
      expect(packed.length).toBeLessThan(compress(codec, input, low).length);
      expect(decompress(codec, packed, input.length).equals(input)).toBe(true);
    }
  });

  it.each([5, 6, 7, -1, 1.5])('given the codec id %d, then it is refused by name', (id) => {
    expect(() => compress(id, Buffer.alloc(1))).toThrow(error('UNSUPPORTED_COMPRESSION_TYPE'));
    expect(() => decompress(id, Buffer.alloc(1), 9)).toThrow(error('UNSUPPORTED_COMPRESSION_TYPE'));
    expect(() => compressionName(id)).toThrow(error('UNSUPPORTED_COMPRESSION_TYPE'));
  });
});

describe('bounds', () => {
  it.each(codecs)(
    'given %s, when one byte more than the bound would come out, then TOO_LARGE',
    (_, codec) => {
      const input = Buffer.from('offset offset offset offset '.repeat(50));
      const packed = compress(codec, input);
      expect(decompress(codec, packed, input.length).equals(input)).toBe(true);
      expect(() => decompress(codec, packed, input.length - 1)).toThrow(error('TOO_LARGE'));
    },
  );

  it.each(realCodecs)(
    'given a %s bomb, when it is decompressed, then it stops at the bound',
    (_, codec) => {
      const bomb = bombs[codec]!;
      const before = process.memoryUsage();
      expect(() => decompress(codec, bomb, 8 * MB)).toThrow(error('TOO_LARGE'));
      const after = process.memoryUsage();
      expect(
        after.arrayBuffers + after.external - before.arrayBuffers - before.external,
      ).toBeLessThan(64 * MB);
    },
  );

  it('given raw snappy that declares 4 GB in 7 bytes, then nothing is allocated for it', () => {
    const liar = Buffer.from('ffffffff0f0061', 'hex');
    expect(() => decompress(Compression.snappy, liar, 8 * MB)).toThrow(error('TOO_LARGE'));
    expect(() => decompress(Compression.snappy, liar, 8192 * MB)).toThrow(error('CORRUPT_MESSAGE'));
  });
});

/**
 * About 10 MB that grow to 10 GB for gzip, far less for zstd; 1 MB to 256 MB for LZ4 and to 24 MB for snappy, which is as far
 * as those formats go. Made by repeating what repeats, never by holding the content.
 */
const bombs: Readonly<Record<number, Buffer>> = {
  [Compression.gzip]: repeated(gzipSync(Buffer.alloc(64 * MB)), 160),
  [Compression.zstd]: repeated(zstdCompressSync(Buffer.alloc(64 * MB)), 160),
  [Compression.lz4]: lz4Bomb(),
  [Compression.snappy]: snappyBomb(),
};

/** Both gzip and zstd read appended streams as one. */
function repeated(member: Buffer, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => member));
}

/** Frame header with 4 MB blocks, then blocks that are one byte and a match of 4 MB. */
function lz4Bomb(): Buffer {
  const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0]);
  header[6] = (xxhash32(header, 4, 6) >>> 8) & 0xff;
  const run = Buffer.alloc(16_440, 255);
  const block = Buffer.concat([Buffer.from([0x1f, 0, 1, 0]), run, Buffer.from([7, 0x10, 0])]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(block.length);
  return Buffer.concat([header, ...Array.from({ length: 64 }, () => [length, block]).flat()]);
}

/** Xerial framing with blocks that declare 1 MB and repeat one byte. */
function snappyBomb(): Buffer {
  const declared = 1 + 64 * 16_384;
  const copies = Buffer.alloc(3 * 16_384, Buffer.from([0xfe, 1, 0]));
  const varint = Buffer.from([
    (declared & 127) | 128,
    ((declared >> 7) & 127) | 128,
    declared >> 14,
  ]);
  const block = Buffer.concat([varint, Buffer.from([0, 0x61]), copies]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(block.length);
  const header = Buffer.from('82534e41505059000000000100000001', 'hex');
  return Buffer.concat([header, ...Array.from({ length: 24 }, () => [length, block]).flat()]);
}

describe('damaged input', () => {
  it.each(realCodecs)(
    'given %s with any byte changed or cut, then a result or one typed error',
    (_, codec) => {
      const packed = compress(
        codec,
        Buffer.from('baseOffset lastOffsetDelta baseOffset '.repeat(20)),
      );
      const cases = fc.tuple(
        fc.nat(packed.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
      );
      fc.assert(
        fc.property(cases, ([at, byte, isCut]) => {
          const damaged = Buffer.from(packed);
          damaged[at] = byte;
          expectTyped(codec, isCut ? damaged.subarray(0, at) : damaged);
        }),
        { numRuns: 1000 },
      );
    },
  );

  it.each(realCodecs)('given garbage as %s, then one typed error and never a trap', (_, codec) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        expectTyped(codec, Buffer.from(garbage));
      }),
      { numRuns: 500 },
    );
  });

  function expectTyped(codec: number, bytes: Buffer): void {
    try {
      expect(decompress(codec, bytes, 100_000).length).toBeLessThanOrEqual(100_000);
    } catch (thrown) {
      expect(['CORRUPT_MESSAGE', 'TOO_LARGE']).toContain((thrown as { code: string }).code);
    }
  }
});

describe('snappy', () => {
  const xerial = compress(Compression.snappy, Buffer.from('hello hello hello hello'));

  it('given raw snappy without framing, then it is read as well', () => {
    const raw = xerial.subarray(20);
    expect(decompress(Compression.snappy, raw, 100).toString()).toBe('hello hello hello hello');
  });

  it('given two framed streams one after the other, then they are read as one', () => {
    const twice = Buffer.concat([xerial, xerial]);
    expect(decompress(Compression.snappy, twice, 100).length).toBe(46);
  });

  it('given copies with 1, 2 and 4 bytes of distance, and long literals, then all are read', () => {
    // 6 bytes "abcdef", then copies of 4 from 6, 5 and 4 back.
    const block = Buffer.from('1214616263646566' + '0106' + '0e0500' + '0f04000000', 'hex');
    expect(decompress(Compression.snappy, block, 100).toString()).toBe('abcdefabcdfabcfabc');
    const literal = Buffer.concat([Buffer.from('c801f0c7', 'hex'), Buffer.alloc(200, 'x')]);
    expect(decompress(Compression.snappy, literal, 200).toString()).toBe('x'.repeat(200));
  });

  it.each([
    ['a copy before the start', '08' + '0061' + '0e0500'],
    ['less than declared', '08' + '0061'],
    ['more than declared', '01' + '0461' + '62'],
    ['a distance of 0', '05' + '0061' + '0e0000'],
  ])('given %s, then CORRUPT_MESSAGE', (_, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(() => decompress(Compression.snappy, bytes, 100)).toThrow(error('CORRUPT_MESSAGE'));
  });
});

describe('lz4', () => {
  const frame = compress(Compression.lz4, Buffer.from('hello hello hello hello '.repeat(10)));

  it.each([
    ['a wrong header checksum', 6, 0x01],
    ['another frame version', 4, 0xc0],
    ['linked blocks', 4, 0x20],
    ['reserved bits', 4, 0x02],
    ['no frame at all', 0, 0xff],
  ])('given %s, then CORRUPT_MESSAGE', (_, at, flip) => {
    const damaged = Buffer.from(frame);
    damaged[at]! ^= flip;
    expect(() => decompress(Compression.lz4, damaged, 1000)).toThrow(error('CORRUPT_MESSAGE'));
  });

  it('given a wrong header checksum in message format 0, which wrote it so, then it is read', () => {
    const damaged = Buffer.from(frame);
    damaged[6]! ^= 1;
    expect(decompress(Compression.lz4, damaged, 1000, 0).length).toBe(240);
  });

  it('given block checksums and content size, as liblz4 can write, then both are understood', () => {
    const content = Buffer.from('a stored block');
    const head = Buffer.from('04224d18784000000000000000000000', 'hex').subarray(0, 15);
    head.writeUInt32LE(content.length, 6);
    head[14] = (xxhash32(head, 4, 14) >>> 8) & 0xff;
    const words = Buffer.alloc(12);
    words.writeUInt32LE((content.length | 0x80000000) >>> 0, 0);
    words.writeUInt32LE(xxhash32(content, 0, content.length), 4);
    const stored = (sum: Buffer): Buffer =>
      Buffer.concat([head, words.subarray(0, 4), content, sum, Buffer.alloc(4)]);
    const good = stored(words.subarray(4, 8));
    expect(decompress(Compression.lz4, good, 100).toString()).toBe('a stored block');
    const wrong = stored(Buffer.alloc(4));
    expect(() => decompress(Compression.lz4, wrong, 100)).toThrow(error('CORRUPT_MESSAGE'));
  });

  it.each([
    ['', 0x02cc5d05],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('given %j, then XXH32 is the published one', (text, expected) => {
    const bytes = Buffer.from(text);
    expect(xxhash32(bytes, 0, bytes.length)).toBe(expected);
  });
});
