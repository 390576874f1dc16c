// Sticky, in two steps: what moves is first taken from its owner and, in the rebalance that follows, given to the next.
// Kafka: CooperativeStickyAssignor; KIP-429.
import {
  type Assignor,
  type GroupSubscriptions,
  type MemberAssignment,
  withoutUserData,
} from './assignor.ts';
import type { Subscription, TopicPartition } from './consumer-protocol.ts';
import { type MemberClaim, nameOf } from './sticky/previous-owners.ts';
import { stickyAssignment } from './sticky/sticky-assignment.ts';

const GENERATION_BYTES = 4;
const NO_GENERATION = -1;

/**
 * Kafka's `cooperative-sticky`: balanced, and everyone goes on reading what it keeps while the group rebalances. Equal to
 * Java's, so that both may lead one group. It remembers its generation: each consumer needs one of its own.
 */
export function cooperativeStickyAssignor(): Assignor {
  let generation = NO_GENERATION;
  return {
    name: 'cooperative-sticky',
    rebalanceProtocol: 'cooperative',
    subscriptionUserData() {
      // For leaders that know the subscription only up to version 1, which has no generation.
      const bytes = Buffer.alloc(GENERATION_BYTES);
      bytes.writeInt32BE(generation);
      return bytes;
    },
    onAssignment(_partitions, _userData, generationId) {
      generation = generationId;
    },
    assign: assignCooperatively,
  };
}

function assignCooperatively(group: GroupSubscriptions): Map<string, MemberAssignment> {
  const { shares, transferring } = stickyAssignment(group, claimOf);
  const moving = transferring ?? transferringOf(group, shares);
  for (const id of new Set(moving.values()))
    shares.set(
      id,
      shares.get(id)!.filter((target) => moving.get(nameOf(target)) !== id),
    );
  return withoutUserData(shares);
}

function claimOf({ generationId, ownedPartitions, userData }: Subscription): MemberClaim {
  if (generationId !== NO_GENERATION) return { partitions: ownedPartitions, generationId };
  if (userData === null) return { partitions: ownedPartitions, generationId: undefined };
  return {
    partitions: ownedPartitions,
    generationId: userData.length < GENERATION_BYTES ? NO_GENERATION : userData.readInt32BE(0),
  };
}

/** What somebody gets while somebody else still has it. */
function transferringOf(
  group: GroupSubscriptions,
  shares: ReadonlyMap<string, readonly TopicPartition[]>,
): Map<string, string> {
  const added = new Map<string, string>();
  const revoked = new Set<string>();
  for (const [id, share] of shares) {
    const owned = new Set(group.members.get(id)!.ownedPartitions.map(nameOf));
    const names = new Set(share.map(nameOf));
    for (const name of names) if (!owned.has(name)) added.set(name, id);
    for (const name of owned) if (!names.has(name)) revoked.add(name);
  }
  return new Map([...added].filter(([name]) => revoked.has(name)));
}
