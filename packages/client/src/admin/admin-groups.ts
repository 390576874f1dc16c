// Groups and their committed offsets. Asked of the group's coordinator; lists are asked of every broker.
import { ErrorCode } from '@ottla/protocol';
import { deleteGroupsRequest, deleteGroupsResponse } from '@ottla/protocol/messages/delete-groups';
import {
  describeGroupsRequest,
  describeGroupsResponse,
} from '@ottla/protocol/messages/describe-groups';
import { leaveGroupRequest, leaveGroupResponse } from '@ottla/protocol/messages/leave-group';
import { listGroupsRequest, listGroupsResponse } from '@ottla/protocol/messages/list-groups';
import { offsetCommitRequest, offsetCommitResponse } from '@ottla/protocol/messages/offset-commit';
import { offsetDeleteRequest, offsetDeleteResponse } from '@ottla/protocol/messages/offset-delete';
import type { BrokerConnection } from '../connection/broker-connection.ts';
import type { Cluster } from '../connection/cluster.ts';
import { decodeAssignment, decodeSubscription } from '../group/consumer-protocol.ts';
import { byTopic } from '../consumer/by-topic.ts';
import { type CommittedOffset, fetchCommitted } from '../consumer/committed-offsets.ts';
import { OFFSET_COMMIT_MAX_VERSION } from '../consumer/offset-commits.ts';
import { BrokerError, isRetriable, throwOnError } from '../errors.ts';
import { withRetries } from '../retry.ts';

const LIST = { request: listGroupsRequest, response: listGroupsResponse };
const DESCRIBE = { request: describeGroupsRequest, response: describeGroupsResponse };
const LEAVE = { request: leaveGroupRequest, response: leaveGroupResponse };
const DELETE = { request: deleteGroupsRequest, response: deleteGroupsResponse };
const COMMIT = { request: offsetCommitRequest, response: offsetCommitResponse };
const DELETE_OFFSETS = { request: offsetDeleteRequest, response: offsetDeleteResponse };

export interface ListedGroup {
  readonly groupId: string;
  readonly protocolType: string;
  /** `Stable`, `Empty` …; empty where the broker does not tell. */
  readonly state: string;
  readonly groupType: string;
}

export interface GroupMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Topics that it subscribed to; empty when it is no consumer. */
  readonly topics: readonly string[];
  readonly assignment: readonly { readonly topic: string; readonly partition: number }[];
}

export interface GroupDescription {
  readonly groupId: string;
  readonly state: string;
  readonly protocolType: string;
  /** The assignor in use. */
  readonly protocol: string;
  readonly coordinator: string;
  readonly members: readonly GroupMember[];
}

export interface OffsetToCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata?: string;
}

export class AdminGroups {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** All groups of the cluster. */
  readonly list = async (options: { states?: readonly string[] } = {}): Promise<ListedGroup[]> => {
    const { options: clientOptions } = this.#cluster;
    return withRetries(
      clientOptions,
      'listing groups',
      clientOptions.defaultApiTimeoutMs,
      async () => {
        const { brokers } = await this.#cluster.refresh([]);
        const lists = await Promise.all(
          [...brokers.keys()].map(async (nodeId) => {
            const connection = await this.#cluster.broker(nodeId);
            const canFilter = connection.versionOf(listGroupsRequest.apiKey!)! >= 4;
            const response = await connection.send(
              LIST,
              listGroupsRequest.create(
                canFilter ? { statesFilter: [...(options.states ?? [])] } : {},
              ),
            );
            throwOnError(response.errorCode);
            return response.groups.map(({ groupId, protocolType, groupState, groupType }) => ({
              groupId,
              protocolType,
              state: groupState,
              groupType,
            }));
          }),
        );
        return lists.flat().sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
      },
    );
  };

  /** Members and their assignments. @throws BrokerError `GROUP_ID_NOT_FOUND` */
  readonly describe = async (groupIds: readonly string[]): Promise<GroupDescription[]> =>
    Promise.all(
      groupIds.map((groupId) =>
        this.#atCoordinator(groupId, `describing group ${groupId}`, async (connection) => {
          const response = await connection.send(
            DESCRIBE,
            describeGroupsRequest.create({ groups: [groupId] }),
          );
          const group = response.groups[0]!;
          throwOnError(group.errorCode, group.errorMessage, { group: groupId });
          if (group.groupState === 'Dead')
            throw new BrokerError(ErrorCode.GROUP_ID_NOT_FOUND, undefined, { group: groupId });
          const isConsumer = group.protocolType === 'consumer';
          return {
            groupId,
            state: group.groupState,
            protocolType: group.protocolType,
            protocol: group.protocolData,
            coordinator: connection.address,
            members: group.members.map((member) => ({
              memberId: member.memberId,
              groupInstanceId: member.groupInstanceId,
              clientId: member.clientId,
              clientHost: member.clientHost,
              topics: isConsumer ? (decodeSubscription(member.memberMetadata)?.topics ?? []) : [],
              assignment: isConsumer ? decodeAssignment(member.memberAssignment).partitions : [],
            })),
          };
        }),
      ),
    );

  /** Deletes groups without members, with their offsets. */
  readonly delete = async (groupIds: readonly string[]): Promise<void> => {
    for (const groupId of groupIds)
      await this.#atCoordinator(groupId, `deleting group ${groupId}`, async (connection) => {
        const response = await connection.send(
          DELETE,
          deleteGroupsRequest.create({ groupsNames: [groupId] }),
        );
        throwOnError(response.results[0]!.errorCode, undefined, { group: groupId });
      });
  };

  /**
   * Takes members out of a group, so that it goes on without them at once: static ones whose machine is gone for good.
   * @throws BrokerError of the first that fails: `UNKNOWN_MEMBER_ID`
   */
  readonly removeMembers = (
    groupId: string,
    members: readonly ({ readonly groupInstanceId: string } | { readonly memberId: string })[],
    reason = 'removed by an administrator',
  ): Promise<void> =>
    this.#atCoordinator(groupId, `removing members of group ${groupId}`, async (connection) => {
      const response = await connection.send(
        LEAVE,
        leaveGroupRequest.create({
          groupId,
          members: members.map((member) => ({
            memberId: 'memberId' in member ? member.memberId : '',
            groupInstanceId: 'groupInstanceId' in member ? member.groupInstanceId : null,
            reason,
          })),
        }),
      );
      throwOnError(response.errorCode, undefined, { group: groupId });
      for (const member of response.members)
        throwOnError(member.errorCode, undefined, { group: groupId });
    });

  /** Committed offsets. @param partitions default: all that the group has */
  readonly listOffsets = (
    groupId: string,
    partitions?: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<CommittedOffset[]> =>
    this.#atCoordinator(groupId, `fetching offsets of group ${groupId}`, (connection) =>
      fetchCommitted(connection, groupId, partitions),
    );

  /** Commits offsets of a group that has no members. @throws BrokerError `UNKNOWN_MEMBER_ID` when it has */
  readonly alterOffsets = (groupId: string, offsets: readonly OffsetToCommit[]): Promise<void> =>
    this.#atCoordinator(groupId, `committing offsets of group ${groupId}`, async (connection) => {
      const response = await connection.send(
        COMMIT,
        offsetCommitRequest.create({
          groupId,
          generationIdOrMemberEpoch: -1,
          memberId: '',
          topics: byTopic(offsets).map(([name, partitions]) => ({
            name,
            topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
            partitions: partitions.map(({ partition, offset, metadata }) => ({
              partitionIndex: partition,
              committedOffset: offset,
              committedLeaderEpoch: -1,
              committedMetadata: metadata ?? '',
            })),
          })),
        }),
        { maxVersion: OFFSET_COMMIT_MAX_VERSION },
      );
      for (const topic of response.topics)
        for (const partition of topic.partitions)
          throwOnError(partition.errorCode, undefined, {
            topic: topic.name,
            partition: partition.partitionIndex,
            group: groupId,
          });
    });

  /** Forgets committed offsets. */
  readonly deleteOffsets = (
    groupId: string,
    partitions: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<void> =>
    this.#atCoordinator(groupId, `deleting offsets of group ${groupId}`, async (connection) => {
      const response = await connection.send(
        DELETE_OFFSETS,
        offsetDeleteRequest.create({
          groupId,
          topics: byTopic(partitions).map(([name, list]) => ({
            name,
            partitions: list.map(({ partition }) => ({ partitionIndex: partition })),
          })),
        }),
      );
      throwOnError(response.errorCode, undefined, { group: groupId });
      for (const topic of response.topics)
        for (const partition of topic.partitions)
          throwOnError(partition.errorCode, undefined, {
            topic: topic.name,
            partition: partition.partitionIndex,
          });
    });

  #atCoordinator<T>(
    groupId: string,
    what: string,
    use: (connection: BrokerConnection) => Promise<T>,
  ): Promise<T> {
    const { options } = this.#cluster;
    return withRetries(options, what, options.defaultApiTimeoutMs, async () => {
      try {
        return await use(await this.#cluster.coordinator(groupId));
      } catch (error) {
        if (isRetriable(error)) this.#cluster.forgetCoordinator(groupId);
        throw error;
      }
    });
  }
}
