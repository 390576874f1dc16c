// From runs to one table: medians of each contender, and ours as a multiple of the best of the others.
import type { ContenderName } from './client-under-test.ts';
import type { Measured } from './rows.ts';

export interface RunResult extends Measured {
  readonly row: string;
  readonly contender: ContenderName;
}

/** One line of the table. */
export interface Line {
  readonly figure: string;
  readonly better: 'more' | 'less';
  /** Medians. */
  readonly medians: Readonly<Partial<Record<ContenderName, number>>>;
  /** Ours ÷ the best of the others; undefined when there is none. */
  readonly ratio: number | undefined;
}

const FIGURES = [
  { name: 'records/s', better: 'more', of: (run: RunResult) => run.recordsPerSecond },
  { name: 'CPU, µs a record', better: 'less', of: (run: RunResult) => run.cpuMicrosPerRecord },
  { name: 'peak memory, MiB', better: 'less', of: (run: RunResult) => run.peakMiB },
] as const;

export function summarise(runs: readonly RunResult[]): Line[] {
  const rows = new Set(runs.map(({ row }) => row));
  return FIGURES.flatMap(({ name, better, of }) =>
    [...rows].map((row): Line => {
      const mine = runs.filter((run) => run.row === row);
      const contenders = new Set(mine.map(({ contender }) => contender));
      const medians = Object.fromEntries(
        [...contenders].map((contender) => [
          contender,
          median(mine.filter((run) => run.contender === contender).map(of)),
        ]),
      ) as Line['medians'];
      const { ottla, ...others } = medians;
      const rivals = Object.values(others);
      const best = better === 'more' ? Math.max(...rivals) : Math.min(...rivals);
      const ratio = ottla === undefined || rivals.length === 0 ? undefined : ottla / best;
      return { figure: `${row}: ${name}`, better, medians, ratio };
    }),
  );
}

/** As Markdown. */
export function table(lines: readonly Line[]): string {
  const names = [...new Set(lines.flatMap(({ medians }) => Object.keys(medians)))];
  const rows = lines.map(({ figure, better, medians, ratio }) => {
    const figures = names.map((name) => number(medians[name as ContenderName]));
    const cells = [figure, ...figures, ratio === undefined ? '' : `${ratio.toFixed(2)} ×`, better];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `| figure | ${names.join(' | ')} | ours ÷ the best other | better |`,
    `| --- | ${names.map(() => '---:').join(' | ')} | ---: | --- |`,
    ...rows,
  ].join('\n');
}

function number(value: number | undefined): string {
  if (value === undefined) return '';
  return value >= 100
    ? Math.round(value).toLocaleString('en-US')
    : value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
