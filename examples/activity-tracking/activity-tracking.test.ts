// The command, and what both groups saw against the clicks themselves.
import path from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../../e2e/src/processes.ts';
import { clicksOf } from './clicks.ts';

const main = path.join(import.meta.dirname, 'main.ts');

it('shows every click to both groups, each once', { timeout: 90_000 }, async () => {
  const { stdout } = await run(
    process.execPath,
    ['--conditions=@ottla/source', main, '--json', '--visitors', '400'],
    { timeoutMs: 80_000 },
  );
  const { byMinute, funnel, shares } = JSON.parse(stdout) as {
    byMinute: [number, number][];
    funnel: number[];
    shares: number[];
  };
  const clicks = clicksOf(400);
  const minutes: number[] = [];
  for (const { atMs } of clicks) {
    const minute = Math.trunc(atMs / 1000 / 60);
    minutes[minute] = (minutes[minute] ?? 0) + 1;
  }
  expect(byMinute).toEqual(Object.entries(minutes).map(([minute, count]) => [+minute, count]));
  const visitorsWith = (...pages: string[]): number =>
    new Set(clicks.filter(({ page }) => pages.includes(page)).map(({ visitor }) => visitor)).size;
  expect(funnel).toEqual([
    400,
    visitorsWith('product', 'cart', 'order'),
    visitorsWith('cart', 'order'),
    visitorsWith('order'),
  ]);
  expect(shares[0]! + shares[1]!).toBe(clicks.length);
  expect(Math.min(...shares)).toBeGreaterThan(0);
});
