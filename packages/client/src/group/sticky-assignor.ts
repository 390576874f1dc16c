// Sticky under the eager protocol: members give everything back, and tell in their user data what it was.
// Kafka: StickyAssignor; KIP-54.
import { type Assignor, withoutUserData } from './assignor.ts';
import type { Subscription, TopicPartition } from './consumer-protocol.ts';
import { inJavaHashOrder } from './sticky/java-hash-order.ts';
import type { MemberClaim } from './sticky/previous-owners.ts';
import { stickyAssignment } from './sticky/sticky-assignment.ts';

const NO_GENERATION = -1;

/** Kafka's `sticky`. It remembers what it was given: each consumer needs one of its own. */
export function stickyAssignor(): Assignor {
  let memory: { partitions: readonly TopicPartition[]; generationId: number } | undefined;
  return {
    name: 'sticky',
    subscriptionUserData: () =>
      memory === undefined ? null : encodeMemory(memory.partitions, memory.generationId),
    onAssignment(partitions, _userData, generationId) {
      memory = { partitions, generationId };
    },
    assign: (group) => withoutUserData(stickyAssignment(group, claimOf).shares),
  };
}

function claimOf({ userData }: Subscription): MemberClaim {
  if (userData === null || userData.length === 0)
    return { partitions: [], generationId: undefined };
  try {
    return decodeMemory(userData);
  } catch {
    // Not ours to read: a member without a past.
    return { partitions: [], generationId: NO_GENERATION };
  }
}

/** An array of topics, each with its partitions; then the generation. All sizes are plain big-endian integers. */
function encodeMemory(partitions: readonly TopicPartition[], generationId: number): Buffer {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions)
    topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  const parts = [int32(topics.size)];
  for (const topic of inJavaHashOrder(topics.keys())) {
    const name = Buffer.from(topic);
    const nameLength = Buffer.alloc(2);
    nameLength.writeInt16BE(name.length);
    const list = topics.get(topic)!;
    parts.push(nameLength, name, int32(list.length), ...list.map(int32));
  }
  return Buffer.concat([...parts, int32(generationId)]);
}

/** @throws RangeError when it ends too early */
function decodeMemory(bytes: Buffer): MemberClaim {
  const partitions: TopicPartition[] = [];
  let at = 4;
  for (let left = bytes.readInt32BE(0); left > 0; left -= 1) {
    const nameEnd = at + 2 + bytes.readInt16BE(at);
    const topic = bytes.toString('utf8', at + 2, nameEnd);
    at = nameEnd + 4;
    for (let count = bytes.readInt32BE(nameEnd); count > 0; count -= 1) {
      partitions.push({ topic, partition: bytes.readInt32BE(at) });
      at += 4;
    }
  }
  // Version 0 of the format has no generation.
  const generationId = at + 4 <= bytes.length ? bytes.readInt32BE(at) : undefined;
  return { partitions, generationId };
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
