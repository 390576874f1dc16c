// What members of a consumer group tell each other through the coordinator: subscriptions and assignments, each behind an
// int16 version. Kafka: ConsumerProtocol.
import { encodeMessage, Reader } from '@ottla/protocol';
import {
  type ConsumerProtocolAssignment,
  consumerProtocolAssignment,
} from '@ottla/protocol/messages/consumer-protocol-assignment';
import { consumerProtocolSubscription } from '@ottla/protocol/messages/consumer-protocol-subscription';

/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What a member wants and has. */
export interface Subscription {
  readonly topics: readonly string[];
  /** What it reads while it joins; empty under the eager protocol. */
  readonly ownedPartitions: readonly TopicPartition[];
  /** In which it got them; −1 when not told. */
  readonly generationId: number;
  /** From its assignor to the leader's. */
  readonly userData: Buffer | null;
  /** Of a static member (KIP-345). Not in the bytes: the coordinator tells the leader. */
  readonly groupInstanceId: string | null;
  readonly rackId: string | null;
}

/** A member's share, as it gets it. */
export interface Assignment {
  readonly partitions: readonly TopicPartition[];
  readonly userData: Buffer | null;
}

const VERSION_BYTES = 2;
const VERSION_MAX = 3;

/** The metadata of a protocol in JoinGroup. */
export function encodeSubscription(subscription: Omit<Subscription, 'groupInstanceId'>): Buffer {
  const value = consumerProtocolSubscription.create({
    topics: [...subscription.topics].sort(),
    userData: subscription.userData,
    ownedPartitions: grouped(subscription.ownedPartitions),
    generationId: subscription.generationId,
    rackId: subscription.rackId,
  });
  const bytes = encodeMessage(consumerProtocolSubscription, value, VERSION_MAX, VERSION_BYTES);
  bytes.writeInt16BE(VERSION_MAX, 0);
  return bytes;
}

/** Undefined when the bytes are no subscription. */
export function decodeSubscription(
  bytes: Buffer,
  groupInstanceId: string | null = null,
): Subscription | undefined {
  if (bytes.length < VERSION_BYTES) return undefined;
  const version = Math.min(bytes.readInt16BE(0), VERSION_MAX);
  const value = consumerProtocolSubscription.decode(new Reader(bytes, VERSION_BYTES), version);
  return {
    topics: value.topics,
    ownedPartitions: flat(value.ownedPartitions),
    generationId: value.generationId,
    userData: value.userData,
    groupInstanceId,
    rackId: value.rackId,
  };
}

/** What SyncGroup carries for a member. */
export function encodeAssignment(
  partitions: readonly TopicPartition[],
  userData: Buffer | null = null,
): Buffer {
  const value = consumerProtocolAssignment.create({
    assignedPartitions: grouped(partitions),
    userData,
  });
  const bytes = encodeMessage(consumerProtocolAssignment, value, VERSION_MAX, VERSION_BYTES);
  bytes.writeInt16BE(VERSION_MAX, 0);
  return bytes;
}

/** Bytes too short for a version are an empty share: a member that the leader forgot. */
export function decodeAssignment(bytes: Buffer): Assignment {
  if (bytes.length < VERSION_BYTES) return { partitions: [], userData: null };
  const version = Math.min(bytes.readInt16BE(0), VERSION_MAX);
  const value = consumerProtocolAssignment.decode(new Reader(bytes, VERSION_BYTES), version);
  return { partitions: flat(value.assignedPartitions), userData: value.userData };
}

function grouped(
  partitions: readonly TopicPartition[],
): ConsumerProtocolAssignment['assignedPartitions'] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const list = topics.get(topic);
    if (list === undefined) topics.set(topic, [partition]);
    else list.push(partition);
  }
  return [...topics].map(([topic, list]) => ({ topic, partitions: list.sort((a, b) => a - b) }));
}

function flat(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
