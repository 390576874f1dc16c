// Reports as lines for people.
import { median, type Recovery } from './recovery.ts';
import type { RunReport } from './run-schedule.ts';

export function isClean({ verdict, violations }: RunReport): boolean {
  return verdict.isClean && violations.length === 0;
}

/** One schedule: a line, and what was found below it. */
export function formatReport(report: RunReport): string {
  const { schedule, cluster, seed, rounds, faults, verdict, violations } = report;
  const found = [
    ...verdict.anomalies.map(({ kind, message }) => `  ${kind}: ${message.slice(0, 300)}`),
    ...violations.map((message) => `  broken: ${message}`),
  ];
  const lines = [
    [
      `${schedule} (${cluster}): ${isClean(report) ? 'clean' : 'FAILED'}`,
      `${rounds} rounds, ${faults} faults`,
      `${verdict.acknowledged} of ${verdict.sent} acknowledged, ${verdict.unknown} unknown`,
      `${verdict.read} read, ${verdict.commits} commits`,
      ...figures(report.recoveries),
      `in sync again ${span(report.wholeAfterMs)}`,
      `took ${Math.round(report.tookMs / 1_000)} s`,
    ].join('; '),
    ...found,
  ];
  if (found.length > 0)
    lines.push(
      `  replay: npm run chaos -- --schedule ${schedule} --seed ${seed}${cluster === 'Ottla' ? '' : ' --kafka'}`,
      ...report.histories.map((history) => `  history: ${history}`),
    );
  return lines.join('\n');
}

/** All schedules together. */
export function formatTotals(reports: readonly RunReport[]): string {
  const sum = (count: (report: RunReport) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  const anomalies = sum(({ verdict }) =>
    Object.values(verdict.counts).reduce((total, count) => total + count, 0),
  );
  return [
    `${reports.length} schedules, ${sum(({ faults }) => faults)} faults`,
    `${sum(({ verdict }) => verdict.acknowledged)} acknowledged`,
    `${anomalies} anomalies, ${sum(({ violations }) => violations.length)} broken promises`,
    ...figures(reports.flatMap(({ recoveries }) => recoveries)),
  ].join('; ');
}

function figures(recoveries: readonly Recovery[]): string[] {
  const of = (isOf: (recovery: Recovery) => boolean, pick: (r: Recovery) => number | undefined) =>
    recoveries.filter(isOf).flatMap((recovery) => pick(recovery) ?? []);
  const plain = of(
    ({ wasController }) => !wasController,
    ({ allMs }) => allMs,
  );
  const controller = of(
    ({ wasController }) => wasController,
    ({ allMs }) => allMs,
  );
  const elected = of(
    () => true,
    ({ newControllerMs }) => newControllerMs,
  );
  return [
    ...(plain.length > 0 ? [`kill to next ack ${span(plain)}`] : []),
    ...(controller.length > 0 ? [`controller killed to next ack ${span(controller)}`] : []),
    ...(elected.length > 0 ? [`new controller ${span(elected)}`] : []),
  ];
}

function span(figuresMs: readonly number[]): string {
  if (figuresMs.length === 0) return '—';
  return `${ms(median(figuresMs)!)} (to ${ms(Math.max(...figuresMs))}, n=${figuresMs.length})`;
}

function ms(figure: number): string {
  return `${(figure / 1_000).toFixed(2)} s`;
}
