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

export interface Subscription {
  readonly topics: readonly string[];
  readonly ownedPartitions: readonly TopicPartition[];
  readonly generationId: number;
}

const VERSION_BYTES = 2;
const VERSION_MAX = 3;

export function encodeSubscription(subscription: Subscription): Buffer {
  const value = consumerProtocolSubscription.create({
    topics: [...subscription.topics].sort(),
    userData: null,
    ownedPartitions: grouped(subscription.ownedPartitions),
    generationId: subscription.generationId,
    rackId: null,
  });
  const bytes = encodeMessage(consumerProtocolSubscription, value, VERSION_MAX, VERSION_BYTES);
  bytes.writeInt16BE(VERSION_MAX, 0);
  return bytes;
}

/** Undefined when the bytes are no subscription. */
export function decodeSubscription(bytes: Buffer): Subscription | undefined {
  if (bytes.length < VERSION_BYTES) return undefined;
  const version = Math.min(bytes.readInt16BE(0), VERSION_MAX);
  const value = consumerProtocolSubscription.decode(new Reader(bytes, VERSION_BYTES), version);
  return {
    topics: value.topics,
    ownedPartitions: flat(value.ownedPartitions),
    generationId: value.generationId,
  };
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const value = consumerProtocolAssignment.create({
    assignedPartitions: grouped(partitions),
    userData: null,
  });
  const bytes = encodeMessage(consumerProtocolAssignment, value, VERSION_MAX, VERSION_BYTES);
  bytes.writeInt16BE(VERSION_MAX, 0);
  return bytes;
}

/** Undefined when the bytes are no assignment; empty bytes are an empty one. */
export function decodeAssignment(bytes: Buffer): TopicPartition[] | undefined {
  if (bytes.length < VERSION_BYTES) return [];
  const version = Math.min(bytes.readInt16BE(0), VERSION_MAX);
  return flat(
    consumerProtocolAssignment.decode(new Reader(bytes, VERSION_BYTES), version).assignedPartitions,
  );
}

function grouped(
  partitions: readonly TopicPartition[],
): ConsumerProtocolAssignment['assignedPartitions'] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions)
    topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  return [...topics].map(([topic, list]) => ({ topic, partitions: list.sort((a, b) => a - b) }));
}

function flat(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
