import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../test/support/cluster.ts';
import { placeReplicas, type UsableBroker } from './replica-placer.ts';

function brokersOf(...racks: Array<string | null>): UsableBroker[] {
  return racks.map((rack, brokerId) => ({ brokerId, rack, fenced: false }));
}

describe('placeReplicas', () => {
  it('given three racks, then the three replicas of every partition are in three racks', () => {
    const brokers = brokersOf('a', 'a', 'a', 'b', 'b', 'c');

    for (let seed = 0; seed < 20; seed++) {
      for (const replicas of placeReplicas(brokers, 12, 3, seededRandom(seed))) {
        const racks = replicas.map((id) => brokers[id]?.rack);
        expect(new Set(racks).size).toBe(3);
      }
    }
  });

  it('given brokers without racks, then every broker leads equally often', () => {
    const placed = placeReplicas(brokersOf(null, null, null, null), 40, 2, seededRandom(3));

    const leaders = placed.map(([leader]) => leader);
    for (let id = 0; id < 4; id++) expect(leaders.filter((l) => l === id)).toHaveLength(10);
  });

  it('given fenced brokers, then they come last and never lead', () => {
    const brokers = brokersOf('a', 'a', 'b').map((b) => ({ ...b, fenced: b.brokerId === 2 }));

    for (const replicas of placeReplicas(brokers, 10, 3, seededRandom(1))) {
      expect(replicas[0]).not.toBe(2);
      expect(new Set(replicas)).toEqual(new Set([0, 1, 2]));
    }
  });

  it('given one broker that serves, then it leads everything', () => {
    const brokers = brokersOf(null, null).map((b) => ({ ...b, fenced: b.brokerId === 1 }));

    expect(placeReplicas(brokers, 5, 2, seededRandom(1))).toEqual(
      Array.from({ length: 5 }, () => [0, 1]),
    );
  });

  it('given any cluster, then replicas are distinct brokers, as many as asked for', () => {
    const broker = fc.record({
      rack: fc.constantFrom(null, 'a', 'b', 'c'),
      fenced: fc.boolean(),
    });
    const cluster = fc.array(broker, { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(cluster, fc.nat(20), fc.nat(8), fc.nat(), (specs, partitions, extra, seed) => {
        const brokers = specs.map((spec, brokerId) => ({ ...spec, brokerId }));
        fc.pre(brokers.some(({ fenced }) => !fenced));
        const factor = 1 + (extra % brokers.length);

        const placed = placeReplicas(brokers, partitions, factor, seededRandom(seed));

        expect(placed).toHaveLength(partitions);
        for (const replicas of placed) {
          expect(new Set(replicas).size).toBe(factor);
          expect(brokers[replicas[0] ?? -1]?.fenced).toBe(false);
        }
      }),
    );
  });
});
