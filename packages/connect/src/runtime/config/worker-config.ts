// A standalone worker's configuration: every key of Kafka's worker in one of four classes. Honoured; accepted without effect
// (logged once); refused unless it asks for what we do; unknown (an error with the nearest name). Prefixed client settings
// pass to `client-keys.ts`, converter settings to the converters. Kafka: WorkerConfig, StandaloneConfig.
import type { Logger } from '@ottla/platform';
import { ConfigDef, type ConfigKeyDefinition } from '../../config/config-def.ts';
import type { ParsedConfig } from '../../config/parsed-config.ts';
import { atLeast, caseInsensitiveOneOf } from '../../config/validators.ts';
import { ConfigError } from '../../errors.ts';
import { clientOptions, isClientKey } from './client-keys.ts';
import { nearestName } from './nearest-name.ts';
import { withPrefix } from './with-prefix.ts';

/** Where a connector's own code runs. */
export type TaskIsolation =
  /** In the worker's own thread. */
  | { readonly kind: 'inline' }
  /** A thread for each connector, with a heap of its own. */
  | {
      readonly kind: 'thread';
      /** The thread dies, and its connector fails, when it needs more, bytes. Default: the process's limit. */
      readonly heapBytesMax?: number;
      /** Of them for objects that were just made. */
      readonly youngBytesMax: number;
    };

const SIMPLE_HEADER_CONVERTER = 'org.apache.kafka.connect.storage.SimpleHeaderConverter';

const HONOURED: readonly ConfigKeyDefinition[] = [
  { name: 'bootstrap.servers', type: 'LIST' },
  { name: 'key.converter', type: 'CLASS' },
  { name: 'value.converter', type: 'CLASS' },
  { name: 'header.converter', type: 'CLASS', default: SIMPLE_HEADER_CONVERTER },
  { name: 'offset.storage.file.filename', type: 'STRING' },
  { name: 'offset.flush.interval.ms', type: 'LONG', default: 60_000, validator: atLeast(0) },
  { name: 'offset.flush.timeout.ms', type: 'LONG', default: 5_000, validator: atLeast(0) },
  {
    name: 'task.shutdown.graceful.timeout.ms',
    type: 'LONG',
    default: 5_000,
    validator: atLeast(0),
  },
  { name: 'listeners', type: 'LIST', default: 'http://127.0.0.1:8083' },
  { name: 'rest.advertised.host.name', type: 'STRING', default: null },
  { name: 'rest.advertised.port', type: 'INT', default: null },
  { name: 'access.control.allow.origin', type: 'STRING', default: '' },
  { name: 'access.control.allow.methods', type: 'STRING', default: '' },
  { name: 'topic.creation.enable', type: 'BOOLEAN', default: true },
  { name: 'topic.tracking.enable', type: 'BOOLEAN', default: true },
  { name: 'topic.tracking.allow.reset', type: 'BOOLEAN', default: true },
  { name: 'config.providers', type: 'LIST', default: '' },
  { name: 'connector.client.config.override.policy', type: 'STRING', default: 'All' },
  { name: 'connector.client.config.override.allowlist', type: 'LIST', default: '' },
  {
    name: 'ottla.task.isolation',
    type: 'STRING',
    default: 'thread',
    validator: caseInsensitiveOneOf('thread', 'inline'),
  },
  {
    name: 'ottla.connector.heap.max.bytes',
    type: 'LONG',
    default: 0,
    validator: atLeast(0),
  },
  {
    name: 'ottla.connector.young.heap.max.bytes',
    type: 'LONG',
    default: 6_291_456,
    validator: atLeast(1),
  },
  { name: 'ottla.plugin.modules', type: 'LIST', default: '@ottla/connector-file' },
  { name: 'ottla.request.timeout.ms', type: 'LONG', default: 90_000, validator: atLeast(1) },
];

/** Worker keys that have no counterpart here. */
const NO_EFFECT: ReadonlySet<string> = new Set([
  'auto.include.jmx.reporter',
  'client.dns.lookup',
  'client.id',
  'connections.max.idle.ms',
  'internal.key.converter',
  'internal.value.converter',
  'metadata.max.age.ms',
  'metadata.recovery.rebootstrap.trigger.ms',
  'metadata.recovery.strategy',
  'metric.reporters',
  'metrics.num.samples',
  'metrics.recording.level',
  'metrics.sample.window.ms',
  'plugin.discovery',
  'plugin.path',
  'receive.buffer.bytes',
  'reconnect.backoff.max.ms',
  'reconnect.backoff.ms',
  'request.timeout.ms',
  'retry.backoff.max.ms',
  'retry.backoff.ms',
  'send.buffer.bytes',
  'socket.connection.setup.timeout.max.ms',
  'socket.connection.setup.timeout.ms',
]);

/** Refused unless set to one of these values. */
const ONLY: Readonly<Record<string, { values: readonly string[]; reason: string }>> = {
  'security.protocol': { values: ['PLAINTEXT'], reason: 'TLS and SASL are not there yet' },
  'admin.listeners': {
    values: [''],
    reason: 'the admin API has no listener of its own yet; empty switches it off',
  },
  'response.http.headers.config': { values: [''], reason: 'further headers are not there yet' },
  'rest.extension.classes': { values: [''], reason: 'REST extensions are Java classes' },
  'rest.advertised.listener': { values: ['http'], reason: 'the REST API has no TLS yet' },
  'exactly.once.source.support': {
    values: ['disabled'],
    reason: 'exactly-once sources need transactions, which are not there yet',
  },
  'key.converter.plugin.version': { values: [''], reason: 'there is one version of each plugin' },
  'value.converter.plugin.version': { values: [''], reason: 'there is one version of each plugin' },
  'header.converter.plugin.version': {
    values: [''],
    reason: 'there is one version of each plugin',
  },
};

/** Keys that only a distributed worker has; one of them means that somebody wants one. */
const DISTRIBUTED: ReadonlySet<string> = new Set([
  'config.storage.replication.factor',
  'config.storage.topic',
  'connect.protocol',
  'group.id',
  'heartbeat.interval.ms',
  'inter.worker.key.generation.algorithm',
  'inter.worker.key.size',
  'inter.worker.key.ttl.ms',
  'inter.worker.signature.algorithm',
  'inter.worker.verification.algorithms',
  'offset.storage.partitions',
  'offset.storage.replication.factor',
  'offset.storage.topic',
  'rebalance.timeout.ms',
  'scheduled.rebalance.max.delay.ms',
  'session.timeout.ms',
  'status.storage.partitions',
  'status.storage.replication.factor',
  'status.storage.topic',
  'worker.sync.timeout.ms',
  'worker.unsync.backoff.ms',
]);

const CLIENT_PREFIXES = {
  'producer.': 'producer',
  'consumer.': 'consumer',
  'admin.': 'admin',
} as const;
const PLUGIN_PREFIXES = [
  'key.converter.',
  'value.converter.',
  'header.converter.',
  'config.providers.',
];
const OTHER_PREFIXES = ['metrics.context.'];

const DEFINITION: ConfigDef = new ConfigDef(...HONOURED);

/** A worker's configuration, checked. */
export interface WorkerConfig {
  readonly parsed: ParsedConfig;
  /** As written, defaults not included. */
  readonly properties: Readonly<Record<string, string>>;
  readonly bootstrapServers: string;
  readonly offsetFile: string;
  readonly offsetFlushIntervalMs: number;
  readonly offsetFlushTimeoutMs: number;
  readonly gracefulTimeoutMs: number;
  readonly isTopicCreationEnabled: boolean;
  readonly isTopicTrackingEnabled: boolean;
  readonly isTopicResetAllowed: boolean;
  readonly isolation: TaskIsolation;
  readonly pluginModules: readonly string[];
  readonly requestTimeoutMs: number;
}

/** How unknown keys and those without effect are treated. */
export interface WorkerConfigOptions {
  readonly allowUnknown?: boolean;
  readonly logger?: Logger;
}

/**
 * Checks a standalone worker's properties.
 * @throws ConfigError for the first key that is missing, wrong, refused or unknown
 */
export function parseWorkerConfig(
  properties: Readonly<Record<string, string>>,
  { allowUnknown = false, logger }: WorkerConfigOptions = {},
): WorkerConfig {
  for (const [key, value] of Object.entries(properties)) {
    if (DEFINITION.keys.has(key)) continue;
    if (NO_EFFECT.has(key)) logger?.info(`${key} has no effect here`);
    else refuse(key, value, allowUnknown);
  }
  const parsed = DEFINITION.parse(properties);
  checkClients(properties);
  return {
    parsed,
    properties,
    bootstrapServers: parsed.list('bootstrap.servers').join(','),
    offsetFile: parsed.string('offset.storage.file.filename'),
    offsetFlushIntervalMs: parsed.number('offset.flush.interval.ms'),
    offsetFlushTimeoutMs: parsed.number('offset.flush.timeout.ms'),
    gracefulTimeoutMs: parsed.number('task.shutdown.graceful.timeout.ms'),
    isTopicCreationEnabled: parsed.boolean('topic.creation.enable'),
    isTopicTrackingEnabled: parsed.boolean('topic.tracking.enable'),
    isTopicResetAllowed: parsed.boolean('topic.tracking.allow.reset'),
    isolation: taskIsolation(parsed),
    pluginModules: parsed.list('ottla.plugin.modules'),
    requestTimeoutMs: parsed.number('ottla.request.timeout.ms'),
  };
}

function taskIsolation(parsed: ParsedConfig): TaskIsolation {
  if (parsed.string('ottla.task.isolation').toLowerCase() === 'inline') return { kind: 'inline' };
  const heapBytesMax = parsed.number('ottla.connector.heap.max.bytes');
  return {
    kind: 'thread',
    youngBytesMax: parsed.number('ottla.connector.young.heap.max.bytes'),
    ...(heapBytesMax === 0 ? {} : { heapBytesMax }),
  };
}

function refuse(key: string, value: string, allowUnknown: boolean): void {
  if (DISTRIBUTED.has(key))
    throw new ConfigError(
      `${key} belongs to a distributed worker, which is not there yet: run a standalone worker, with offset.storage.file.filename in place of the three internal topics`,
    );
  const only = ONLY[key];
  if (only !== undefined) {
    if (only.values.includes(value)) return;
    throw new ConfigError(`${key}=${value} cannot be honoured: ${only.reason}`);
  }
  if (/^(listeners\.https\.)?(ssl|sasl)\./.test(key))
    throw new ConfigError(`${key} cannot be honoured: TLS and SASL are not there yet`);
  if (isPrefixed(key) || allowUnknown) return;
  const near = nearestName(key, [...DEFINITION.keys.keys(), ...NO_EFFECT, ...Object.keys(ONLY)]);
  throw new ConfigError(
    `${key} is no key of a standalone worker${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}

function isPrefixed(key: string): boolean {
  const prefixes = [...Object.keys(CLIENT_PREFIXES), ...PLUGIN_PREFIXES, ...OTHER_PREFIXES];
  return prefixes.some((prefix) => key.startsWith(prefix));
}

/** Client settings are wrong for every connector or for none: say so at the start. */
function checkClients(properties: Readonly<Record<string, string>>): void {
  for (const [prefix, kind] of Object.entries(CLIENT_PREFIXES)) {
    const settings = withPrefix(properties, prefix);
    if (kind === 'producer') clientOptions(kind, settings);
    else if (kind === 'consumer') clientOptions(kind, settings);
    else clientOptions(kind, settings);
  }
}

/** The worker's keys that its admin clients take without a prefix, as Kafka's do. */
export function unprefixedAdminSettings(
  properties: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).filter(([key]) => isClientKey('admin', key) && key !== 'client.id'),
  );
}
