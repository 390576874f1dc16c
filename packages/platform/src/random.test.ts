import { describe, expect, it } from 'vitest';
import { deriveSeed, seededRandom } from './random.ts';

describe('seededRandom', () => {
  it('given one seed, when drawn, then the same numbers everywhere and always', () => {
    const draws = [seededRandom(1), seededRandom(1), seededRandom(2)].map((random) =>
      Array.from({ length: 5 }, () => random.uint32()),
    );

    expect(draws[0]).toEqual(draws[1]);
    expect(draws[0]).not.toEqual(draws[2]);
    expect(draws[0]).toMatchInlineSnapshot(`
      [
        393288148,
        2174103013,
        3814759091,
        2092745082,
        1865176206,
      ]
    `);
  });

  it('given names of streams, when seeds are derived, then they differ and the sequences share nothing', () => {
    const seeds = ['network', 'node-1 disk', 'node-1 life 0', 'node-1 life 1'].map((name) =>
      deriveSeed(7, name),
    );

    expect(new Set(seeds).size).toBe(4);
  });

  it('given many draws below a bound, when counted, then no value is favoured', () => {
    const random = seededRandom(99);
    const counts = new Uint32Array(6);
    for (let count = 0; count < 60_000; count++) {
      const value = random.below(6);
      counts[value] = (counts[value] ?? 0) + 1;
    }

    expect(Math.min(...counts)).toBeGreaterThan(9_600);
    expect(Math.max(...counts)).toBeLessThan(10_400);
  });
});
