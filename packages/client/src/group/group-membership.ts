// Membership in a classic group: join, share, sync, heartbeat, and all of it again when the coordinator says so. Runs
// beside the user's handler, so that a slow record never costs the membership. Kafka: AbstractCoordinator.
import type { Timer } from '@ottla/platform';
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
import { BrokerError, isRetriable, throwOnError } from '../errors.ts';
import { backoffMs } from '../retry.ts';
import type { Assignor, MemberAssignment } from './assignor.ts';
import { ASSIGNORS } from './assignors.ts';
import {
  type Assignment,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type TopicPartition,
} from './consumer-protocol.ts';

const JOIN = { request: joinGroupRequest, response: joinGroupResponse };
const SYNC = { request: syncGroupRequest, response: syncGroupResponse };
const HEARTBEAT = { request: heartbeatRequest, response: heartbeatResponse };
const LEAVE = { request: leaveGroupRequest, response: leaveGroupResponse };
const PURPOSE = 'group';

export interface MembershipOptions {
  readonly groupId: string;
  readonly groupInstanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly assignors: readonly Assignor[];
  readonly topics: () => readonly string[];
  /** The partitions are taken back: commit, and stop reading them. Awaited before the member joins again. */
  readonly onRevoked: () => Promise<void>;
  readonly onAssigned: (partitions: readonly TopicPartition[]) => Promise<void>;
  /** The membership cannot go on. */
  readonly onError: (error: unknown) => void;
}

/** Identity in the present generation; −1 and empty outside of one. */
export interface Membership {
  readonly memberId: string;
  readonly generationId: number;
}

export class GroupMembership {
  readonly #cluster: Cluster;
  readonly #options: MembershipOptions;
  #memberId = '';
  #generationId = -1;
  #hasPartitions = false;
  #isClosed = false;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #endGeneration: (() => void) | undefined;
  readonly #abort = new AbortController();

  constructor(cluster: Cluster, options: MembershipOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  get membership(): Membership {
    return { memberId: this.#memberId, generationId: this.#generationId };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** The coordinator refused a commit of this generation: join again. */
  rejoin(): void {
    this.#endGeneration?.();
  }

  /** Gives the partitions back and leaves the group. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    if (this.#hasPartitions) await this.#revoke().catch(() => undefined);
    this.#abort.abort();
    this.#endGeneration?.();
    await this.#leave().catch(() => undefined);
  }

  /** Resolves when nothing of it runs any more; a join under way ends when the connections are closed. */
  async ended(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isClosed) {
      try {
        if (this.#hasPartitions) await this.#revoke();
        await this.#joinAndStay();
        failures = 0;
      } catch (error) {
        if (this.#isClosed) return;
        if (!this.#recover(error)) {
          this.#options.onError(error);
          return;
        }
        failures += 1;
        const { timers } = this.#cluster.options.platform;
        await timers
          .sleep(backoffMs(this.#cluster.options, Math.min(failures, 10)), this.#abort.signal)
          .catch(() => undefined);
      }
    }
  }

  async #revoke(): Promise<void> {
    this.#hasPartitions = false;
    await this.#options.onRevoked();
  }

  /** Forgets what the error makes void. Returns whether joining again can help. */
  #recover(error: unknown): boolean {
    const code = error instanceof BrokerError ? error.code : '';
    if (code === 'UNKNOWN_MEMBER_ID' || code === 'ILLEGAL_GENERATION') {
      if (code === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
      this.#generationId = -1;
      return true;
    }
    if (code === 'REBALANCE_IN_PROGRESS' || code === 'MEMBER_ID_REQUIRED') return true;
    if (!isRetriable(error)) return false;
    this.#cluster.forgetCoordinator(this.#options.groupId);
    return true;
  }

  async #joinAndStay(): Promise<void> {
    const joined = await this.#join();
    const assignment = await this.#sync(joined);
    if (this.#isClosed) return;
    this.#hasPartitions = true;
    const assignor = this.#options.assignors.find(({ name }) => name === joined.protocolName);
    await assignor?.onAssignment?.(assignment.partitions, assignment.userData, joined.generationId);
    await this.#options.onAssigned(assignment.partitions);
    await this.#stay();
  }

  async #join(): Promise<JoinGroupResponse> {
    const { groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, assignors } =
      this.#options;
    const topics = this.#options.topics();
    const protocols = await Promise.all(
      assignors.map(async (assignor) => ({
        name: assignor.name,
        metadata: encodeSubscription({
          topics,
          ownedPartitions: [],
          generationId: -1,
          userData: (await assignor.subscriptionUserData?.(topics)) ?? null,
          rackId: null,
        }),
      })),
    );
    for (;;) {
      const connection = await this.#cluster.coordinator(groupId, PURPOSE);
      const response = await connection.send(
        JOIN,
        joinGroupRequest.create({
          groupId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          memberId: this.#memberId,
          groupInstanceId,
          protocolType: 'consumer',
          protocols,
        }),
        { timeoutMs: rebalanceTimeoutMs + this.#cluster.options.requestTimeoutMs },
      );
      if (response.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
        this.#memberId = response.memberId;
        continue;
      }
      throwOnError(response.errorCode, undefined, { group: groupId });
      this.#memberId = response.memberId;
      this.#generationId = response.generationId;
      return response;
    }
  }

  async #sync(joined: JoinGroupResponse): Promise<Assignment> {
    const { groupId, groupInstanceId } = this.#options;
    const isLeader = joined.leader === joined.memberId && !joined.skipAssignment;
    const assignments = isLeader ? await this.#share(joined) : new Map<string, MemberAssignment>();
    const connection = await this.#cluster.coordinator(groupId, PURPOSE);
    const response = await connection.send(
      SYNC,
      syncGroupRequest.create({
        groupId,
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupInstanceId,
        protocolType: 'consumer',
        protocolName: joined.protocolName,
        assignments: [...assignments].map(([memberId, { partitions, userData }]) => ({
          memberId,
          assignment: encodeAssignment(partitions, userData),
        })),
      }),
      { timeoutMs: this.#options.rebalanceTimeoutMs + this.#cluster.options.requestTimeoutMs },
    );
    throwOnError(response.errorCode, undefined, { group: groupId });
    return decodeAssignment(response.assignment);
  }

  async #share(joined: JoinGroupResponse): Promise<Map<string, MemberAssignment>> {
    const assignor = [...this.#options.assignors, ...ASSIGNORS].find(
      ({ name }) => name === joined.protocolName,
    );
    if (assignor === undefined)
      throw new BrokerError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, undefined, {
        group: this.#options.groupId,
      });
    const members = new Map(
      joined.members.map(({ memberId, metadata, groupInstanceId }) => [
        memberId,
        decodeSubscription(metadata, groupInstanceId) ?? {
          topics: [],
          ownedPartitions: [],
          generationId: -1,
          userData: null,
          groupInstanceId,
          rackId: null,
        },
      ]),
    );
    const topics = [...new Set([...members.values()].flatMap(({ topics: names }) => names))];
    const metadata = await this.#cluster.refresh(topics, true);
    const partitionCounts = new Map(
      topics.map((name) => [name, metadata.topics.get(name)?.partitions.length ?? 0]),
    );
    return assignor.assign({ members, partitionCounts, cluster: metadata });
  }

  /** Heartbeats until the generation ends. */
  #stay(): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: unknown): void => {
        this.#timer?.cancel();
        this.#endGeneration = undefined;
        if (error === undefined) resolve();
        else reject(error as Error);
      };
      this.#endGeneration = () => end();
      const beat = (): void => {
        this.#heartbeat().then(
          () => {
            if (this.#endGeneration !== undefined && !this.#isClosed) schedule();
          },
          (error: unknown) => end(error),
        );
      };
      const schedule = (): void => {
        this.#timer = this.#cluster.options.platform.timers.set(
          this.#options.heartbeatIntervalMs,
          beat,
        );
      };
      schedule();
    });
  }

  async #heartbeat(): Promise<void> {
    const { groupId, groupInstanceId } = this.#options;
    const connection = await this.#cluster.coordinator(groupId, PURPOSE);
    const response = await connection.send(
      HEARTBEAT,
      heartbeatRequest.create({
        groupId,
        generationId: this.#generationId,
        memberId: this.#memberId,
        groupInstanceId,
      }),
    );
    throwOnError(response.errorCode, undefined, { group: groupId });
  }

  async #leave(): Promise<void> {
    const { groupId, groupInstanceId } = this.#options;
    // A static member keeps its place until its session ends (KIP-345).
    if (this.#memberId === '' || groupInstanceId !== null) return;
    // Not on the group's own connection, where a join that waits for others holds up what comes behind it.
    const connection = await this.#cluster.coordinator(groupId);
    const isBatched = connection.versionOf(leaveGroupRequest.apiKey!)! >= 3;
    await connection.send(
      LEAVE,
      leaveGroupRequest.create(
        isBatched
          ? {
              groupId,
              members: [
                {
                  memberId: this.#memberId,
                  groupInstanceId: null,
                  reason: 'the consumer is being closed',
                },
              ],
            }
          : { groupId, memberId: this.#memberId },
      ),
    );
  }
}
