// A consumer as the group protocol sees it: joins, syncs, sends heartbeats, reads on from what is committed and commits. It handles
// every error as Kafka's client does, and may crash or leave at any await.

import { ErrorCode } from '@ottla/protocol';
import { heartbeatRequest } from '@ottla/protocol/messages/heartbeat';
import type { JoinGroupResponse } from '@ottla/protocol/messages/join-group';
import { leaveGroupRequest } from '@ottla/protocol/messages/leave-group';
import { offsetCommitRequest } from '@ottla/protocol/messages/offset-commit';
import { offsetFetchRequest } from '@ottla/protocol/messages/offset-fetch';
import { syncGroupRequest } from '@ottla/protocol/messages/sync-group';
import type { Platform } from '@ottla/platform';
import { joinGroupRequest } from '@ottla/protocol/messages/join-group';
import { client, type GroupCluster, subscription, topicIds } from '../support/group-cluster.ts';
import type { Witness } from './witness.ts';

/** Partitions of the topic that everyone consumes. */
export const PARTITION_COUNT = 8;

const SESSION_TIMEOUT_MS = 6000;
const HEARTBEAT_INTERVAL_MS = 1500;

/** What a consumer is told of its world. */
export interface ConsumerWorld {
  readonly cluster: GroupCluster;
  readonly random: Platform['random'];
  readonly witness: Witness;
}

/** One consumer process. */
export class SimulatedConsumer {
  readonly name: string;
  readonly groupInstanceId: string | null;
  readonly #world: ConsumerWorld;
  readonly #joinVersion: number;
  #memberId = '';
  #generationId = -1;
  #partitions: readonly number[] = [];
  readonly #positions = new Map<number, number>();
  /** Gone: crashed, left or fenced. */
  isGone = false;
  #isLeaving = false;

  constructor(world: ConsumerWorld, name: string, groupInstanceId: string | null) {
    this.#world = world;
    this.name = name;
    this.groupInstanceId = groupInstanceId;
    this.#joinVersion = groupInstanceId === null ? [3, 5, 9][world.random.below(3)]! : 9;
  }

  get memberId(): string {
    return this.#memberId;
  }

  get partitions(): readonly number[] {
    return this.#partitions;
  }

  crash(): void {
    this.isGone = true;
  }

  leave(): void {
    this.#isLeaving = true;
  }

  async live(): Promise<void> {
    while (!this.isGone) {
      const joined = await this.#join();
      if (joined === undefined) await this.#pause(50, 250);
      else if (await this.#sync(joined)) await this.#consume();
      if (this.#isLeaving && !this.isGone) await this.#leaveGroup();
    }
    this.#partitions = [];
  }

  async #join(): Promise<JoinGroupResponse | undefined> {
    this.#partitions = [];
    const request = joinGroupRequest.create({
      groupId: 'g',
      memberId: this.#memberId,
      groupInstanceId: this.groupInstanceId,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: 10_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('orders') }],
    });
    const response = await this.#ask((coordinator) =>
      coordinator.joinGroup(client(this.#joinVersion, this.name), request),
    );
    if (
      response.errorCode === ErrorCode.NONE ||
      response.errorCode === ErrorCode.MEMBER_ID_REQUIRED
    )
      this.#memberId = response.memberId;
    if (response.errorCode !== ErrorCode.NONE) {
      this.#onError(response.errorCode);
      return undefined;
    }
    this.#generationId = response.generationId;
    return response;
  }

  async #sync(joined: JoinGroupResponse): Promise<boolean> {
    const isLeader =
      joined.leader === joined.memberId && joined.members.length > 0 && !joined.skipAssignment;
    const request = syncGroupRequest.create({
      groupId: 'g',
      memberId: this.#memberId,
      groupInstanceId: this.groupInstanceId,
      generationId: this.#generationId,
      protocolType: joined.protocolType,
      protocolName: joined.protocolName,
      assignments: isLeader ? assign(joined.members.map(({ memberId }) => memberId)) : [],
    });
    await this.#pause(0, 20);
    const response = await this.#ask((coordinator) =>
      coordinator.syncGroup(client(5, this.name), request),
    );
    if (response.errorCode !== ErrorCode.NONE) {
      this.#onError(response.errorCode);
      return false;
    }
    if (this.isGone) return false;
    this.#partitions = [...response.assignment];
    this.#world.witness.assigned(
      this.#generationId,
      this.groupInstanceId ?? this.#memberId,
      this.#partitions,
    );
    return this.#fetchPositions();
  }

  async #fetchPositions(): Promise<boolean> {
    if (this.#partitions.length === 0) return true;
    const { witness } = this.#world;
    const topics = [
      { name: 'orders', topicId: topicIds['orders']!, partitionIndexes: [...this.#partitions] },
    ];
    const groups = [{ groupId: 'g', memberId: null, memberEpoch: -1, topics }];
    const request = offsetFetchRequest.create({ groups, requireStable: true });
    const acknowledged = this.#partitions.map((partition) => witness.acknowledged(partition));
    const response = await this.#ask((coordinator) => coordinator.offsetFetch(client(10), request));
    const group = response.groups[0]!;
    if (group.errorCode !== ErrorCode.NONE) return false;
    for (const [
      index,
      { partitionIndex, committedOffset },
    ] of group.topics[0]!.partitions.entries()) {
      witness.fetched(partitionIndex, committedOffset, acknowledged[index]!);
      this.#positions.set(partitionIndex, Math.max(committedOffset, 0));
    }
    return true;
  }

  /** Until there is another rebalance, or an end. */
  async #consume(): Promise<void> {
    while (!this.isGone && !this.#isLeaving) {
      await this.#pause(HEARTBEAT_INTERVAL_MS / 2, HEARTBEAT_INTERVAL_MS);
      if (this.isGone || this.#isLeaving) return;
      const request = heartbeatRequest.create({
        groupId: 'g',
        memberId: this.#memberId,
        groupInstanceId: this.groupInstanceId,
        generationId: this.#generationId,
      });
      const { errorCode } = await this.#ask((coordinator) =>
        coordinator.heartbeat(client(4), request),
      );
      if (errorCode !== ErrorCode.NONE) {
        if (this.#onError(errorCode)) continue;
        return;
      }
      if (this.#world.random.below(2) === 0 && !(await this.#commit())) return;
    }
  }

  async #commit(): Promise<boolean> {
    if (this.#partitions.length === 0) return true;
    const { witness, random } = this.#world;
    const offsets = this.#partitions.map((partitionIndex) => {
      const committedOffset = this.#positions.get(partitionIndex)! + 1 + random.below(3);
      this.#positions.set(partitionIndex, committedOffset);
      return {
        partitionIndex,
        committedOffset,
        committedLeaderEpoch: -1,
        committedMetadata: this.name,
      };
    });
    const request = offsetCommitRequest.create({
      groupId: 'g',
      memberId: this.#memberId,
      groupInstanceId: this.groupInstanceId,
      generationIdOrMemberEpoch: this.#generationId,
      topics: [{ name: 'orders', topicId: topicIds['orders']!, partitions: offsets }],
    });
    const response = await this.#ask((coordinator) =>
      coordinator.offsetCommit(client(10), request),
    );
    for (const [index, { errorCode }] of response.topics[0]!.partitions.entries()) {
      if (errorCode !== ErrorCode.NONE) return this.#onError(errorCode);
      witness.committed(offsets[index]!.partitionIndex, offsets[index]!.committedOffset);
    }
    return true;
  }

  async #leaveGroup(): Promise<void> {
    const members = [
      { memberId: this.#memberId, groupInstanceId: this.groupInstanceId, reason: null },
    ];
    const request = leaveGroupRequest.create({ groupId: 'g', members });
    await this.#ask((coordinator) => coordinator.leaveGroup(client(5), request));
    this.isGone = true;
  }

  /** @returns whether the member may go on as if nothing had happened */
  #onError(errorCode: number): boolean {
    switch (errorCode) {
      case ErrorCode.UNKNOWN_MEMBER_ID:
        this.#memberId = '';
        this.#generationId = -1;
        return false;
      case ErrorCode.FENCED_INSTANCE_ID:
        this.isGone = true;
        return false;
      case ErrorCode.ILLEGAL_GENERATION:
      case ErrorCode.REBALANCE_IN_PROGRESS:
      case ErrorCode.MEMBER_ID_REQUIRED:
        return false;
      case ErrorCode.NOT_COORDINATOR:
      case ErrorCode.COORDINATOR_NOT_AVAILABLE:
      case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
        return true;
      default:
        throw new Error(`${this.name} was told the unexpected error ${errorCode}`);
    }
  }

  #pause(atLeastMs: number, atMostMs: number): Promise<void> {
    const { cluster, random } = this.#world;
    return cluster.time.sleep(atLeastMs + random.float() * (atMostMs - atLeastMs));
  }

  async #ask<T>(request: (coordinator: GroupCluster['coordinator']) => Promise<T>): Promise<T> {
    const { cluster, witness } = this.#world;
    return witness.asked(request(cluster.coordinator));
  }
}

/** Partitions dealt out to the members in turn; an assignment is one byte for each partition. */
function assign(memberIds: readonly string[]): { memberId: string; assignment: Buffer }[] {
  const dealt = memberIds.map((memberId) => ({ memberId, partitions: [] as number[] }));
  for (let partition = 0; partition < PARTITION_COUNT; partition += 1)
    dealt[partition % dealt.length]!.partitions.push(partition);
  return dealt.map(({ memberId, partitions }) => ({
    memberId,
    assignment: Buffer.from(partitions),
  }));
}
