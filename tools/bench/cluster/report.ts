// From runs of both clusters to one table: medians, and Ottla's as a multiple of Kafka's.
import { type Row, rowOf } from '../report.ts';
import type { ContenderId } from './contenders.ts';
import type { EnduranceResult } from './measure-endurance.ts';
import type { LoadResult } from './measure-load.ts';
import type { RecoveryResult } from './measure-recovery.ts';

export interface RunResult {
  readonly contender: ContenderId;
  /** Of the last minute and 5 and 15 minutes, when the run ended: what else the machine was doing shows here. */
  readonly loadAverage: readonly number[];
  /** From the start of the three processes to the first acknowledged record of a client that waited. */
  readonly firstAcknowledgedMs: number;
  readonly load?: LoadResult;
  readonly recovery?: RecoveryResult;
  readonly endurance?: EnduranceResult;
}

/** @throws when a contender has no run */
export function summarise(runs: readonly RunResult[]): Row[] {
  const loads = runs.some(({ load }) => load !== undefined);
  const recoveries = runs.some(({ recovery }) => recovery !== undefined);
  return [
    ...(loads ? loadRows(runs) : []),
    line(runs, 'three nodes, start to first acknowledged record', 'ms', 'less', (run) => [
      run.firstAcknowledgedMs,
    ]),
    ...(recoveries ? recoveryRows(runs) : []),
  ];
}

function loadRows(runs: readonly RunResult[]): Row[] {
  const sizes = Object.keys(runs.find(({ load }) => load !== undefined)!.load!.cases);
  const of = (pick: (load: LoadResult) => number) => (run: RunResult) =>
    run.load === undefined ? [] : [pick(run.load)];
  const first = sizes[0]!;
  return [
    ...sizes.map((size) =>
      line(
        runs,
        `throughput, batch ${kilobytes(size)}`,
        'MiB/s',
        'more',
        of(({ cases }) => cases[size]!.mibPerSecond),
      ),
    ),
    ...sizes.map((size) =>
      line(
        runs,
        `CPU of three, batch ${kilobytes(size)}`,
        's/GB',
        'less',
        of(({ cases }) => cases[size]!.cpuSecondsPerGB),
      ),
    ),
    line(
      runs,
      'throughput with flush.messages=1',
      'MiB/s',
      'more',
      of(({ flushed }) => flushed.mibPerSecond),
    ),
    line(
      runs,
      'of the throughput without',
      '',
      'more',
      of(({ flushed, cases }) => flushed.mibPerSecond / cases[first]!.mibPerSecond),
    ),
    line(
      runs,
      'memory of three, idle',
      'MiB',
      'less',
      of(({ idleMiB }) => idleMiB),
    ),
    line(
      runs,
      'memory of three, loaded',
      'MiB',
      'less',
      of(({ loadedMiB }) => loadedMiB),
    ),
  ];
}

function recoveryRows(runs: readonly RunResult[]): Row[] {
  const of = (pick: (recovery: RecoveryResult) => readonly number[]) => (run: RunResult) =>
    run.recovery === undefined ? [] : pick(run.recovery);
  const rows = [
    ['kill -9 of a broker: every partition acknowledges', of((each) => each.brokerKilledMs)],
    [
      'kill -9 of the controller: every partition acknowledges',
      of((each) => each.controllerKilledMs),
    ],
    ['kill -9 of the controller: another is active', of((each) => each.newControllerMs)],
    ['all killed, logs unclean: every partition acknowledges', of((each) => [each.uncleanStartMs])],
  ] as const;
  return rows.map(([figure, figures]) => line(runs, figure, 'ms', 'less', figures));
}

function line(
  runs: readonly RunResult[],
  figure: string,
  unit: string,
  better: Row['better'],
  figures: (run: RunResult) => readonly number[],
): Row {
  const of = (contender: ContenderId) =>
    runs.filter((run) => run.contender === contender).flatMap(figures);
  return rowOf({ figure, unit, better }, of('kafka'), of('ottla'));
}

function kilobytes(bytes: string): string {
  return `${Number(bytes) / 1024} KB`;
}
