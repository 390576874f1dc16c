import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../test/support/cluster.ts';
import { placeReplicas, type UsableBroker } from './replica-placer.ts';

function brokersOf(...racks: Array<string | null>): UsableBroker[] {
  return racks.map((rack, brokerId) => ({
    brokerId,
    rack,
    host: `host-${brokerId}`,
    fenced: false,
  }));
}

/** Brokers without racks, by the machines on which they run. */
function brokersOn(...hosts: string[]): UsableBroker[] {
  return hosts.map((host, brokerId) => ({ brokerId, rack: null, host, fenced: false }));
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
      host: fc.constantFrom('h1', 'h2', 'h3', 'h4'),
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

  it('given machines with several brokers, then replicas share a machine only when there is no other', () => {
    const cluster = fc.array(fc.constantFrom('h1', 'h2', 'h3', 'h4'), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(cluster, fc.nat(8), fc.nat(), (hosts, extra, seed) => {
        const factor = 1 + (extra % hosts.length);

        for (const replicas of placeReplicas(brokersOn(...hosts), 20, factor, seededRandom(seed))) {
          const used = new Set(replicas.map((id) => hosts[id]));
          expect(used.size).toBe(Math.min(factor, new Set(hosts).size));
        }
      }),
    );
  });

  it('given two machines with two brokers each, then every broker leads and follows about equally often', () => {
    const placed = placeReplicas(brokersOn('h1', 'h1', 'h2', 'h2'), 400, 2, seededRandom(5));

    for (let id = 0; id < 4; id++) {
      for (const place of [0, 1]) {
        const count = placed.filter((replicas) => replicas[place] === id).length;
        expect(Math.abs(count - 100)).toBeLessThanOrEqual(15);
      }
    }
  });

  it('given machines inside racks, when there are fewer racks than replicas, then machines differ as well', () => {
    const machines = ['a1', 'a1', 'a2', 'b1', 'b1', 'b2'];
    const brokers = machines.map((host, brokerId) => ({
      brokerId,
      host,
      rack: host.slice(0, 1),
      fenced: false,
    }));

    for (let seed = 0; seed < 20; seed++) {
      for (const replicas of placeReplicas(brokers, 12, 3, seededRandom(seed))) {
        expect(new Set(replicas.map((id) => machines[id])).size).toBe(3);
        expect(new Set(replicas.map((id) => brokers[id]?.rack)).size).toBe(2);
      }
    }
  });

  it('given all brokers on one machine, then they are placed as if nothing was known of machines', () => {
    const together = placeReplicas(brokersOn('h', 'h', 'h'), 12, 2, seededRandom(7));

    expect(together).toEqual(placeReplicas(brokersOf(null, null, null), 12, 2, seededRandom(7)));
  });
});
