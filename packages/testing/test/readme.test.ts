import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

it('has the example in its README that the tests run', () => {
  const read = (name: string) => readFileSync(path.join(import.meta.dirname, name), 'utf8');
  const example = read('readme-example.test.ts').split('\n').slice(1).join('\n');
  expect(read('../README.md')).toContain(example);
});
