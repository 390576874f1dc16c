import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { crc32c, portableCrc32c } from './crc32c.ts';

describe('crc32c', () => {
  it.each([
    ['', 0x00000000],
    ['123456789', 0xe3069283],
    ['The quick brown fox jumps over the lazy dog', 0x22620404],
  ])('given %j, then the published check value comes out', (text, expected) => {
    expect(crc32c(Buffer.from(text))).toBe(expected);
    expect(portableCrc32c(Buffer.from(text))).toBe(expected);
  });

  it.each([
    [0x00, 0x8a9136aa],
    [0xff, 0x62a8ab43],
  ])('given 32 bytes of %i, then the value of RFC 3720 comes out', (byte, expected) => {
    expect(crc32c(Buffer.alloc(32, byte))).toBe(expected);
  });

  it('given any bytes, then native and TypeScript agree, whole and in pieces', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(3000), (bytes, cut) => {
        const whole = portableCrc32c(bytes);
        expect(crc32c(bytes)).toBe(whole);
        expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(whole);
        expect(portableCrc32c(bytes.subarray(cut), portableCrc32c(bytes.subarray(0, cut)))).toBe(
          whole,
        );
      }),
      { numRuns: 200 },
    );
  });
});
