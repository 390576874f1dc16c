import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { example } from './readme-example.ts';

it('has the example in its README that counts words', () => {
  const read = (name: string) => readFileSync(path.join(import.meta.dirname, name), 'utf8');
  const code = read('readme-example.ts');
  const body = code
    .slice(code.indexOf('  const lines'), code.lastIndexOf('}\n'))
    .split('\n')
    .map((line) => line.replace(/^ {2}/, ''))
    .join('\n')
    .trim();
  expect(read('../README.md')).toContain(body);

  const shown: unknown[] = [];
  example({ log: (value) => shown.push(value) });

  expect(shown).toEqual([
    new Map([
      ['to', 2],
      ['be', 2],
      ['or', 1],
      ['not', 1],
    ]),
  ]);
});
