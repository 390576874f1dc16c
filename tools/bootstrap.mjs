// One command from a fresh clone: installs what is missing, then runs the asked script with the pinned Node.
// Plain JavaScript without a dependency, because it must run before anything is installed, on Node 20 too.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const SOURCE = '--conditions=@ottla/source';

/** What each npm script runs: a list of Node entry files with fixed arguments, in order. */
const SCRIPTS = {
  start: [['apps/cli/src/main.ts', 'dev']],
  ottla: [['apps/cli/src/main.ts']],
  quickstart: [['examples/quickstart/main.ts']],
  pipeline: [['examples/pipeline/main.ts']],
  'word-count': [['examples/word-count/main.ts']],
  'activity-tracking': [['examples/activity-tracking/main.ts']],
  test: [['node_modules/vitest/vitest.mjs', 'run']],
  check: [['tools/check.mjs']],
  build: [['tools/build-all.mjs']],
  bench: [['tools/bench/main.ts']],
  codegen: [['tools/codegen/main.ts']],
  sim: [['tools/sim/main.ts']],
  chaos: [['e2e/chaos/main.ts']],
  format: [['node_modules/oxfmt/bin/oxfmt', '.']],
};

async function main() {
  const [name, ...rest] = process.argv.slice(2);
  const steps = SCRIPTS[name];
  if (steps === undefined)
    fail(`unknown script '${name}'; one of: ${Object.keys(SCRIPTS).join(', ')}`);
  if (!installed()) await install();
  const node = pinnedNode();
  for (const [entry, ...fixed] of steps) {
    const code = await run(node, [SOURCE, path.join(root, entry), ...fixed, ...rest]);
    if (code !== 0) process.exit(code);
  }
}

/** True when node_modules holds what the lock file says: npm's own record is compared, so no stamp can lie. */
function installed() {
  const wanted = packagesOf('package-lock.json');
  const present = packagesOf('node_modules/.package-lock.json');
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([where, entry]) => {
    if (!where.startsWith('node_modules/') || entry.optional || entry.link || entry.devOptional)
      return true;
    return (
      present[where]?.version === entry.version && present[where]?.integrity === entry.integrity
    );
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** `npm ci`, by one process at a time: the lock is a folder, which only one can create. */
async function install() {
  const lock = path.join(root, '.ottla-install-lock');
  while (!take(lock)) {
    await sleep(200);
    if (installed()) return;
    if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 600_000)
      rmSync(lock, { recursive: true });
  }
  try {
    if (installed()) return;
    process.stderr.write('Installing packages (first time only) …\n');
    const npm = process.env.npm_execpath;
    const [command, args] = npm?.endsWith('.js')
      ? [process.execPath, [npm, 'ci']]
      : [process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci']];
    const result = spawnSync(command, args, {
      cwd: root,
      stdio: ['ignore', process.stderr, process.stderr],
      shell: command === 'npm.cmd',
    });
    if (result.status !== 0)
      fail('npm ci failed; its message is above. Check the network and try again.');
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function take(lock) {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    return false;
  }
}

/** The Node that the lock file pins for this system, or the running one where it is new enough. */
function pinnedNode() {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const folder = path.join(root, 'node_modules', `node-${system}-${process.arch}`, 'bin');
  const pinned = path.join(folder, system === 'win' ? 'node.exe' : 'node');
  if (existsSync(pinned)) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath;
  fail(
    `Ottla needs Node 22.19 or newer here; this is ${process.versions.node}. Install it from nodejs.org.`,
  );
}

function run(node, args) {
  const searchPath = [
    path.dirname(node),
    path.join(root, 'node_modules', '.bin'),
    process.env.PATH,
  ];
  const child = spawn(node, args, {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: searchPath.join(path.delimiter),
      NX_DAEMON: 'false',
      NX_NO_CLOUD: 'true',
      OTTLA_ROOT: root,
    },
  });
  // A signal to npm ends its shell without telling us: watch for the parent to change, or the child is orphaned.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, 250);
  watch.unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve(signal === null ? code : 1));
    child.on('error', (error) => fail(`cannot start ${node}: ${error.message}`));
  });
}

function fail(message) {
  process.stderr.write(`ottla: ${message}\n`);
  process.exit(1);
}

await main();
