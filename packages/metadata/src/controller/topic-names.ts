// Which names a topic may have. Kafka: org.apache.kafka.common.internals.Topic.

/** Longest topic name, in characters. */
export const TOPIC_NAME_LENGTH_MAX = 249;

/** The topic that holds the metadata log; nobody creates it through the API. */
export const CLUSTER_METADATA_TOPIC = '__cluster_metadata';

/** Why `name` cannot be a topic's name, in Kafka's words; undefined when it can. */
export function invalidTopicName(name: string): string | undefined {
  const reason = invalidity(name);
  return reason === undefined ? undefined : `Topic name is invalid: ${reason}`;
}

/** Whether metrics may mix the name up with another's, because they turn `.` into `_`. */
export function hasCollisionCharacters(name: string): boolean {
  return name.includes('_') || name.includes('.');
}

/** Equal for two names exactly when they collide. */
export function unifiedTopicName(name: string): string {
  return name.replaceAll('.', '_');
}

function invalidity(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed';
  if (name === '.' || name === '..') return `'${name}' is not allowed`;
  if (name.length > TOPIC_NAME_LENGTH_MAX) {
    return `the length of '${name}' is longer than the max allowed length ${TOPIC_NAME_LENGTH_MAX}`;
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
  }
  return undefined;
}
