// From runs to one table: medians of both workers, and ours as a multiple of Kafka Connect's.
import type { Measured } from './measure.ts';
import type { ContenderName } from './workers.ts';

export interface RunResult extends Measured {
  readonly contender: ContenderName;
}

/** One line of the table. */
export interface Line {
  readonly figure: string;
  readonly better: 'more' | 'less';
  /** Median. */
  readonly kafka: number;
  readonly ottla: number;
}

const FIGURES = [
  ['source: records/s', 'more', (run) => run.source.recordsPerSecond],
  ['source: MB/s', 'more', (run) => run.source.megabytesPerSecond],
  ['source: CPU, s a GB', 'less', (run) => run.source.cpuSecondsPerGigabyte],
  ['sink: records/s', 'more', (run) => run.sink.recordsPerSecond],
  ['sink: MB/s', 'more', (run) => run.sink.megabytesPerSecond],
  ['sink: CPU, s a GB', 'less', (run) => run.sink.cpuSecondsPerGigabyte],
  ['spawn to first REST answer, s', 'less', (run) => run.restSeconds],
  ['spawn to first record in the sink, s', 'less', (run) => run.firstRecordSeconds],
  ['memory idle, MiB', 'less', (run) => run.idleMiB],
  ['memory at most, MiB', 'less', (run) => run.peakMiB],
  ['memory idle after the load, MiB', 'less', (run) => run.afterMiB],
] as const satisfies readonly (readonly [string, 'more' | 'less', (run: RunResult) => number])[];

export function summarise(runs: readonly RunResult[]): Line[] {
  return FIGURES.map(([figure, better, of]) => {
    const medianOf = (name: ContenderName): number =>
      median(runs.filter(({ contender }) => contender === name).map(of));
    return { figure, better, kafka: medianOf('kafka'), ottla: medianOf('ottla') };
  });
}

/** As Markdown. */
export function table(lines: readonly Line[]): string {
  const rows = lines.map(({ figure, better, kafka, ottla }) => {
    const ratio = `${(ottla / kafka).toFixed(2)} ×`;
    return `| ${[figure, number(kafka), number(ottla), ratio, better].join(' | ')} |`;
  });
  return [
    '| figure | Kafka Connect | ours | ours ÷ Kafka Connect | better |',
    '| --- | ---: | ---: | ---: | --- |',
    ...rows,
  ].join('\n');
}

function number(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString('en-US')
    : value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
