// A histogram of prom-client that costs an observation a look at a few numbers: what is observed is counted here, and put
// into prom-client's form when the metrics are read.

import { Histogram, type Registry } from 'prom-client';

/** What was observed under one label. */
export class Latencies {
  /** One for each bucket, each without those before it; the last is beyond all. */
  readonly counts: Float64Array;
  /** Seconds. */
  sum = 0;
  readonly #bounds: readonly number[];

  /** @param bounds upper, inclusive, rising */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(seconds: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += seconds;
  }
}

export interface LatencyHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** The only label. */
  readonly label: string;
  /** Seconds; upper, inclusive, rising. */
  readonly bounds: readonly number[];
  readonly registry: Registry;
}

/** As prom-client writes it down. */
interface Reading {
  readonly name: string;
  readonly help: string;
  readonly type: 'histogram';
  readonly values: readonly {
    readonly metricName: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

export class LatencyHistogram extends Histogram {
  readonly #options: LatencyHistogramOptions;
  readonly #series = new Map<string, Latencies>();

  constructor(options: LatencyHistogramOptions) {
    const { name, help, label, bounds, registry } = options;
    super({ name, help, labelNames: [label], buckets: [...bounds], registers: [registry] });
    this.#options = options;
  }

  /** Where to observe what belongs to this value of the label. */
  of(value: string): Latencies {
    let series = this.#series.get(value);
    if (series === undefined)
      this.#series.set(value, (series = new Latencies(this.#options.bounds)));
    return series;
  }

  /** What prom-client's registry asks for. */
  async getForPromString(): Promise<Reading> {
    const { name, help } = this.#options;
    const values = [...this.#series].flatMap(([value, series]) => this.#read(value, series));
    return { name, help, type: 'histogram', values };
  }

  #read(value: string, { counts, sum }: Latencies): Reading['values'] {
    const { name, label, bounds } = this.#options;
    let count = 0;
    const buckets = [...counts].map((each, index) => {
      count += each;
      const le = bounds[index] === undefined ? '+Inf' : String(bounds[index]);
      return { metricName: `${name}_bucket`, labels: { le, [label]: value }, value: count };
    });
    const labels = { [label]: value };
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
