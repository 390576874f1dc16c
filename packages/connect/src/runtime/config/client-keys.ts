// Kafka's names of client settings, as `producer.`, `consumer.` and `admin.` carry them, and what ours are called. Each
// known key is honoured, accepted without effect (our client has no such knob), or refused unless it asks for what we do.
import type { ClientOptions, ConsumerOptions, ProducerOptions } from '@ottla/client';
import { ConfigError } from '../../errors.ts';
import { nearestName } from './nearest-name.ts';

/** Settings by Kafka's names. */
export type ClientSettings = Readonly<Record<string, string>>;

type Rule =
  | { readonly kind: 'honoured'; readonly apply: (value: string, key: string) => object }
  | { readonly kind: 'no effect' }
  | { readonly kind: 'only'; readonly values: readonly string[]; readonly reason: string };

type Rules = Readonly<Record<string, Rule>>;

const NO_EFFECT: Rule = { kind: 'no effect' };

/** An option that takes a whole number. */
function count(option: string, min = 0): Rule {
  return { kind: 'honoured', apply: (value, key) => ({ [option]: integer(key, value, min) }) };
}

function text(option: string): Rule {
  return { kind: 'honoured', apply: (value) => ({ [option]: value }) };
}

/** An option that takes one of some words, by what Kafka calls them. */
function choice(option: string, values: Readonly<Record<string, unknown>>): Rule {
  return {
    kind: 'honoured',
    apply(value, key) {
      if (!(value in values))
        throw new ConfigError(
          `Invalid value ${value} for configuration ${key}: it must be one of ${Object.keys(values).join(', ')}`,
        );
      return { [option]: values[value] };
    },
  };
}

function only(values: readonly string[], reason: string): Rule {
  return { kind: 'only', values, reason };
}

function integer(key: string, value: string, min: number): number {
  const number = Number(value.trim());
  if (!/^-?\d+$/.test(value.trim()) || !Number.isSafeInteger(number) || number < min)
    throw new ConfigError(
      `Invalid value ${value} for configuration ${key}: it must be a whole number of at least ${min}`,
    );
  return number;
}

const FLAG = { true: true, false: false };
const NO_TLS = 'TLS and SASL are not there yet';

const COMMON: Rules = {
  'bootstrap.servers': text('bootstrapServers'),
  'client.id': text('clientId'),
  'request.timeout.ms': count('requestTimeoutMs', 1),
  'default.api.timeout.ms': count('defaultApiTimeoutMs', 1),
  'retry.backoff.ms': count('retryBackoffMs'),
  'retry.backoff.max.ms': count('retryBackoffMsMax'),
  'metadata.max.age.ms': count('metadataMaxAgeMs', 1),
  'security.protocol': only(['PLAINTEXT'], NO_TLS),
  'interceptor.classes': only([''], 'interceptors are Java classes'),
  ...Object.fromEntries(
    [
      'auto.include.jmx.reporter',
      'client.dns.lookup',
      'client.rack',
      'connections.max.idle.ms',
      'enable.metrics.push',
      'metadata.max.idle.ms',
      'metadata.recovery.rebootstrap.trigger.ms',
      'metadata.recovery.strategy',
      'metric.reporters',
      'metrics.num.samples',
      'metrics.recording.level',
      'metrics.sample.window.ms',
      'receive.buffer.bytes',
      'reconnect.backoff.max.ms',
      'reconnect.backoff.ms',
      'retries',
      'send.buffer.bytes',
      'socket.connection.setup.timeout.max.ms',
      'socket.connection.setup.timeout.ms',
    ].map((key) => [key, NO_EFFECT]),
  ),
};

const PRODUCER: Rules = {
  ...COMMON,
  acks: choice('acks', { all: 'all', '-1': 'all', '1': 'leader', '0': 'none' }),
  'batch.size': count('batchSizeBytes'),
  'buffer.memory': count('bufferMemoryBytes', 1),
  'compression.type': choice('compression', {
    none: 'none',
    gzip: 'gzip',
    snappy: 'snappy',
    lz4: 'lz4',
    zstd: 'zstd',
  }),
  'delivery.timeout.ms': count('deliveryTimeoutMs', 1),
  'enable.idempotence': choice('idempotent', FLAG),
  'linger.ms': count('lingerMs'),
  'max.request.size': count('maxRequestBytes', 1),
  'transactional.id': only([], 'transactions are not there yet'),
  ...Object.fromEntries(
    [
      'compression.gzip.level',
      'compression.lz4.level',
      'compression.zstd.level',
      'key.serializer',
      'max.block.ms',
      'max.in.flight.requests.per.connection',
      'partitioner.adaptive.partitioning.enable',
      'partitioner.availability.timeout.ms',
      'partitioner.ignore.keys',
      'transaction.timeout.ms',
      'value.serializer',
    ].map((key) => [key, NO_EFFECT]),
  ),
};

const CONSUMER: Rules = {
  ...COMMON,
  'group.id': text('groupId'),
  'group.instance.id': text('groupInstanceId'),
  'group.protocol': only(['classic'], 'the consumer protocol is not there yet'),
  'auto.offset.reset': choice('autoOffsetReset', {
    earliest: 'earliest',
    latest: 'latest',
    none: 'none',
  }),
  'fetch.max.bytes': count('fetchMaxBytes', 1),
  'fetch.max.wait.ms': count('fetchMaxWaitMs'),
  'fetch.min.bytes': count('fetchMinBytes'),
  'heartbeat.interval.ms': count('heartbeatIntervalMs', 1),
  'isolation.level': choice('isolationLevel', {
    read_committed: 'read_committed',
    read_uncommitted: 'read_uncommitted',
  }),
  'max.partition.fetch.bytes': count('maxPartitionFetchBytes', 1),
  'max.poll.interval.ms': count('rebalanceTimeoutMs', 1),
  /** No option of the consumer but of each poll: the sink loop takes it out again. */
  'max.poll.records': count('maxPollRecords', 1),
  'session.timeout.ms': count('sessionTimeoutMs', 1),
  'enable.auto.commit': only(['false'], 'a sink commits when its task has flushed'),
  ...Object.fromEntries(
    [
      'allow.auto.create.topics',
      'auto.commit.interval.ms',
      'check.crcs',
      'exclude.internal.topics',
      'group.remote.assignor',
      'key.deserializer',
      'partition.assignment.strategy',
      'value.deserializer',
    ].map((key) => [key, NO_EFFECT]),
  ),
};

/** Whose settings they are. */
export type ClientKind = 'producer' | 'consumer' | 'admin';

const RULES: Readonly<Record<ClientKind, Rules>> = {
  producer: PRODUCER,
  consumer: CONSUMER,
  admin: COMMON,
};

/** What a consumer is opened with, and how much each poll takes. */
export type SinkConsumerOptions = ConsumerOptions & { readonly maxPollRecords?: number };

/**
 * Our options for settings by Kafka's names.
 *
 * @throws ConfigError for an unknown key (with the nearest known one), a wrong value, or one that cannot be honoured
 */
export function clientOptions(kind: 'producer', settings: ClientSettings): ProducerOptions;
export function clientOptions(kind: 'consumer', settings: ClientSettings): SinkConsumerOptions;
export function clientOptions(kind: 'admin', settings: ClientSettings): ClientOptions;
export function clientOptions(kind: ClientKind, settings: ClientSettings): object {
  const rules: Rules = RULES[kind];
  const options = {};
  for (const [key, value] of Object.entries(settings)) {
    const rule = rules[key] ?? refusal(kind, key, rules);
    if (rule.kind === 'honoured') Object.assign(options, rule.apply(value, key));
    else if (rule.kind === 'only' && !rule.values.includes(value))
      throw new ConfigError(`${kind} setting ${key}=${value} cannot be honoured: ${rule.reason}`);
  }
  return options;
}

/** Whether a client setting of that name exists. */
export function isClientKey(kind: ClientKind, key: string): boolean {
  return key in RULES[kind] || isSecurityKey(key);
}

function refusal(kind: string, key: string, rules: Rules): Rule {
  if (isSecurityKey(key)) throw new ConfigError(`${kind} setting ${key}: ${NO_TLS}`);
  const near = nearestName(key, Object.keys(rules));
  throw new ConfigError(
    `${kind} setting ${key} is unknown${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}

function isSecurityKey(key: string): boolean {
  return key.startsWith('ssl.') || key.startsWith('sasl.') || key.startsWith('security.providers');
}
