import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  coordinatorPartitionFor,
  javaStringHash,
  murmur2,
  partitionForKey,
  toPositive,
} from './partitioning.ts';

interface Golden {
  readonly keys: readonly {
    readonly key: string;
    readonly murmur2: number;
    readonly positive: number;
    readonly partition: Readonly<Record<string, number>>;
  }[];
  readonly coordinatorPartitions: readonly {
    readonly id: string;
    readonly javaHashCode: number;
    readonly partitionOf50: number;
  }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/murmur2.json', import.meta.url), 'utf8'),
) as Golden;

describe('partitioning', () => {
  it("given 200 keys, then hash and partition are Kafka's", () => {
    expect(golden.keys.length).toBe(200);
    for (const { key, murmur2: hash, positive, partition } of golden.keys) {
      const bytes = Buffer.from(key, 'hex');
      expect(murmur2(bytes)).toBe(hash);
      expect(toPositive(hash)).toBe(positive);
      for (const [count, expected] of Object.entries(partition))
        expect(partitionForKey(bytes, Number(count))).toBe(expected);
    }
  });

  it("given 50 group ids, then hash and coordinator partition are Kafka's", () => {
    expect(golden.coordinatorPartitions.length).toBe(50);
    for (const { id, javaHashCode, partitionOf50 } of golden.coordinatorPartitions) {
      expect(javaStringHash(id)).toBe(javaHashCode);
      expect(coordinatorPartitionFor(id, 50)).toBe(partitionOf50);
    }
  });

  it('given the smallest hash, whose absolute value is not positive, then it maps to 0', () => {
    expect(toPositive(-0x80000000)).toBe(0);
  });
});
