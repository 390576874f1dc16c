// Who may import what (the layer table of boundaries.json), and that time, chance and I/O are reached only
// through the ports of @ottla/platform. Prints each offence as file:line and exits with 1 when there is one.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const rules = JSON.parse(readFileSync(path.join(root, 'tools/boundaries.json'), 'utf8'));
const IMPORT =
  /^\s*(?:import|export|\})[^'\n]*?\bfrom '([^'\n]+)'|\bimport\('([^'\n]+)'\)|^import '([^'\n]+)'/gm;
const offences = [];

const manifests = globSync('{packages,packages/connectors,apps}/*/package.json', { cwd: root }).map(
  (file) => [path.dirname(file), JSON.parse(readFileSync(path.join(root, file), 'utf8'))],
);
const privateNames = new Set(manifests.filter(([, m]) => m.private).map(([, m]) => m.name));

for (const [folder, manifest] of manifests) {
  checkReferences(folder, manifest);
  for (const file of globSync(`${folder}/src/**/*.ts`, { cwd: root })) checkFile(file, manifest);
}

function checkFile(file, manifest) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const isTest = file.endsWith('.test.ts');
  for (const match of text.matchAll(IMPORT)) checkImport(file, text, match, manifest, isTest);
  if (isTest || isException(file)) return;
  text.split('\n').forEach((line, index) => {
    if (/^\s*(\/\/|\*|\/\*)/.test(line)) return;
    for (const call of rules.platformOnlyGlobals) {
      const at = line.indexOf(call);
      if (at >= 0 && !/[\w.$]/.test(line[at - 1] ?? ' '))
        report(file, index + 1, `${call}…) outside @ottla/platform`);
    }
  });
}

function checkImport(file, text, match, manifest, isTest) {
  const line = text.slice(0, match.index).split('\n').length;
  const name = match[1] ?? match[2] ?? match[3];
  if (name.startsWith('.')) return checkRelative(file, line, name, manifest);
  if (name.startsWith('node:')) {
    const type = /^\s*import type\b/.test(match[0]);
    if (!isTest && !type && rules.platformOnly.includes(name) && !isException(file))
      report(file, line, `${name} outside @ottla/platform`);
    return;
  }
  const parts = name.split('/');
  const owner = name.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
  if (owner === manifest.name || isTest) return;
  if (!declared(manifest).includes(owner))
    report(file, line, `${owner} is not in the package's dependencies`);
  if (owner in rules.layers && !(rules.layers[manifest.name] ?? []).includes(owner))
    report(file, line, `${manifest.name} may not import ${owner}`);
}

/** What a package's source may import: what npm installs beside it, and the private packages that its build bundles. */
function declared(manifest) {
  const bundled = Object.keys(manifest.devDependencies ?? {}).filter((n) => privateNames.has(n));
  return Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  }).concat(bundled);
}

function checkRelative(file, line, name, manifest) {
  const folder = file
    .split('/')
    .slice(0, file.startsWith('packages/connectors/') ? 3 : 2)
    .join('/');
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), name));
  if (!target.startsWith(`${folder}/`))
    report(file, line, `${manifest.name} reaches into ${target}`);
}

/** tsconfig references must equal the workspace packages that the source may import, or `tsc -b` builds in the wrong order. */
function checkReferences(folder, manifest) {
  const config = path.join(root, folder, 'tsconfig.json');
  if (!existsSync(config)) return;
  const references = JSON.parse(readFileSync(config, 'utf8')).references ?? [];
  const referenced = references
    .map(({ path: where }) => nameOf(path.join(root, folder, where)))
    .sort();
  const expected = declared(manifest)
    .filter((name) => name in rules.layers)
    .sort();
  if (referenced.join() !== expected.join())
    report(
      `${folder}/tsconfig.json`,
      1,
      `references [${referenced.join()}] differ from dependencies [${expected.join()}]`,
    );
}

function nameOf(folder) {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).name;
}

function isException(file) {
  return Object.keys(rules.exceptions).some((prefix) => file.startsWith(prefix));
}

function report(file, line, what) {
  offences.push(`${file}:${line}: ${what}`);
}

for (const offence of offences.toSorted((a, b) => a.localeCompare(b))) console.error(offence);
console.log(`boundaries: ${offences.length === 0 ? 'clean' : `${offences.length} offences`}`);
process.exit(offences.length === 0 ? 0 : 1);
