import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { replay } from './transcript.ts';

const testdata = new URL('testdata/', import.meta.url);

it.each(readdirSync(testdata))('%s: the core does what the transcript says', async (name) => {
  const { pathname } = new URL(name, testdata);
  await expect(replay(readFileSync(pathname, 'utf8'))).toMatchFileSnapshot(pathname);
});
