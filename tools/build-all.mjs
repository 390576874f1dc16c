// `npm run build`: JavaScript of every package by Nx (cached), then the type declarations by `tsc -b`, then the licence.
import { spawnSync } from 'node:child_process';
import { copyFileSync, globSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

function step(file, ...args) {
  const entry = path.join(root, 'node_modules', file);
  const result = spawnSync(process.execPath, [entry, ...args], { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

step('nx/dist/bin/nx.js', 'run-many', '-t', 'build', ...process.argv.slice(2));
step('typescript/bin/tsc', '-b');
for (const dist of globSync('{packages,packages/connectors,apps}/*/dist', { cwd: root }))
  for (const file of ['LICENSE', 'NOTICE'])
    copyFileSync(path.join(root, file), path.join(root, dist, file));
