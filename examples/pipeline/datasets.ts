// The three data sets of vega-datasets as files of one record a line, the way a program would have left them, and the names of airports.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const data = path.resolve(import.meta.dirname, '../../node_modules/vega-datasets/data');
const text = (name: string): string => readFileSync(path.join(data, name), 'utf8');

/** Files of the source connectors, by topic. */
export interface InputFiles {
  readonly stocks: string;
  readonly flights: string;
  readonly earthquakes: string;
  readonly airports: string;
}

/** How many records each file has. */
export type Counts = Readonly<Record<keyof InputFiles, number>>;

/** Writes the files into a folder. */
export function writeInputs(folder: string): { files: InputFiles; counts: Counts } {
  mkdirSync(folder, { recursive: true });
  const lines: Readonly<Record<keyof InputFiles, readonly string[]>> = {
    stocks: csv('stocks.csv'),
    flights: (JSON.parse(text('flights-2k.json')) as object[]).map((it) => JSON.stringify(it)),
    earthquakes: (JSON.parse(text('earthquakes.json')) as { features: object[] }).features.map(
      (it) => JSON.stringify(it),
    ),
    airports: csv('airports.csv'),
  };
  const entries = Object.entries(lines).map(([topic, all]) => {
    const file = path.join(folder, `${topic}.txt`);
    writeFileSync(file, all.map((line) => `${line}\n`).join(''));
    return [topic, file, all.length] as const;
  });
  return {
    files: Object.fromEntries(entries.map(([topic, file]) => [topic, file])) as never,
    counts: Object.fromEntries(entries.map(([topic, , count]) => [topic, count])) as never,
  };
}

/** Lines of a CSV file without its header. */
function csv(name: string): string[] {
  return text(name)
    .split(/\r?\n/)
    .slice(1)
    .filter((line) => line !== '');
}
