// What an application is started with. Names are Kafka's in camelCase, defaults are Kafka's unless said. Kafka: StreamsConfig.
import type { Logger, Platform } from '@ottla/platform';
import { nodePlatform, silentLogger } from '@ottla/platform';
import type { Serde } from '@ottla/serdes';
import { StreamsError } from '../errors.ts';
import type { TimestampExtractor } from '../processor/timestamp-extractor.ts';
import type {
  DeserializationExceptionHandler,
  ProcessingExceptionHandler,
} from '../task/exception-handlers.ts';
import { type TaskSettings, taskSettings } from '../task/task-settings.ts';

export interface StreamsOptions {
  /** Names the consumer group, the internal topics and the state; the same on every instance of the application. */
  readonly applicationId: string;
  /** `host:port` of some brokers. */
  readonly bootstrapServers: readonly string[] | string;
  /** Where stores are kept. Default `./ottla-streams-state`. Two instances on one machine need two folders. */
  readonly stateDir?: string;
  readonly clientId?: string;
  /** How often offsets and state are committed, milliseconds. Default 30,000. */
  readonly commitIntervalMs?: number;
  /** How much caches may hold back, bytes. 0: every change goes on at once. Default 10 MiB. */
  readonly cacheMaxBytes?: number;
  /** Only `at_least_once` yet. */
  readonly processingGuarantee?: 'at_least_once';
  /** For the application's own topics; −1: the broker's default. Default −1. */
  readonly replicationFactor?: number;
  /** How long a poll waits for records, milliseconds. Default 100. */
  readonly pollMs?: number;
  /** Records that wait in a task for each partition before it is paused. Default 1,000. */
  readonly bufferedRecordsPerPartition?: number;
  /** How long to wait for a partition that has nothing while others have; −1: not at all. Default 0. */
  readonly maxTaskIdleMs?: number;
  /** How often what was consumed of repartition topics is deleted, milliseconds. Default 30,000. */
  readonly repartitionPurgeIntervalMs?: number;
  /** How often topics are looked for that match a pattern now, milliseconds. Default 300,000. */
  readonly metadataMaxAgeMs?: number;
  /** Where a topic without committed offsets begins. Default `earliest`. */
  readonly autoOffsetReset?: 'earliest' | 'latest';
  /** How long the group waits for this instance, milliseconds. Default 45,000. */
  readonly sessionTimeoutMs?: number;
  readonly heartbeatIntervalMs?: number;
  /** Settings of internal topics that go before Kafka's for their kind. */
  readonly topicConfigs?: Readonly<{ readonly [key: string]: string }>;
  readonly defaultKeySerde?: Serde<never>;
  readonly defaultValueSerde?: Serde<never>;
  readonly defaultTimestampExtractor?: TimestampExtractor;
  readonly deserializationExceptionHandler?: DeserializationExceptionHandler;
  readonly processingExceptionHandler?: ProcessingExceptionHandler;
  readonly serializationExceptionHandler?: ProcessingExceptionHandler;
  readonly logger?: Logger;
  /** Default: Node's. */
  readonly platform?: Platform;
}

/** Options with every default filled in. */
export interface StreamsSettings {
  readonly applicationId: string;
  readonly bootstrapServers: readonly string[] | string;
  readonly stateDir: string;
  readonly clientId: string;
  readonly commitIntervalMs: number;
  readonly cacheMaxBytes: number;
  readonly replicationFactor: number;
  readonly pollMs: number;
  readonly repartitionPurgeIntervalMs: number;
  readonly metadataMaxAgeMs: number;
  readonly autoOffsetReset: 'earliest' | 'latest';
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly topicConfigs: Readonly<{ readonly [key: string]: string }>;
  readonly logger: Logger;
  readonly platform: Platform;
  readonly task: TaskSettings;
}

/** Every option there is: what is misspelt, or of Kafka and not here yet, is told and not ignored. */
const OPTIONS: ReadonlySet<string> = new Set<keyof StreamsOptions>([
  'applicationId',
  'bootstrapServers',
  'stateDir',
  'clientId',
  'commitIntervalMs',
  'cacheMaxBytes',
  'processingGuarantee',
  'replicationFactor',
  'pollMs',
  'bufferedRecordsPerPartition',
  'maxTaskIdleMs',
  'repartitionPurgeIntervalMs',
  'metadataMaxAgeMs',
  'autoOffsetReset',
  'sessionTimeoutMs',
  'heartbeatIntervalMs',
  'topicConfigs',
  'defaultKeySerde',
  'defaultValueSerde',
  'defaultTimestampExtractor',
  'deserializationExceptionHandler',
  'processingExceptionHandler',
  'serializationExceptionHandler',
  'logger',
  'platform',
]);

const NAME = /^[\w.-]+$/;

/** @throws StreamsError `INVALID_CONFIG` */
export function resolveOptions(options: StreamsOptions): StreamsSettings {
  const { applicationId } = options;
  if (typeof applicationId !== 'string' || !NAME.test(applicationId))
    throw new StreamsError(
      'INVALID_CONFIG',
      `applicationId "${String(applicationId)}" must be made of letters, digits, dots, dashes and underscores: it names topics`,
    );
  for (const option of Object.keys(options))
    if (!OPTIONS.has(option))
      throw new StreamsError(
        'INVALID_CONFIG',
        `there is no option ${option}; the options are ${[...OPTIONS].join(', ')}`,
      );
  const guarantee: string = options.processingGuarantee ?? 'at_least_once';
  if (guarantee !== 'at_least_once')
    throw new StreamsError(
      'INVALID_CONFIG',
      `processingGuarantee ${guarantee} needs transactions, which are not there yet: use at_least_once`,
    );
  return {
    applicationId,
    bootstrapServers: options.bootstrapServers,
    stateDir: options.stateDir ?? './ottla-streams-state',
    clientId: options.clientId ?? applicationId,
    commitIntervalMs: options.commitIntervalMs ?? 30_000,
    cacheMaxBytes: options.cacheMaxBytes ?? 10 * 1024 * 1024,
    replicationFactor: options.replicationFactor ?? -1,
    pollMs: options.pollMs ?? 100,
    repartitionPurgeIntervalMs: options.repartitionPurgeIntervalMs ?? 30_000,
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? 300_000,
    autoOffsetReset: options.autoOffsetReset ?? 'earliest',
    sessionTimeoutMs: options.sessionTimeoutMs ?? 45_000,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 3_000,
    topicConfigs: options.topicConfigs ?? {},
    logger: options.logger ?? silentLogger,
    platform: options.platform ?? nodePlatform(),
    task: taskSettings({ applicationId, ...taskOptions(options), appConfigs: { ...options } }),
  };
}

/** What tasks are told; an option that is not given keeps their default. */
function taskOptions(options: StreamsOptions): Partial<TaskSettings> {
  const given = {
    defaultKeySerde: options.defaultKeySerde,
    defaultValueSerde: options.defaultValueSerde,
    timestampExtractor: options.defaultTimestampExtractor,
    deserializationExceptionHandler: options.deserializationExceptionHandler,
    processingExceptionHandler: options.processingExceptionHandler,
    serializationExceptionHandler: options.serializationExceptionHandler,
    maxBufferedRecords: options.bufferedRecordsPerPartition,
    maxTaskIdleMs: options.maxTaskIdleMs,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<TaskSettings>;
}
