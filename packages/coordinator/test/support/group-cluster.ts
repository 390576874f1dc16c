// One group coordinator on one partition, over a log in memory and in virtual time.

import { type Platform } from '@ottla/platform';
import {
  joinGroupRequest,
  type JoinGroupRequest,
  type JoinGroupResponse,
} from '@ottla/protocol/messages/join-group';
import { syncGroupRequest, type SyncGroupResponse } from '@ottla/protocol/messages/sync-group';
import {
  GroupCoordinator,
  type GroupCoordinatorConfig,
  type RequestContext,
  type TopicCatalog,
} from '../../src/index.ts';
import { MemoryLog } from './memory-log.ts';
import { VirtualTime } from './virtual-time.ts';

/** Ids of the topics that exist in these tests. */
export const topicIds: Readonly<Record<string, string>> = {
  orders: 'b3JkZXJzLW9yZGVycy1vcg',
  invoices: 'aW52b2ljZXMtaW52b2ljZQ',
};

const PARTITIONS = 8;

/** A catalogue of the topics in `topicIds`, 8 partitions each. */
export const catalog: TopicCatalog = {
  topicId: (name) => topicIds[name],
  topicName: (id) => Object.keys(topicIds).find((name) => topicIds[name] === id),
  partitionCount: (name) => (topicIds[name] === undefined ? 0 : PARTITIONS),
};

/** Chance that repeats for the same seed: a 32-bit xorshift generator. */
export function seededRandom(seed: number): Platform['random'] {
  let state = seed | 1;
  const uint32 = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return {
    uint32,
    float: () => uint32() / 0x1_0000_0000,
    below: (bound) => Math.floor((uint32() / 0x1_0000_0000) * bound),
    bytes: (length) => Buffer.from(Array.from({ length }, () => uint32() & 0xff)),
  };
}

/** A context as the broker makes it. */
export function client(apiVersion: number, clientId = 'client'): RequestContext {
  return { clientId, clientHost: '/127.0.0.1', apiVersion };
}

/** A coordinator, its log and its time. */
export class GroupCluster {
  readonly time = new VirtualTime();
  readonly log: MemoryLog = new MemoryLog(this.time);
  readonly coordinator: GroupCoordinator;
  #epoch = 0;

  constructor(config: Partial<GroupCoordinatorConfig> = {}, seed = 1) {
    this.coordinator = new GroupCoordinator({
      platform: { clock: this.time, timers: this.time, random: seededRandom(seed) },
      topics: catalog,
      offsetsPartitionCount: () => 1,
      config,
    });
  }

  /** Makes this broker the leader, and waits until it has loaded. */
  async elect(): Promise<void> {
    const loaded = this.coordinator.onElection(0, (this.#epoch += 1), this.log.lead());
    await this.settle(loaded);
  }

  resign(): void {
    this.coordinator.onResignation(0);
    this.log.lead();
  }

  /** Lets time pass until the promise is settled. */
  async settle<T>(promise: Promise<T>, limitMs = 400_000): Promise<T> {
    let isSettled = false;
    const done = (): void => void (isSettled = true);
    promise.then(done, done);
    const deadlineMs = this.time.monotonicMs() + limitMs;
    for (await this.time.run(); !isSettled; await this.time.run(10))
      if (this.time.monotonicMs() > deadlineMs) throw new Error('no answer');
    return promise;
  }

  /** A JoinGroup of version 9 by a consumer, with plain values where nothing is given. */
  join(
    init: Partial<JoinGroupRequest> = {},
    apiVersion = 9,
    clientId = 'client',
  ): Promise<JoinGroupResponse> {
    const request = joinGroupRequest.create({
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('orders') }],
      ...init,
    });
    return this.coordinator.joinGroup(client(apiVersion, clientId), request);
  }

  /** Joins as a new dynamic member: asks for an id, and joins with it. */
  async joinAnew(
    init: Partial<JoinGroupRequest> = {},
  ): Promise<{ memberId: string; joined: Promise<JoinGroupResponse> }> {
    const { memberId } = await this.settle(this.join(init));
    return { memberId, joined: this.join({ ...init, memberId }) };
  }

  /** A SyncGroup of version 5 for a JoinGroup's answer, with an assignment for each member named. */
  sync(
    joined: JoinGroupResponse,
    assignments: Readonly<Record<string, string>> = {},
  ): Promise<SyncGroupResponse> {
    const request = syncGroupRequest.create({
      groupId: 'g',
      generationId: joined.generationId,
      memberId: joined.memberId,
      protocolType: 'consumer',
      protocolName: joined.protocolName,
      assignments: Object.entries(assignments).map(([memberId, text]) => ({
        memberId,
        assignment: Buffer.from(text),
      })),
    });
    return this.coordinator.syncGroup(client(5), request);
  }

  /** A Stable group of so many dynamic members; the first one leads. */
  async stableGroup(
    memberCount: number,
    init: Partial<JoinGroupRequest> = {},
  ): Promise<JoinGroupResponse[]> {
    const joins = [];
    for (let i = 0; i < memberCount; i += 1) joins.push((await this.joinAnew(init)).joined);
    const joined = await this.settle(Promise.all(joins));
    const assignments = Object.fromEntries(
      joined.map(({ memberId }) => [memberId, `for ${memberId}`]),
    );
    const syncs = joined.map((each) =>
      this.sync(each, each.leader === each.memberId ? assignments : {}),
    );
    await this.settle(Promise.all(syncs));
    return joined;
  }
}

/** A consumer's subscription, version 0. */
export function subscription(...topics: string[]): Buffer {
  const header = Buffer.alloc(6);
  header.writeInt32BE(topics.length, 2);
  const names = topics.map((topic) => {
    const name = Buffer.alloc(2 + topic.length);
    name.writeInt16BE(topic.length);
    name.write(topic, 2);
    return name;
  });
  const noUserData = Buffer.from([0xff, 0xff, 0xff, 0xff]);
  return Buffer.concat([header, ...names, noUserData]);
}
