// The member's rules, one by one; and what every event does in every state, as a table that the compiler wants complete.
import { describe, expect, it } from 'vitest';
import { commonProtocol, MembershipMachine } from './membership-machine.ts';
import type { RebalanceProtocol } from './assignor.ts';
import type {
  MembershipEffect,
  MembershipEvent,
  MembershipState,
  RequestFailure,
} from './membership-types.ts';

const HEARTBEAT_MS = 3_000;
const SESSION_MS = 10_000;
const BACKOFF_MS = 100;
const T = (partition: number) => ({ topic: 't', partition });

function failure(code: string, isRetriable = false): RequestFailure {
  return { code, isRetriable, error: new Error(code) };
}

/** A member that can be walked through its life. */
class Walk {
  readonly machine: MembershipMachine;
  nowMs = 0;
  last: MembershipEffect[] = [];

  constructor(protocol: RebalanceProtocol = 'eager', isStatic = false) {
    this.machine = new MembershipMachine({
      protocol,
      isStatic,
      heartbeatIntervalMs: HEARTBEAT_MS,
      sessionTimeoutMs: SESSION_MS,
      backoffMs: () => BACKOFF_MS,
    });
  }

  step(event: MembershipEvent): this {
    this.last = this.machine.step(event, this.nowMs);
    return this;
  }

  get attempt(): number {
    const effect = this.last.findLast((each) => each.type === 'join' || each.type === 'sync');
    return effect === undefined ? -1 : (effect as { attempt: number }).attempt;
  }

  get does(): string[] {
    return this.last.map(({ type }) => type);
  }

  join(generationId = 1, topics = ['t']): this {
    if (this.machine.state === 'idle') this.step({ type: 'start', topics });
    return this.step({ type: 'joined', attempt: this.attempt, memberId: 'm', generationId });
  }

  sync(...partitions: number[]): this {
    return this.step({ type: 'synced', attempt: this.attempt, partitions: partitions.map(T) });
  }

  adopt(): this {
    return this.step({ type: 'userAtRest' }).step({ type: 'adopted' });
  }

  stable(...partitions: number[]): this {
    return this.join()
      .sync(...partitions)
      .adopt();
  }

  heartbeatFails(code: string, isRetriable = false): this {
    const { memberId, generationId } = this.machine;
    return this.step({
      type: 'heartbeatAnswered',
      memberId,
      generationId,
      failure: failure(code, isRetriable),
    });
  }

  /** In a state, by the shortest way. */
  static in(state: MembershipState): Walk {
    const walk = new Walk();
    switch (state) {
      case 'idle':
        return walk;
      case 'joining':
        return walk.step({ type: 'start', topics: ['t'] });
      case 'waiting':
        Walk.#start(walk);
        return walk.step({
          type: 'requestFailed',
          attempt: walk.attempt,
          ...failure('NOT_COORDINATOR', true),
        });
      case 'syncing':
        return walk.join();
      case 'settling':
        return walk.join().sync(0, 1);
      case 'adopting':
        return walk.join().sync(0, 1).step({ type: 'userAtRest' });
      case 'stable':
        return walk.stable(0, 1);
      case 'yielding':
        return walk.stable(0, 1).step({ type: 'rejoin', reason: '' });
      case 'givingUp':
        return walk.stable(0, 1).step({ type: 'rejoin', reason: '' }).step({ type: 'userAtRest' });
      case 'left':
        return walk.stable(0, 1).step({ type: 'userStalled' });
      case 'failed':
        return walk.stable(0, 1).heartbeatFails('FENCED_INSTANCE_ID');
      case 'closed':
        return walk.step({ type: 'close' });
    }
  }

  static #start(walk: Walk): void {
    walk.step({ type: 'start', topics: ['t'] });
  }
}

/** Events as they would come, with answers that belong to the request under way. */
const EVENTS: Record<string, (walk: Walk) => MembershipEvent> = {
  rejoin: () => ({ type: 'rejoin', reason: 'why not' }),
  unknown: ({ machine: { memberId, generationId } }) => ({
    type: 'commitRefused',
    memberId,
    generationId,
    ...failure('UNKNOWN_MEMBER_ID'),
  }),
  atRest: () => ({ type: 'userAtRest' }),
  stalled: () => ({ type: 'userStalled' }),
  back: () => ({ type: 'userBack' }),
  close: () => ({ type: 'close' }),
};

/** The state after each event, and the effects. */
type Row = Record<keyof typeof EVENTS, string>;
const SAME = 'same';
const TABLE: Record<MembershipState, Row> = {
  idle: {
    rejoin: SAME,
    unknown: SAME,
    atRest: SAME,
    stalled: SAME,
    back: SAME,
    close: 'closed: closed',
  },
  joining: {
    rejoin: SAME,
    unknown: 'joining: join',
    atRest: SAME,
    stalled: 'left',
    back: SAME,
    close: 'closed: closed',
  },
  waiting: {
    rejoin: SAME,
    unknown: 'joining: join',
    atRest: SAME,
    stalled: 'left',
    back: SAME,
    close: 'closed: closed',
  },
  syncing: {
    rejoin: SAME,
    unknown: 'joining: join',
    atRest: SAME,
    stalled: 'left: leave',
    back: SAME,
    close: 'closed: leave closed',
  },
  settling: {
    rejoin: SAME,
    unknown: SAME,
    atRest: 'adopting: adopt',
    stalled: 'left: leave',
    back: SAME,
    close: 'closed: leave closed',
  },
  adopting: { rejoin: SAME, unknown: SAME, atRest: SAME, stalled: SAME, back: SAME, close: SAME },
  stable: {
    rejoin: 'yielding: waitForUser',
    unknown: 'yielding: waitForUser',
    atRest: SAME,
    stalled: 'left: leave',
    back: SAME,
    close: 'givingUp: giveUp',
  },
  yielding: {
    rejoin: SAME,
    unknown: SAME,
    atRest: 'givingUp: giveUp',
    stalled: 'left: leave',
    back: SAME,
    close: 'givingUp: giveUp',
  },
  givingUp: { rejoin: SAME, unknown: SAME, atRest: SAME, stalled: SAME, back: SAME, close: SAME },
  left: {
    rejoin: SAME,
    unknown: SAME,
    atRest: SAME,
    stalled: SAME,
    back: 'yielding: waitForUser',
    close: 'givingUp: giveUp',
  },
  failed: { rejoin: SAME, unknown: SAME, atRest: SAME, stalled: SAME, back: SAME, close: SAME },
  closed: { rejoin: SAME, unknown: SAME, atRest: SAME, stalled: SAME, back: SAME, close: SAME },
};

describe('MembershipMachine', () => {
  describe.each(Object.entries(TABLE) as [MembershipState, Row][])('in %s', (state, row) => {
    it.each(Object.entries(row))('on %s: %s', (name, expected) => {
      const walk = Walk.in(state);
      expect(walk.machine.state).toBe(state);
      walk.step(EVENTS[name]!(walk));
      const found = `${walk.machine.state}${walk.does.length > 0 ? ': ' : ''}${walk.does.join(' ')}`;
      expect(found).toBe(expected === SAME ? state : expected);
    });
  });

  it('given a coordinator that wants a member id first, then joins with it at once', () => {
    const walk = new Walk().step({ type: 'start', topics: ['t'] });
    walk.step({
      type: 'requestFailed',
      attempt: walk.attempt,
      ...failure('MEMBER_ID_REQUIRED'),
      memberId: 'given',
    });
    expect(walk.last).toMatchObject([{ type: 'join', memberId: 'given', generationId: -1 }]);
  });

  it('given an answer to an earlier request, then nothing happens', () => {
    const walk = new Walk().join();
    walk.step({ type: 'joined', attempt: 1, memberId: 'other', generationId: 9 });
    expect(walk.last).toEqual([]);
    expect(walk.machine).toMatchObject({ memberId: 'm', generationId: 1, state: 'syncing' });
  });

  it('given an eager member, when the group rebalances, then all is given up before it joins', () => {
    const walk = new Walk('eager').stable(0, 1).heartbeatFails('REBALANCE_IN_PROGRESS');
    expect(walk.does).toEqual(['waitForUser']);
    walk.step({ type: 'userAtRest' });
    expect(walk.last).toEqual([{ type: 'giveUp', partitions: [T(0), T(1)], isLost: false }]);
    walk.step({ type: 'gaveUp', partitions: [T(0), T(1)] });
    expect(walk.last).toMatchObject([{ type: 'join', owned: [], memberId: 'm', generationId: 1 }]);
  });

  it('given a cooperative member, when the group rebalances, then it joins with what it has, and gives up only what moves', () => {
    const walk = new Walk('cooperative').stable(0, 1).heartbeatFails('REBALANCE_IN_PROGRESS');
    walk.step({ type: 'userAtRest' });
    expect(walk.last).toEqual([{ type: 'giveUp', partitions: [], isLost: false }]);
    walk.step({ type: 'gaveUp', partitions: [] });
    expect(walk.last).toMatchObject([{ type: 'join', owned: [T(0), T(1)] }]);
    walk.join(2).sync(0).step({ type: 'userAtRest' });
    expect(walk.last).toEqual([{ type: 'adopt', assigned: [T(0)], added: [], revoked: [T(1)] }]);
    // What it gave up can go to its next owner only in another rebalance.
    walk.step({ type: 'adopted' });
    expect(walk.machine.state).toBe('yielding');
    walk.step({ type: 'userAtRest' }).step({ type: 'gaveUp', partitions: [] });
    expect(walk.last).toMatchObject([{ type: 'join', owned: [T(0)], generationId: 2 }]);
  });

  it('given a cooperative member that drops a topic, then that topic alone is given up before the join', () => {
    const walk = new Walk('cooperative').join(1, ['t', 'u']);
    walk.step({
      type: 'synced',
      attempt: walk.attempt,
      partitions: [T(0), { topic: 'u', partition: 0 }],
    });
    walk
      .adopt()
      .step({ type: 'topicsChanged', topics: ['t'] })
      .step({ type: 'userAtRest' });
    expect(walk.last).toEqual([
      { type: 'giveUp', partitions: [{ topic: 'u', partition: 0 }], isLost: false },
    ]);
  });

  it.each(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'])(
    'given %s, then what it had is lost, and it joins anew',
    (code) => {
      const walk = new Walk('cooperative').stable(0).heartbeatFails(code);
      walk.step({ type: 'userAtRest' });
      expect(walk.last).toEqual([{ type: 'giveUp', partitions: [T(0)], isLost: true }]);
      walk.step({ type: 'gaveUp', partitions: [T(0)] });
      expect(walk.last).toMatchObject([
        {
          type: 'join',
          owned: [],
          generationId: -1,
          memberId: code === 'UNKNOWN_MEMBER_ID' ? '' : 'm',
        },
      ]);
    },
  );

  it('given that the generation is lost while the listener works, then the rest is given up as lost', () => {
    const walk = new Walk('cooperative').stable(0, 1).step({ type: 'rejoin', reason: '' });
    walk.step({ type: 'userAtRest' }).heartbeatFails('UNKNOWN_MEMBER_ID');
    expect(walk.last).toEqual([]);
    walk.step({ type: 'gaveUp', partitions: [] });
    expect(walk.last).toEqual([{ type: 'giveUp', partitions: [T(0), T(1)], isLost: true }]);
  });

  it('given a rebalance while an assignment is adopted, then that is finished first', () => {
    const walk = new Walk().join().sync(0).step({ type: 'userAtRest' });
    walk.heartbeatFails('REBALANCE_IN_PROGRESS');
    expect(walk.last).toEqual([]);
    walk.step({ type: 'adopted' });
    expect(walk.does).toEqual(['waitForUser']);
  });

  it('given an assignment of a topic that is not subscribed any more, then it is not adopted', () => {
    const walk = new Walk().join();
    walk.step({ type: 'topicsChanged', topics: ['u'] }).step({
      type: 'synced',
      attempt: walk.attempt === -1 ? 2 : walk.attempt,
      partitions: [T(0)],
    });
    walk.step({ type: 'userAtRest' }).step({ type: 'gaveUp', partitions: [] });
    expect(walk.last).toMatchObject([{ type: 'join', topics: ['u'] }]);
  });

  it('given a fenced static member, then it fails for good and gives up everything as lost', () => {
    const walk = new Walk('eager', true).stable(0).heartbeatFails('FENCED_INSTANCE_ID');
    expect(walk.does).toEqual(['giveUp', 'fail']);
    expect(walk.machine.state).toBe('failed');
  });

  it('given a static member that closes, then it does not leave the group', () => {
    const walk = new Walk('eager', true).stable(0).step({ type: 'close' });
    walk.step({ type: 'gaveUp', partitions: [T(0)] });
    expect(walk.does).toEqual(['closed']);
  });

  it('given beats that are answered, then the next is due an interval later; given none for a session, then looks for the coordinator', () => {
    const walk = new Walk().stable(0);
    expect(walk.machine.nextWakeMs).toBe(HEARTBEAT_MS);
    walk.nowMs = HEARTBEAT_MS;
    expect(walk.step({ type: 'timer' }).does).toEqual(['heartbeat']);
    expect(walk.machine.nextWakeMs).toBe(Infinity);
    walk.nowMs += 10;
    walk.heartbeatFails('NOT_COORDINATOR', true);
    expect(walk.does).toEqual(['forgetCoordinator']);
    expect(walk.machine.nextWakeMs).toBe(walk.nowMs + BACKOFF_MS);
    walk.nowMs = SESSION_MS + 1;
    expect(walk.step({ type: 'timer' }).does).toEqual(['forgetCoordinator', 'heartbeat']);
  });

  it('given a coordinator that is gone, when the wait is over, then joins again with what it had', () => {
    const walk = Walk.in('waiting');
    expect(walk.machine.nextWakeMs).toBe(BACKOFF_MS);
    walk.nowMs = BACKOFF_MS;
    expect(walk.step({ type: 'timer' }).does).toEqual(['join']);
  });

  it('given one assignor that is eager, then the group is', () => {
    expect(commonProtocol([{ rebalanceProtocol: 'cooperative' }, {}])).toBe('eager');
    expect(commonProtocol([{ rebalanceProtocol: 'cooperative' }])).toBe('cooperative');
  });
});
