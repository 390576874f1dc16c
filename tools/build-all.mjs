// `npm run build`: JavaScript of every package by Nx (cached), then the type declarations by `tsc -b`.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

function step(file, ...args) {
  const entry = path.join(root, 'node_modules', file);
  const result = spawnSync(process.execPath, [entry, ...args], { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

step('nx/dist/bin/nx.js', 'run-many', '-t', 'build', ...process.argv.slice(2));
step('typescript/bin/tsc', '-b');
