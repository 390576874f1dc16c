// Which topics the members of a group of consumers are subscribed to, out of their metadata. Only the part that all versions of the
// consumer protocol begin with is read: an int16 version and the topic names. Kafka: ClassicGroup.computeSubscribedTopics.

import { ProtocolError, Reader } from '@ottla/protocol';

/** The protocol type of consumers. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer';

const TOPIC_NAME_BYTES_MIN = 2;

/**
 * The topics named in members' subscriptions.
 *
 * @returns undefined when one of them is not a consumer's subscription
 */
export function subscribedTopicsOf(
  subscriptions: Iterable<Buffer>,
): ReadonlySet<string> | undefined {
  const topics = new Set<string>();
  try {
    for (const subscription of subscriptions) {
      const reader = new Reader(subscription);
      if (reader.int16() < 0) return undefined;
      const count = reader.arrayLength(false, TOPIC_NAME_BYTES_MIN);
      for (let i = 0; i < count; i += 1) topics.add(reader.string(false));
    }
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
  return topics;
}
