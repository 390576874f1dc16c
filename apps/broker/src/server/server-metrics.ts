// The gauges of logs, caches and coordinators (DESIGN §4.4: the use of every named bound is a metric).

import type { BrokerMetrics, LabelledValue } from '../metrics/broker-metrics.ts';
import type { Replicas } from '../replica/replicas.ts';
import type { BrokerRole } from './broker-role.ts';
import { registerControllerMetrics } from './controller-metrics.ts';
import type { ControllerRole } from './controller-role.ts';

/** Registers those of the roles that this process has; they are read when the metrics are asked for. */
export function registerServerMetrics(
  metrics: BrokerMetrics,
  controller: ControllerRole | undefined,
  broker: BrokerRole | undefined,
): void {
  if (broker !== undefined) registerPartMetrics(metrics, broker);
  if (controller !== undefined) registerControllerMetrics(metrics, controller.services.driver);
}

function registerPartMetrics(metrics: BrokerMetrics, broker: BrokerRole): void {
  const { replicas, groups, lifecycle } = broker;
  metrics.gauges('ottla_log_bytes', 'Size of the logs of a topic here.', ['topic'], () =>
    logBytes(replicas),
  );
  metrics.gauge('ottla_partitions', 'Partitions that this broker holds a replica of.', () =>
    count(replicas.partitions()),
  );
  registerDirectoryMetrics(metrics, replicas);
  metrics.gauge(
    'ottla_coordinator_waiting',
    'Group operations that wait for their records.',
    () => groups.pendingCount,
  );
  metrics.gauge('ottla_broker_fenced', '1 while the controller counts this broker out.', () =>
    lifecycle.isFenced ? 1 : 0,
  );
  metrics.gauge(
    'ottla_metadata_offset',
    'Offset of the last metadata record that this broker has taken in.',
    () => broker.image.provenance.lastContainedOffset,
  );
}

function registerDirectoryMetrics(metrics: BrokerMetrics, { directories }: Replicas): void {
  const total = (read: (context: (typeof directories)[number]['context']) => number): number =>
    directories.reduce((sum, { context }) => sum + read(context), 0);
  metrics.gauge('ottla_log_tail_cache_bytes', 'Newest records in memory.', () =>
    total(({ tailCache }) => tailCache.usedBytes),
  );
  metrics.gauge(
    'ottla_log_tail_cache_bound_bytes',
    'The bound of those (ottla.log.tail.cache.bytes).',
    () => total(({ tailCache }) => tailCache.budgetBytes),
  );
  metrics.gauge('ottla_log_open_files', 'Log files that are open.', () =>
    total(({ handles }) => handles.openCount),
  );
  metrics.gauge(
    'ottla_log_open_files_bound',
    'The bound of those (ottla.log.open.files.max).',
    () => total(({ handles }) => handles.limit),
  );
}

function logBytes(replicas: Replicas): Iterable<LabelledValue> {
  const bytes = new Map<string, number>();
  for (const { topic, log } of replicas.partitions())
    bytes.set(topic, (bytes.get(topic) ?? 0) + (log?.sizeBytes ?? 0));
  return [...bytes].map(([topic, value]) => ({ labels: { topic }, value }));
}

function count(items: Iterable<unknown>): number {
  let total = 0;
  for (const _ of items) total += 1;
  return total;
}
