import { ErrorCode } from '@ottla/protocol';
import {
  describeGroupsRequest,
  type DescribedGroup,
} from '@ottla/protocol/messages/describe-groups';
import { heartbeatRequest } from '@ottla/protocol/messages/heartbeat';
import { leaveGroupRequest } from '@ottla/protocol/messages/leave-group';
import { listGroupsRequest } from '@ottla/protocol/messages/list-groups';
import { deleteGroupsRequest } from '@ottla/protocol/messages/delete-groups';
import { syncGroupRequest } from '@ottla/protocol/messages/sync-group';
import { describe, expect, it } from 'vitest';
import { client, GroupCluster, subscription } from '../../test/support/group-cluster.ts';
import { CoordinatorError } from '../runtime/coordinator-error.ts';

async function elected(config = {}): Promise<GroupCluster> {
  const cluster = new GroupCluster(config);
  await cluster.elect();
  return cluster;
}

async function described(
  cluster: GroupCluster,
  apiVersion = 6,
  groupId = 'g',
): Promise<DescribedGroup> {
  const request = describeGroupsRequest.create({ groups: [groupId] });
  return (await cluster.coordinator.describeGroups(client(apiVersion), request)).groups[0]!;
}

function beat(cluster: GroupCluster, memberId: string, generationId: number): Promise<number> {
  const request = heartbeatRequest.create({ groupId: 'g', memberId, generationId });
  return cluster
    .settle(cluster.coordinator.heartbeat(client(4), request))
    .then(({ errorCode }) => errorCode);
}

describe('JoinGroup', () => {
  it.each([
    ['an empty group id', { groupId: '' }, ErrorCode.INVALID_GROUP_ID],
    [
      'a session timeout below the minimum',
      { sessionTimeoutMs: 5999 },
      ErrorCode.INVALID_SESSION_TIMEOUT,
    ],
    [
      'a session timeout above the maximum',
      { sessionTimeoutMs: 1_800_001 },
      ErrorCode.INVALID_SESSION_TIMEOUT,
    ],
    ['a member id in a group that does not exist', { memberId: 'm' }, ErrorCode.UNKNOWN_MEMBER_ID],
    ['no protocol type', { protocolType: '' }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
    ['no protocols', { protocols: [] }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
  ])('given %s, then it is refused', async (_what, init, errorCode) => {
    const cluster = await elected();
    const response = await cluster.settle(cluster.join(init));
    expect(response).toMatchObject({ errorCode, generationId: -1, protocolName: null });
  });

  it.each([
    [3, 'joins at once', ErrorCode.NONE],
    [4, 'is given an id to join with', ErrorCode.MEMBER_ID_REQUIRED],
  ])(
    'given version %i and no member id, then a dynamic member %s',
    async (version, _what, errorCode) => {
      const cluster = await elected();
      const response = await cluster.settle(cluster.join({}, version, 'app'));
      expect(response.errorCode).toBe(errorCode);
      expect(response.memberId).toMatch(
        /^app-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    },
  );

  it('given version 0, then the session timeout is the rebalance timeout', async () => {
    const cluster = await elected();
    const first = await cluster.settle(cluster.join({ rebalanceTimeoutMs: -1 }, 0));
    await cluster.settle(cluster.sync(first, { [first.memberId]: 'all' }));
    const rebalanceStartMs = cluster.time.monotonicMs();
    const second = cluster.join({ rebalanceTimeoutMs: -1 }, 0);
    // The first member keeps its session and never joins again: the join phase ends after 10 s, its session timeout.
    for (let i = 0; i < 2; i += 1) {
      await cluster.time.run(4000);
      expect(await beat(cluster, first.memberId, first.generationId)).toBe(
        ErrorCode.REBALANCE_IN_PROGRESS,
      );
    }
    const answer = await cluster.settle(second);
    expect(cluster.time.monotonicMs() - rebalanceStartMs).toBeLessThan(10_100);
    expect(answer).toMatchObject({ generationId: 2, leader: answer.memberId });
  });

  it('given versions before 7, then a missing protocol name is the empty string', async () => {
    const cluster = await elected();
    expect((await cluster.settle(cluster.join({ memberId: 'x' }, 6))).protocolName).toBe('');
  });

  it('given an empty group, then the first rebalance waits 3 s, and 3 s more while members come', async () => {
    const cluster = await elected();
    const startMs = cluster.time.monotonicMs();
    const first = cluster.join({}, 3);
    await cluster.time.run(2000);
    const second = cluster.join({}, 3);
    const [a, b] = await cluster.settle(Promise.all([first, second]));
    expect(cluster.time.monotonicMs() - startMs).toBeCloseTo(6000, -2);
    expect([a.generationId, b.generationId]).toEqual([1, 1]);
    expect([a.members.length, b.members.length]).toEqual([2, 0]);
    expect(a.leader).toBe(a.memberId);
  });

  it('given members with different preferences, then the protocol that all speak and most prefer is chosen', async () => {
    const cluster = await elected();
    const protocols = (...names: string[]): object => ({
      protocols: names.map((name) => ({ name, metadata: subscription(name) })),
    });
    const joins = [
      protocols('a', 'c', 'b'),
      protocols('c', 'b'),
      protocols('b', 'c'),
      protocols('c', 'b', 'a'),
    ];
    const joined = await cluster.settle(Promise.all(joins.map((init) => cluster.join(init, 3))));
    expect(joined.map(({ protocolName }) => protocolName)).toEqual(['c', 'c', 'c', 'c']);
    expect(joined[0]!.members[1]!.metadata).toEqual(subscription('c'));
    const stranger = await cluster.settle(cluster.join(protocols('z'), 3));
    expect(stranger.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  });

  it('given group.max.size members, then one more is refused and the others stay', async () => {
    const cluster = await elected({ groupSizeMax: 2 });
    await cluster.stableGroup(2);
    const refused = await cluster.settle(cluster.join());
    expect(refused.errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED);
    expect((await described(cluster)).members).toHaveLength(2);
  });

  it('given an id that was asked for, when the member does not come, then the id is forgotten and the rebalance goes on', async () => {
    const cluster = await elected();
    const { memberId } = await cluster.settle(cluster.join());
    await cluster.time.run(10_001);
    expect((await cluster.settle(cluster.join({ memberId }))).errorCode).toBe(
      ErrorCode.UNKNOWN_MEMBER_ID,
    );
  });

  it('given a new member whose rebalance never ends, then its JoinGroup is given up after 5 minutes', async () => {
    const cluster = await elected({ sessionTimeoutMsMax: 2_000_000_000 });
    const [first] = await cluster.stableGroup(1, {
      sessionTimeoutMs: 1_000_000,
      rebalanceTimeoutMs: 1_000_000,
    });
    const startMs = cluster.time.monotonicMs();
    const late = await cluster.settle(cluster.join({}, 3));
    expect(late).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId: '' });
    expect(cluster.time.monotonicMs() - startMs).toBeCloseTo(300_000, -3);
    expect(await beat(cluster, first!.memberId, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  it('given a new group whose record cannot be written, then the member is told and the group is not there', async () => {
    const cluster = await elected();
    cluster.log.manners.appendError = () => new CoordinatorError('NOT_ENOUGH_REPLICAS');
    const response = await cluster.settle(cluster.join({}, 3));
    expect(response.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect((await described(cluster)).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
  });
});

describe('SyncGroup', () => {
  it('given all have joined, when the leader hands in assignments, then each gets its own, once they are committed', async () => {
    const cluster = await elected();
    const [leader, follower] = await cluster.settle(
      Promise.all([cluster.join({}, 3), cluster.join({}, 3)]),
    );
    cluster.log.manners.commitDelayMs = () => undefined;
    const early = cluster.sync(follower);
    const late = cluster.sync(leader, {
      [leader.memberId]: 'mine',
      [follower.memberId]: 'yours',
      stranger: 'nothing',
    });
    await cluster.time.run(100);
    expect((await described(cluster)).groupState).toBe('CompletingRebalance');
    cluster.log.commit();
    const [forFollower, forLeader] = await cluster.settle(Promise.all([early, late]));
    expect([String(forFollower.assignment), String(forLeader.assignment)]).toEqual([
      'yours',
      'mine',
    ]);
    expect(forLeader).toMatchObject({ protocolType: 'consumer', protocolName: 'range' });
    const group = await described(cluster);
    expect(group).toMatchObject({
      groupState: 'Stable',
      protocolData: 'range',
      protocolType: 'consumer',
    });
    expect(group.members[0]).toMatchObject({ clientId: 'client', clientHost: '/127.0.0.1' });
  });

  it('given the assignment cannot be written, then all are told and have to join again', async () => {
    const cluster = await elected();
    const [leader, follower] = await cluster.settle(
      Promise.all([cluster.join({}, 3), cluster.join({}, 3)]),
    );
    cluster.log.manners.appendError = () => new CoordinatorError('NOT_ENOUGH_REPLICAS');
    const answers = await cluster.settle(
      Promise.all([cluster.sync(follower), cluster.sync(leader)]),
    );
    expect(answers.map(({ errorCode }) => errorCode)).toEqual([15, 15]);
    expect((await described(cluster)).groupState).toBe('PreparingRebalance');
  });

  it('given the leader stays away, then members without a sync are dropped after the rebalance timeout', async () => {
    const cluster = await elected();
    const joins = [0, 1].map(() => cluster.join({ rebalanceTimeoutMs: 8000 }, 3));
    const [leader, follower] = await cluster.settle(Promise.all(joins));
    const synced = await cluster.settle(cluster.sync(follower!));
    expect(synced.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect((await described(cluster)).members.map(({ memberId }) => memberId)).toEqual([
      follower!.memberId,
    ]);
    expect(await beat(cluster, leader!.memberId, 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  it.each([
    [4, ErrorCode.NONE],
    [5, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
  ])(
    'given version %i without protocol type and name, then the error is %i',
    async (version, errorCode) => {
      const cluster = await elected();
      const memberId = (await cluster.stableGroup(1))[0]!.memberId;
      const request = syncGroupRequest.create({ groupId: 'g', generationId: 1, memberId });
      const response = await cluster.settle(
        cluster.coordinator.syncGroup(client(version), request),
      );
      expect(response.errorCode).toBe(errorCode);
    },
  );

  it('given another protocol type or name than the group has, then it is refused', async () => {
    const cluster = await elected();
    const [joined] = await cluster.stableGroup(1);
    const response = await cluster.settle(cluster.sync({ ...joined!, protocolName: 'roundrobin' }));
    expect(response.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  });
});

describe('sessions', () => {
  it('given a member without heartbeats, then it is dropped after its session timeout and the others are called', async () => {
    const cluster = await elected();
    const [silent, loud] = await cluster.stableGroup(2);
    for (let i = 0; i < 3; i += 1) {
      await cluster.time.run(3300);
      expect(await beat(cluster, loud!.memberId, 1)).toBe(ErrorCode.NONE);
    }
    await cluster.time.run(200);
    expect(await beat(cluster, loud!.memberId, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect(await beat(cluster, silent!.memberId, 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    const again = await cluster.settle(cluster.join({ memberId: loud!.memberId }));
    expect(again).toMatchObject({ errorCode: 0, generationId: 2, leader: loud!.memberId });
  });

  it('given a leader that does not join again, then another member leads', async () => {
    const cluster = await elected();
    const [leader, follower] = await cluster.stableGroup(2, { rebalanceTimeoutMs: 5000 });
    const changed = {
      memberId: follower!.memberId,
      rebalanceTimeoutMs: 5000,
      protocols: [{ name: 'range', metadata: subscription('invoices') }],
    };
    const again = await cluster.settle(cluster.join(changed));
    expect(again).toMatchObject({ generationId: 2, leader: follower!.memberId });
    expect(again.leader).not.toBe(leader!.leader);
  });

  it('given a heartbeat while the group loads, then it counts as good', async () => {
    const cluster = await elected();
    const [member] = await cluster.stableGroup(1);
    cluster.resign();
    const loading = cluster.coordinator.onElection(0, 99, cluster.log.lead());
    const request = heartbeatRequest.create({
      groupId: 'g',
      memberId: member!.memberId,
      generationId: 1,
    });
    expect((await cluster.coordinator.heartbeat(client(4), request)).errorCode).toBe(
      ErrorCode.NONE,
    );
    expect(
      (await cluster.coordinator.listGroups(client(5), listGroupsRequest.create())).errorCode,
    ).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    await cluster.settle(loading);
  });

  it('given a new leader, then members keep their generation and assignment, and sessions start anew', async () => {
    const cluster = await elected();
    const [member] = await cluster.stableGroup(2);
    cluster.resign();
    expect(await beat(cluster, member!.memberId, 1)).toBe(ErrorCode.NOT_COORDINATOR);
    await cluster.elect();
    expect(await beat(cluster, member!.memberId, 1)).toBe(ErrorCode.NONE);
    const synced = await cluster.settle(cluster.sync(member!));
    expect(String(synced.assignment)).toBe(`for ${member!.memberId}`);
    await cluster.time.run(40_000);
    expect((await described(cluster)).groupState).toBe('Empty');
  });

  it('when this broker resigns, then members that wait are told so', async () => {
    const cluster = await elected();
    const waiting = cluster.join({}, 3);
    await cluster.time.run(100);
    cluster.resign();
    expect((await waiting).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
  });
});

describe('static members', () => {
  const instance = { groupInstanceId: 'i-1' };

  it('given a Stable group, when one comes back without its id, then it gets its place without a rebalance (KIP-345, KIP-814)', async () => {
    const cluster = await elected();
    const first = await cluster.settle(cluster.join(instance));
    await cluster.settle(
      cluster.coordinator.syncGroup(
        client(5),
        syncGroupRequest.create({
          groupId: 'g',
          generationId: 1,
          memberId: first.memberId,
          ...instance,
          protocolType: 'consumer',
          protocolName: 'range',
          assignments: [{ memberId: first.memberId, assignment: Buffer.from('kept') }],
        }),
      ),
    );
    const second = await cluster.settle(cluster.join(instance));
    expect(second).toMatchObject({
      errorCode: 0,
      generationId: 1,
      skipAssignment: true,
      leader: second.memberId,
    });
    expect(second.memberId).not.toBe(first.memberId);
    expect(second.members).toHaveLength(1);
    const request = syncGroupRequest.create({
      groupId: 'g',
      generationId: 1,
      memberId: second.memberId,
      ...instance,
      protocolType: 'consumer',
      protocolName: 'range',
    });
    expect(
      String((await cluster.settle(cluster.coordinator.syncGroup(client(5), request))).assignment),
    ).toBe('kept');
    const fenced = heartbeatRequest.create({
      groupId: 'g',
      generationId: 1,
      memberId: first.memberId,
      ...instance,
    });
    expect((await cluster.settle(cluster.coordinator.heartbeat(client(4), fenced))).errorCode).toBe(
      ErrorCode.FENCED_INSTANCE_ID,
    );
  });

  it('given a version before 9, when the leader comes back, then it is told its old id leads, so that it assigns nothing', async () => {
    const cluster = await elected();
    const first = await cluster.settle(cluster.join(instance, 8));
    const request = syncGroupRequest.create({
      groupId: 'g',
      generationId: 1,
      memberId: first.memberId,
      ...instance,
      protocolType: 'consumer',
      protocolName: 'range',
    });
    await cluster.settle(cluster.coordinator.syncGroup(client(5), request));
    const second = await cluster.settle(cluster.join(instance, 8));
    expect(second).toMatchObject({
      errorCode: 0,
      leader: first.memberId,
      skipAssignment: false,
      members: [],
    });
  });

  it('given its new id cannot be written, then the old one stays', async () => {
    const cluster = await elected();
    const first = await cluster.settle(cluster.join(instance));
    const request = syncGroupRequest.create({
      groupId: 'g',
      generationId: 1,
      memberId: first.memberId,
      ...instance,
      protocolType: 'consumer',
      protocolName: 'range',
    });
    await cluster.settle(cluster.coordinator.syncGroup(client(5), request));
    cluster.log.manners.appendError = () => new CoordinatorError('KAFKA_STORAGE_ERROR');
    const second = await cluster.settle(cluster.join(instance));
    expect(second.errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    expect((await described(cluster)).members.map(({ memberId }) => memberId)).toEqual([
      first.memberId,
    ]);
  });

  it('given one waits in the join phase, when it comes again without its id, then the first is fenced', async () => {
    const cluster = await elected();
    const first = cluster.join(instance);
    await cluster.time.run(100);
    const second = cluster.join(instance);
    expect((await cluster.settle(first)).errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID);
    expect((await cluster.settle(second)).errorCode).toBe(ErrorCode.NONE);
  });

  it('when an administrator removes one by its instance id, then it goes', async () => {
    const cluster = await elected();
    await cluster.settle(cluster.join(instance));
    const leave = (groupInstanceId: string): Promise<{ members: { errorCode: number }[] }> => {
      const members = [{ memberId: '', groupInstanceId, reason: 'test' }];
      return cluster.settle(
        cluster.coordinator.leaveGroup(
          client(5),
          leaveGroupRequest.create({ groupId: 'g', members }),
        ),
      );
    };
    expect((await leave('i-2')).members[0]!.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect((await leave('i-1')).members[0]!.errorCode).toBe(ErrorCode.NONE);
    expect((await described(cluster)).groupState).toBe('Empty');
  });
});

describe('LeaveGroup', () => {
  it('given version 2, then one member goes and its error is the whole answer', async () => {
    const cluster = await elected();
    const [member] = await cluster.stableGroup(1);
    const leave = (): Promise<object> =>
      cluster.settle(
        cluster.coordinator.leaveGroup(
          client(2),
          leaveGroupRequest.create({ groupId: 'g', memberId: member!.memberId }),
        ),
      );
    expect(await leave()).toMatchObject({ errorCode: ErrorCode.NONE, members: [] });
    expect(await leave()).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID, members: [] });
  });

  it('given a group that does not exist, then each member is unknown', async () => {
    const cluster = await elected();
    const members = [{ memberId: 'm', groupInstanceId: null, reason: null }];
    const response = await cluster.coordinator.leaveGroup(
      client(5),
      leaveGroupRequest.create({ groupId: 'none', members }),
    );
    expect(response).toMatchObject({
      errorCode: 0,
      members: [{ memberId: 'm', errorCode: ErrorCode.UNKNOWN_MEMBER_ID }],
    });
  });
});

describe('ListGroups, DescribeGroups, DeleteGroups', () => {
  it('given filters, then groups are found by state and type in any case', async () => {
    const cluster = await elected();
    await cluster.stableGroup(1);
    const list = async (statesFilter: string[], typesFilter: string[]): Promise<string[]> => {
      const request = listGroupsRequest.create({ statesFilter, typesFilter });
      return (await cluster.coordinator.listGroups(client(5), request)).groups.map(
        ({ groupState }) => groupState,
      );
    };
    expect(await list([], [])).toEqual(['Stable']);
    expect(await list([' STABLE'], ['Classic'])).toEqual(['Stable']);
    expect(await list(['Empty'], [])).toEqual([]);
    expect(await list([], ['consumer'])).toEqual([]);
  });

  it('given a group that does not exist, then it is Dead, and since version 6 an error', async () => {
    const cluster = await elected();
    expect(await described(cluster, 5, 'none')).toMatchObject({ groupState: 'Dead', errorCode: 0 });
    expect(await described(cluster, 6, 'none')).toMatchObject({
      groupState: 'Dead',
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: 'Group none not found.',
    });
  });

  it('when groups are deleted, then only empty ones go, for good', async () => {
    const cluster = await elected();
    const [member] = await cluster.stableGroup(1);
    const remove = async (): Promise<number[]> => {
      const request = deleteGroupsRequest.create({ groupsNames: ['g', 'none', 'g'] });
      const { results } = await cluster.settle(
        cluster.coordinator.deleteGroups(client(2), request),
      );
      return results.map(({ errorCode }) => errorCode);
    };
    expect(await remove()).toEqual([ErrorCode.NON_EMPTY_GROUP, ErrorCode.GROUP_ID_NOT_FOUND]);
    const members = [{ memberId: member!.memberId, groupInstanceId: null, reason: null }];
    await cluster.settle(
      cluster.coordinator.leaveGroup(
        client(5),
        leaveGroupRequest.create({ groupId: 'g', members }),
      ),
    );
    expect(await remove()).toEqual([ErrorCode.NONE, ErrorCode.GROUP_ID_NOT_FOUND]);
    cluster.resign();
    await cluster.elect();
    expect((await described(cluster)).groupState).toBe('Dead');
  });

  it('given a closed coordinator or no offsets topic, then every answer is COORDINATOR_NOT_AVAILABLE', async () => {
    const cluster = await elected();
    await cluster.coordinator.close();
    expect((await cluster.join()).errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(await beat(cluster, 'm', 1)).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(
      (await cluster.coordinator.listGroups(client(5), listGroupsRequest.create())).errorCode,
    ).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(await described(cluster)).toMatchObject({
      errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    });
  });
});
