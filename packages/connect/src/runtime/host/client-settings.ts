// The settings of the clients that a task uses: Connect's own, then the worker's `producer.` …, then the connector's
// `producer.override.` …. Kafka: Worker.baseProducerConfigs and its kin.
import type { ClientOptions, ConsumerOptions, ProducerOptions } from '@ottla/client';
import type { Logger, Platform } from '@ottla/platform';
import { clientOptions, type SinkConsumerOptions } from '../config/client-keys.ts';
import { unprefixedAdminSettings } from '../config/worker-config.ts';
import { withPrefix } from '../config/with-prefix.ts';

/** Where settings come from. */
export interface SettingSources {
  readonly workerProperties: Readonly<Record<string, string>>;
  readonly connectorProperties: Readonly<Record<string, string>>;
  readonly platform: Platform;
  readonly logger: Logger;
}

/** Waits as long as it takes: a source goes on when the cluster is back. */
const FOR_EVER_MS = 2 ** 31 - 1;
/** Java's default for max.poll.records. */
const POLL_RECORDS_MAX = 500;

export function producerOptions(sources: SettingSources, clientId: string): ProducerOptions {
  const { workerProperties, connectorProperties, platform, logger } = sources;
  return {
    ...bootstrap(workerProperties),
    clientId,
    acks: 'all',
    deliveryTimeoutMs: FOR_EVER_MS,
    ...clientOptions('producer', {
      ...withPrefix(workerProperties, 'producer.'),
      ...withPrefix(connectorProperties, 'producer.override.'),
    }),
    platform,
    logger,
  };
}

/** A sink's consumer, and the most that it takes at a time. */
export function consumerOptions(
  sources: SettingSources,
  clientId: string,
  groupId: string,
): { readonly options: ConsumerOptions; readonly maxPollRecords: number } {
  const { workerProperties, connectorProperties, platform, logger } = sources;
  const settings: SinkConsumerOptions = clientOptions('consumer', {
    ...withPrefix(workerProperties, 'consumer.'),
    ...withPrefix(connectorProperties, 'consumer.override.'),
  });
  const { maxPollRecords = POLL_RECORDS_MAX, ...given } = settings;
  return {
    maxPollRecords,
    options: {
      clientId,
      groupId,
      autoOffsetReset: 'earliest',
      ...bootstrap(workerProperties),
      ...given,
      autoCommit: false,
      platform,
      logger,
    },
  };
}

export function adminOptions(sources: SettingSources, clientId: string): ClientOptions {
  const { workerProperties, connectorProperties, platform, logger } = sources;
  return {
    ...bootstrap(workerProperties),
    clientId,
    ...clientOptions('admin', {
      ...unprefixedAdminSettings(workerProperties),
      ...withPrefix(workerProperties, 'admin.'),
      ...withPrefix(connectorProperties, 'admin.override.'),
    }),
    platform,
    logger,
  };
}

/** The group of a sink's consumers, unless overridden. */
export function sinkGroupId(
  connectorName: string,
  sources: Pick<SettingSources, 'workerProperties' | 'connectorProperties'>,
): string {
  return (
    sources.connectorProperties['consumer.override.group.id'] ??
    sources.workerProperties['consumer.group.id'] ??
    `connect-${connectorName}`
  );
}

function bootstrap(properties: Readonly<Record<string, string>>): { bootstrapServers: string } {
  return { bootstrapServers: properties['bootstrap.servers'] ?? '' };
}
