// `npm run codegen`: writes packages/protocol/src/gen from packages/protocol/schemas. With `--check` it writes nothing
// and ends with 1 when a file is stale, missing, or left over.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { generate, readSchemas } from './generate.ts';

const protocol = new URL('../../packages/protocol/', import.meta.url);
const target = new URL('src/gen/', protocol);

const check = process.argv.includes('--check');
const texts = generate(await readSchemas(new URL('schemas/', protocol)));
await mkdir(target, { recursive: true });
const stale = await staleFiles();

if (stale.length === 0) console.log(`codegen: ${texts.size} files are up to date`);
else if (check) {
  console.error(`codegen: ${stale.join(', ')} not up to date; run \`npm run codegen\``);
  process.exitCode = 1;
} else {
  for (const name of stale) await replace(name);
  console.log(`codegen: ${stale.length} of ${texts.size} files written`);
}

/** Files whose text is not what would be generated, or that nothing generates any more. */
async function staleFiles(): Promise<string[]> {
  const present = await readdir(target);
  const leftOver = present.filter((name) => !texts.has(name));
  const different: string[] = [];
  for (const [name, text] of texts)
    if (!present.includes(name) || (await readFile(new URL(name, target), 'utf8')) !== text)
      different.push(name);
  return [...different, ...leftOver];
}

async function replace(name: string): Promise<void> {
  const text = texts.get(name);
  if (text === undefined) await rm(new URL(name, target));
  else await writeFile(new URL(name, target), text);
}
