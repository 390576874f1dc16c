// All metrics of one broker in one registry of prom-client. What is counted as it happens is a counter or a histogram
// here; what can be asked at any time (sizes, bounds) is a gauge that its owner registers with a function. Names say
// what Kafka's metrics of the same meaning are about, in Prometheus' way of writing. Kafka: RequestMetrics, Selector.

import { Counter, Gauge, Registry } from 'prom-client';
import type { CloseReason, SessionMetrics } from '../network/connection-session.ts';
import type { PipelineMetrics } from '../network/request-pipeline.ts';
import { type Latencies, LatencyHistogram } from './latency-histogram.ts';

/** Seconds; from a tenth of a millisecond to ten seconds. */
const LATENCY_BUCKETS = [
  0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** A value with the labels it belongs to. */
export interface LabelledValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What was answered of one API since the metrics were read last, and how soon ever since. */
interface Answered {
  readonly seconds: Latencies;
  /** By version; cleared when read. */
  readonly counts: number[];
}

/** Counts for the whole broker. The hot path pays a map lookup and two additions for each request. */
export class BrokerMetrics implements SessionMetrics, PipelineMetrics {
  readonly registry: Registry = new Registry();
  readonly #requests: Counter<'api' | 'version'>;
  readonly #seconds: LatencyHistogram;
  readonly #errors: Counter<'api' | 'error'>;
  readonly #bytesIn: Counter<'listener'>;
  readonly #bytesOut: Counter<'listener'>;
  readonly #closed: Counter<'listener' | 'reason'>;
  /** Prom-client hashes label sets on each call: it is told only when somebody reads. */
  readonly #byApi = new Map<string, Answered>();
  readonly #byListener = new Map<string, { in: number; out: number }>();

  constructor() {
    const registers = [this.registry];
    this.#requests = new Counter({
      name: 'ottla_requests_total',
      help: 'Requests answered.',
      labelNames: ['api', 'version'],
      registers,
      collect: () => this.#flushAnswered(),
    });
    this.#seconds = new LatencyHistogram({
      name: 'ottla_request_seconds',
      help: 'Time from the last byte of a request to the last byte of its response.',
      label: 'api',
      bounds: LATENCY_BUCKETS,
      registry: this.registry,
    });
    this.#errors = new Counter({
      name: 'ottla_request_errors_total',
      help: 'Requests that failed as a whole, by error.',
      labelNames: ['api', 'error'],
      registers,
    });
    const flush = (): void => this.#flushBytes();
    this.#bytesIn = new Counter({
      name: 'ottla_network_received_bytes_total',
      help: 'Bytes received.',
      labelNames: ['listener'],
      registers,
      collect: flush,
    });
    this.#bytesOut = new Counter({
      name: 'ottla_network_sent_bytes_total',
      help: 'Bytes sent.',
      labelNames: ['listener'],
      registers,
    });
    this.#closed = new Counter({
      name: 'ottla_connections_closed_total',
      help: 'Connections that ended, by reason.',
      labelNames: ['listener', 'reason'],
      registers,
    });
  }

  answered(apiName: string, version: number, totalMs: number): void {
    let api = this.#byApi.get(apiName);
    if (api === undefined)
      this.#byApi.set(apiName, (api = { seconds: this.#seconds.of(apiName), counts: [] }));
    api.counts[version] = (api.counts[version] ?? 0) + 1;
    api.seconds.observe(totalMs / 1000);
  }

  error(apiName: string, errorName: string): void {
    this.#errors.inc({ api: apiName, error: errorName });
  }

  received(listenerName: string, bytes: number): void {
    this.#bytesOf(listenerName).in += bytes;
  }

  sent(listenerName: string, bytes: number): void {
    this.#bytesOf(listenerName).out += bytes;
  }

  closed(listenerName: string, reason: CloseReason): void {
    this.#closed.inc({ listener: listenerName, reason });
  }

  /** Registers a value that is asked for whenever the metrics are read. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** As `gauge`, one value for each label set; label sets that are not given any more disappear. */
  gauges(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => Iterable<LabelledValue>,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.set(labels, value);
      },
    });
  }

  /** As `gauge`, for a number that only grows. */
  counter(name: string, help: string, read: () => number): void {
    let told = 0;
    new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        const now = read();
        this.inc(Math.max(0, now - told));
        told = now;
      },
    });
  }

  /** The text that Prometheus reads. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  #bytesOf(listenerName: string): { in: number; out: number } {
    let bytes = this.#byListener.get(listenerName);
    if (bytes === undefined) this.#byListener.set(listenerName, (bytes = { in: 0, out: 0 }));
    return bytes;
  }

  #flushAnswered(): void {
    for (const [api, { counts }] of this.#byApi) {
      counts.forEach((count, version) =>
        this.#requests.inc({ api, version: String(version) }, count),
      );
      counts.length = 0;
    }
  }

  #flushBytes(): void {
    for (const [listener, bytes] of this.#byListener) {
      this.#bytesIn.inc({ listener }, bytes.in);
      this.#bytesOut.inc({ listener }, bytes.out);
      bytes.in = 0;
      bytes.out = 0;
    }
  }
}
