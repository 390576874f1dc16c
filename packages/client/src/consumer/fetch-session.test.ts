// What a fetch session leaves out of requests, and when it begins anew (KIP-227).
import { ZERO_UUID } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import { FetchSession, type FetchTarget } from './fetch-session.ts';

const TOPIC_ID = 'Ej3_evlyTlCg2mz1BVtabw';

function target(
  partition: number,
  fetchOffset: number,
  change: Partial<FetchTarget> = {},
): FetchTarget {
  return {
    topic: 't',
    topicId: TOPIC_ID,
    partition,
    fetchOffset,
    currentLeaderEpoch: 0,
    ...change,
  };
}

const numbers = (targets: readonly { readonly partition: number }[]) =>
  targets.map(({ partition }) => partition);

function opened(): FetchSession {
  const session = new FetchSession();
  session.next([target(0, 0), target(1, 0)], true);
  session.accepted(77);
  return session;
}

describe('FetchSession', () => {
  it('given no session, then asks for one with everything', () => {
    const request = new FetchSession().next([target(0, 0), target(1, 0)], true);
    expect(request).toMatchObject({
      sessionId: 0,
      sessionEpoch: 0,
      forget: [],
      usesTopicIds: true,
    });
    expect(numbers(request.send)).toEqual([0, 1]);
  });

  it('given a session, then sends what moved, and counts', () => {
    const session = opened();
    const first = session.next([target(0, 5), target(1, 0)], true);
    expect(first).toMatchObject({ sessionId: 77, sessionEpoch: 1 });
    expect(numbers(first.send)).toEqual([0]);
    session.accepted(77);
    const second = session.next([target(0, 5), target(1, 0)], true);
    expect(second).toMatchObject({ sessionEpoch: 2, send: [], forget: [] });
  });

  it('given another leader epoch, then the partition is sent again', () => {
    const request = opened().next([target(0, 0, { currentLeaderEpoch: 1 }), target(1, 0)], true);
    expect(numbers(request.send)).toEqual([0]);
  });

  it('given a partition that is paused, then it is forgotten; when it comes back, then it is sent', () => {
    const session = opened();
    expect(numbers(session.next([target(0, 0)], true).forget)).toEqual([1]);
    session.accepted(77);
    expect(numbers(session.next([target(0, 0), target(1, 0)], true).send)).toEqual([1]);
  });

  it('given a broker that keeps no session, then every request has everything', () => {
    const session = new FetchSession();
    session.next([target(0, 0)], true);
    session.accepted(0);
    const request = session.next([target(0, 0)], true);
    expect(request).toMatchObject({ sessionId: 0, sessionEpoch: 0 });
    expect(numbers(request.send)).toEqual([0]);
  });

  it('given a session that the broker forgot, then begins anew', () => {
    const session = opened();
    session.forgotten();
    const request = session.next([target(0, 3), target(1, 0)], true);
    expect(request).toMatchObject({ sessionId: 0, sessionEpoch: 0, forget: [] });
    expect(numbers(request.send)).toEqual([0, 1]);
  });

  it('given a topic that was made anew, then begins anew', () => {
    const request = opened().next([target(0, 0, { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' })], true);
    expect(request).toMatchObject({ sessionId: 77, sessionEpoch: 0, forget: [] });
  });

  it('given a topic without an id, or an old broker, then topics go by name', () => {
    expect(new FetchSession().next([target(0, 0, { topicId: ZERO_UUID })], true).usesTopicIds).toBe(
      false,
    );
    expect(new FetchSession().next([target(0, 0)], false).usesTopicIds).toBe(false);
  });

  it('given an answer that leaves a partition out, then what was said of it before still stands', () => {
    const session = opened();
    const marks = { highWatermark: 9, lastStableOffset: 8, logStartOffset: 1 };
    session.remember(target(1, 0), marks);
    session.next([target(0, 0), target(1, 0)], true);
    session.accepted(77);
    expect(session.marksOf(target(1, 0))).toEqual(marks);
  });

  it('given a partition that was forgotten, or a session that was, then nothing is known of it', () => {
    const session = opened();
    const marks = { highWatermark: 9, lastStableOffset: 8, logStartOffset: 1 };
    session.remember(target(0, 0), marks);
    session.remember(target(1, 0), marks);
    session.next([target(0, 0)], true);
    expect(session.marksOf(target(1, 0))).toBeUndefined();
    session.forgotten();
    expect(session.marksOf(target(0, 0))).toBeUndefined();
  });
});
