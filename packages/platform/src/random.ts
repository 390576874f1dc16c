// A `Random` from a source of 32-bit words, and the seeded source of the simulated world:
// xoshiro128** (Blackman and Vigna, 2018), its state filled by splitmix32.
import type { Random } from './ports.ts';

const UINT32_COUNT = 2 ** 32;

/** All of `Random` from a function that draws uniformly in [0, 2^32). */
export function randomFrom(uint32: () => number): Random {
  // 53 random bits, the most a double holds.
  const float = (): number => ((uint32() >>> 5) * 67_108_864 + (uint32() >>> 6)) / 2 ** 53;
  return {
    uint32,
    float,
    below(boundExclusive) {
      if (!(boundExclusive >= 1)) throw new RangeError(`no integer in [0, ${boundExclusive})`);
      if (boundExclusive > UINT32_COUNT) return Math.floor(float() * boundExclusive);
      // Values past the last whole multiple of the bound would favour the small ones: draw again.
      const limit = UINT32_COUNT - (UINT32_COUNT % boundExclusive);
      let value = uint32();
      while (value >= limit) value = uint32();
      return value % boundExclusive;
    },
    bytes(length) {
      const bytes = Buffer.allocUnsafe(length);
      for (let position = 0; position < length; position++) bytes[position] = uint32() >>> 24;
      return bytes;
    },
  };
}

/** The same seed gives the same draws, on every machine. Not for secrets. */
export function seededRandom(seed: number): Random {
  let filler = seed >>> 0;
  const splitmix32 = (): number => {
    filler = (filler + 0x9e37_79b9) >>> 0;
    let mixed = filler ^ (filler >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  let a = splitmix32();
  let b = splitmix32();
  let c = splitmix32();
  let d = splitmix32();
  return randomFrom(() => {
    const starred = Math.imul(b, 5);
    const result = Math.imul((starred << 7) | (starred >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  });
}

/** A seed for the stream called `name` of the world `seed` (FNV-1a). */
export function deriveSeed(seed: number, name: string): number {
  let hash = (0x811c_9dc5 ^ seed) >>> 0;
  for (let position = 0; position < name.length; position++) {
    hash = Math.imul(hash ^ name.charCodeAt(position), 0x0100_0193);
  }
  return hash >>> 0;
}
