// The group coordinator as the broker sees it: one method for each request, decoded in and out. It finds the shard of the group and
// turns every failure into the error code that Kafka answers. Kafka: GroupCoordinatorService, and the group part of KafkaApis.

import { type Logger, type Platform, silentLogger } from '@ottla/platform';
import { ErrorCode } from '@ottla/protocol';
import {
  type DeleteGroupsRequest,
  type DeleteGroupsResponse,
  deleteGroupsResponse,
} from '@ottla/protocol/messages/delete-groups';
import {
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
  describeGroupsResponse,
} from '@ottla/protocol/messages/describe-groups';
import {
  type HeartbeatRequest,
  type HeartbeatResponse,
  heartbeatResponse,
} from '@ottla/protocol/messages/heartbeat';
import {
  type JoinGroupRequest,
  type JoinGroupResponse,
  joinGroupResponse,
} from '@ottla/protocol/messages/join-group';
import {
  type LeaveGroupRequest,
  type LeaveGroupResponse,
  leaveGroupResponse,
} from '@ottla/protocol/messages/leave-group';
import {
  type ListGroupsRequest,
  type ListGroupsResponse,
  listGroupsResponse,
} from '@ottla/protocol/messages/list-groups';
import {
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  offsetCommitResponse,
} from '@ottla/protocol/messages/offset-commit';
import {
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
  offsetDeleteResponse,
} from '@ottla/protocol/messages/offset-delete';
import type {
  OffsetFetchRequest,
  OffsetFetchRequestGroup,
  OffsetFetchResponse,
  OffsetFetchResponseGroup,
} from '@ottla/protocol/messages/offset-fetch';
import {
  type SyncGroupRequest,
  type SyncGroupResponse,
  syncGroupResponse,
} from '@ottla/protocol/messages/sync-group';
import { coordinatorPartitionFor, isCompression } from '@ottla/protocol/records';
import {
  CoordinatorError,
  toClientError,
  toCoordinatorError,
} from '../runtime/coordinator-error.ts';
import type { CoordinatorLog } from '../runtime/coordinator-log.ts';
import { CoordinatorRuntime } from '../runtime/coordinator-runtime.ts';
import { describedGroup } from './describe-groups.ts';
import { defaultGroupCoordinatorConfig, type GroupCoordinatorConfig } from './group-config.ts';
import { type GroupRecord, GroupRecordCodec } from './group-records.ts';
import { GroupShard } from './group-shard.ts';
import {
  failedFetch,
  fetchedGroups,
  fetchResponse,
  mergeTopics,
  namedTopics,
  sortCommit,
  sortDelete,
  sortFetch,
} from './offset-topics.ts';
import type { RequestContext } from './request-context.ts';
import type { DeletedTopic, TopicCatalog } from './topic-catalog.ts';

const LEAVE_MEMBERS_VERSION_MIN = 3;
const SYNC_PROTOCOL_VERSION_MIN = 5;
const NULL_PROTOCOL_NAME_VERSION_MIN = 7;

/** What a group coordinator is made with. */
export interface GroupCoordinatorOptions {
  readonly platform: Pick<Platform, 'clock' | 'timers' | 'random'>;
  readonly topics: TopicCatalog;
  /** Partitions of `__consumer_offsets`; 0 while that topic does not exist. Must never change afterwards. */
  offsetsPartitionCount(): number;
  /** Default: none. */
  readonly logger?: Logger;
  /** Default: Kafka's. */
  readonly config?: Partial<GroupCoordinatorConfig>;
}

/**
 * Classic consumer groups and committed offsets. No request method rejects: every failure is an error code in its response.
 * `throttleTimeMs` is left 0; authorisation is the caller's.
 */
export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions;
  readonly #config: GroupCoordinatorConfig;
  readonly #logger: Logger;
  readonly #runtime: CoordinatorRuntime<GroupShard, GroupRecord>;
  #isClosed = false;

  constructor(options: GroupCoordinatorOptions) {
    const { platform } = options;
    const config = { ...defaultGroupCoordinatorConfig, ...options.config };
    if (!isCompression(config.compressionCodec))
      throw new RangeError(`no compression codec ${config.compressionCodec}`);
    this.#options = options;
    this.#config = config;
    this.#logger = options.logger ?? silentLogger;
    this.#runtime = new CoordinatorRuntime({
      platform,
      logger: this.#logger,
      codec: new GroupRecordCodec(this.#logger),
      limits: {
        loadBufferBytes: config.loadBufferBytes,
        writeTimeoutMs: config.commitTimeoutMs,
        appendLingerMs: config.appendLingerMs,
        compression: config.compressionCodec,
        pendingOperationsMax: config.pendingOperationsMax,
      },
      createShard: (shard) =>
        new GroupShard(shard, {
          config,
          now: () => platform.clock.nowMs(),
          newMemberId: (prefix) => `${prefix}-${randomUuid(platform.random.bytes(16))}`,
        }),
    });
  }

  /** Operations that wait at present; bounded by `pendingOperationsMax` for each shard. */
  get pendingCount(): number {
    return this.#runtime.pendingCount;
  }

  /**
   * The partition of `__consumer_offsets` that holds a group.
   *
   * @throws CoordinatorError `COORDINATOR_NOT_AVAILABLE` while the topic does not exist
   */
  partitionFor(groupId: string): number {
    const count = this.#options.offsetsPartitionCount();
    if (this.#isClosed || count <= 0) throw new CoordinatorError('COORDINATOR_NOT_AVAILABLE');
    return coordinatorPartitionFor(groupId, count);
  }

  /** This broker leads the partition from `leaderEpoch` on. Resolves when its groups are loaded, or could not be (logged). */
  onElection(partition: number, leaderEpoch: number, log: CoordinatorLog): Promise<void> {
    return this.#runtime.load(partition, leaderEpoch, log);
  }

  /** This broker does not lead the partition any more. @param leaderEpoch of the resignation; later elections stand */
  onResignation(partition: number, leaderEpoch?: number): void {
    this.#runtime.unload(partition, leaderEpoch);
  }

  /** Removes the committed offsets of deleted topics; resolves when that is committed or has failed (logged). */
  async onTopicsDeleted(topics: readonly DeletedTopic[]): Promise<void> {
    const deleted = this.#runtime.writeAll((shard) => shard.deleteTopics(topics));
    for (const outcome of await Promise.allSettled(deleted)) {
      if (outcome.status === 'fulfilled') continue;
      this.#logger.warn('offsets of deleted topics remain', { topics, error: outcome.reason });
    }
  }

  /** Ends all shards; later requests get COORDINATOR_NOT_AVAILABLE. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#runtime.close();
    return Promise.resolve();
  }

  async joinGroup(context: RequestContext, request: JoinGroupRequest): Promise<JoinGroupResponse> {
    const { memberId, sessionTimeoutMs } = request;
    const { sessionTimeoutMsMin, sessionTimeoutMsMax } = this.#config;
    if (this.#isClosed)
      return joinGroupResponse.create({ memberId, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE });
    if (request.groupId === '')
      return forJoinVersion({ memberId, errorCode: ErrorCode.INVALID_GROUP_ID }, context);
    if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax)
      return forJoinVersion({ memberId, errorCode: ErrorCode.INVALID_SESSION_TIMEOUT }, context);
    // Version 0 has one timeout for both.
    const rebalanceTimeoutMs =
      context.apiVersion === 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs;
    const asked = { ...request, rebalanceTimeoutMs };
    const response = await this.#deferred<JoinGroupResponse>(
      request.groupId,
      (shard, reply) => shard.joinGroup(context, asked, reply),
      (errorCode) => joinGroupResponse.create({ errorCode }),
    );
    return forJoinVersion(response, context);
  }

  async syncGroup(
    { apiVersion }: RequestContext,
    request: SyncGroupRequest,
  ): Promise<SyncGroupResponse> {
    const failed = (errorCode: number): SyncGroupResponse =>
      syncGroupResponse.create({ errorCode });
    const lacksProtocol = request.protocolType === null || request.protocolName === null;
    if (apiVersion >= SYNC_PROTOCOL_VERSION_MIN && lacksProtocol)
      return failed(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    if (request.groupId === '') return failed(ErrorCode.INVALID_GROUP_ID);
    return await this.#deferred<SyncGroupResponse>(
      request.groupId,
      (shard, reply) => shard.syncGroup(request, reply),
      failed,
    );
  }

  async heartbeat(_context: RequestContext, request: HeartbeatRequest): Promise<HeartbeatResponse> {
    const failed = (errorCode: number): HeartbeatResponse =>
      heartbeatResponse.create({ errorCode });
    if (request.groupId === '') return failed(ErrorCode.INVALID_GROUP_ID);
    try {
      const partition = this.partitionFor(request.groupId);
      return await this.#runtime.write(partition, (shard) => shard.heartbeat(request));
    } catch (error) {
      const errorCode = this.#errorCode(error);
      // Sessions start anew when the group is loaded, so this heartbeat is as good as counted.
      return failed(
        errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : errorCode,
      );
    }
  }

  async leaveGroup(
    { apiVersion }: RequestContext,
    request: LeaveGroupRequest,
  ): Promise<LeaveGroupResponse> {
    if (request.groupId === '')
      return leaveGroupResponse.create({ errorCode: ErrorCode.INVALID_GROUP_ID });
    const takesMembers = apiVersion >= LEAVE_MEMBERS_VERSION_MIN;
    const { memberId } = request;
    const members = takesMembers
      ? request.members
      : [{ memberId, groupInstanceId: null, reason: null }];
    let response: LeaveGroupResponse;
    try {
      const partition = this.partitionFor(request.groupId);
      response = await this.#runtime.write(partition, (shard) =>
        shard.leaveGroup({ ...request, members }),
      );
    } catch (error) {
      const errorCode = this.#errorCode(error);
      const failed = members.map(({ memberId, groupInstanceId }) => ({
        memberId,
        groupInstanceId,
        errorCode,
      }));
      const isGroupUnknown = errorCode === ErrorCode.UNKNOWN_MEMBER_ID;
      response = leaveGroupResponse.create(isGroupUnknown ? { members: failed } : { errorCode });
    }
    if (takesMembers) return response;
    const errorCode = response.errorCode || (response.members[0]?.errorCode ?? ErrorCode.NONE);
    return leaveGroupResponse.create({ errorCode });
  }

  async offsetCommit(
    { apiVersion }: RequestContext,
    request: OffsetCommitRequest,
  ): Promise<OffsetCommitResponse> {
    const { known, refused } = sortCommit(this.#options.topics, request, apiVersion);
    if (known.length === 0) return offsetCommitResponse.create({ topics: refused });
    const asked = { ...request, topics: known };
    let topics;
    try {
      const partition = this.partitionFor(request.groupId);
      ({ topics } = await this.#runtime.write(partition, (shard) =>
        shard.commitOffsets(asked, apiVersion),
      ));
    } catch (error) {
      const errorCode = this.#errorCode(error);
      topics = known.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      }));
    }
    return offsetCommitResponse.create({ topics: mergeTopics(refused, topics) });
  }

  async offsetFetch(
    { apiVersion }: RequestContext,
    request: OffsetFetchRequest,
  ): Promise<OffsetFetchResponse> {
    const groups = fetchedGroups(request, apiVersion).map((group) =>
      this.#fetchGroup(group, request.requireStable, apiVersion),
    );
    return fetchResponse(await Promise.all(groups), apiVersion);
  }

  async #fetchGroup(
    group: OffsetFetchRequestGroup,
    requireStable: boolean,
    apiVersion: number,
  ): Promise<OffsetFetchResponseGroup> {
    const catalog = this.#options.topics;
    const { asked, refused } = sortFetch(catalog, group, apiVersion);
    try {
      const partition = this.partitionFor(group.groupId);
      // Stable offsets: as a write it sees everything so far, and its answer waits until all of that is committed.
      const topics = requireStable
        ? await this.#runtime.write(partition, (shard) => ({
            records: [],
            response: shard.fetchOffsets(asked, true),
          }))
        : await this.#runtime.read(partition, (shard) => shard.fetchOffsets(asked, false));
      const named = namedTopics(catalog, topics, apiVersion);
      return { groupId: group.groupId, topics: [...named, ...refused], errorCode: ErrorCode.NONE };
    } catch (error) {
      const errorCode = this.#errorCode(error);
      // Consumers before 3.9 do not expect COORDINATOR_NOT_AVAILABLE of an operation that ran into its timeout.
      const isLogFailure =
        toClientError(toCoordinatorError(error).code) !== toCoordinatorError(error).code;
      const isUnavailable = isLogFailure && errorCode === ErrorCode.COORDINATOR_NOT_AVAILABLE;
      return failedFetch(group, isUnavailable ? ErrorCode.NOT_COORDINATOR : errorCode, apiVersion);
    }
  }

  async describeGroups(
    { apiVersion }: RequestContext,
    request: DescribeGroupsRequest,
  ): Promise<DescribeGroupsResponse> {
    const parts = this.#byPartition(request.groups).map(async (groupIds) => {
      try {
        const partition = this.partitionFor(groupIds[0]!);
        return await this.#runtime.read(partition, (shard) =>
          shard.describeGroups(groupIds, apiVersion),
        );
      } catch (error) {
        const errorCode = this.#errorCode(error);
        return groupIds.map((groupId) => describedGroup({ groupId, errorCode }));
      }
    });
    return describeGroupsResponse.create({ groups: (await Promise.all(parts)).flat() });
  }

  async listGroups(
    _context: RequestContext,
    request: ListGroupsRequest,
  ): Promise<ListGroupsResponse> {
    if (this.#isClosed)
      return listGroupsResponse.create({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE });
    const parts = this.#runtime
      .readAll((shard) => shard.listGroups(request))
      // A shard that failed or is going has no groups to show; one that is loading is an error for the whole list.
      .map((part) => part.catch((error: unknown) => this.#noneIfNotCoordinator(error)));
    try {
      return listGroupsResponse.create({ groups: (await Promise.all(parts)).flat() });
    } catch (error) {
      return listGroupsResponse.create({ errorCode: this.#errorCode(error) });
    }
  }

  async deleteGroups(
    _context: RequestContext,
    request: DeleteGroupsRequest,
  ): Promise<DeleteGroupsResponse> {
    const parts = this.#byPartition(new Set(request.groupsNames)).map(async (groupIds) => {
      try {
        const partition = this.partitionFor(groupIds[0]!);
        return (await this.#runtime.write(partition, (shard) => shard.deleteGroups(groupIds)))
          .results;
      } catch (error) {
        const errorCode = this.#errorCode(error);
        return groupIds.map((groupId) => ({ groupId, errorCode }));
      }
    });
    return deleteGroupsResponse.create({ results: (await Promise.all(parts)).flat() });
  }

  async offsetDelete(
    _context: RequestContext,
    request: OffsetDeleteRequest,
  ): Promise<OffsetDeleteResponse> {
    if (request.groupId === '')
      return offsetDeleteResponse.create({ errorCode: ErrorCode.INVALID_GROUP_ID });
    const { known, refused } = sortDelete(this.#options.topics, request);
    try {
      const partition = this.partitionFor(request.groupId);
      const asked = { ...request, topics: known };
      const { topics } = await this.#runtime.write(partition, (shard) =>
        shard.deleteOffsets(asked),
      );
      return offsetDeleteResponse.create({ topics: mergeTopics(refused, topics) });
    } catch (error) {
      return offsetDeleteResponse.create({ errorCode: this.#errorCode(error) });
    }
  }

  /** An operation that answers by `reply`, perhaps much later than its records are committed. */
  #deferred<T>(
    groupId: string,
    operation: (
      shard: GroupShard,
      reply: (response: T) => void,
    ) => ReturnType<GroupShard['syncGroup']>,
    failed: (errorCode: number) => T,
  ): Promise<T> {
    return new Promise<T>((reply) => {
      let partition: number;
      try {
        partition = this.partitionFor(groupId);
      } catch (error) {
        reply(failed(this.#errorCode(error)));
        return;
      }
      this.#runtime
        .write(partition, (shard) => operation(shard, reply))
        .catch((error: unknown) => reply(failed(this.#errorCode(error))));
    });
  }

  /** The groups in lists that share a partition, so that each shard is asked once. */
  #byPartition(groupIds: Iterable<string>): string[][] {
    const count = this.#options.offsetsPartitionCount();
    const byPartition = new Map<number, string[]>();
    for (const groupId of groupIds) {
      const partition = count > 0 ? coordinatorPartitionFor(groupId, count) : 0;
      const sharing = byPartition.get(partition);
      if (sharing === undefined) byPartition.set(partition, [groupId]);
      else sharing.push(groupId);
    }
    return [...byPartition.values()];
  }

  #noneIfNotCoordinator(error: unknown): [] {
    if (toCoordinatorError(error).code === 'NOT_COORDINATOR') return [];
    throw error;
  }

  #errorCode(error: unknown): number {
    const { code } = toCoordinatorError(error);
    if (code === 'UNKNOWN_SERVER_ERROR') this.#logger.error('a group request failed', { error });
    return ErrorCode[toClientError(code)];
  }
}

function forJoinVersion(
  response: Partial<JoinGroupResponse>,
  { apiVersion }: RequestContext,
): JoinGroupResponse {
  const full = joinGroupResponse.create(response);
  const isNullable = apiVersion >= NULL_PROTOCOL_NAME_VERSION_MIN;
  return { ...full, protocolName: full.protocolName || (isNullable ? null : '') };
}

/** A random UUID of version 4 in its usual form. */
function randomUuid(bytes: Buffer): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
