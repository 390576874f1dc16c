// Builds the package in the current folder: one ESM bundle for each entry of `exports` and `bin`, by esbuild.
// Private workspace packages are bundled into their users; published ones stay external. Types come from `tsc -b`.
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

/** Dependencies that npm will install beside this package, and so must not be bundled. */
function externals() {
  const names = {
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  };
  return Object.keys(names);
}

const isPrivate = (name) => privatePackages().has(name);
function privatePackages() {
  const files = globSync('{packages,apps}/*/package.json', { cwd: root });
  const manifests = files.map((file) => JSON.parse(readFileSync(path.join(root, file), 'utf8')));
  return new Set(manifests.filter((m) => m.private).map((m) => m.name));
}

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
  banner: {
    js: "import{createRequire as __ottlaRequire}from'node:module';const require=__ottlaRequire(import.meta.url);",
  },
  plugins: [
    {
      name: 'externals',
      setup(api) {
        const outside = externals().filter((name) => !isPrivate(name));
        api.onResolve({ filter: /^[^./]/ }, (args) => {
          if (args.kind === 'entry-point') return undefined;
          if (args.path.startsWith('node:')) return { path: args.path, external: true };
          const owner = outside.some(
            (name) => args.path === name || args.path.startsWith(`${name}/`),
          );
          const ours =
            args.path.startsWith('@ottla/') &&
            !isPrivate(args.path.split('/').slice(0, 2).join('/'));
          return owner || ours ? { path: args.path, external: true } : undefined;
        });
      },
    },
  ],
});
