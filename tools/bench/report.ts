// From runs to one table: the median of each figure for each server, and Ottla's as a multiple of Kafka's.
import type { RunResult } from './measure.ts';

/** One line of the table. */
export interface Row {
  readonly figure: string;
  readonly unit: string;
  /** `more` when a larger figure is better. */
  readonly better: 'more' | 'less';
  readonly kafka: number;
  readonly ottla: number;
  /** Ottla ÷ Kafka. */
  readonly ratio: number;
  /** (largest − smallest) ÷ median over the runs, the larger of both servers; 0 for one run. */
  readonly spread: number;
}

/** @throws when a server has no run */
export function summarise(runs: readonly RunResult[]): Row[] {
  const row = (
    figure: string,
    unit: string,
    better: Row['better'],
    pick: (run: RunResult) => number,
  ): Row => {
    const of = (server: RunResult['server']): number[] =>
      runs.filter((run) => run.server === server).map(pick);
    return rowOf({ figure, unit, better }, of('kafka'), of('ottla'));
  };
  const cases = Object.keys(runs[0]!.cases);
  const directions = ['produce', 'consume'] as const;
  const each = (
    title: string,
    unit: string,
    better: Row['better'],
    field: 'mibPerSecond' | 'cpuSecondsPerGB',
  ) =>
    directions.flatMap((direction) => [
      ...cases.map((name) =>
        row(
          `${direction}, ${name}: ${title}`,
          unit,
          better,
          (run) => run.cases[name]![direction][field],
        ),
      ),
      row(`**${direction}, mean of all: ${title}**`, unit, better, (run) =>
        mean(cases.map((name) => run.cases[name]![direction][field])),
      ),
    ]);
  return [
    ...each('throughput', 'MiB/s', 'more', 'mibPerSecond'),
    ...each('broker CPU', 's/GB', 'less', 'cpuSecondsPerGB'),
    row('acknowledged, p50', 'ms', 'less', (run) => run.latency.acknowledged.p50 / 1000),
    row('acknowledged, p99', 'ms', 'less', (run) => run.latency.acknowledged.p99 / 1000),
    row('end to end, p50', 'ms', 'less', (run) => run.latency.endToEnd.p50 / 1000),
    row('end to end, p99', 'ms', 'less', (run) => run.latency.endToEnd.p99 / 1000),
    row('peak memory, idle', 'MiB', 'less', (run) => run.idleMiB),
    row('peak memory, after all loads', 'MiB', 'less', (run) => run.loadedMiB),
    row('spawn to first acknowledged record', 'ms', 'less', (run) => run.firstAcknowledgedMs),
  ];
}

/** Medians of the figures of both. @throws when a server has none */
export function rowOf(
  what: Pick<Row, 'figure' | 'unit' | 'better'>,
  ofKafka: readonly number[],
  ofOttla: readonly number[],
): Row {
  const [kafka, ottla] = [median(ofKafka), median(ofOttla)];
  const spread = Math.max(spreadOf(ofKafka), spreadOf(ofOttla));
  return { ...what, kafka, ottla, ratio: ottla / kafka, spread };
}

/** As Markdown. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ figure, unit, better, kafka, ottla, ratio, spread }) => {
    const cells = [
      figure,
      unit,
      number(kafka),
      number(ottla),
      `${ratio.toFixed(2)} ×`,
      better,
      `${Math.round(spread * 100)} %`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| figure | unit | Kafka 4.3.1 | Ottla | Ottla ÷ Kafka | better is | spread |',
    '| --- | --- | ---: | ---: | ---: | --- | ---: |',
    ...lines,
  ].join('\n');
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('a server without a run');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function spreadOf(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}
