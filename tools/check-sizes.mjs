// No source file over 600 lines: past that a file is seldom one idea. Generated code and tests are excepted.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const LINES_MAX = 600;

const files = globSync('{packages,apps,tools,e2e,examples}/**/*.{ts,mjs,js}', {
  cwd: root,
  exclude: (name) => /(^|\/)(node_modules|dist|gen|\.cache)(\/|$)/.test(name),
});
const long = files
  .filter((file) => !/\.test\.ts$|\/node_modules\/|\/dist\/|\/gen\/|\/\.cache\//.test(file))
  .map((file) => ({
    file,
    lines: readFileSync(path.join(root, file), 'utf8').split('\n').length - 1,
  }))
  .filter(({ lines }) => lines > LINES_MAX);

for (const { file, lines } of long)
  console.error(`${file}: ${lines} lines, more than ${LINES_MAX}`);
console.log(`sizes: ${long.length === 0 ? 'clean' : `${long.length} too long`}`);
process.exit(long.length === 0 ? 0 : 1);
