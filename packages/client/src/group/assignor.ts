// How the members of a group share partitions. The leader's assignor decides for all; what it may know of the members is
// in their subscriptions. Kafka: ConsumerPartitionAssignor; KIP-54, KIP-341, KIP-429.
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import type { Subscription, TopicPartition } from './consumer-protocol.ts';

/**
 * How members hand partitions over. `eager`: everyone gives everything back before joining. `cooperative`: members keep
 * what they read while they join, give back only what moves, and join once more.
 */
export type RebalanceProtocol = 'eager' | 'cooperative';

/** What the leader knows when it shares the partitions. */
export interface GroupSubscriptions {
  /** By member id. */
  readonly members: ReadonlyMap<string, Subscription>;
  /** Partitions of each topic that exists. */
  readonly partitionCounts: ReadonlyMap<string, number>;
  /** Brokers, leaders and replicas, as of now. */
  readonly cluster: ClusterMetadata;
}

/** One member's share. */
export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[];
  /** What the leader's assignor has to tell the member's. Default null. */
  readonly userData?: Buffer | null;
}

/** A way to share partitions. All members of a group must have one of the same name. */
export interface Assignor {
  /** Named in JoinGroup. */
  readonly name: string;
  /** The furthest that it can do; a consumer is cooperative when all its assignors are. Default `eager`. */
  readonly rebalanceProtocol?: RebalanceProtocol;
  /** What to tell the leader's assignor; asked before each join. @param topics subscribed now */
  subscriptionUserData?(topics: readonly string[]): Buffer | null | Promise<Buffer | null>;
  /** The shares by member id. Called on the leader; every member must be named. */
  assign(
    group: GroupSubscriptions,
  ): Map<string, MemberAssignment> | Promise<Map<string, MemberAssignment>>;
  /** Told of this member's share before the listener is. @param userData null when the leader sent none */
  onAssignment?(
    partitions: readonly TopicPartition[],
    userData: Buffer | null,
    generationId: number,
  ): void | Promise<void>;
}

/** A share for everyone, empty. */
export function emptyAssignment(group: GroupSubscriptions): Map<string, TopicPartition[]> {
  return new Map([...group.members.keys()].map((id) => [id, []]));
}

/** Shares without user data. */
export function withoutUserData(
  shares: ReadonlyMap<string, readonly TopicPartition[]>,
): Map<string, MemberAssignment> {
  return new Map([...shares].map(([id, partitions]) => [id, { partitions }]));
}

/** All topics that anybody subscribed to, sorted. */
export function subscribedTopics(group: Pick<GroupSubscriptions, 'members'>): string[] {
  return [...new Set([...group.members.values()].flatMap(({ topics }) => topics))].sort();
}

/** Members in the order in which Java's assignors serve them: static ones first, by instance id, then by member id. */
export function membersInOrder(
  members: ReadonlyMap<string, Subscription>,
): [string, Subscription][] {
  return [...members].sort(([idA, a], [idB, b]) => {
    if (a.groupInstanceId !== null && b.groupInstanceId !== null)
      return compare(a.groupInstanceId, b.groupInstanceId);
    if (a.groupInstanceId !== null) return -1;
    if (b.groupInstanceId !== null) return 1;
    return compare(idA, idB);
  });
}

/** Who subscribed to each topic, by topic, in the order of `members`. */
export function takersByTopic(
  members: readonly (readonly [string, Subscription])[],
): Map<string, string[]> {
  const takers = new Map<string, string[]>();
  for (const [id, { topics }] of members)
    for (const topic of new Set(topics)) {
      const others = takers.get(topic);
      if (others === undefined) takers.set(topic, [id]);
      else others.push(id);
    }
  return takers;
}

/** By UTF-16 units, as Java compares strings. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
