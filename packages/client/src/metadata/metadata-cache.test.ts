// What is believed of what brokers tell: leader epochs only grow, for as long as the topic is the same (KIP-320).
import { ErrorCode } from '@ottla/protocol';
import {
  createMetadataResponsePartition,
  createMetadataResponseTopic,
  type MetadataResponse,
  metadataResponse,
} from '@ottla/protocol/messages/metadata';
import { describe, expect, it } from 'vitest';
import { MetadataCache } from './metadata-cache.ts';

const OLD_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const NEW_ID = 'AAAAAAAAAAAAAAAAAAAAAg';

/** Brokers 1 to 3, and `orders` with leader and epoch of each partition. */
function told(
  leaders: readonly (readonly [leaderId: number, leaderEpoch: number])[],
  topicId = OLD_ID,
  errorCode = 0,
): MetadataResponse {
  return metadataResponse.create({
    brokers: [1, 2, 3].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null })),
    topics: [
      createMetadataResponseTopic({
        name: 'orders',
        topicId,
        errorCode,
        partitions: leaders.map(([leaderId, leaderEpoch], partitionIndex) =>
          createMetadataResponsePartition({ partitionIndex, leaderId, leaderEpoch }),
        ),
      }),
    ],
  });
}

function leaderOf(cache: MetadataCache, partition = 0) {
  const { leaderId, leaderEpoch } = cache.snapshot.topics.get('orders')!.partitions[partition]!;
  return [leaderId, leaderEpoch];
}

describe('MetadataCache', () => {
  it('given metadata of an older epoch, then keeps the leader that it knows, and tells that the broker is behind', () => {
    const cache = new MetadataCache();
    expect(cache.merge(told([[2, 4]]), false)).toEqual({ isBehind: false });
    expect(cache.merge(told([[1, 3]]), false)).toEqual({ isBehind: true });
    expect(leaderOf(cache)).toEqual([2, 4]);
    expect(cache.merge(told([[2, 4]]), false)).toEqual({ isBehind: false });
  });

  it('given a topic that was invalidated, when an older leader is told, then there is none', () => {
    const cache = new MetadataCache();
    cache.merge(told([[2, 4]]), false);
    cache.invalidate('orders');
    cache.merge(told([[1, 3]]), false);
    expect(leaderOf(cache)).toEqual([-1, 4]);
    cache.merge(told([[3, 5]]), false);
    expect(leaderOf(cache)).toEqual([3, 5]);
  });

  it('given the epoch of a committed offset before any metadata, then an older leader is not believed', () => {
    const cache = new MetadataCache();
    expect(cache.seeLeaderEpoch('orders', 1, 4)).toBe(true);
    expect(
      cache.merge(
        told([
          [1, 3],
          [1, 3],
        ]),
        false,
      ),
    ).toEqual({ isBehind: true });
    expect([leaderOf(cache, 0), leaderOf(cache, 1)]).toEqual([
      [1, 3],
      [-1, 4],
    ]);
    expect(
      cache.merge(
        told([
          [1, 3],
          [2, 4],
        ]),
        false,
      ),
    ).toEqual({ isBehind: false });
    expect(leaderOf(cache, 1)).toEqual([2, 4]);
  });

  it('given the epoch of a committed offset after metadata of an older one, then its leader is forgotten', () => {
    const cache = new MetadataCache();
    cache.merge(told([[1, 3]]), false);
    expect(cache.seeLeaderEpoch('orders', 0, 4)).toBe(true);
    expect(leaderOf(cache)).toEqual([-1, 4]);
  });

  it.each([3, 2, -1])(
    'given epoch %i of a committed offset where 3 is known, then that is no news',
    (epoch) => {
      const cache = new MetadataCache();
      cache.merge(told([[1, 3]]), false);
      expect(cache.seeLeaderEpoch('orders', 0, epoch)).toBe(false);
      expect(leaderOf(cache)).toEqual([1, 3]);
    },
  );

  it('given a cluster that tells no epochs, then its leaders are believed', () => {
    const cache = new MetadataCache();
    cache.merge(told([[1, -1]]), false);
    cache.seeLeaderEpoch('orders', 0, 4);
    expect(leaderOf(cache)).toEqual([1, -1]);
    expect(cache.merge(told([[2, -1]]), false)).toEqual({ isBehind: false });
    expect(leaderOf(cache)).toEqual([2, -1]);
  });

  it('given a topic that was made anew under its name, then its epochs start again', () => {
    const cache = new MetadataCache();
    cache.merge(told([[2, 7]]), false);
    cache.invalidate('orders');
    expect(cache.merge(told([[1, 0]], NEW_ID), false)).toEqual({ isBehind: false });
    expect(leaderOf(cache)).toEqual([1, 0]);
  });

  it('given a broker that does not know a topic of which more is known, then it is behind, and what was seen stays seen', () => {
    const cache = new MetadataCache();
    cache.merge(told([[2, 4]]), false);
    const unknown = told([], OLD_ID, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(cache.merge(unknown, false)).toEqual({ isBehind: true });
    expect(cache.snapshot.topics.get('orders')).toMatchObject({ partitions: [] });
    cache.merge(told([[1, 3]]), false);
    expect(leaderOf(cache)).toEqual([-1, 4]);
  });

  it('given all topics without one that was known, then that one is forgotten', () => {
    const cache = new MetadataCache();
    cache.merge(told([[2, 4]]), false);
    cache.merge({ ...told([]), topics: [] }, true);
    expect(cache.snapshot.topics.size).toBe(0);
    expect(cache.merge(told([[1, 0]]), false)).toEqual({ isBehind: false });
  });

  describe('learnLeader', () => {
    const hint = { topic: 'orders', partition: 0, leaderId: 3, leaderEpoch: 5 };

    it('given a newer epoch, then that one leads; given it again or an older one, then that is no news', () => {
      const cache = new MetadataCache();
      cache.merge(told([[2, 4]]), false);
      expect(cache.learnLeader(hint, undefined)).toBe(true);
      expect(leaderOf(cache)).toEqual([3, 5]);
      expect(cache.learnLeader({ ...hint, leaderId: 1 }, undefined)).toBe(false);
      expect(cache.learnLeader({ ...hint, leaderEpoch: 4 }, undefined)).toBe(false);
      expect(leaderOf(cache)).toEqual([3, 5]);
    });

    it('given a leader that was forgotten for the epoch of a committed offset, then a hint of that epoch is news', () => {
      const cache = new MetadataCache();
      cache.merge(told([[2, 4]]), false);
      cache.seeLeaderEpoch('orders', 0, 5);
      expect(cache.learnLeader({ ...hint, leaderEpoch: 4 }, undefined)).toBe(false);
      expect(cache.learnLeader(hint, undefined)).toBe(true);
      expect(leaderOf(cache)).toEqual([3, 5]);
    });

    it('given a broker that nobody named before, then its address must be told with it', () => {
      const cache = new MetadataCache();
      cache.merge(told([[2, 4]]), false);
      const endpoint = { nodeId: 9, host: 'b9', port: 9092, rack: null };
      expect(cache.learnLeader({ ...hint, leaderId: 9 }, undefined)).toBe(false);
      expect(cache.learnLeader({ ...hint, leaderId: 9 }, endpoint)).toBe(true);
      expect(cache.snapshot.brokers.get(9)).toEqual(endpoint);
    });
  });
});
