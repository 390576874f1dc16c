// Who moves when a broker joins or leaves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drained,
  filled,
  type Place,
  type PlacedPartition,
  resized,
  TooFewBrokers,
} from './placement.ts';

const place = (nodeId: number, rack: string | null = null): Place => ({ nodeId, rack });
const placed = (partition: number, ...replicas: number[]): PlacedPartition => ({
  topic: 'orders',
  partition,
  replicas,
});

/** The whole assignment after some partitions have changed. */
function after(
  partitions: readonly PlacedPartition[],
  changes: readonly PlacedPartition[],
): PlacedPartition[] {
  return partitions.map(
    (one) => changes.find((change) => change.partition === one.partition) ?? one,
  );
}

const count = (partitions: readonly PlacedPartition[], nodeId: number): number =>
  partitions.filter(({ replicas }) => replicas.includes(nodeId)).length;

describe('draining a broker', () => {
  it('puts each of its replicas, in its place of the order, on the emptiest other broker', () => {
    const partitions = [placed(0, 1, 2), placed(1, 2, 3), placed(2, 3, 1)];
    const changes = drained(partitions, [place(1), place(2), place(3), place(4)], 1);
    expect(changes).toEqual([placed(0, 4, 2), placed(2, 3, 4)]);
  });

  it('chooses a rack that holds no other replica of the partition', () => {
    const places = [place(1, 'a'), place(2, 'b'), place(3, 'b'), place(4, 'b'), place(5, 'c')];
    const partitions = [placed(0, 1, 2), placed(1, 4, 5), placed(2, 4, 5)];
    expect(drained(partitions, places, 1)).toEqual([placed(0, 5, 2)]);
  });

  it('says which partition has nowhere to go', () => {
    const drain = () => drained([placed(0, 1, 2)], [place(1), place(2)], 1);
    expect(drain).toThrow(TooFewBrokers);
    expect(drain).toThrow('orders-0 has 2 replicas, and no other broker is left for one of them');
  });
});

describe('filling a broker', () => {
  it('takes its share from those who have most, and no more', () => {
    const partitions = [placed(0, 1, 2), placed(1, 1, 2), placed(2, 2, 1), placed(3, 1, 2)];
    const changes = filled(partitions, [place(1), place(2), place(3)], 3);
    const result = after(partitions, changes);
    expect([1, 2, 3].map((nodeId) => count(result, nodeId))).toEqual([3, 3, 2]);
  });

  it('moves nothing to a broker that has its share', () => {
    const partitions = [placed(0, 1, 2), placed(1, 2, 3), placed(2, 3, 1)];
    expect(filled(partitions, [place(1), place(2), place(3)], 3)).toEqual([]);
  });

  it('does not put a second replica of a partition into a rack', () => {
    const places = [place(1, 'a'), place(2, 'b'), place(3, 'b')];
    const partitions = [placed(0, 1, 2), placed(1, 1, 2), placed(2, 1, 2), placed(3, 1, 2)];
    for (const { replicas } of filled(partitions, places, 3)) expect(replicas).toEqual([1, 3]);
  });
});

describe('any assignment', () => {
  const anAssignment = fc
    .record({ brokers: fc.integer({ min: 4, max: 9 }), racks: fc.integer({ min: 0, max: 3 }) })
    .chain(({ brokers, racks }) => {
      const places = Array.from({ length: brokers }, (_, index) =>
        place(index + 1, racks === 0 ? null : `rack-${index % racks}`),
      );
      const replicas = fc.shuffledSubarray(
        places.slice(0, -1).map(({ nodeId }) => nodeId),
        { minLength: 1, maxLength: 3 },
      );
      return fc.record({ places: fc.constant(places), all: fc.array(replicas, { maxLength: 40 }) });
    });

  it('keeps the number of replicas and never doubles one; drained means empty, filled means a share', () => {
    fc.assert(
      fc.property(anAssignment, ({ places, all }) => {
        const partitions = all.map((replicas, index) => placed(index, ...replicas));
        const last = places.at(-1)!.nodeId;
        for (const changes of [drained(partitions, places, 1), filled(partitions, places, last)])
          for (const { partition, replicas } of changes) {
            expect(new Set(replicas).size).toBe(replicas.length);
            expect(replicas.length).toBe(all[partition]!.length);
          }
        expect(count(after(partitions, drained(partitions, places, 1)), 1)).toBe(0);
        const total = all.reduce((sum, replicas) => sum + replicas.length, 0);
        const full = count(after(partitions, filled(partitions, places, last)), last);
        expect(full).toBeLessThanOrEqual(Math.floor(total / places.length));
      }),
    );
  });
});

describe('another number of replicas', () => {
  const inSync = (one: PlacedPartition, ...isr: number[]) => ({
    ...one,
    isr: isr.length === 0 ? one.replicas : isr,
  });

  it('adds them on the emptiest brokers, in racks that hold none', () => {
    const places = [place(1, 'a'), place(2, 'a'), place(3, 'b'), place(4, 'b')];
    const topic = [placed(0, 1), placed(1, 1)];
    const changes = resized(
      topic,
      places,
      topic.map((one) => inSync(one)),
      2,
    );
    expect(changes).toEqual([placed(0, 1, 3), placed(1, 1, 4)]);
  });

  it('takes first who is out of sync, then who shares a rack, then who is on the fullest broker; who leads stays', () => {
    const places = [place(1, 'a'), place(2, 'b'), place(3, 'b'), place(4)];
    const all = [placed(0, 1, 2, 3), placed(1, 1, 2, 4), placed(2, 3, 4, 1)];
    const [zero, one, two] = all as [PlacedPartition, PlacedPartition, PlacedPartition];
    expect(resized(all, places, [inSync(zero, 1, 3)], 2)).toEqual([placed(0, 1, 3)]);
    expect(resized(all, places, [inSync(zero)], 2)).toEqual([placed(0, 1, 2)]);
    expect(resized(all, places, [inSync(two)], 2)).toEqual([placed(2, 3, 4)]);
    expect(resized(all, places, [inSync(one, 2)], 1)).toEqual([placed(1, 2)]);
  });

  it('leaves alone what has so many', () => {
    const topic = [placed(0, 1, 2)];
    expect(resized(topic, [place(1), place(2), place(3)], [inSync(topic[0]!)], 2)).toEqual([]);
  });

  it('given any assignment, then each partition has as many different replicas as were asked for, and keeps what it can', () => {
    const brokers = [1, 2, 3, 4, 5];
    const assignment = fc.array(
      fc.shuffledSubarray(brokers, { minLength: 1 }).map((replicas) => replicas),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(assignment, fc.integer({ min: 1, max: 5 }), (replicas, factor) => {
        const topic = replicas.map((ids, partition) => placed(partition, ...ids));
        const changes = resized(
          topic,
          brokers.map((id) => place(id)),
          topic.map((one) => inSync(one)),
          factor,
        );
        for (const [at, one] of after(topic, changes).entries()) {
          expect(new Set(one.replicas).size).toBe(factor);
          const kept = one.replicas.filter((id) => topic[at]!.replicas.includes(id));
          expect(kept).toHaveLength(Math.min(factor, topic[at]!.replicas.length));
          expect(one.replicas[0]).toBe(topic[at]!.replicas[0]);
        }
      }),
    );
  });
});
