import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

it('has the example in its README that the tests run', () => {
  const read = (name: string) => readFileSync(path.join(import.meta.dirname, name), 'utf8');
  const code = read('readme-example.ts');
  const body = code
    .slice(code.indexOf('  await using admin'), code.lastIndexOf('}\n'))
    .split('\n')
    .map((line) => line.replace(/^ {2}/, ''))
    .join('\n')
    .trim();
  expect(read('../README.md')).toContain(body);
});
