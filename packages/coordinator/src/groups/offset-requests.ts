// OffsetCommit, OffsetFetch and OffsetDelete of one group, for topics that are known to exist, and the expiry of offsets.
// Kafka: OffsetMetadataManager, ClassicGroup.validateOffsetCommit, .offsetExpirationCondition.

import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import {
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  offsetCommitResponse,
} from '@ottla/protocol/messages/offset-commit';
import { offsetCommitKey } from '@ottla/protocol/messages/offset-commit-key';
import {
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
  offsetDeleteResponse,
} from '@ottla/protocol/messages/offset-delete';
import type {
  OffsetFetchRequestGroup,
  OffsetFetchResponsePartitions,
  OffsetFetchResponseTopics,
} from '@ottla/protocol/messages/offset-fetch';
import { CoordinatorError } from '../runtime/coordinator-error.ts';
import type { CoordinatorResult } from '../runtime/coordinator-shard.ts';
import { type ClassicContext, groupOrNew } from './classic-context.ts';
import type { ClassicGroup } from './classic-group.ts';
import { type CommittedOffset, offsetValueOf } from './committed-offset.ts';
import { type GroupRecord, offsetCommitRecord, offsetCommitTombstone } from './group-records.ts';
import type { OffsetStore } from './offset-store.ts';
import { scheduleHeartbeat } from './rebalance.ts';

const NOT_FOUND_ERROR_VERSION_MIN = 9;
const NO_RETENTION_TIME = -1;

/** Metadata and offset that stand for "nothing committed". */
const NOTHING_COMMITTED = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' } as const;

/**
 * Handles OffsetCommit of topics whose name and id are both set.
 *
 * @throws CoordinatorError `UNKNOWN_MEMBER_ID`, `ILLEGAL_GENERATION`, `FENCED_INSTANCE_ID`, `REBALANCE_IN_PROGRESS`,
 *   `GROUP_ID_NOT_FOUND`, `COORDINATOR_NOT_AVAILABLE`: for the whole request
 */
export function commitOffsets(
  context: ClassicContext,
  request: OffsetCommitRequest,
  apiVersion: number,
): CoordinatorResult<GroupRecord, OffsetCommitResponse> {
  const group = groupForCommit(context, request, apiVersion);
  validateCommit(group, request);
  const member = group.members.get(request.memberId);
  const keepsSession = group.state === 'Stable' || group.state === 'PreparingRebalance';
  if (keepsSession && member !== undefined) scheduleHeartbeat(context, group, member);
  const nowMs = context.now();
  const expireTimestampMs =
    request.retentionTimeMs === NO_RETENTION_TIME ? undefined : nowMs + request.retentionTimeMs;
  const records: GroupRecord[] = [];
  const topics = request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((partition) => {
      const { partitionIndex } = partition;
      const metadata = partition.committedMetadata ?? '';
      if (metadata.length > context.config.offsetMetadataSizeMax)
        return { partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE };
      const key = { group: request.groupId, topic: name, partition: partitionIndex };
      const value = offsetValueOf({
        topic: name,
        partition: partitionIndex,
        topicId,
        offset: partition.committedOffset,
        leaderEpoch: partition.committedLeaderEpoch,
        metadata,
        commitTimestampMs: nowMs,
        expireTimestampMs,
        recordOffset: -1,
      });
      records.push(offsetCommitRecord(offsetCommitKey.create(key), value));
      return { partitionIndex, errorCode: ErrorCode.NONE };
    }),
  }));
  return { records, response: offsetCommitResponse.create({ topics }) };
}

function groupForCommit(
  context: ClassicContext,
  request: OffsetCommitRequest,
  apiVersion: number,
): ClassicGroup {
  const group = context.groups.get(request.groupId);
  if (group !== undefined) return group;
  // A consumer that only keeps offsets here, or an administrator: the group comes into being by its first commit.
  if (request.generationIdOrMemberEpoch < 0) return groupOrNew(context, request.groupId);
  throw new CoordinatorError(
    apiVersion >= NOT_FOUND_ERROR_VERSION_MIN ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION',
  );
}

function validateCommit(group: ClassicGroup, request: OffsetCommitRequest): void {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request;
  if (group.state === 'Dead') throw new CoordinatorError('COORDINATOR_NOT_AVAILABLE');
  if (generationId < 0 && group.state === 'Empty') return;
  if (generationId < 0 && memberId === '' && groupInstanceId === null)
    throw new CoordinatorError('UNKNOWN_MEMBER_ID');
  group.validateMember(memberId, groupInstanceId);
  if (generationId !== group.generationId) throw new CoordinatorError('ILLEGAL_GENERATION');
  // The member knows the new generation and not its partitions yet, so these offsets are not its to commit.
  if (group.state === 'CompletingRebalance') throw new CoordinatorError('REBALANCE_IN_PROGRESS');
}

/** Handles OffsetFetch for named topics. With `latest` the caller must wait for earlier writes; otherwise committed state is read. */
export function fetchOffsets(
  { groups }: ClassicContext,
  offsets: OffsetStore,
  { groupId, topics }: OffsetFetchRequestGroup,
  latest: boolean,
): OffsetFetchResponseTopics[] {
  const group = latest ? groups.get(groupId) : groups.getCommitted(groupId);
  const isFound = group !== undefined && group.state !== 'Dead';
  return (topics ?? []).map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => {
      if (!isFound) return fetched(partitionIndex, undefined, ErrorCode.NONE);
      if (latest && offsets.isPending(groupId, name, partitionIndex))
        return fetched(partitionIndex, undefined, ErrorCode.UNSTABLE_OFFSET_COMMIT);
      const committed = latest
        ? offsets.get(groupId, name, partitionIndex)
        : offsets.getCommitted(groupId, name, partitionIndex);
      return fetched(partitionIndex, ofTopic(committed, topicId), ErrorCode.NONE);
    }),
  }));
}

/** An offset that was committed for an earlier topic of the same name does not count. */
function ofTopic(
  committed: CommittedOffset | undefined,
  topicId: string,
): CommittedOffset | undefined {
  const isKnown = topicId !== ZERO_UUID && committed?.topicId !== ZERO_UUID;
  return isKnown && committed?.topicId !== topicId ? undefined : committed;
}

/** Handles OffsetFetch for all topics of a group. `latest` as for `fetchOffsets`. Topic ids are left to the caller. */
export function fetchAllOffsets(
  { groups }: ClassicContext,
  offsets: OffsetStore,
  groupId: string,
  latest: boolean,
): OffsetFetchResponseTopics[] {
  const group = latest ? groups.get(groupId) : groups.getCommitted(groupId);
  if (group === undefined || group.state === 'Dead') return [];
  const byTopic = new Map<string, OffsetFetchResponsePartitions[]>();
  for (const committed of latest ? offsets.all(groupId) : offsets.allCommitted(groupId)) {
    const { topic, partition } = committed;
    const isUnstable = latest && offsets.isPending(groupId, topic, partition);
    const entry = isUnstable
      ? fetched(partition, undefined, ErrorCode.UNSTABLE_OFFSET_COMMIT)
      : fetched(partition, committed, ErrorCode.NONE);
    const partitions = byTopic.get(topic);
    if (partitions === undefined) byTopic.set(topic, [entry]);
    else partitions.push(entry);
  }
  return [...byTopic].map(([name, partitions]) => ({ name, topicId: ZERO_UUID, partitions }));
}

function fetched(
  partitionIndex: number,
  committed: CommittedOffset | undefined,
  errorCode: number,
): OffsetFetchResponsePartitions {
  if (committed === undefined) return { partitionIndex, ...NOTHING_COMMITTED, errorCode };
  const { offset, leaderEpoch, metadata } = committed;
  return {
    partitionIndex,
    committedOffset: offset,
    committedLeaderEpoch: leaderEpoch,
    metadata,
    errorCode,
  };
}

/**
 * Handles OffsetDelete.
 *
 * @throws CoordinatorError `GROUP_ID_NOT_FOUND`, or `NON_EMPTY_GROUP` for members that are not consumers
 */
export function deleteOffsets(
  { groups }: ClassicContext,
  offsets: OffsetStore,
  { groupId, topics }: OffsetDeleteRequest,
): CoordinatorResult<GroupRecord, OffsetDeleteResponse> {
  const group = groups.get(groupId);
  if (group === undefined || group.state === 'Dead')
    throw new CoordinatorError('GROUP_ID_NOT_FOUND');
  if (group.state !== 'Empty' && !group.isConsumers) throw new CoordinatorError('NON_EMPTY_GROUP');
  const records: GroupRecord[] = [];
  const responseTopics = topics.map(({ name, partitions }) => {
    const isSubscribed = group.isSubscribedTo(name);
    return {
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        if (isSubscribed) return { partitionIndex, errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC };
        const isThere =
          offsets.get(groupId, name, partitionIndex) !== undefined ||
          offsets.isPending(groupId, name, partitionIndex);
        if (isThere) records.push(offsetCommitTombstone(groupId, name, partitionIndex));
        return { partitionIndex, errorCode: ErrorCode.NONE };
      }),
    };
  });
  return { records, response: offsetDeleteResponse.create({ topics: responseTopics }) };
}

/** Tombstones of all offsets of a group, those of open transactions included. */
export function deleteAllOffsets(offsets: OffsetStore, groupId: string): GroupRecord[] {
  const records = new Map<string, GroupRecord>();
  for (const { topic, partition } of [...offsets.all(groupId), ...offsets.pending(groupId)])
    records.set(`${topic}:${partition}`, offsetCommitTombstone(groupId, topic, partition));
  return [...records.values()];
}

/**
 * Tombstones of a group's expired offsets (KIP-211). Offsets of a topic that live members subscribe to do not expire; those of an
 * empty group expire counting from when it became empty, those of a group without members from when they were committed.
 *
 * @returns also whether nothing is left, so that an empty group may go, and how many offsets were looked at
 */
export function expireOffsets(
  { config }: ClassicContext,
  offsets: OffsetStore,
  group: ClassicGroup,
  nowMs: number,
): { readonly records: GroupRecord[]; readonly isEmptied: boolean; readonly seen: number } {
  const { groupId } = group;
  const hasOpenTransactions = offsets.pending(groupId).length > 0;
  const committed = offsets.all(groupId);
  if (committed.length === 0) return { records: [], isEmptied: !hasOpenTransactions, seen: 0 };
  const retainedSince = retentionStart(group);
  if (retainedSince === undefined) return { records: [], isEmptied: false, seen: 0 };
  const expired = committed.filter((offset) => {
    if (group.isSubscribedTo(offset.topic)) return false;
    if (offsets.isPending(groupId, offset.topic, offset.partition)) return false;
    if (offset.expireTimestampMs !== undefined) return nowMs >= offset.expireTimestampMs;
    return nowMs - retainedSince(offset) >= config.offsetsRetentionMs;
  });
  const records = expired.map(({ topic, partition }) =>
    offsetCommitTombstone(groupId, topic, partition),
  );
  const isEmptied = expired.length === committed.length && !hasOpenTransactions;
  return { records, isEmptied, seen: committed.length };
}

/** From when on an offset's retention counts; undefined while the group's offsets do not expire. */
function retentionStart(group: ClassicGroup): ((offset: CommittedOffset) => number) | undefined {
  const commit = (offset: CommittedOffset): number => offset.commitTimestampMs;
  if (group.protocolType === undefined) return commit;
  if (group.state === 'Empty') {
    const { stateTimestampMs } = group;
    return stateTimestampMs === undefined ? commit : () => stateTimestampMs;
  }
  return group.subscribedTopics !== undefined && group.state === 'Stable' ? commit : undefined;
}
