// The page of promises names the tests that hold them: all of them exist, with the titles that it tells.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { SCHEDULES } from '../e2e/chaos/schedules/index.ts';
import { TRAITS } from './sim/plan.ts';

const root = path.resolve(import.meta.dirname, '..');
const page = readFileSync(path.join(root, 'docs/guarantees.md'), 'utf8');
/** A test file in backquotes, and the title that may follow in quotation marks. */
const TEST = /`([^`\s]+\.test\.ts)`(?:\s+"([^"]+)")?/g;
/** A promise stands in bold letters; what holds it begins with a colon. */
const PROMISE = /^\*\*(?<promise>[^*]+)\*\*/;
const HOLDS = /^: /m;

it('every promise names what holds it', () => {
  const promised = page.slice(0, page.indexOf('## What is not promised'));
  const promises = promised.split('\n\n').filter((block) => PROMISE.test(block));
  expect(promises.length).toBeGreaterThan(10);
  expect(promises.filter((block) => !HOLDS.test(block))).toEqual([]);
});

it.each([...page.matchAll(TEST)].map(([, file, title]) => [file!, title] as const))(
  '%s is there, with its title %s',
  (file, title) => {
    expect(existsSync(path.join(root, file)), file).toBe(true);
    if (title === undefined) return;
    const text = readFileSync(path.join(root, file), 'utf8');
    expect(text).toContain(title.replaceAll(/\s+/g, ' '));
  },
);

it('schedules and traits that it names are there', () => {
  const traits = [...page.matchAll(/--traits ([\w,]+)/g)].flatMap(([, names]) => names!.split(','));
  expect(traits.filter((trait) => !TRAITS.some((each) => each === trait))).toEqual([]);
  const schedules = [
    ...page.matchAll(/\b(?:pause|kill|flip|sync|metadata-sync|member)-\w+(?=`)/g),
  ].map(([name]) => name);
  expect(schedules.length).toBeGreaterThan(5);
  expect(schedules.filter((name) => !SCHEDULES.some((each) => each.name === name))).toEqual([]);
});
