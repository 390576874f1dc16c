import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PersistentMap } from './persistent-map.ts';

const key = fc.oneof(fc.integer({ min: -50, max: 200 }), fc.string({ maxLength: 2 }));
const change = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key, value: fc.nat() }),
  fc.record({ kind: fc.constant('delete' as const), key }),
);

describe('PersistentMap', () => {
  it('given any changes, then every version holds what a Map would hold at that point', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 300 }), (changes) => {
        let map = PersistentMap.empty<string | number, number>();
        const model = new Map<string | number, number>();
        const versions: Array<[typeof map, ReadonlyArray<[string | number, number]>]> = [];
        for (const step of changes) {
          if (step.kind === 'set') {
            map = map.set(step.key, step.value);
            model.set(step.key, step.value);
          } else {
            map = map.delete(step.key);
            model.delete(step.key);
          }
          versions.push([map, [...model]]);
        }
        for (const [version, entries] of versions) {
          expect(version.size).toBe(entries.length);
          expect(new Map(version)).toEqual(new Map(entries));
          for (const [k, v] of entries) expect(version.get(k)).toBe(v);
        }
      }),
    );
  });

  it('given the same entries, when put in by other ways, then the order is the same', () => {
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    const up = PersistentMap.from(numbers.map((n) => [n, n] as const));
    let down = PersistentMap.from(numbers.toReversed().map((n) => [n, n] as const)).set(900, 1);
    down = down.delete(900);

    expect([...up]).toEqual([...down]);
  });

  it('given keys with one hash, then each keeps its own value', () => {
    // FNV-1a over UTF-16 units: these two collide in 32 bits.
    const [a, b] = collidingKeys();
    const map = PersistentMap.empty<string, number>().set(a, 1).set(b, 2).set(a, 3);

    expect([map.size, map.get(a), map.get(b), map.delete(a).get(b)]).toEqual([2, 3, 2, 2]);
    expect(map.delete(a).get(a)).toBeUndefined();
  });

  it('given a change that changes nothing, then the map is the same object', () => {
    const map = PersistentMap.from<string, number>([['a', 1]]);

    expect(map.set('a', 1)).toBe(map);
    expect(map.delete('b')).toBe(map);
  });
});

/** Two strings with the same FNV-1a hash, found by brute force over a birthday table. */
function collidingKeys(): [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const candidate = `k${i.toString(36)}`;
    let hash = 0x811c9dc5;
    for (let c = 0; c < candidate.length; c++) {
      hash = Math.imul(hash ^ candidate.charCodeAt(c), 0x01000193);
    }
    const other = seen.get(hash);
    if (other !== undefined) return [other, candidate];
    seen.set(hash, candidate);
  }
}
