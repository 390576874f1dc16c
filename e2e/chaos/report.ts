// Reports as lines for people.
import { OTTLA } from './findings.ts';
import { median, type Recovery } from './recovery.ts';
import type { RunReport } from './run-schedule.ts';

export function isClean({ verdict, findings }: RunReport): boolean {
  return verdict.isClean && findings.length === 0;
}

/** Whether anything found speaks against Ottla. */
export function isOttlaClean({ findings }: RunReport): boolean {
  return findings.every(({ against }) => against !== OTTLA);
}

/** One schedule: a line, and what was found below it. */
export function formatReport(report: RunReport): string {
  const { schedule, cluster, seed, rounds, faults, verdict, findings } = report;
  const found = findings.map(({ against, what }) => `  against ${against}: ${what}`);
  const lines = [
    [
      `${schedule} (${cluster}): ${isClean(report) ? 'clean' : isOttlaClean(report) ? 'the control FAILED' : 'FAILED'}`,
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

/** All schedules together, and against whom how much was found. */
export function formatTotals(reports: readonly RunReport[]): string {
  const sum = (count: (report: RunReport) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  const anomalies = sum(({ verdict }) =>
    Object.values(verdict.counts).reduce((total, count) => total + count, 0),
  );
  const unclean = reports.filter((report) => !isClean(report));
  const totals = [
    `${reports.length} schedules, ${sum(({ rounds }) => rounds)} rounds, ${sum(({ faults }) => faults)} faults`,
    `${sum(({ verdict }) => verdict.acknowledged)} acknowledged`,
    `${sum(({ verdict }) => verdict.read)} read, ${sum(({ verdict }) => verdict.commits)} commits`,
    `${anomalies} anomalies`,
    ...figures(reports.flatMap(({ recoveries }) => recoveries)),
  ].join('; ');
  const sides = Map.groupBy(
    unclean.flatMap(({ schedule, findings }) => findings.map((each) => ({ ...each, schedule }))),
    ({ against }) => against,
  );
  const verdicts = [...sides].map(
    ([against, found]) =>
      `against ${against}: ${found.length} findings in ${[...new Set(found.map(({ schedule }) => schedule))].join(', ')}`,
  );
  return [totals, ...(verdicts.length > 0 ? verdicts : ['nothing was found'])].join('\n');
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
