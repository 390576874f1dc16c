// Topics that belong to the cluster itself: clients neither write nor truncate them. Kafka: Topic.isInternal.

/** Where groups keep committed offsets. */
export const OFFSETS_TOPIC = '__consumer_offsets';
/** Where transactions are kept. */
export const TRANSACTIONS_TOPIC = '__transaction_state';
/** Where share groups are kept. */
export const SHARE_STATE_TOPIC = '__share_group_state';

const INTERNAL_TOPICS: ReadonlySet<string> = new Set([
  OFFSETS_TOPIC,
  TRANSACTIONS_TOPIC,
  SHARE_STATE_TOPIC,
]);
/** The one client that may. */
const ADMIN_CLIENT_ID = '__admin_client';

/** Whether Kafka calls a topic of that name internal. */
export function isInternalTopic(name: string): boolean {
  return INTERNAL_TOPICS.has(name);
}

/** Whether this client must not write to the topic. */
export function isOutOfBounds(topic: string, clientId: string | null): boolean {
  return isInternalTopic(topic) && clientId !== ADMIN_CLIENT_ID;
}
