// Every event in every state of a classic group. The table's type demands each pair, so a new state or event does not compile
// until its outcomes are written down.

import { ErrorCode } from '@ottla/protocol';
import { heartbeatRequest } from '@ottla/protocol/messages/heartbeat';
import { joinGroupRequest, type JoinGroupResponse } from '@ottla/protocol/messages/join-group';
import { leaveGroupRequest } from '@ottla/protocol/messages/leave-group';
import { offsetCommitRequest } from '@ottla/protocol/messages/offset-commit';
import { offsetDeleteRequest } from '@ottla/protocol/messages/offset-delete';
import { syncGroupRequest, type SyncGroupResponse } from '@ottla/protocol/messages/sync-group';
import { silentLogger } from '@ottla/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subscription, topicIds } from '../../test/support/group-cluster.ts';
import { CoordinatorError } from '../runtime/coordinator-error.ts';
import type { CoordinatorResult } from '../runtime/coordinator-shard.ts';
import type { TimedOperation } from '../runtime/shard-timers.ts';
import { SnapshotRegistry } from '../runtime/snapshot-registry.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicGroupState } from './classic-group-state.ts';
import { defaultGroupCoordinatorConfig } from './group-config.ts';
import type { GroupRecord } from './group-records.ts';
import { GroupShard } from './group-shard.ts';

type Event =
  | 'a new member without id joins'
  | 'a new member with its id joins'
  | 'the leader joins again'
  | 'a follower joins again unchanged'
  | 'a follower joins again changed'
  | 'the leader syncs'
  | 'a follower syncs'
  | 'a sync of another generation'
  | 'heartbeat'
  | 'heartbeat of another generation'
  | 'a follower leaves'
  | 'both members leave'
  | "a follower's session ends"
  | 'the join phase times out'
  | 'the sync phase times out'
  | 'a member commits'
  | 'a simple consumer commits'
  | 'offsets of a subscribed topic are deleted'
  | 'the group is deleted'
  | 'the shard is unloaded';

/** State afterwards, and what the one who asked is told: an error's name, `waits`, or `-` when nobody asked. */
type Outcome = readonly [after: ClassicGroupState, told: keyof typeof ErrorCode | 'waits' | '-'];

/** The group is made of a leader L and a follower F; Empty and Dead once had them. */
const transitions: Readonly<Record<ClassicGroupState, Readonly<Record<Event, Outcome>>>> = {
  Empty: {
    'a new member without id joins': ['Empty', 'MEMBER_ID_REQUIRED'],
    'a new member with its id joins': ['PreparingRebalance', 'waits'],
    'the leader joins again': ['Empty', 'UNKNOWN_MEMBER_ID'],
    'a follower joins again unchanged': ['Empty', 'UNKNOWN_MEMBER_ID'],
    'a follower joins again changed': ['Empty', 'UNKNOWN_MEMBER_ID'],
    'the leader syncs': ['Empty', 'UNKNOWN_MEMBER_ID'],
    'a follower syncs': ['Empty', 'UNKNOWN_MEMBER_ID'],
    'a sync of another generation': ['Empty', 'UNKNOWN_MEMBER_ID'],
    heartbeat: ['Empty', 'UNKNOWN_MEMBER_ID'],
    'heartbeat of another generation': ['Empty', 'UNKNOWN_MEMBER_ID'],
    'a follower leaves': ['Empty', 'UNKNOWN_MEMBER_ID'],
    'both members leave': ['Empty', 'UNKNOWN_MEMBER_ID'],
    "a follower's session ends": ['Empty', '-'],
    'the join phase times out': ['Empty', '-'],
    'the sync phase times out': ['Empty', '-'],
    'a member commits': ['Empty', 'UNKNOWN_MEMBER_ID'],
    'a simple consumer commits': ['Empty', 'NONE'],
    'offsets of a subscribed topic are deleted': ['Empty', 'NONE'],
    'the group is deleted': ['Empty', 'NONE'],
    'the shard is unloaded': ['Dead', '-'],
  },
  PreparingRebalance: {
    'a new member without id joins': ['PreparingRebalance', 'MEMBER_ID_REQUIRED'],
    'a new member with its id joins': ['PreparingRebalance', 'waits'],
    'the leader joins again': ['PreparingRebalance', 'waits'],
    'a follower joins again unchanged': ['CompletingRebalance', 'NONE'],
    'a follower joins again changed': ['CompletingRebalance', 'NONE'],
    'the leader syncs': ['PreparingRebalance', 'REBALANCE_IN_PROGRESS'],
    'a follower syncs': ['PreparingRebalance', 'REBALANCE_IN_PROGRESS'],
    'a sync of another generation': ['PreparingRebalance', 'ILLEGAL_GENERATION'],
    heartbeat: ['PreparingRebalance', 'REBALANCE_IN_PROGRESS'],
    'heartbeat of another generation': ['PreparingRebalance', 'ILLEGAL_GENERATION'],
    'a follower leaves': ['CompletingRebalance', 'NONE'],
    'both members leave': ['Empty', 'NONE'],
    "a follower's session ends": ['CompletingRebalance', '-'],
    'the join phase times out': ['CompletingRebalance', '-'],
    'the sync phase times out': ['PreparingRebalance', '-'],
    'a member commits': ['PreparingRebalance', 'NONE'],
    'a simple consumer commits': ['PreparingRebalance', 'UNKNOWN_MEMBER_ID'],
    'offsets of a subscribed topic are deleted': [
      'PreparingRebalance',
      'GROUP_SUBSCRIBED_TO_TOPIC',
    ],
    'the group is deleted': ['PreparingRebalance', 'NON_EMPTY_GROUP'],
    'the shard is unloaded': ['Dead', '-'],
  },
  CompletingRebalance: {
    'a new member without id joins': ['CompletingRebalance', 'MEMBER_ID_REQUIRED'],
    'a new member with its id joins': ['PreparingRebalance', 'waits'],
    'the leader joins again': ['CompletingRebalance', 'NONE'],
    'a follower joins again unchanged': ['CompletingRebalance', 'NONE'],
    'a follower joins again changed': ['PreparingRebalance', 'waits'],
    'the leader syncs': ['Stable', 'NONE'],
    'a follower syncs': ['CompletingRebalance', 'waits'],
    'a sync of another generation': ['CompletingRebalance', 'ILLEGAL_GENERATION'],
    heartbeat: ['CompletingRebalance', 'NONE'],
    'heartbeat of another generation': ['CompletingRebalance', 'ILLEGAL_GENERATION'],
    'a follower leaves': ['PreparingRebalance', 'NONE'],
    'both members leave': ['Empty', 'NONE'],
    "a follower's session ends": ['PreparingRebalance', '-'],
    'the join phase times out': ['CompletingRebalance', '-'],
    'the sync phase times out': ['Empty', '-'],
    'a member commits': ['CompletingRebalance', 'REBALANCE_IN_PROGRESS'],
    'a simple consumer commits': ['CompletingRebalance', 'UNKNOWN_MEMBER_ID'],
    'offsets of a subscribed topic are deleted': [
      'CompletingRebalance',
      'GROUP_SUBSCRIBED_TO_TOPIC',
    ],
    'the group is deleted': ['CompletingRebalance', 'NON_EMPTY_GROUP'],
    'the shard is unloaded': ['Dead', '-'],
  },
  Stable: {
    'a new member without id joins': ['Stable', 'MEMBER_ID_REQUIRED'],
    'a new member with its id joins': ['PreparingRebalance', 'waits'],
    'the leader joins again': ['PreparingRebalance', 'waits'],
    'a follower joins again unchanged': ['Stable', 'NONE'],
    'a follower joins again changed': ['PreparingRebalance', 'waits'],
    'the leader syncs': ['Stable', 'NONE'],
    'a follower syncs': ['Stable', 'NONE'],
    'a sync of another generation': ['Stable', 'ILLEGAL_GENERATION'],
    heartbeat: ['Stable', 'NONE'],
    'heartbeat of another generation': ['Stable', 'ILLEGAL_GENERATION'],
    'a follower leaves': ['PreparingRebalance', 'NONE'],
    'both members leave': ['Empty', 'NONE'],
    "a follower's session ends": ['PreparingRebalance', '-'],
    'the join phase times out': ['Stable', '-'],
    // F has synced late or never: it goes.
    'the sync phase times out': ['PreparingRebalance', '-'],
    'a member commits': ['Stable', 'NONE'],
    'a simple consumer commits': ['Stable', 'UNKNOWN_MEMBER_ID'],
    'offsets of a subscribed topic are deleted': ['Stable', 'GROUP_SUBSCRIBED_TO_TOPIC'],
    'the group is deleted': ['Stable', 'NON_EMPTY_GROUP'],
    'the shard is unloaded': ['Dead', '-'],
  },
  Dead: {
    'a new member without id joins': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'a new member with its id joins': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'the leader joins again': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'a follower joins again unchanged': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'a follower joins again changed': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'the leader syncs': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'a follower syncs': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'a sync of another generation': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    heartbeat: ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'heartbeat of another generation': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'a follower leaves': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'both members leave': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    "a follower's session ends": ['Dead', '-'],
    'the join phase times out': ['Dead', '-'],
    'the sync phase times out': ['Dead', '-'],
    'a member commits': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'a simple consumer commits': ['Dead', 'COORDINATOR_NOT_AVAILABLE'],
    'offsets of a subscribed topic are deleted': ['Dead', 'GROUP_ID_NOT_FOUND'],
    'the group is deleted': ['Dead', 'GROUP_ID_NOT_FOUND'],
    'the shard is unloaded': ['Dead', '-'],
  },
};

/** The state machine alone: records are committed at once, timers fire when named. */
class Machine {
  readonly timers = new Map<string, TimedOperation<GroupRecord>>();
  readonly snapshots = new SnapshotRegistry();
  readonly ids: string[] = [];
  /** The answers to each JoinGroup and SyncGroup. */
  readonly asked: unknown[][] = [];
  readonly shard: GroupShard;

  constructor() {
    this.shard = new GroupShard(
      {
        partition: 0,
        snapshots: this.snapshots,
        logger: silentLogger,
        timers: {
          schedule: (key, _delayMs, operation) => void this.timers.set(key, operation),
          cancel: (key) => void this.timers.delete(key),
        },
      },
      {
        config: defaultGroupCoordinatorConfig,
        now: () => 1000,
        newMemberId: () => {
          const id = `M${this.ids.length}`;
          this.ids.push(id);
          return id;
        },
      },
    );
  }

  get group(): ClassicGroup {
    return this.shard.groups.get('g')!;
  }

  /** Operations on their way into the log; undefined while the log is infinitely fast. */
  unsettled: ((error?: CoordinatorError) => void)[] | undefined;

  /** Runs an operation as the runtime does. */
  commit<T>(result: CoordinatorResult<GroupRecord, T>): T {
    if (result.replay ?? true) for (const record of result.records) this.shard.replay(0, record);
    if (this.unsettled === undefined) result.whenSettled?.(undefined);
    else if (result.whenSettled !== undefined) this.unsettled.push(result.whenSettled);
    return result.response;
  }

  settle(error?: CoordinatorError): void {
    this.unsettled?.shift()?.(error);
  }

  /** The answers to one request, kept so that they can be counted. */
  answers<T>(): T[] {
    const answers: T[] = [];
    this.asked.push(answers);
    return answers;
  }

  fire(key: string): void {
    const operation = this.timers.get(key);
    this.timers.delete(key);
    if (operation !== undefined) this.commit(operation());
  }

  join(
    memberId: string,
    protocols = ['range'],
    apiVersion = 9,
    groupInstanceId: string | null = null,
  ): JoinGroupResponse[] {
    const request = joinGroupRequest.create({
      groupId: 'g',
      memberId,
      groupInstanceId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: protocols.map((name) => ({ name, metadata: subscription('orders') })),
    });
    const answers = this.answers<JoinGroupResponse>();
    const context = { clientId: 'c', clientHost: '/h', apiVersion };
    this.commit(this.shard.joinGroup(context, request, (response) => void answers.push(response)));
    return answers;
  }

  sync(memberId: string, generationId = this.group.generationId): SyncGroupResponse[] {
    const answers = this.answers<SyncGroupResponse>();
    const request = syncGroupRequest.create({ groupId: 'g', memberId, generationId });
    this.commit(this.shard.syncGroup(request, (response) => void answers.push(response)));
    return answers;
  }

  heartbeat(generationId = this.group.generationId): number {
    const request = heartbeatRequest.create({ groupId: 'g', memberId: 'M1', generationId });
    return this.commit(this.shard.heartbeat(request)).errorCode;
  }

  leave(...memberIds: string[]): number {
    const members = memberIds.map((memberId) => ({
      memberId,
      groupInstanceId: null,
      reason: null,
    }));
    const response = this.commit(
      this.shard.leaveGroup(leaveGroupRequest.create({ groupId: 'g', members })),
    );
    return response.errorCode || (response.members[0]?.errorCode ?? 0);
  }

  commitOffset(memberId: string, generationIdOrMemberEpoch: number): number {
    const partition = {
      partitionIndex: 0,
      committedOffset: 5,
      committedLeaderEpoch: 0,
      committedMetadata: '',
    };
    const topics = [{ name: 'orders', topicId: topicIds['orders']!, partitions: [partition] }];
    const request = offsetCommitRequest.create({
      groupId: 'g',
      memberId,
      generationIdOrMemberEpoch,
      topics,
    });
    return this.commit(this.shard.commitOffsets(request, 9)).topics[0]!.partitions[0]!.errorCode;
  }

  deleteOffset(): number {
    const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }];
    const request = offsetDeleteRequest.create({ groupId: 'g', topics });
    return this.commit(this.shard.deleteOffsets(request)).topics[0]!.partitions[0]!.errorCode;
  }
}

/** Members M0 (leads) and M1, in the state. In Stable M1 has not synced. */
function machineIn(state: ClassicGroupState): Machine {
  const machine = new Machine();
  for (const id of ['M0', 'M1']) {
    machine.join('');
    machine.join(id);
  }
  machine.fire('join g');
  if (machine.group.state === 'PreparingRebalance') machine.fire('join g');
  switch (state) {
    case 'CompletingRebalance':
      break;
    case 'Stable':
      machine.sync('M0');
      break;
    case 'PreparingRebalance':
      machine.sync('M0');
      machine.join('M0');
      break;
    case 'Empty':
      machine.leave('M0', 'M1');
      break;
    case 'Dead':
      machine.shard.onUnloaded();
      break;
  }
  expect(machine.group.state).toBe(state);
  return machine;
}

const events: Readonly<
  Record<Event, (machine: Machine) => readonly { errorCode: number }[] | number | undefined>
> = {
  'a new member without id joins': (machine) => machine.join(''),
  'a new member with its id joins': (machine) => {
    machine.join('');
    return machine.join(machine.ids.at(-1)!);
  },
  'the leader joins again': (machine) => machine.join('M0'),
  'a follower joins again unchanged': (machine) => machine.join('M1'),
  'a follower joins again changed': (machine) => machine.join('M1', ['range', 'sticky']),
  'the leader syncs': (machine) => machine.sync('M0'),
  'a follower syncs': (machine) => machine.sync('M1'),
  'a sync of another generation': (machine) => machine.sync('M1', 77),
  heartbeat: (machine) => machine.heartbeat(),
  'heartbeat of another generation': (machine) => machine.heartbeat(77),
  'a follower leaves': (machine) => machine.leave('M1'),
  'both members leave': (machine) => machine.leave('M0', 'M1'),
  "a follower's session ends": (machine) => machine.fire('heartbeat 1 g M1') as undefined,
  'the join phase times out': (machine) => machine.fire('join g') as undefined,
  'the sync phase times out': (machine) => machine.fire('sync g') as undefined,
  'a member commits': (machine) => machine.commitOffset('M1', machine.group.generationId),
  'a simple consumer commits': (machine) => machine.commitOffset('', -1),
  'offsets of a subscribed topic are deleted': (machine) => machine.deleteOffset(),
  'the group is deleted': (machine) =>
    machine.commit(machine.shard.deleteGroups(['g'])).results[0]!.errorCode,
  'the shard is unloaded': (machine) => machine.shard.onUnloaded() as undefined,
};

function told(outcome: () => readonly { errorCode: number }[] | number | undefined): string {
  let answer;
  try {
    answer = outcome();
  } catch (error) {
    if (error instanceof CoordinatorError) return error.code;
    throw error;
  }
  if (answer === undefined) return '-';
  if (typeof answer !== 'number' && answer.length === 0) return 'waits';
  const code = typeof answer === 'number' ? answer : answer[0]!.errorCode;
  return Object.entries(ErrorCode).find(([, number]) => number === code)![0];
}

describe('a classic group', () => {
  for (const [state, row] of Object.entries(transitions) as [
    ClassicGroupState,
    (typeof transitions)[ClassicGroupState],
  ][]) {
    for (const [event, [after, answer]] of Object.entries(row) as [Event, Outcome][]) {
      it(`given ${state}, when ${event}, then it is ${after} and tells ${answer}`, () => {
        const machine = machineIn(state);
        const group = machine.group;
        expect(told(() => events[event](machine))).toBe(answer);
        expect(group.state).toBe(after);
        expect(group.awaitingJoinCount).toBe(
          [...group.members.values()].filter((m) => m.awaitingJoin !== undefined).length,
        );
      });
    }
  }
});

/** What may happen at random to members M0…M3 of which some exist. */
type Chance =
  | {
      readonly do: 'join';
      readonly id: number;
      readonly instance: boolean;
      readonly protocols: string[];
      readonly version: number;
    }
  | { readonly do: 'sync' | 'leave' | 'session'; readonly id: number }
  | { readonly do: 'join timer' | 'sync timer' | 'commit' | 'fail' };

const id = fc.integer({ min: -1, max: 3 });
const chance: fc.Arbitrary<Chance> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      id,
      instance: fc.boolean(),
      protocols: fc.constantFrom<string[]>(['range'], ['range', 'sticky']),
      version: fc.constantFrom(3, 9),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('sync' as const, 'sync' as const, 'leave' as const, 'session' as const),
      id,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'join timer' as const,
        'join timer' as const,
        'sync timer' as const,
        'commit' as const,
        'commit' as const,
        'fail' as const,
      ),
    }),
  },
);

function happen(machine: Machine, event: Chance): void {
  const memberId = 'id' in event && event.id >= 0 ? `M${event.id}` : '';
  const isThere = machine.shard.groups.has('g');
  switch (event.do) {
    case 'join':
      machine.join(
        memberId,
        event.protocols,
        event.version,
        event.instance && memberId === '' ? 'i' : null,
      );
      return;
    case 'sync':
      if (isThere) machine.sync(memberId);
      return;
    case 'leave':
      if (isThere) machine.leave(memberId);
      return;
    case 'session':
      machine.fire(`heartbeat 1 g ${memberId}`);
      return;
    case 'join timer':
      machine.fire('join g');
      return;
    case 'sync timer':
      machine.fire('sync g');
      return;
    case 'commit':
      machine.settle();
      return;
    case 'fail':
      machine.settle(new CoordinatorError('NOT_ENOUGH_REPLICAS'));
      return;
  }
}

describe('requests that wait', () => {
  it('given any history, slow and failing appends included, when the shard is unloaded, then each was answered exactly once', () => {
    fc.assert(
      fc.property(fc.array(chance, { maxLength: 40 }), (history) => {
        const machine = new Machine();
        machine.unsettled = [];
        for (const event of history) {
          happen(machine, event);
          for (const group of machine.shard.groups.values()) {
            const waiting = [...group.members.values()].filter((m) => m.awaitingJoin !== undefined);
            expect(group.awaitingJoinCount).toBe(waiting.length);
            if (group.leaderId !== undefined) expect(group.members.has(group.leaderId)).toBe(true);
          }
        }
        while (machine.unsettled.length > 0)
          machine.settle(new CoordinatorError('NOT_COORDINATOR'));
        machine.shard.onUnloaded();
        expect(machine.asked.map((answers) => answers.length)).toEqual(machine.asked.map(() => 1));
      }),
      { numRuns: 1500 },
    );
  });
});
