// Tables for people: aligned columns under bold headings, no borders, so that `grep` and `awk` work on them too.
import Table from 'cli-table3';
import { styleText } from 'node:util';
import type { Output } from '../io.ts';

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** One cell; null and undefined are shown as a dash. */
export type Cell = string | number | boolean | null | undefined;

/** The text of a table, one line for each row, ending in a line feed; columns of numbers are aligned to the right. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  output: Output,
): string {
  const table = new Table({
    head: headings.map((heading) => bold(heading, output)),
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: headings.map((_, column) => (isNumeric(rows, column) ? 'right' : 'left')),
  });
  for (const row of rows) table.push(row.map((cell) => String(cell ?? '-')));
  const lines = table.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function isNumeric(rows: readonly (readonly Cell[])[], column: number): boolean {
  return (
    rows.some((row) => typeof row[column] === 'number') &&
    rows.every(
      (row) => row[column] === null || row[column] === undefined || typeof row[column] === 'number',
    )
  );
}

/** Bold where the terminal shows it. */
export function bold(text: string, output: Output): string {
  return output.hasColors ? styleText('bold', text, { validateStream: false }) : text;
}

/** Dim where the terminal shows it. */
export function dim(text: string, output: Output): string {
  return output.hasColors ? styleText('dim', text, { validateStream: false }) : text;
}
