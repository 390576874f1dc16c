// The configuration of one topic: its own values over the broker's over the defaults. Kafka: LogConfig.

import { ConfigError } from './config-error.ts';
import type { ConfigKey } from './config-key.ts';
import type { ConfigValue } from './config-value.ts';
import { parseConfigValue } from './config-value.ts';
import { refuseUnlessDefault, requireKey, TOPIC_TABLE } from './config-table.ts';

/**
 * Typed topic configuration; assignable to `LogConfig` of @ottla/log. What Kafka writes as 2^63−1 is `Infinity`; −1 stays −1
 * where Kafka means "no limit" by it. Times in milliseconds.
 */
export interface TopicConfig {
  readonly cleanupPolicy: readonly ('delete' | 'compact')[];
  /** −1: no limit. */
  readonly retentionMs: number;
  /** −1: no limit. */
  readonly retentionBytes: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly fileDeleteDelayMs: number;
  readonly flushMessages: number;
  readonly flushMs: number;
  readonly maxMessageBytes: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** Of the codec above; left out for its default. */
  readonly compressionLevel?: number;
  readonly minInsyncReplicas: number;
  /** Replicas that leaders give to no faster than their rate: `*`, `none`, or `<partition>:<broker>`. */
  readonly leaderThrottledReplicas: readonly string[];
  /** Replicas that take from leaders no faster than their rate. */
  readonly followerThrottledReplicas: readonly string[];
  /** Of the broker: `producer.id.expiration.ms`. */
  readonly producerIdExpirationMs: number;
  /** Of the broker: `ottla.decompressed.batch.max.bytes`. */
  readonly decompressedBytesMax: number;
}

/** Broker keys that every topic's configuration is made with. */
const STAND_INS: ReadonlySet<string> = new Set([
  ...[...TOPIC_TABLE.values()].flatMap(({ synonyms }) => synonyms.map(({ name }) => name)),
  'producer.id.expiration.ms',
  'ottla.decompressed.batch.max.bytes',
]);

/** Whether topics are configured otherwise after these broker keys have changed. */
export function concernsTopics(changed: Iterable<string>): boolean {
  for (const name of changed) if (STAND_INS.has(name)) return true;
  return false;
}

/** The broker's side of a lookup: its effective text for a broker key, null when it has none. */
export interface BrokerValues {
  raw(name: string): string | null;
  number(name: string): number;
}

/** Text of a topic key and where it came from: an own value, the broker key that stands in, or the default. */
export function resolveTopicText(
  key: ConfigKey,
  overrides: ReadonlyMap<string, string>,
  broker: BrokerValues,
): string | null {
  const own = overrides.get(key.name);
  if (own !== undefined) return own;
  for (const { name, factor } of key.synonyms) {
    const text = broker.raw(name);
    if (text === null) continue;
    // A factor turns hours or minutes into milliseconds; −1 hours means no limit, as in Kafka.
    if (factor === 1) return text;
    return Number(text) < 0 ? '-1' : String(Number(text) * factor);
  }
  return key.defaultValue;
}

/**
 * The topic's effective configuration.
 *
 * @param overrides the topic's own values, as in the metadata image; unknown ones are ignored, as Kafka does on reading
 */
export function topicConfig(
  broker: BrokerValues,
  overrides: ReadonlyMap<string, string>,
): TopicConfig {
  const value = (name: string): ConfigValue => {
    const key = requireKey(TOPIC_TABLE, name, 'topic');
    return parseConfigValue(key, resolveTopicText(key, overrides, broker));
  };
  const number = (name: string): number => unbounded(value(name) as number);
  const codec = value('compression.type') as TopicConfig['compressionType'];
  const level = LEVELLED.has(codec) ? number(`compression.${codec}.level`) : DEFAULT_LEVEL;
  return {
    cleanupPolicy: value('cleanup.policy') as TopicConfig['cleanupPolicy'],
    retentionMs: number('retention.ms'),
    retentionBytes: number('retention.bytes'),
    segmentBytes: (value('internal.segment.bytes') as number | null) ?? number('segment.bytes'),
    segmentMs: number('segment.ms'),
    segmentJitterMs: number('segment.jitter.ms'),
    segmentIndexBytes: number('segment.index.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    fileDeleteDelayMs: number('file.delete.delay.ms'),
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    maxMessageBytes: number('max.message.bytes'),
    timestampType: value('message.timestamp.type') as TopicConfig['timestampType'],
    timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    compressionType: codec,
    ...(level === DEFAULT_LEVEL ? {} : { compressionLevel: level }),
    minInsyncReplicas: number('min.insync.replicas'),
    leaderThrottledReplicas: (value('leader.replication.throttled.replicas') ?? []) as string[],
    followerThrottledReplicas: (value('follower.replication.throttled.replicas') ?? []) as string[],
    producerIdExpirationMs: broker.number('producer.id.expiration.ms'),
    decompressedBytesMax: broker.number('ottla.decompressed.batch.max.bytes'),
  };
}

const LEVELLED: ReadonlySet<string> = new Set(['gzip', 'lz4', 'zstd']);
/** What Kafka writes where gzip's own default is meant. */
const DEFAULT_LEVEL = -1;

function unbounded(value: number): number {
  return value === Number.MAX_SAFE_INTEGER ? Infinity : value;
}

/**
 * Checks the own values that a request wants a topic to have.
 *
 * @throws ConfigError (answer INVALID_CONFIG with its message) on an unknown key or a value that is invalid or not supported
 */
export function validateTopicConfig(overrides: ReadonlyMap<string, string>): void {
  for (const [name, text] of overrides) {
    const key = requireKey(TOPIC_TABLE, name, 'topic');
    parseConfigValue(key, text);
    refuseUnlessDefault(key, text);
  }
  const lag = (name: string): number => {
    const key = requireKey(TOPIC_TABLE, name, 'topic');
    return parseConfigValue(key, overrides.get(name) ?? key.defaultValue) as number;
  };
  if (lag('min.compaction.lag.ms') > lag('max.compaction.lag.ms'))
    throw new ConfigError(
      'conflict topic config setting min.compaction.lag.ms exceeds max.compaction.lag.ms',
      'min.compaction.lag.ms',
    );
}
