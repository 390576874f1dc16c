// The four requests of a classic member, each sent once; what to do with errors is the machine's business.
// On a connection of their own: a join may wait for minutes, and what comes behind it on the same connection waits too.
import { ErrorCode } from '@ottla/protocol';
import { heartbeatRequest, heartbeatResponse } from '@ottla/protocol/messages/heartbeat';
import {
  joinGroupRequest,
  joinGroupResponse,
  type JoinGroupResponse,
} from '@ottla/protocol/messages/join-group';
import { leaveGroupRequest, leaveGroupResponse } from '@ottla/protocol/messages/leave-group';
import { syncGroupRequest, syncGroupResponse } from '@ottla/protocol/messages/sync-group';
import type { Cluster } from '../connection/cluster.ts';
import { BrokerError, throwOnError } from '../errors.ts';
import type { MemberAssignment } from './assignor.ts';
import {
  type Assignment,
  decodeAssignment,
  encodeAssignment,
  encodeSubscription,
  type Subscription,
} from './consumer-protocol.ts';
import type { MemberGeneration } from './membership-types.ts';

const JOIN = { request: joinGroupRequest, response: joinGroupResponse };
const SYNC = { request: syncGroupRequest, response: syncGroupResponse };
const HEARTBEAT = { request: heartbeatRequest, response: heartbeatResponse };
const LEAVE = { request: leaveGroupRequest, response: leaveGroupResponse };
const GROUP_PURPOSE = 'group';
/** Beats do not wait behind a join. */
const HEARTBEAT_PURPOSE = 'heartbeat';
const PROTOCOL_TYPE = 'consumer';
/** Kafka gives a join so much more than the rebalance may take. */
const JOIN_LAPSE_MS = 5_000;
const BATCHED_LEAVE_FROM = 3;

/** Times in milliseconds. */
export interface GroupRequestSettings {
  readonly groupId: string;
  readonly groupInstanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/** A join that must be repeated with this id (KIP-394). */
export class MemberIdRequired extends BrokerError {
  readonly memberId: string;

  constructor(memberId: string, group: string) {
    super(ErrorCode.MEMBER_ID_REQUIRED, undefined, { group });
    this.memberId = memberId;
  }
}

export class GroupRequests {
  readonly #cluster: Cluster;
  readonly #settings: GroupRequestSettings;

  constructor(cluster: Cluster, settings: GroupRequestSettings) {
    this.#cluster = cluster;
    this.#settings = settings;
  }

  /** @param subscriptions by assignor, preferred first @throws MemberIdRequired */
  async join(
    memberId: string,
    subscriptions: readonly (readonly [string, Omit<Subscription, 'groupInstanceId'>])[],
    reason: string,
  ): Promise<JoinGroupResponse> {
    const { groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#settings;
    const connection = await this.#cluster.coordinator(groupId, GROUP_PURPOSE);
    const response = await connection.send(
      JOIN,
      joinGroupRequest.create({
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId,
        groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocols: subscriptions.map(([name, subscription]) => ({
          name,
          metadata: encodeSubscription(subscription),
        })),
        reason: connection.versionOf(joinGroupRequest.apiKey!)! >= 8 ? reason : null,
      }),
      {
        timeoutMs: Math.max(
          rebalanceTimeoutMs + JOIN_LAPSE_MS,
          this.#cluster.options.requestTimeoutMs,
        ),
      },
    );
    if (response.errorCode === ErrorCode.MEMBER_ID_REQUIRED)
      throw new MemberIdRequired(response.memberId, groupId);
    throwOnError(response.errorCode, undefined, { group: groupId });
    return response;
  }

  /** @param shares of the leader; empty from a follower */
  async sync(
    joined: JoinGroupResponse,
    shares: ReadonlyMap<string, MemberAssignment>,
  ): Promise<Assignment> {
    const { groupId, groupInstanceId, rebalanceTimeoutMs } = this.#settings;
    const connection = await this.#cluster.coordinator(groupId, GROUP_PURPOSE);
    const response = await connection.send(
      SYNC,
      syncGroupRequest.create({
        groupId,
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocolName: joined.protocolName,
        assignments: [...shares].map(([memberId, { partitions, userData }]) => ({
          memberId,
          assignment: encodeAssignment(partitions, userData),
        })),
      }),
      { timeoutMs: rebalanceTimeoutMs + this.#cluster.options.requestTimeoutMs },
    );
    throwOnError(response.errorCode, undefined, { group: groupId });
    return decodeAssignment(response.assignment);
  }

  async heartbeat({ memberId, generationId }: MemberGeneration): Promise<void> {
    const { groupId, groupInstanceId } = this.#settings;
    const connection = await this.#cluster.coordinator(groupId, HEARTBEAT_PURPOSE);
    const response = await connection.send(
      HEARTBEAT,
      heartbeatRequest.create({ groupId, generationId, memberId, groupInstanceId }),
    );
    throwOnError(response.errorCode, undefined, { group: groupId });
  }

  async leave(memberId: string, reason: string): Promise<void> {
    const { groupId } = this.#settings;
    const connection = await this.#cluster.coordinator(groupId, HEARTBEAT_PURPOSE);
    const isBatched = connection.versionOf(leaveGroupRequest.apiKey!)! >= BATCHED_LEAVE_FROM;
    const response = await connection.send(
      LEAVE,
      leaveGroupRequest.create(
        isBatched
          ? { groupId, members: [{ memberId, groupInstanceId: null, reason }] }
          : { groupId, memberId },
      ),
    );
    throwOnError(response.errorCode, undefined, { group: groupId });
  }
}
