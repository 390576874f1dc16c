// Who had what, by the members' own words: the input of both sticky algorithms. Claims of older generations give way to
// newer ones; a partition that two members of one generation claim belongs to nobody. Kafka: AbstractStickyAssignor.
import type { GroupSubscriptions } from '../assignor.ts';
import type { Subscription, TopicPartition } from '../consumer-protocol.ts';
import { inJavaHashOrder } from './java-hash-order.ts';

/** What a member says that it has. */
export interface MemberClaim {
  readonly partitions: readonly TopicPartition[];
  /** Undefined when it does not say. */
  readonly generationId: number | undefined;
}

/** By a partition's name, the partition: names are what the algorithms compute with. */
export type PartitionNames = Map<string, TopicPartition>;

export interface PreviousOwners {
  /** Members in the order of Java's maps, with their subscriptions. */
  readonly members: readonly (readonly [string, Subscription])[];
  /** Names of partitions by member, in the same order. */
  readonly owned: Map<string, string[]>;
  /** Claimed by several of one generation. */
  readonly contested: ReadonlySet<string>;
  readonly claims: ReadonlyMap<string, MemberClaim>;
  /** The highest that any claims; −1 when none does. */
  readonly maxGeneration: number;
  /** Whether all subscribe to the same topics. */
  readonly areSubscriptionsEqual: boolean;
  readonly names: PartitionNames;
}

const NO_GENERATION = -1;

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** @param claimOf how this assignor's members tell what they have */
export function previousOwners(
  group: GroupSubscriptions,
  claimOf: (subscription: Subscription) => MemberClaim,
): PreviousOwners {
  const members = inJavaHashOrder(group.members.keys()).map(
    (id) => [id, group.members.get(id)!] as const,
  );
  const owned = new Map<string, string[]>(members.map(([id]) => [id, []]));
  const owners = new Map<string, string>();
  const contested = new Set<string>();
  const claims = new Map<string, MemberClaim>();
  const names: PartitionNames = new Map();
  let maxGeneration = NO_GENERATION;
  for (const [id, subscription] of members) {
    const claim = claimOf(subscription);
    claims.set(id, claim);
    const generation = claim.generationId ?? NO_GENERATION;
    maxGeneration = Math.max(maxGeneration, generation);
    for (const target of claim.partitions) {
      const name = nameOf(target);
      names.set(name, target);
      if (!group.partitionCounts.has(target.topic)) continue;
      const other = owners.get(name);
      // By the subscription's own generation: user data is not asked here, in Java neither.
      const otherGeneration =
        other === undefined ? -Infinity : group.members.get(other)!.generationId;
      if (generation < otherGeneration) continue;
      if (other !== undefined) remove(owned.get(other)!, name);
      if (generation === otherGeneration) contested.add(name);
      else owned.get(id)!.push(name);
      owners.set(name, id);
    }
  }
  return {
    members,
    owned,
    contested,
    claims,
    maxGeneration,
    areSubscriptionsEqual: areEqual(members.map(([, { topics }]) => topics)),
    names,
  };
}

/** Takes the first occurrence out. */
export function remove(list: string[], name: string): void {
  const at = list.indexOf(name);
  if (at >= 0) list.splice(at, 1);
}

function areEqual(lists: readonly (readonly string[])[]): boolean {
  let first = new Set<string>();
  for (const topics of lists) {
    // The first that subscribes to anything sets the measure.
    if (first.size === 0) first = new Set(topics);
    else if (topics.length !== first.size || topics.some((topic) => !first.has(topic)))
      return false;
  }
  return true;
}
