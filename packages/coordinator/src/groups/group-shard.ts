// The state machine of one partition of `__consumer_offsets`: classic groups and committed offsets. Requests come in one by one,
// records go out, and `replay` is what rebuilds the same state from the log. Kafka: GroupCoordinatorShard.

import type { Logger } from '@ottla/platform';
import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import {
  type DeletableGroupResult,
  type DeleteGroupsResponse,
  deleteGroupsResponse,
} from '@ottla/protocol/messages/delete-groups';
import type { DescribedGroup } from '@ottla/protocol/messages/describe-groups';
import type { HeartbeatRequest, HeartbeatResponse } from '@ottla/protocol/messages/heartbeat';
import {
  type JoinGroupRequest,
  type JoinGroupResponse,
  joinGroupResponse,
} from '@ottla/protocol/messages/join-group';
import type { LeaveGroupRequest, LeaveGroupResponse } from '@ottla/protocol/messages/leave-group';
import type { ListedGroup, ListGroupsRequest } from '@ottla/protocol/messages/list-groups';
import type {
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '@ottla/protocol/messages/offset-commit';
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponse,
} from '@ottla/protocol/messages/offset-delete';
import type {
  OffsetFetchRequestGroup,
  OffsetFetchResponseTopics,
} from '@ottla/protocol/messages/offset-fetch';
import {
  type SyncGroupRequest,
  type SyncGroupResponse,
  syncGroupResponse,
} from '@ottla/protocol/messages/sync-group';

import type {
  CoordinatorResult,
  CoordinatorShard,
  RecordProducer,
  ShardContext,
} from '../runtime/coordinator-shard.ts';
import { SnapshotMap } from '../runtime/snapshot-map.ts';
import { type ClassicContext, groupOrNew, type GroupResult, NOTHING } from './classic-context.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { Reply } from './classic-member.ts';
import { type CommittedOffset, committedOffsetOf } from './committed-offset.ts';
import { describeGroup, listGroups } from './describe-groups.ts';
import type { GroupCoordinatorConfig } from './group-config.ts';
import { groupOf } from './group-metadata.ts';
import {
  type GroupRecord,
  groupMetadataTombstone,
  offsetCommitTombstone,
} from './group-records.ts';
import { heartbeat } from './heartbeat.ts';
import { joinGroup } from './join-group.ts';
import { leaveGroup } from './leave-group.ts';
import {
  commitOffsets,
  deleteAllOffsets,
  deleteOffsets,
  expireOffsets,
  fetchAllOffsets,
  fetchOffsets,
} from './offset-requests.ts';
import { OffsetStore } from './offset-store.ts';
import { prepareRebalance, scheduleHeartbeat } from './rebalance.ts';
import { syncGroup } from './sync-group.ts';
import type { RequestContext } from './request-context.ts';
import type { DeletedTopic } from './topic-catalog.ts';

const EXPIRY_TIMER = 'expire offsets';
/** Offsets looked at before the event loop gets its turn: well below 5 ms. */
const EXPIRY_SLICE_OFFSETS = 5000;

/** What a shard has besides its runtime's context. */
export interface GroupShardOptions {
  readonly config: GroupCoordinatorConfig;
  /** Wall clock, ms since 1970. */
  now(): number;
  /** A new id that begins with `prefix`. */
  newMemberId(prefix: string): string;
}

/** Groups and offsets of one partition. */
export class GroupShard implements CoordinatorShard<GroupRecord> {
  readonly #context: ClassicContext;
  readonly #offsets: OffsetStore;
  /** Groups of kinds that are not served yet; classic clients must not touch them. */
  readonly #foreignGroups: SnapshotMap<string, true>;
  readonly #logger: Logger;

  constructor(shard: ShardContext<GroupRecord>, options: GroupShardOptions) {
    const { snapshots, timers, logger } = shard;
    const groups = new SnapshotMap<string, ClassicGroup>(snapshots);
    this.#context = {
      ...options,
      now: options.now,
      newMemberId: options.newMemberId,
      groups,
      timers,
      logger,
    };
    this.#offsets = new OffsetStore(snapshots);
    this.#foreignGroups = new SnapshotMap(snapshots);
    this.#logger = logger;
  }

  /** The latest groups by id, to look at. */
  get groups(): ReadonlyMap<string, ClassicGroup> {
    return new Map(this.#context.groups.entries());
  }

  /** A group's latest offsets, to look at. */
  offsetsOf(groupId: string): CommittedOffset[] {
    return this.#offsets.all(groupId);
  }

  // ---- requests: they read the state and return records -----------------------------------------

  joinGroup(
    client: RequestContext,
    request: JoinGroupRequest,
    reply: Reply<JoinGroupResponse>,
  ): GroupResult {
    if (this.#foreignGroups.has(request.groupId)) {
      const errorCode = ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
      reply(joinGroupResponse.create({ memberId: '', errorCode }));
      return NOTHING;
    }
    return joinGroup(this.#context, client, request, reply);
  }

  syncGroup(request: SyncGroupRequest, reply: Reply<SyncGroupResponse>): GroupResult {
    return syncGroup(this.#context, request, reply);
  }

  /** @throws CoordinatorError */
  heartbeat(request: HeartbeatRequest): CoordinatorResult<GroupRecord, HeartbeatResponse> {
    return { records: [], response: heartbeat(this.#context, request) };
  }

  /** @throws CoordinatorError */
  leaveGroup(request: LeaveGroupRequest): CoordinatorResult<GroupRecord, LeaveGroupResponse> {
    return leaveGroup(this.#context, request);
  }

  /** @throws CoordinatorError */
  commitOffsets(
    request: OffsetCommitRequest,
    apiVersion: number,
  ): CoordinatorResult<GroupRecord, OffsetCommitResponse> {
    return commitOffsets(this.#context, request, apiVersion);
  }

  /** @param latest see `fetchOffsets` in offset-requests */
  fetchOffsets(request: OffsetFetchRequestGroup, latest: boolean): OffsetFetchResponseTopics[] {
    return request.topics === null
      ? fetchAllOffsets(this.#context, this.#offsets, request.groupId, latest)
      : fetchOffsets(this.#context, this.#offsets, request, latest);
  }

  /** @throws CoordinatorError */
  deleteOffsets(
    request: OffsetDeleteRequest,
  ): CoordinatorResult<GroupRecord, OffsetDeleteResponse> {
    return deleteOffsets(this.#context, this.#offsets, request);
  }

  describeGroups(groupIds: readonly string[], apiVersion: number): DescribedGroup[] {
    return groupIds.map((groupId) => describeGroup(this.#context.groups, groupId, apiVersion));
  }

  listGroups(request: Pick<ListGroupsRequest, 'statesFilter' | 'typesFilter'>): ListedGroup[] {
    return listGroups(this.#context.groups, request).filter(
      ({ groupId }) => this.#foreignGroups.getCommitted(groupId) === undefined,
    );
  }

  deleteGroups(groupIds: readonly string[]): CoordinatorResult<GroupRecord, DeleteGroupsResponse> {
    const records: GroupRecord[] = [];
    const results = groupIds.map((groupId): DeletableGroupResult => {
      const error = this.#deletionError(groupId);
      if (error !== undefined) return { groupId, errorCode: ErrorCode[error] };
      records.push(...deleteAllOffsets(this.#offsets, groupId), groupMetadataTombstone(groupId));
      return { groupId, errorCode: ErrorCode.NONE };
    });
    return { records, response: deleteGroupsResponse.create({ results }) };
  }

  #deletionError(groupId: string): 'GROUP_ID_NOT_FOUND' | 'NON_EMPTY_GROUP' | undefined {
    const group = this.#context.groups.get(groupId);
    if (this.#foreignGroups.has(groupId)) return 'NON_EMPTY_GROUP';
    if (group === undefined || group.state === 'Dead') return 'GROUP_ID_NOT_FOUND';
    return group.state === 'Empty' ? undefined : 'NON_EMPTY_GROUP';
  }

  /** Drops the offsets of topics that are no more; those of a newer topic of the same name stay. */
  deleteTopics(topics: readonly DeletedTopic[]): GroupResult {
    const idByName = new Map(topics.map(({ name, id }) => [name, id]));
    const records: GroupRecord[] = [];
    for (const [groupId, { topic, partition, topicId }] of this.#offsets.everything()) {
      const deletedId = idByName.get(topic);
      if (deletedId === undefined) continue;
      if (topicId === ZERO_UUID || topicId === deletedId)
        records.push(offsetCommitTombstone(groupId, topic, partition));
    }
    return { records, response: undefined, atomic: false };
  }

  // ---- life of the shard --------------------------------------------------------------------------

  onLoaded(): void {
    const { config, groups } = this.#context;
    for (const [groupId, group] of groups.entries()) {
      for (const member of group.members.values()) scheduleHeartbeat(this.#context, group, member);
      if (group.members.size > config.groupSizeMax) {
        // The limit was lowered: members join again, and the last ones are turned away.
        prepareRebalance(this.#context, group, `${groupId} is over group.max.size`);
      }
    }
    this.#scheduleExpiry();
  }

  onUnloaded(): void {
    const errorCode = ErrorCode.NOT_COORDINATOR;
    for (const [, group] of this.#context.groups.entries()) {
      group.transitionTo('Dead', this.#context.now());
      for (const member of group.members.values()) {
        const { memberId } = member;
        group.answerJoin(member, joinGroupResponse.create({ memberId, errorCode }));
        group.answerSync(member, syncGroupResponse.create({ errorCode }));
      }
    }
  }

  /** Writes tombstones for what has expired every `offsets.retention.check.interval.ms`, some thousand offsets at a time. */
  #expire(
    groupIds: readonly string[] = [...this.#context.groups.entries()].map(([id]) => id),
  ): GroupResult {
    const { groups, timers } = this.#context;
    const nowMs = this.#context.now();
    const records: GroupRecord[] = [];
    let next = 0;
    for (let seen = 0; next < groupIds.length && seen < EXPIRY_SLICE_OFFSETS; next += 1) {
      const groupId = groupIds[next]!;
      const group = groups.get(groupId);
      if (group === undefined || this.#foreignGroups.has(groupId)) continue;
      const expired = expireOffsets(this.#context, this.#offsets, group, nowMs);
      seen += 1 + expired.seen;
      records.push(...expired.records);
      if (expired.isEmptied && group.state === 'Empty')
        records.push(groupMetadataTombstone(groupId));
    }
    if (records.length > 0) this.#logger.info('offsets expired', { tombstones: records.length });
    const rest = groupIds.slice(next);
    if (rest.length > 0) timers.schedule(EXPIRY_TIMER, 0, () => this.#expire(rest));
    else this.#scheduleExpiry();
    return { records, response: undefined, atomic: false };
  }

  #scheduleExpiry(): void {
    const { config, timers } = this.#context;
    timers.schedule(EXPIRY_TIMER, config.offsetsRetentionCheckIntervalMs, () => this.#expire());
  }

  // ---- replay: the only way that records change the state -----------------------------------------

  replay(offset: number, record: GroupRecord, producer?: RecordProducer): void {
    const { groups } = this.#context;
    switch (record.kind) {
      case 'group-metadata': {
        const groupId = record.key.group;
        if (record.value === null) groups.delete(groupId);
        else groups.set(groupId, groupOf(groupId, record.value));
        return;
      }
      case 'offset-commit':
      case 'legacy-offset-commit':
        this.#replayOffset(offset, record.key, record.value, producer);
        return;
      case 'foreign-group':
        if (record.isTombstone) this.#foreignGroups.delete(record.groupId);
        else this.#foreignGroups.set(record.groupId, true);
        return;
    }
  }

  #replayOffset(
    offset: number,
    { group, topic, partition }: { group: string; topic: string; partition: number },
    value: Parameters<typeof committedOffsetOf>[3] | null,
    producer: RecordProducer | undefined,
  ): void {
    if (value === null) {
      this.#offsets.remove(group, topic, partition);
      return;
    }
    groupOrNew(this.#context, group);
    const committed = committedOffsetOf(offset, topic, partition, value);
    if (producer === undefined) this.#offsets.put(group, committed);
    else this.#offsets.putPending(producer.producerId, group, committed);
  }

  replayTransactionEnd({ producerId }: RecordProducer, isCommit: boolean): void {
    this.#offsets.endTransaction(producerId, isCommit);
  }
}
