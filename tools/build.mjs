// Builds the package in the current folder: one ESM bundle for each entry of `exports` and `bin`, by esbuild.
// Private workspace packages are bundled into their users; published ones stay external, but for the protocol's messages. Types
// come from `tsc -b`.
import { build } from 'esbuild';
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const folder = process.cwd();
const root = path.resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
const SOURCE_CONDITION = '@ottla/source';

/** Entries as `{ out: in }`, both without extension and relative to the package. */
function entries() {
  const found = {};
  for (const target of Object.values(manifest.exports ?? {})) {
    const source = typeof target === 'object' ? target[SOURCE_CONDITION] : undefined;
    if (source === undefined) continue;
    for (const file of globSync(source.replace('./', ''), { cwd: folder })) add(found, file);
  }
  for (const bin of Object.values(manifest.bin ?? {})) {
    const file = bin
      .replace('./', '')
      .replace(/^dist\//, 'src/')
      .replace(/\.js$/, '.ts');
    if (existsSync(path.join(folder, file))) add(found, file);
  }
  return found;
}

function add(found, file) {
  if (file.endsWith('.test.ts')) return;
  found[file.replace(/^src\//, '').replace(/\.ts$/, '')] = path.join(folder, file);
}

/** Private workspace packages: users cannot install them, so they become part of the bundle. */
const bundled = new Set(
  globSync('{packages,apps}/*/package.json', { cwd: root })
    .map((file) => JSON.parse(readFileSync(path.join(root, file), 'utf8')))
    .filter((other) => other.private)
    .map((other) => other.name),
);

/** What npm installs beside this package, and so stays an import. */
const installed = new Set(
  Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  }),
);

/**
 * A broker meets seventy messages, and to load as many modules takes a third of its start; in a bundle it takes a twentieth of
 * that. They are functions and tables alone. What they are made of has classes, of which there shall be one, and stays outside.
 */
const MESSAGES = '@ottla/protocol/messages/';
const messagesFolder = path.join(root, 'packages/protocol/src/gen');

const outside = {
  name: 'outside',
  setup(api) {
    api.onResolve({ filter: /^\.\.\/wire\// }, (args) =>
      manifest.name !== '@ottla/protocol' && args.resolveDir === messagesFolder
        ? { path: '@ottla/protocol/wire', external: true }
        : undefined,
    );
    api.onResolve({ filter: /^[^./]/ }, (args) => {
      if (args.kind === 'entry-point') return undefined;
      const external = { path: args.path, external: true };
      if (args.path.startsWith('node:') || args.path === manifest.name) return external;
      if (args.path.startsWith(MESSAGES)) return undefined;
      const name = args.path.split('/', args.path.startsWith('@') ? 2 : 1).join('/');
      if (installed.has(name)) return external;
      if (bundled.has(name)) return undefined;
      return { errors: [{ text: `${name} is not in the dependencies of ${manifest.name}` }] };
    });
  },
};

rmSync(path.join(folder, 'dist'), { recursive: true, force: true, maxRetries: 3 });
await build({
  absWorkingDir: folder,
  entryPoints: entries(),
  outdir: path.join(folder, 'dist'),
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node22.15',
  format: 'esm',
  sourcemap: true,
  sourcesContent: false,
  conditions: [SOURCE_CONDITION],
  logLevel: 'warning',
  plugins: [outside],
});
