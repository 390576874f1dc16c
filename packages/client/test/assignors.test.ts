// Who gets which partition: the results that Java's assignors of the same name give.
import { describe, expect, it } from 'vitest';
import {
  type Assignor,
  rangeAssignor,
  roundRobinAssignor,
  type Subscription,
} from '../src/index.ts';
import { EMPTY_METADATA } from '../src/metadata/cluster-metadata.ts';

async function assign(
  assignor: Assignor,
  wanted: Record<string, string[]>,
  counts: Record<string, number>,
) {
  const members = new Map(
    Object.entries(wanted).map(([id, topics]) => [
      id,
      {
        topics,
        ownedPartitions: [],
        generationId: -1,
        userData: null,
        groupInstanceId: null,
        rackId: null,
      } satisfies Subscription,
    ]),
  );
  const assignment = await assignor.assign({
    members,
    partitionCounts: new Map(Object.entries(counts)),
    cluster: EMPTY_METADATA,
  });
  return Object.fromEntries(
    [...assignment].map(([id, { partitions }]) => [
      id,
      partitions.map(({ topic, partition }) => `${topic}${partition}`),
    ]),
  );
}

describe('rangeAssignor', () => {
  it('given 2 members and 2 topics of 3, then the first gets two of each', async () => {
    expect(await assign(rangeAssignor, { b: ['s', 't'], a: ['t', 's'] }, { s: 3, t: 3 })).toEqual({
      a: ['s0', 's1', 't0', 't1'],
      b: ['s2', 't2'],
    });
  });

  it('given more members than partitions, then the last get none', async () => {
    expect(await assign(rangeAssignor, { a: ['t'], b: ['t'], c: ['t'] }, { t: 2 })).toEqual({
      a: ['t0'],
      b: ['t1'],
      c: [],
    });
  });

  it('given a topic that does not exist, then nobody gets it', async () => {
    expect(await assign(rangeAssignor, { a: ['t'] }, {})).toEqual({ a: [] });
  });
});

describe('roundRobinAssignor', () => {
  it('given 2 members and 2 topics of 3, then takes turns over all partitions', async () => {
    expect(
      await assign(roundRobinAssignor, { a: ['s', 't'], b: ['s', 't'] }, { s: 3, t: 3 }),
    ).toEqual({
      a: ['s0', 's2', 't1'],
      b: ['s1', 't0', 't2'],
    });
  });

  it('given members with different topics, then skips those that did not ask', async () => {
    expect(await assign(roundRobinAssignor, { a: ['s'], b: ['s', 't'] }, { s: 2, t: 2 })).toEqual({
      a: ['s0'],
      b: ['s1', 't0', 't1'],
    });
  });
});
