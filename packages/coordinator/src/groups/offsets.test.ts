import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import { listGroupsRequest } from '@ottla/protocol/messages/list-groups';
import {
  offsetCommitRequest,
  type OffsetCommitRequest,
} from '@ottla/protocol/messages/offset-commit';
import { offsetDeleteRequest } from '@ottla/protocol/messages/offset-delete';
import {
  offsetFetchRequest,
  type OffsetFetchResponseGroup,
} from '@ottla/protocol/messages/offset-fetch';
import { leaveGroupRequest } from '@ottla/protocol/messages/leave-group';
import { silentLogger } from '@ottla/platform';
import {
  buildControlBatch,
  ControlRecordType,
  encodeEndTxnMarker,
  RecordBatchBuilder,
} from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { catalog, client, GroupCluster, topicIds } from '../../test/support/group-cluster.ts';
import { CoordinatorError } from '../runtime/coordinator-error.ts';
import { offsetCommitKey } from '@ottla/protocol/messages/offset-commit-key';
import { offsetCommitValue } from '@ottla/protocol/messages/offset-commit-value';
import { GroupRecordCodec, offsetCommitRecord } from './group-records.ts';

const WEEK_MS = 7 * 24 * 3_600_000;
const orders = topicIds['orders']!;

async function elected(config = {}): Promise<GroupCluster> {
  const cluster = new GroupCluster(config);
  await cluster.elect();
  return cluster;
}

interface Commit {
  readonly topic?: string;
  readonly topicId?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly metadata?: string | null;
}

/** Commits one offset, by default for `orders-0` without membership; gives the partition's error. */
async function commit(
  cluster: GroupCluster,
  what: Commit = {},
  init: Partial<OffsetCommitRequest> = {},
  apiVersion = 9,
): Promise<number> {
  const {
    topic = 'orders',
    topicId = ZERO_UUID,
    partition = 0,
    offset = 7,
    metadata = null,
  } = what;
  const partitions = [
    {
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: 3,
      committedMetadata: metadata,
    },
  ];
  const request = offsetCommitRequest.create({
    groupId: 'g',
    topics: [{ name: topic, topicId, partitions }],
    ...init,
  });
  const response = await cluster.settle(
    cluster.coordinator.offsetCommit(client(apiVersion), request),
  );
  return response.topics[0]!.partitions[0]!.errorCode;
}

async function fetchGroup(
  cluster: GroupCluster,
  requireStable = false,
  groupId = 'g',
): Promise<OffsetFetchResponseGroup> {
  const groups = [{ groupId, memberId: null, memberEpoch: -1, topics: null }];
  const request = offsetFetchRequest.create({ groups, requireStable });
  return (await cluster.settle(cluster.coordinator.offsetFetch(client(9), request))).groups[0]!;
}

/** All that a group has committed, as `topic-partition`. */
async function offsets(cluster: GroupCluster, groupId = 'g'): Promise<Record<string, number>> {
  const { topics } = await fetchGroup(cluster, true, groupId);
  return Object.fromEntries(
    topics.flatMap(({ name, partitions }) =>
      partitions.map((each) => [`${name}-${each.partitionIndex}`, each.committedOffset]),
    ),
  );
}

describe('OffsetCommit', () => {
  it('given no membership and no group, then the group comes into being, empty and without a type', async () => {
    const cluster = await elected();
    expect(await commit(cluster)).toBe(ErrorCode.NONE);
    const { groups } = await cluster.coordinator.listGroups(client(5), listGroupsRequest.create());
    expect(groups).toEqual([
      { groupId: 'g', protocolType: '', groupState: 'Empty', groupType: 'classic' },
    ]);
    expect(await offsets(cluster)).toEqual({ 'orders-0': 7 });
  });

  it.each([
    [8, ErrorCode.ILLEGAL_GENERATION],
    [9, ErrorCode.GROUP_ID_NOT_FOUND],
  ])(
    'given version %i and a generation of no group, then the error is %i',
    async (version, errorCode) => {
      const cluster = await elected();
      const request = { generationIdOrMemberEpoch: 1, memberId: 'm' };
      expect(await commit(cluster, {}, request, version)).toBe(errorCode);
    },
  );

  it('given a Stable group, then only its members at its generation commit, and that keeps their session', async () => {
    const cluster = await elected();
    const [member] = await cluster.stableGroup(1);
    const memberId = member!.memberId;
    expect(await commit(cluster)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(await commit(cluster, {}, { memberId: 'other', generationIdOrMemberEpoch: 1 })).toBe(
      ErrorCode.UNKNOWN_MEMBER_ID,
    );
    expect(await commit(cluster, {}, { memberId, generationIdOrMemberEpoch: 2 })).toBe(
      ErrorCode.ILLEGAL_GENERATION,
    );
    expect(
      await commit(cluster, {}, { memberId, generationIdOrMemberEpoch: 1, groupInstanceId: 'i' }),
    ).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    for (let i = 0; i < 4; i += 1) {
      await cluster.time.run(9000);
      expect(await commit(cluster, {}, { memberId, generationIdOrMemberEpoch: 1 })).toBe(
        ErrorCode.NONE,
      );
    }
  });

  it.each([
    ['an unknown topic', 9, { topic: 'nothing' }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['an unknown partition', 9, { partition: 8 }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    [
      'an unknown topic id',
      10,
      { topic: '', topicId: 'dW5rbm93bi11bmtub3duLQ' },
      ErrorCode.UNKNOWN_TOPIC_ID,
    ],
    [
      'a partition unknown by id',
      10,
      { topic: '', topicId: orders, partition: 8 },
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ],
    ['a known topic id', 10, { topic: '', topicId: orders }, ErrorCode.NONE],
    ['metadata at the limit', 9, { metadata: 'm'.repeat(4096) }, ErrorCode.NONE],
    [
      'metadata above the limit',
      9,
      { metadata: 'm'.repeat(4097) },
      ErrorCode.OFFSET_METADATA_TOO_LARGE,
    ],
  ])(
    'given %s in version %i, then the error is that of its partition',
    async (_what, version, what, errorCode) => {
      const cluster = await elected();
      expect(await commit(cluster, what, {}, version)).toBe(errorCode);
    },
  );

  it('given known and unknown partitions of one topic, then they are answered together', async () => {
    const cluster = await elected();
    const partition = (partitionIndex: number): object => ({
      partitionIndex,
      committedOffset: 1,
      committedLeaderEpoch: -1,
      committedMetadata: null,
    });
    const topics = [
      {
        name: 'orders',
        topicId: ZERO_UUID,
        partitions: [partition(0), partition(9), partition(1)] as never,
      },
    ];
    const request = offsetCommitRequest.create({ groupId: 'g', topics });
    const response = await cluster.settle(cluster.coordinator.offsetCommit(client(9), request));
    expect(response.topics).toHaveLength(1);
    expect(
      new Map(response.topics[0]!.partitions.map((each) => [each.partitionIndex, each.errorCode])),
    ).toEqual(
      new Map([
        [9, 3],
        [0, 0],
        [1, 0],
      ]),
    );
  });

  it.each([
    ['NOT_ENOUGH_REPLICAS', ErrorCode.COORDINATOR_NOT_AVAILABLE],
    ['NOT_LEADER_OR_FOLLOWER', ErrorCode.NOT_COORDINATOR],
    ['MESSAGE_TOO_LARGE', ErrorCode.UNKNOWN_SERVER_ERROR],
  ] as const)(
    'given the log fails with %s, then the client is told %i and nothing is committed',
    async (name, errorCode) => {
      const cluster = await elected();
      await commit(cluster, { offset: 1 });
      cluster.log.manners.appendError = () => new CoordinatorError(name);
      expect(await commit(cluster, { offset: 2 })).toBe(errorCode);
      cluster.log.manners.appendError = () => undefined;
      expect(await offsets(cluster)).toEqual({ 'orders-0': 1 });
    },
  );
});

describe('OffsetFetch', () => {
  it('given an offset that is not committed in the log yet, then a plain fetch shows the one before, a stable one waits', async () => {
    const cluster = await elected();
    await commit(cluster, { offset: 1 });
    cluster.log.manners.commitDelayMs = () => undefined;
    const pending = commit(cluster, { offset: 2 });
    await cluster.time.run(10);
    const plain = await fetchGroup(cluster, false);
    expect(plain.topics[0]!.partitions[0]).toMatchObject({
      committedOffset: 1,
      committedLeaderEpoch: 3,
      metadata: '',
      errorCode: 0,
    });
    const stable = fetchGroup(cluster, true);
    await cluster.time.run(10);
    cluster.log.commit();
    expect((await stable).topics[0]!.partitions[0]!.committedOffset).toBe(2);
    expect(await pending).toBe(ErrorCode.NONE);
  });

  it.each([1, 2, 5, 7])(
    'given version %i, then topics are at the top and unknown ones have −1',
    async (version) => {
      const cluster = await elected();
      await commit(cluster, { metadata: 'note' });
      const topics = [
        { name: 'orders', partitionIndexes: [0, 1] },
        { name: 'nothing', partitionIndexes: [0] },
      ];
      const request = offsetFetchRequest.create({ groupId: 'g', topics });
      const response = await cluster.settle(
        cluster.coordinator.offsetFetch(client(version), request),
      );
      expect(response.groups).toEqual([]);
      const found = response.topics.map(({ name, partitions }) => [
        name,
        ...partitions.map(({ committedOffset, metadata }) => [committedOffset, metadata]),
      ]);
      expect(found).toEqual([
        ['orders', [7, 'note'], [-1, '']],
        ['nothing', [-1, '']],
      ]);
    },
  );

  it.each([
    [1, { errorCode: 0, topics: [{ partitions: [{ errorCode: ErrorCode.NOT_COORDINATOR }] }] }],
    [2, { errorCode: ErrorCode.NOT_COORDINATOR, topics: [] }],
    [8, { groups: [{ errorCode: ErrorCode.NOT_COORDINATOR, topics: [] }] }],
  ])(
    'given version %i and no shard, then the error is where that version has room',
    async (version, expected) => {
      const cluster = new GroupCluster();
      const partitions = [{ name: 'orders', topicId: ZERO_UUID, partitionIndexes: [0] }];
      const groups = [{ groupId: 'g', memberId: null, memberEpoch: -1, topics: partitions }];
      const request = offsetFetchRequest.create({ groupId: 'g', topics: partitions, groups });
      expect(await cluster.coordinator.offsetFetch(client(version), request)).toMatchObject(
        expected,
      );
    },
  );

  it('given version 10, then topics are named by id, unknown ones refused, and older namesakes do not count', async () => {
    const cluster = await elected();
    await commit(cluster, { topic: '', topicId: orders }, {}, 10);
    const topics = [orders, 'dW5rbm93bi11bmtub3duLQ'].map((topicId) => ({
      name: '',
      topicId,
      partitionIndexes: [0],
    }));
    const groups = [{ groupId: 'g', memberId: null, memberEpoch: -1, topics }];
    const response = await cluster.settle(
      cluster.coordinator.offsetFetch(client(10), offsetFetchRequest.create({ groups })),
    );
    const found = response.groups[0]!.topics.map(({ topicId, partitions }) => [
      topicId,
      partitions[0]!.committedOffset,
      partitions[0]!.errorCode,
    ]);
    expect(found).toEqual([
      [orders, 7, 0],
      ['dW5rbm93bi11bmtub3duLQ', -1, ErrorCode.UNKNOWN_TOPIC_ID],
    ]);
    const all = { groupId: 'g', memberId: null, memberEpoch: -1, topics: null };
    const everything = await cluster.settle(
      cluster.coordinator.offsetFetch(client(10), offsetFetchRequest.create({ groups: [all] })),
    );
    expect(everything.groups[0]!.topics[0]!.topicId).toBe(orders);
  });

  it('given a topic that was made anew under its name, then offsets of the old one are not shown', async () => {
    const cluster = await elected();
    await commit(cluster, { topic: '', topicId: orders }, {}, 10);
    const renamed = 'bmV3LW9yZGVycy1uZXctb3I';
    const newCatalog = catalog as { topicName: (id: string) => string | undefined };
    const before = newCatalog.topicName;
    newCatalog.topicName = (id) => (id === renamed ? 'orders' : before(id));
    try {
      const topics = [{ name: '', topicId: renamed, partitionIndexes: [0] }];
      const groups = [{ groupId: 'g', memberId: null, memberEpoch: -1, topics }];
      const response = await cluster.settle(
        cluster.coordinator.offsetFetch(client(10), offsetFetchRequest.create({ groups })),
      );
      expect(response.groups[0]!.topics[0]!.partitions[0]!.committedOffset).toBe(-1);
    } finally {
      newCatalog.topicName = before;
    }
  });

  it('given several groups, then each has its own answer', async () => {
    const cluster = await elected();
    await commit(cluster);
    const group = (groupId: string): object => ({
      groupId,
      memberId: null,
      memberEpoch: -1,
      topics: null,
    });
    const request = offsetFetchRequest.create({ groups: [group('g'), group('none')] as never });
    const { groups } = await cluster.settle(cluster.coordinator.offsetFetch(client(8), request));
    expect(
      groups.map(({ groupId, topics, errorCode }) => [groupId, topics.length, errorCode]),
    ).toEqual([
      ['g', 1, 0],
      ['none', 0, 0],
    ]);
  });

  it('given an open transaction, then its offsets are unstable until it ends', async () => {
    const cluster = new GroupCluster();
    const codec = new GroupRecordCodec(silentLogger);
    const value = offsetCommitValue.create({
      offset: 9,
      metadata: '',
      commitTimestamp: cluster.time.nowMs(),
    });
    const { key, value: bytes } = codec.encode(
      offsetCommitRecord(
        offsetCommitKey.create({ group: 'g', topic: 'orders', partition: 0 }),
        value,
      ),
    );
    const builder = new RecordBatchBuilder({
      producerId: 4,
      producerEpoch: 0,
      baseSequence: 0,
      transactional: true,
    });
    builder.append(0, key, bytes);
    cluster.log.store(builder.build());
    cluster.log.commit();
    await cluster.elect();
    const fetchOne = async (requireStable: boolean): Promise<number[]> => {
      const topics = [{ name: 'orders', topicId: ZERO_UUID, partitionIndexes: [0] }];
      const groups = [{ groupId: 'g', memberId: null, memberEpoch: -1, topics }];
      const response = await cluster.settle(
        cluster.coordinator.offsetFetch(
          client(9),
          offsetFetchRequest.create({ groups, requireStable }),
        ),
      );
      const { errorCode, committedOffset } = response.groups[0]!.topics[0]!.partitions[0]!;
      return [errorCode, committedOffset];
    };
    expect(await fetchOne(true)).toEqual([ErrorCode.UNSTABLE_OFFSET_COMMIT, -1]);
    expect(await fetchOne(false)).toEqual([0, -1]);
    cluster.resign();
    const marker = {
      type: ControlRecordType.COMMIT,
      value: encodeEndTxnMarker(0),
      timestamp: 0,
      producerId: 4,
      producerEpoch: 0,
    };
    cluster.log.store(buildControlBatch(marker));
    cluster.log.commit();
    await cluster.elect();
    expect(await fetchOne(true)).toEqual([0, 9]);
  });
});

describe('OffsetDelete and deleted topics', () => {
  async function remove(cluster: GroupCluster, ...topics: string[]): Promise<number[] | number> {
    const request = offsetDeleteRequest.create({
      groupId: 'g',
      topics: topics.map((name) => ({ name, partitions: [{ partitionIndex: 0 }] })),
    });
    const response = await cluster.settle(cluster.coordinator.offsetDelete(client(0), request));
    return response.errorCode || response.topics.map(({ partitions }) => partitions[0]!.errorCode);
  }

  it('given consumers, then offsets of topics that they do not subscribe to are removed', async () => {
    const cluster = await elected();
    await commit(cluster, { topic: 'invoices' });
    await commit(cluster, { topic: 'orders' });
    await cluster.stableGroup(1);
    expect(await remove(cluster, 'nothing', 'invoices', 'orders')).toEqual([
      3,
      0,
      ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
    ]);
    expect(await offsets(cluster)).toEqual({ 'orders-0': 7 });
  });

  it('given no group, or members that are not consumers, then the whole request is refused', async () => {
    const cluster = await elected();
    expect(await remove(cluster, 'orders')).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
    await cluster.settle(cluster.join({ protocolType: 'connect' }, 3));
    expect(await remove(cluster, 'orders')).toBe(ErrorCode.NON_EMPTY_GROUP);
  });

  it('when topics are deleted, then their offsets go and those of a newer namesake stay', async () => {
    const cluster = await elected();
    await commit(cluster, { topic: '', topicId: orders }, {}, 10);
    await commit(cluster, { topic: 'invoices' });
    await cluster.settle(
      cluster.coordinator.onTopicsDeleted([{ name: 'orders', id: 'b2xkLW9sZC1vbGQtb2xkLQ' }]),
    );
    expect(await offsets(cluster)).toEqual({ 'orders-0': 7, 'invoices-0': 7 });
    await cluster.settle(cluster.coordinator.onTopicsDeleted([{ name: 'orders', id: orders }]));
    expect(await offsets(cluster)).toEqual({ 'invoices-0': 7 });
  });
});

describe('expiry of offsets', () => {
  const config = { offsetsRetentionCheckIntervalMs: 3_600_000 };

  it('given a group without members, then offsets expire a week after their commit, and the group with the last', async () => {
    const cluster = await elected(config);
    await commit(cluster, { partition: 0 });
    await cluster.time.run(WEEK_MS / 2);
    await commit(cluster, { partition: 1 });
    await cluster.time.run(WEEK_MS / 2 + 3_600_000);
    expect(await offsets(cluster)).toEqual({ 'orders-1': 7 });
    await cluster.time.run(WEEK_MS / 2 + 3_600_000);
    expect(
      (await cluster.coordinator.listGroups(client(5), listGroupsRequest.create())).groups,
    ).toEqual([]);
    expect(cluster.log.records.at(-1)!.value).toBeNull();
  });

  it('given a group that became empty, then the week counts from then', async () => {
    const cluster = await elected(config);
    const [member] = await cluster.stableGroup(1, { sessionTimeoutMs: 1_800_000 });
    await commit(cluster, {}, { memberId: member!.memberId, generationIdOrMemberEpoch: 1 });
    await cluster.time.run(1_000_000);
    const members = [{ memberId: member!.memberId, groupInstanceId: null, reason: null }];
    await cluster.settle(
      cluster.coordinator.leaveGroup(
        client(5),
        leaveGroupRequest.create({ groupId: 'g', members }),
      ),
    );
    await cluster.time.run(WEEK_MS - 1000);
    expect(await offsets(cluster)).toEqual({ 'orders-0': 7 });
    await cluster.time.run(3_600_000);
    expect(await offsets(cluster)).toEqual({});
  });

  it('given a commit with a retention of its own (versions 2–4), then that counts', async () => {
    const cluster = await elected(config);
    await commit(cluster, {}, { retentionTimeMs: 60_000 }, 3);
    await commit(cluster, { partition: 1 });
    cluster.resign();
    await cluster.elect();
    await cluster.time.run(3_600_001);
    expect(await offsets(cluster)).toEqual({ 'orders-1': 7 });
  });

  it('given live consumers, then offsets of topics they subscribe to do not expire, the others do', async () => {
    const cluster = await elected({ ...config, sessionTimeoutMsMax: 2_000_000_000 });
    await commit(cluster, { topic: 'invoices' });
    await commit(cluster, { topic: 'orders' });
    await cluster.stableGroup(1, { sessionTimeoutMs: 1_000_000_000 });
    await cluster.time.run(WEEK_MS + 3_600_000);
    expect(await offsets(cluster)).toEqual({ 'orders-0': 7 });
  });

  it('given more offsets than one slice looks at, then all expire in the same round', async () => {
    const cluster = await elected(config);
    const partitions = [...Array(8).keys()].map((partitionIndex) => ({
      partitionIndex,
      committedOffset: 1,
      committedLeaderEpoch: -1,
      committedMetadata: null,
    }));
    const commits = Array.from({ length: 800 }, (_, i) => {
      const topics = [{ name: 'orders', topicId: ZERO_UUID, partitions }];
      return cluster.coordinator.offsetCommit(
        client(9),
        offsetCommitRequest.create({ groupId: `g${i}`, topics }),
      );
    });
    await cluster.settle(Promise.all(commits));
    await cluster.time.run(WEEK_MS + 3_600_000);
    const { groups } = await cluster.coordinator.listGroups(client(5), listGroupsRequest.create());
    expect(groups).toEqual([]);
    expect(cluster.log.records).toHaveLength(800 * (8 + 8 + 1));
  });
});
