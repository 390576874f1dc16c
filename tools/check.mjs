// `npm run check`: everything that is decided without running the product. All parts run, even after one failed.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const SOURCE = '--conditions=@ottla/source';

const PARTS = [
  ['types', 'node_modules/typescript/bin/tsc', '-b'],
  ['types of tests', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json'],
  ['lint', 'node_modules/oxlint/bin/oxlint', '--deny-warnings', '.'],
  ['format', 'node_modules/oxfmt/bin/oxfmt', '--check', '.'],
  ['boundaries', 'tools/check-boundaries.mjs'],
  ['file sizes', 'tools/check-sizes.mjs'],
  ['generated code', 'tools/codegen/main.ts', '--check'],
  ['unused code', 'node_modules/knip/bin/knip.js', '--no-progress'],
];

const only = process.argv.slice(2);
const failed = [];
for (const [name, entry, ...args] of PARTS) {
  if (only.length > 0 && !only.some((word) => name.includes(word))) continue;
  const started = process.hrtime.bigint();
  const result = spawnSync(process.execPath, [SOURCE, path.join(root, entry), ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  const seconds = (Number(process.hrtime.bigint() - started) / 1e9).toFixed(1);
  const passed = result.status === 0;
  console.log(`${passed ? '✓' : '✗'} ${name} (${seconds} s)`);
  if (passed) continue;
  failed.push(name);
  console.log(`${result.stdout}${result.stderr}`.trimEnd());
}
console.log(failed.length === 0 ? 'all checks passed' : `failed: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
