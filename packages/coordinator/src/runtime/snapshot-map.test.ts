import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapshotMap } from './snapshot-map.ts';
import { SnapshotRegistry } from './snapshot-registry.ts';

type Step =
  | {
      readonly do: 'set';
      readonly map: number;
      readonly key: string;
      readonly value: number | undefined;
    }
  | { readonly do: 'delete'; readonly map: number; readonly key: string }
  | { readonly do: 'snapshot' }
  | { readonly do: 'commit' | 'revert'; readonly pick: number };

const map = fc.integer({ min: 0, max: 1 });
const key = fc.constantFrom('a', 'b', 'c', 'd');
const pick = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      map,
      key,
      value: fc.option(fc.nat(9), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), map, key }) },
  { weight: 3, arbitrary: fc.constant({ do: 'snapshot' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'revert' as const), pick }),
  },
);

/** The same behaviour by copying everything at each snapshot. */
class Model {
  latest = [new Map<string, number | undefined>(), new Map<string, number | undefined>()];
  snapshots: { offset: number; maps: Map<string, number | undefined>[] }[] = [];

  copy(): Map<string, number | undefined>[] {
    return this.latest.map((each) => new Map(each));
  }

  get committed(): Map<string, number | undefined>[] {
    return this.snapshots[0]?.maps ?? this.latest;
  }
}

function sorted<V>(entries: Iterable<readonly [string, V]>): (readonly [string, V])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('SnapshotMap', () => {
  it('given any history of changes, snapshots, commits and reverts, then latest and committed reads are those of full copies', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const registry = new SnapshotRegistry();
        const maps = [
          new SnapshotMap<string, number | undefined>(registry),
          new SnapshotMap<string, number | undefined>(registry),
        ];
        const model = new Model();
        let offset = 0;
        for (const each of steps) {
          switch (each.do) {
            case 'set':
              maps[each.map]!.set(each.key, each.value);
              model.latest[each.map]!.set(each.key, each.value);
              break;
            case 'delete':
              expect(maps[each.map]!.delete(each.key)).toBe(
                model.latest[each.map]!.delete(each.key),
              );
              break;
            case 'snapshot':
              registry.snapshot((offset += 1));
              model.snapshots.push({ offset, maps: model.copy() });
              break;
            case 'commit': {
              const target = model.snapshots[each.pick % (model.snapshots.length || 1)];
              if (target === undefined) break;
              registry.commit(target.offset);
              model.snapshots = model.snapshots.filter((kept) => kept.offset >= target.offset);
              break;
            }
            case 'revert': {
              const index = each.pick % (model.snapshots.length || 1);
              const target = model.snapshots[index];
              if (target === undefined) break;
              registry.revert(target.offset);
              model.snapshots.length = index + 1;
              model.latest = target.maps.map((kept) => new Map(kept));
              break;
            }
          }
          for (const i of [0, 1]) {
            const [real, latest, committed] = [maps[i]!, model.latest[i]!, model.committed[i]!];
            expect(sorted(real.entries())).toEqual(sorted(latest));
            expect(sorted(real.committedEntries())).toEqual(sorted(committed));
            for (const name of ['a', 'b', 'c', 'd']) {
              expect(real.get(name)).toBe(latest.get(name));
              expect(real.has(name)).toBe(latest.has(name));
              expect(real.getCommitted(name)).toBe(committed.get(name));
            }
            expect(real.size).toBe(latest.size);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('given no snapshot yet, then nothing is recorded and committed reads see the latest state', () => {
    const registry = new SnapshotRegistry();
    const counts = new SnapshotMap<string, number>(registry);
    counts.set('a', 1);
    expect(registry.size).toBe(0);
    expect(counts.getCommitted('a')).toBe(1);
  });

  it('when a snapshot is taken twice at one offset, then there is one', () => {
    const registry = new SnapshotRegistry();
    registry.snapshot(5);
    registry.snapshot(5);
    expect(registry.size).toBe(1);
  });

  it('when asked to go back to an offset without a snapshot, or to snapshot the past, then it refuses', () => {
    const registry = new SnapshotRegistry();
    registry.snapshot(5);
    expect(() => registry.revert(4)).toThrow(RangeError);
    expect(() => registry.snapshot(4)).toThrow(RangeError);
  });
});
