// What a follower's session leaves out of requests, and when it begins anew (KIP-227).
import { ErrorCode } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import type { FetchPosition } from './follower-state.ts';
import { ReplicaSession, type WantedReplica } from './replica-session.ts';

const BYTES_MAX = 1000;

function replica(id: number): WantedReplica {
  return { name: `orders/${id}`, topic: 'orders', topicId: 'id-of-orders', id };
}

function position(fetchOffset: number, leaderEpoch = 0): FetchPosition {
  return { leaderEpoch, fetchOffset, lastFetchedEpoch: 0, logStartOffset: 0 };
}

function opened(wanted: ReadonlyMap<WantedReplica, FetchPosition>): ReplicaSession<WantedReplica> {
  const session = new ReplicaSession<WantedReplica>(BYTES_MAX);
  session.next(wanted);
  session.answered(ErrorCode.NONE, 77);
  return session;
}

/** Partitions that a request names. */
function named(topics: readonly { readonly partitions: readonly unknown[] }[]): unknown[] {
  return topics.flatMap(({ partitions }) =>
    partitions.map((one) =>
      typeof one === 'number' ? one : (one as { partition: number }).partition,
    ),
  );
}

describe('the session of a follower', () => {
  it('begins with everything, and then names what moved', () => {
    const [first, second] = [replica(0), replica(1)];
    const session = new ReplicaSession<WantedReplica>(BYTES_MAX);
    const wanted = new Map([
      [first, position(0)],
      [second, position(0)],
    ]);
    expect(session.isFull).toBe(true);
    const request = session.next(wanted);
    expect(request).toMatchObject({ sessionId: 0, sessionEpoch: 0, forgottenTopicsData: [] });
    expect(named(request.topics)).toEqual([0, 1]);
    session.answered(ErrorCode.NONE, 77);
    const next = session.next(wanted.set(second, position(5)));
    expect(next).toMatchObject({ sessionId: 77, sessionEpoch: 1 });
    expect(named(next.topics)).toEqual([1]);
  });

  it('forgets what is not wanted any more', () => {
    const [first, second] = [replica(0), replica(1)];
    const session = opened(
      new Map([
        [first, position(0)],
        [second, position(0)],
      ]),
    );
    const wanted = new Map([[first, position(0)]]);
    expect(session.hasForgotten(wanted)).toBe(true);
    const request = session.next(wanted);
    expect(named(request.topics)).toEqual([]);
    expect(named(request.forgottenTopicsData)).toEqual([1]);
    expect(session.hasForgotten(wanted)).toBe(false);
  });

  it('given a partition that is followed anew in another leader epoch, names it and forgets nothing', () => {
    const session = opened(new Map([[replica(0), position(5)]]));
    const request = session.next(new Map([[replica(0), position(5, 1)]]));
    expect(named(request.topics)).toEqual([0]);
    expect(request.forgottenTopicsData).toEqual([]);
  });

  it('given an error or a lost connection, begins anew', () => {
    const wanted = new Map([[replica(0), position(5)]]);
    const lost = opened(wanted);
    lost.lost();
    expect(lost.next(wanted)).toMatchObject({ sessionId: 77, sessionEpoch: 0 });
    const unknown = opened(wanted);
    expect(unknown.answered(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, 0)).toBe(false);
    expect(unknown.next(wanted)).toMatchObject({ sessionId: 0, sessionEpoch: 0 });
    const late = opened(wanted);
    expect(late.answered(ErrorCode.INVALID_FETCH_SESSION_EPOCH, 0)).toBe(false);
    expect(late.next(wanted)).toMatchObject({ sessionId: 77, sessionEpoch: 0 });
  });
});
