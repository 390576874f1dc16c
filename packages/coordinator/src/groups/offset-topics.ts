// What OffsetCommit, OffsetFetch and OffsetDelete ask of the cluster's metadata before and after the shard: names for ids, whether
// topics and partitions exist, and the two shapes of OffsetFetch. Kafka: KafkaApis, OffsetFetchRequest, OffsetFetchResponse.

import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import type {
  OffsetCommitRequest,
  OffsetCommitRequestTopic,
  OffsetCommitResponseTopic,
} from '@ottla/protocol/messages/offset-commit';
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseTopic,
} from '@ottla/protocol/messages/offset-delete';
import {
  type OffsetFetchRequest,
  type OffsetFetchRequestGroup,
  type OffsetFetchResponse,
  type OffsetFetchResponseGroup,
  offsetFetchResponse,
  type OffsetFetchResponseTopics,
} from '@ottla/protocol/messages/offset-fetch';
import type { TopicCatalog } from './topic-catalog.ts';

/** From this version on OffsetCommit and OffsetFetch name topics by id (KIP-848). */
export const TOPIC_ID_VERSION_MIN = 10;
/** From this version on OffsetFetch asks for several groups (KIP-709). */
const FETCH_GROUPS_VERSION_MIN = 8;
/** From this version on OffsetFetch has an error for the whole group. */
const FETCH_GROUP_ERROR_VERSION_MIN = 2;

/** A request in two: what the shard is asked, and what is answered without it. */
export interface Sorted<Asked, Answered> {
  readonly known: Asked[];
  readonly refused: Answered[];
}

/** Sets name and id of each topic to commit, and refuses topics and partitions that do not exist. */
export function sortCommit(
  catalog: TopicCatalog,
  { topics }: OffsetCommitRequest,
  apiVersion: number,
): Sorted<OffsetCommitRequestTopic, OffsetCommitResponseTopic> {
  const known: OffsetCommitRequestTopic[] = [];
  const refused: OffsetCommitResponseTopic[] = [];
  const byId = apiVersion >= TOPIC_ID_VERSION_MIN;
  for (const topic of topics) {
    const name = byId ? (catalog.topicName(topic.topicId) ?? '') : topic.name;
    const topicId = byId ? topic.topicId : (catalog.topicId(name) ?? ZERO_UUID);
    const count = name === '' || topicId === ZERO_UUID ? 0 : catalog.partitionCount(name);
    const errorCode =
      byId && name === '' ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    const exists = (index: number): boolean => index >= 0 && index < count;
    const partitions = topic.partitions.filter(({ partitionIndex }) => exists(partitionIndex));
    const missing = topic.partitions
      .filter(({ partitionIndex }) => !exists(partitionIndex))
      .map(({ partitionIndex }) => ({ partitionIndex, errorCode }));
    if (partitions.length > 0) known.push({ name, topicId, partitions });
    if (missing.length > 0 || partitions.length === 0)
      refused.push({ name, topicId, partitions: missing });
  }
  return { known, refused };
}

/** Refuses topics and partitions that do not exist. */
export function sortDelete(
  catalog: TopicCatalog,
  { topics }: OffsetDeleteRequest,
): Sorted<OffsetDeleteRequest['topics'][number], OffsetDeleteResponseTopic> {
  const known: OffsetDeleteRequest['topics'] = [];
  const refused: OffsetDeleteResponseTopic[] = [];
  const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  for (const { name, partitions: asked } of topics) {
    const count = catalog.partitionCount(name);
    const partitions = asked.filter(({ partitionIndex: i }) => i >= 0 && i < count);
    const missing = asked
      .filter(({ partitionIndex: i }) => !(i >= 0 && i < count))
      .map(({ partitionIndex }) => ({ partitionIndex, errorCode }));
    if (partitions.length > 0) known.push({ name, partitions });
    if (missing.length > 0 || partitions.length === 0) refused.push({ name, partitions: missing });
  }
  return { known, refused };
}

/** Partitions of the same topic under one entry, in the order of first mention. */
export function mergeTopics<
  P,
  T extends { readonly name: string; readonly topicId?: string; partitions: P[] },
>(...lists: readonly (readonly T[])[]): T[] {
  const merged = new Map<string, T>();
  for (const topic of lists.flat()) {
    const key =
      topic.topicId === undefined || topic.topicId === ZERO_UUID ? topic.name : topic.topicId;
    const earlier = merged.get(key);
    if (earlier === undefined) merged.set(key, { ...topic, partitions: [...topic.partitions] });
    else earlier.partitions.push(...topic.partitions);
  }
  return [...merged.values()];
}

/** The groups of an OffsetFetch, in the form of version 8 whatever the version. */
export function fetchedGroups(
  request: OffsetFetchRequest,
  apiVersion: number,
): OffsetFetchRequestGroup[] {
  if (apiVersion >= FETCH_GROUPS_VERSION_MIN) return request.groups;
  const topics =
    request.topics?.map(({ name, partitionIndexes }) => ({
      name,
      topicId: ZERO_UUID,
      partitionIndexes,
    })) ?? null;
  return [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics }];
}

/** Sets the name of each topic to fetch; a topic whose id is not known is refused. */
export function sortFetch(
  catalog: TopicCatalog,
  group: OffsetFetchRequestGroup,
  apiVersion: number,
): { readonly asked: OffsetFetchRequestGroup; readonly refused: OffsetFetchResponseTopics[] } {
  if (group.topics === null || apiVersion < TOPIC_ID_VERSION_MIN)
    return { asked: group, refused: [] };
  const topics: NonNullable<OffsetFetchRequestGroup['topics']> = [];
  const refused: OffsetFetchResponseTopics[] = [];
  for (const { topicId, partitionIndexes } of group.topics) {
    const name = catalog.topicName(topicId);
    if (name !== undefined) topics.push({ name, topicId, partitionIndexes });
    else
      refused.push(
        failedTopic({ name: '', topicId, partitionIndexes }, ErrorCode.UNKNOWN_TOPIC_ID),
      );
  }
  return { asked: { ...group, topics }, refused };
}

/** Topics as the version names them: since version 10 by id, and those that have none any more left out. */
export function namedTopics(
  catalog: TopicCatalog,
  topics: OffsetFetchResponseTopics[],
  apiVersion: number,
): OffsetFetchResponseTopics[] {
  if (apiVersion < TOPIC_ID_VERSION_MIN) return topics;
  return topics
    .map((topic) =>
      topic.topicId === ZERO_UUID
        ? { ...topic, topicId: catalog.topicId(topic.name) ?? ZERO_UUID }
        : topic,
    )
    .filter(({ topicId }) => topicId !== ZERO_UUID);
}

/** A group's answer when it failed as a whole; version 1 can only say it of each partition. */
export function failedFetch(
  { groupId, topics }: OffsetFetchRequestGroup,
  errorCode: number,
  apiVersion: number,
): OffsetFetchResponseGroup {
  if (apiVersion >= FETCH_GROUP_ERROR_VERSION_MIN) return { groupId, topics: [], errorCode };
  const failed = (topics ?? []).map((topic) => failedTopic(topic, errorCode));
  return { groupId, topics: failed, errorCode: ErrorCode.NONE };
}

function failedTopic(
  { name, topicId, partitionIndexes }: NonNullable<OffsetFetchRequestGroup['topics']>[number],
  errorCode: number,
): OffsetFetchResponseTopics {
  const partitions = partitionIndexes.map((partitionIndex) => ({
    partitionIndex,
    committedOffset: -1,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode,
  }));
  return { name, topicId, partitions };
}

/** The answers in the form of the version. */
export function fetchResponse(
  groups: OffsetFetchResponseGroup[],
  apiVersion: number,
): OffsetFetchResponse {
  if (apiVersion >= FETCH_GROUPS_VERSION_MIN) return offsetFetchResponse.create({ groups });
  const [group] = groups;
  const topics = group?.topics.map(({ name, partitions }) => ({ name, partitions })) ?? [];
  return offsetFetchResponse.create({ topics, errorCode: group?.errorCode ?? ErrorCode.NONE });
}
