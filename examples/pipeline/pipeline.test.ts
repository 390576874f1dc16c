// The command that the README shows, and its report against the files themselves: what is expected is computed here from vega-datasets
// and from nothing else.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../e2e/src/processes.ts';

const data = path.resolve(import.meta.dirname, '../../node_modules/vega-datasets/data');
const file = (name: string): string => readFileSync(path.join(data, name), 'utf8');
const folder = mkdtempSync(path.join(tmpdir(), 'ottla-pipeline-test-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const byKey = ([a]: readonly [string, number], [b]: readonly [string, number]): number =>
  a < b ? -1 : 1;

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** Airport names as the file has them; a quoted name is cut at its comma here as in the example. */
const names = new Map(
  file('airports.csv')
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(',').slice(0, 2) as [string, string]),
);

describe('the pipeline', () => {
  it(
    'ends with a report that agrees with the files, record for record',
    { timeout: 150_000 },
    async () => {
      const main = path.join(import.meta.dirname, 'main.ts');
      const { stdout } = await run(
        process.execPath,
        ['--conditions=@ottla/source', main, '--folder', folder],
        { timeoutMs: 140_000 },
      );
      expect(stdout).toContain('Flights by airport');
      const latest = new Map<string, { key: string; value: number }>();
      for (const line of readFileSync(path.join(folder, 'report.txt'), 'utf8').trim().split('\n')) {
        const { report, key, value } = JSON.parse(line) as {
          report: string;
          key: string;
          value: number;
        };
        const id = report === 'flights' ? key.split(' ')[0]! : key;
        latest.set(`${report} ${id}`, { key, value });
      }
      const of = (report: string): [string, number][] =>
        [...latest]
          .filter(([id]) => id.startsWith(`${report} `))
          .map(([, { key, value }]): [string, number] => [key, value])
          .sort(byKey);

      const origins = (JSON.parse(file('flights-2k.json')) as { origin: string }[]).map(
        ({ origin }) => origin,
      );
      expect(of('flights')).toEqual(
        [...countBy(origins)]
          .map(([code, count]): [string, number] => [
            names.has(code) ? `${code} ${names.get(code)}` : code,
            count,
          ])
          .sort(byKey),
      );

      const { features } = JSON.parse(file('earthquakes.json')) as {
        features: { properties: { mag: number | null } }[];
      };
      const classes = features.map(({ properties: { mag } }) =>
        mag === null ? 'unknown' : `magnitude ${mag < 0 ? 0 : Math.trunc(mag)}`,
      );
      expect(of('earthquakes')).toEqual([...countBy(classes)].sort(byKey));

      const prices = new Map<string, number[]>();
      for (const line of file('stocks.csv').split(/\r?\n/).slice(1)) {
        const [symbol, date, price] = line.split(',');
        if (date === undefined) continue;
        const days = Math.floor(Date.parse(`${date} UTC`) / 86_400_000);
        const year = new Date((days - (days % 365)) * 86_400_000).getUTCFullYear();
        const key = `${symbol} ${year}`;
        prices.set(key, [...(prices.get(key) ?? []), Number(price)]);
      }
      const averages = [...prices].map(([key, all]): [string, number] => [
        key,
        Math.round((100 * all.reduce((sum, price) => sum + price, 0)) / all.length) / 100,
      ]);
      expect(of('stocks')).toEqual(averages.sort(byKey));
    },
  );
});
