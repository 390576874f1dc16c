// The gauges of what this folder's neighbours bound: connections, request memory, waiting requests (DESIGN §4.4: the use
// of every named bound is a metric). Logs, caches and coordinators register theirs in the same way where they are made.

import type { SocketServer } from '../network/socket-server.ts';
import type { OperationKind } from '../purgatory/delayed-operation.ts';
import type { Purgatory } from '../purgatory/purgatory.ts';
import type { TimerWheel } from '../purgatory/timer-wheel.ts';
import type { BrokerMetrics, LabelledValue } from './broker-metrics.ts';

const KINDS: readonly OperationKind[] = [
  'Produce',
  'Fetch',
  'DeleteRecords',
  'ElectLeader',
  'Topic',
  'Heartbeat',
  'Other',
];

/** Connections, requests in flight and their memory. */
export function registerNetworkMetrics(metrics: BrokerMetrics, server: SocketServer): void {
  const { memory, buffers } = server;
  metrics.gauges('ottla_connections', 'Open connections.', ['listener'], () => connections(server));
  metrics.gauges(
    'ottla_client_connections',
    'Open connections by client software.',
    ['name', 'version'],
    () => clients(server),
  );
  metrics.gauge('ottla_requests_in_flight', 'Requests received and not answered in full.', () =>
    sum([...server.sessions].map(({ requestsInFlight }) => requestsInFlight)),
  );
  metrics.gauge('ottla_request_memory_bytes', 'Memory that requests hold.', () => memory.usedBytes);
  metrics.gauge(
    'ottla_request_memory_bound_bytes',
    'The bound of that memory (queued.max.request.bytes).',
    () => memory.boundBytes,
  );
  metrics.gauge(
    'ottla_request_memory_waiting',
    'Connections that wait for request memory.',
    () => memory.waiting,
  );
  metrics.counter(
    'ottla_request_memory_aborted_total',
    'Connections cut because their requests came too slowly while others waited.',
    () => memory.abortedTotal,
  );
  metrics.gauge(
    'ottla_frame_buffers_lent_bytes',
    'Frame buffers in use, by requests or by the tail cache.',
    () => buffers.lentBytes,
  );
  metrics.gauge(
    'ottla_frame_buffers_idle_bytes',
    'Frame buffers that lie ready.',
    () => buffers.idleBytes,
  );
}

/** What waits, and for how many deadlines. */
export function registerPurgatoryMetrics(
  metrics: BrokerMetrics,
  purgatory: Purgatory,
  wheel: TimerWheel,
): void {
  metrics.gauges(
    'ottla_purgatory_operations',
    'Requests that wait for a condition.',
    ['kind'],
    () => KINDS.map((kind) => ({ labels: { kind }, value: purgatory.sizeOf(kind) })),
  );
  metrics.gauge(
    'ottla_purgatory_watched_keys',
    'Keys that are watched.',
    () => purgatory.watchedKeys,
  );
  metrics.counter(
    'ottla_purgatory_expired_total',
    'Waits that ended by their deadline.',
    () => purgatory.expiredTotal,
  );
  metrics.counter(
    'ottla_purgatory_rejected_total',
    'Waits that were refused because the bound was reached (ottla.purgatory.operations.max).',
    () => purgatory.rejectedTotal,
  );
  metrics.gauge('ottla_timer_wheel_timers', 'Deadlines on the timer wheel.', () => wheel.size);
}

function connections(server: SocketServer): Iterable<LabelledValue> {
  return count([...server.sessions].map(({ listenerName }) => ({ listener: listenerName })));
}

/** Clients choose these words themselves, so only the most frequent few become labels. */
const CLIENT_SOFTWARE_MAX = 20;

function clients(server: SocketServer): Iterable<LabelledValue> {
  const all = count(
    [...server.sessions].map(({ clientSoftwareName: name, clientSoftwareVersion: version }) => ({
      name: name.slice(0, 64),
      version: version.slice(0, 64),
    })),
  );
  return all.toSorted((a, b) => b.value - a.value).slice(0, CLIENT_SOFTWARE_MAX);
}

function count(all: readonly Readonly<Record<string, string>>[]): LabelledValue[] {
  const counted = new Map<string, { labels: Readonly<Record<string, string>>; value: number }>();
  for (const labels of all) {
    const key = JSON.stringify(labels);
    const entry = counted.get(key);
    if (entry === undefined) counted.set(key, { labels, value: 1 });
    else entry.value += 1;
  }
  return [...counted.values()];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
