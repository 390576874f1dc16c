// The command, and its counts against the text itself.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../../e2e/src/processes.ts';

const main = path.join(import.meta.dirname, 'main.ts');

it('counts every word of the text as often as it is there', { timeout: 90_000 }, async () => {
  const { stdout } = await run(process.execPath, ['--conditions=@ottla/source', main, '--json'], {
    timeoutMs: 80_000,
  });
  const expected = new Map<string, number>();
  const text = readFileSync(path.resolve(import.meta.dirname, '../../LICENSE'), 'utf8');
  for (const word of text.split(/[^A-Za-z]+/))
    if (word !== '') expected.set(word.toLowerCase(), (expected.get(word.toLowerCase()) ?? 0) + 1);
  expect(new Map(Object.entries(JSON.parse(stdout) as object))).toEqual(expected);
});
