// Chooses between the two sticky algorithms and turns names back into partitions. Kafka: AbstractStickyAssignor.
import { type GroupSubscriptions, subscribedTopics } from '../assignor.ts';
import type { Subscription, TopicPartition } from '../consumer-protocol.ts';
import { constrainedAssignment, type StickyAssignment } from './constrained-assignment.ts';
import { generalAssignment } from './general-assignment.ts';
import { type MemberClaim, nameOf, previousOwners } from './previous-owners.ts';

export interface StickyResult {
  readonly shares: Map<string, TopicPartition[]>;
  /** Names (`topic-partition`) of what leaves one member for another, with the new owner; undefined: not counted. */
  readonly transferring: ReadonlyMap<string, string> | undefined;
}

/** @param claimOf how this assignor's members tell what they have */
export function stickyAssignment(
  { partitionCounts, ...rest }: GroupSubscriptions,
  claimOf: (subscription: Subscription) => MemberClaim,
): StickyResult {
  const topics = subscribedTopics(rest).filter((topic) => partitionCounts.has(topic));
  const group: GroupSubscriptions = {
    ...rest,
    // Topics that nobody wants any more count for nothing.
    partitionCounts: new Map(topics.map((topic) => [topic, partitionCounts.get(topic)!])),
  };
  const previous = previousOwners(group, claimOf);
  const partitions = topics.flatMap((topic) =>
    Array.from({ length: partitionCounts.get(topic)! }, (_, partition) => ({ topic, partition })),
  );
  for (const target of partitions) previous.names.set(nameOf(target), target);
  const { shares, transferring }: StickyAssignment = previous.areSubscriptionsEqual
    ? constrainedAssignment(partitions, previous)
    : { shares: generalAssignment(group, previous), transferring: undefined };
  return {
    shares: new Map(
      [...shares].map(([id, names]) => [id, names.map((name) => previous.names.get(name)!)]),
    ),
    transferring,
  };
}
