import fc from 'fast-check';
import { ErrorCode } from '@ottla/protocol';
import {
  fetchRequest,
  type FetchRequest,
  type PartitionData,
} from '@ottla/protocol/messages/fetch';
import { describe, expect, it } from 'vitest';
import { VirtualTime } from '../../test/virtual-time.ts';
import { type FetchContext, FetchSessions, SESSION_EVICTION_MS } from './fetch-sessions.ts';
import { failedFetch } from './fetched-partition.ts';

const ZERO = 'AAAAAAAAAAAAAAAAAAAAAA';

function cache(slots: number): { sessions: FetchSessions; time: VirtualTime } {
  const time = new VirtualTime();
  let next = 0;
  const random = { below: (): number => (next += 1) };
  return { sessions: new FetchSessions({ clock: time, random, slots }), time };
}

function asking(
  sessionId: number,
  sessionEpoch: number,
  partitions: Readonly<Record<number, number>> = {},
  forgotten: readonly number[] = [],
): FetchRequest {
  const topic = { topic: 'orders', topicId: ZERO };
  return fetchRequest.create({
    sessionId,
    sessionEpoch,
    topics: [
      {
        ...topic,
        partitions: Object.entries(partitions).map(([partition, fetchOffset]) => ({
          partition: Number(partition),
          currentLeaderEpoch: -1,
          fetchOffset,
          lastFetchedEpoch: -1,
          logStartOffset: -1,
          partitionMaxBytes: 1000,
          replicaDirectoryId: ZERO,
          highWatermark: 0n,
        })),
      },
    ],
    forgottenTopicsData: [{ ...topic, partitions: [...forgotten] }],
  });
}

function offsetsOf(context: FetchContext): Record<number, number> {
  if (context.kind === 'error') throw new Error(`error ${context.errorCode}`);
  return Object.fromEntries(
    [...context.partitions].map(({ partition, fetchOffset }) => [partition, fetchOffset]),
  );
}

function open(sessions: FetchSessions, partitions: Record<number, number>, privileged = false) {
  const context = sessions.begin(asking(0, 0, partitions), false);
  if (context.kind !== 'full') throw new Error('not a full request');
  return sessions.create(context.partitions, false, privileged);
}

function errorOf(context: FetchContext): number {
  return context.kind === 'error' ? context.errorCode : ErrorCode.NONE;
}

describe('FetchSessions', () => {
  it('remembers what is wanted, changes it, forgets it', () => {
    const { sessions } = cache(2);
    const id = open(sessions, { 0: 10, 1: 20, 2: 30 });
    expect(offsetsOf(sessions.begin(asking(id, 1, { 1: 21 }, [0]), false))).toEqual({
      1: 21,
      2: 30,
    });
    expect(offsetsOf(sessions.begin(asking(id, 2, { 5: 1 }), false))).toEqual({
      1: 21,
      2: 30,
      5: 1,
    });
  });

  it('given a wrong epoch, an unknown id or the other kind of topic names, says so', () => {
    const { sessions } = cache(2);
    const id = open(sessions, { 0: 10 });
    expect(errorOf(sessions.begin(asking(id, 7), false))).toBe(
      ErrorCode.INVALID_FETCH_SESSION_EPOCH,
    );
    expect(errorOf(sessions.begin(asking(99, 1), false))).toBe(
      ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    );
    expect(errorOf(sessions.begin(asking(id, 1), true))).toBe(
      ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
    );
    expect(errorOf(sessions.begin(asking(id, 1), false))).toBe(ErrorCode.NONE);
  });

  it('given a full request that names a session, ends it; so does forgetting the last partition', () => {
    const { sessions } = cache(2);
    const first = open(sessions, { 0: 10 });
    expect(sessions.begin(asking(first, -1, { 0: 10 }), false).kind).toBe('sessionless');
    expect(sessions.size).toBe(0);
    const second = open(sessions, { 0: 10 });
    expect(sessions.begin(asking(second, 1, {}, [0]), false).kind).toBe('sessionless');
    expect(sessions.size).toBe(0);
  });

  it('given no slots, makes no session', () => {
    expect(open(cache(0).sessions, { 0: 1 })).toBe(0);
  });

  it('given a full cache, lets only stale sessions go, or old and smaller ones, or a consumer’s for a follower', () => {
    const { sessions, time } = cache(2);
    const small = open(sessions, { 0: 1 });
    const large = open(sessions, { 0: 1, 1: 1, 2: 1 });
    expect(open(sessions, { 0: 1, 1: 1 })).toBe(0);
    expect(open(sessions, { 0: 1 }, true)).not.toBe(0);
    expect(errorOf(sessions.begin(asking(small, 1), false))).toBe(
      ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    );
    time.advance(SESSION_EVICTION_MS + 1);
    sessions.begin(asking(large, 1), false);
    // The follower's session is stale now, the large one was used just now.
    expect(open(sessions, { 0: 1 })).not.toBe(0);
    expect(errorOf(sessions.begin(asking(large, 2), false))).toBe(ErrorCode.NONE);
    // Neither is stale; the new one is too young, the large one is worth more.
    expect(open(sessions, { 0: 1 })).toBe(0);
    expect(open(sessions, { 0: 1, 1: 1, 2: 1 })).not.toBe(0);
    expect(errorOf(sessions.begin(asking(large, 3), false))).toBe(
      ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    );
    expect(sessions.evictions).toBe(3);
  });

  it('tells a partition only when there is news, and reads those that gave records last', () => {
    const { sessions } = cache(1);
    const id = open(sessions, { 0: 1, 1: 1, 2: 1 });
    const context = sessions.begin(asking(id, 1), false);
    if (context.kind !== 'incremental') throw new Error('not incremental');
    const { session } = context;
    const [first] = session.partitions();
    const data: PartitionData = { ...failedFetch(first!, 0).data, highWatermark: 5 };
    expect(session.tell(first!, data, 0)).toBe(true);
    expect(session.tell(first!, data, 0)).toBe(false);
    expect(session.tell(first!, data, 100)).toBe(true);
    expect([...session.partitions()].map(({ partition }) => partition)).toEqual([1, 2, 0]);
    const failed = { ...data, errorCode: ErrorCode.KAFKA_STORAGE_ERROR };
    expect([session.tell(first!, failed, 0), session.tell(first!, failed, 0)]).toEqual([
      true,
      true,
    ]);
    expect(session.tell(first!, data, 0)).toBe(true);
  });

  it('given any sequence of requests, knows what a client that counts along knows', () => {
    const change = fc.record({
      set: fc.dictionary(fc.integer({ min: 0, max: 5 }).map(String), fc.nat(1000), { maxKeys: 3 }),
      forget: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
      isStale: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const { sessions } = cache(1);
        let id = 0;
        let epoch = 0;
        let known: Record<string, number> = {};
        for (const { set, forget, isStale } of changes) {
          if (id !== 0 && isStale) {
            const refused = sessions.begin(asking(id, epoch + 1, set), false);
            expect(errorOf(refused)).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
          }
          if (id === 0) known = { ...set };
          else {
            known = { ...known, ...set };
            for (const partition of forget) delete known[String(partition)];
          }
          const context = sessions.begin(asking(id, epoch, set, forget), false);
          if (context.kind === 'full') {
            expect(offsetsOf(context)).toEqual(known);
            id = sessions.create(context.partitions, false, false);
            epoch = 1;
          } else if (Object.keys(known).length === 0) {
            expect([context.kind, sessions.size]).toEqual(['sessionless', 0]);
            id = 0;
            epoch = 0;
          } else {
            expect(offsetsOf(context)).toEqual(known);
            epoch += 1;
          }
          expect(sessions.partitionCount).toBe(id === 0 ? 0 : Object.keys(known).length);
        }
      }),
    );
  });
});
