// What npm would publish: every public package is built, packed and installed in an empty folder, and used from there.
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Child, type Finished, run, until } from './src/processes.ts';
import { freePort } from './src/servers.ts';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Packages that a program begins with. */
const WITH_EXAMPLE = [
  'packages/client',
  'packages/serdes',
  'packages/streams',
  'packages/connect',
  'packages/connectors/file',
  'apps/connect-worker',
];
const root = path.resolve(import.meta.dirname, '..');
const workspace = globSync('{packages,packages/connectors,apps}/*/package.json', { cwd: root }).map(
  (file) => readManifest(path.join(root, file)),
);
const published = workspace
  .filter((manifest) => manifest.private !== true)
  .map((manifest) => manifest.name);
const folder = mkdtempSync(path.join(tmpdir(), 'ottla-packaging-'));
const consumer = path.join(folder, 'consumer');
const env = {
  ...process.env,
  PATH: [path.dirname(process.execPath), process.env['PATH']].join(path.delimiter),
};
let packed: readonly Packed[];

beforeAll(async () => {
  await node(path.join(root, 'tools/build-all.mjs'));
  const workspaces = published.flatMap((name) => ['--workspace', name]);
  const { stdout } = await npm(root, 'pack', '--json', '--pack-destination', folder, ...workspaces);
  packed = listing(stdout);
  mkdirSync(consumer);
  writeFileSync(path.join(consumer, 'package.json'), '{ "private": true, "type": "module" }');
  const tarballs = packed.map((each) => path.join(folder, each.filename));
  await npm(consumer, 'install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('packs every public package, and nothing that only we need', () => {
  expect(packed.map((each) => each.name).toSorted()).toEqual(published.toSorted());
  for (const { name, files } of packed) {
    const paths = files.map((file) => file.path);
    expect(paths, name).toContain('dist/index.js');
    expect(paths, name).toContain('dist/index.d.ts');
    expect(paths, name).toContain('dist/LICENSE');
    expect(paths, name).toContain('dist/NOTICE');
    expect(
      paths.filter((each) => /\.test\.|tsbuildinfo|^test\//.test(each)),
      name,
    ).toEqual([]);
  }
});

it('private packages are in the bundles, not in the dependencies', () => {
  const secret = workspace
    .filter((manifest) => manifest.private === true)
    .map((manifest) => manifest.name);
  expect(secret.length).toBeGreaterThan(0);
  for (const name of published) {
    const dependencies = Object.keys(installed(name).dependencies ?? {});
    expect(
      dependencies.filter((each) => secret.includes(each)),
      name,
    ).toEqual([]);
  }
  expect(
    globSync('node_modules/@ottla/*', { cwd: consumer })
      .map((each) => `@ottla/${path.basename(each)}`)
      .toSorted(),
  ).toEqual(published.filter((name) => name.startsWith('@')).toSorted());
});

it('every entry point can be imported and required, and leaves nothing open', async () => {
  const script = `
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    for (const name of ${JSON.stringify(entryPoints())}) {
      const exported = Object.keys(await import(name));
      if (exported.length === 0) throw new Error(name + ' exports nothing');
      if (Object.keys(require(name)).length === 0) throw new Error(name + ' cannot be required');
      console.log(name);
    }`;
  writeFileSync(path.join(consumer, 'entries.mjs'), script);
  const { stdout } = await node(path.join(consumer, 'entries.mjs'));
  expect(stdout.trim().split('\n')).toEqual(entryPoints());
});

it('the types of every entry point are whole, for a strict user of them', async () => {
  const lines = entryPoints().map(
    (name, index) => `import * as m${index} from '${name}';\nvoid m${index};\n`,
  );
  writeFileSync(path.join(consumer, 'types.ts'), lines.join(''));
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable', 'esnext.collection', 'esnext.iterator'],
    strict: true,
    noEmit: true,
    typeRoots: [path.join(root, 'node_modules/@types')],
    types: ['node'],
  };
  writeFileSync(
    path.join(consumer, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['types.ts'] }),
  );
  await node(path.join(root, 'node_modules/typescript/bin/tsc'), '-p', consumer);
});

it.each(snippets())(
  'the first example of the README of $name runs as it stands, and its types are right for a strict user',
  async ({ name, code }) => {
    const needsBroker = code.includes('localhost:9092');
    const port = await freePort();
    const broker = needsBroker
      ? new Child(
          path.join(consumer, 'node_modules/.bin/ottla'),
          ['dev', '--memory', '--port', String(port)],
          { cwd: consumer, env },
        )
      : undefined;
    try {
      if (broker !== undefined)
        await until('the packed broker is ready', () => /ready/.test(broker.stdout));
      const file = `readme-${name.replaceAll(/\W+/g, '-')}.ts`;
      writeFileSync(
        path.join(consumer, file),
        code.replaceAll('localhost:9092', `127.0.0.1:${port}`),
      );
      await run(process.execPath, [file], { cwd: consumer, env: plain(env), timeoutMs: 60_000 });
      writeFileSync(
        path.join(consumer, 'tsconfig.snippet.json'),
        JSON.stringify({ extends: './tsconfig.json', files: [file] }),
      );
      const project = path.join(consumer, 'tsconfig.snippet.json');
      await node(path.join(root, 'node_modules/typescript/bin/tsc'), '-p', project);
    } finally {
      await broker?.stop('SIGTERM');
    }
  },
);

it('the installed command runs a broker that kafkajs uses, and SIGTERM ends it in order', async () => {
  const port = await freePort();
  const command = path.join(consumer, 'node_modules/.bin/ottla');
  const settings = [
    `listeners=PLAINTEXT://127.0.0.1:${port}`,
    `log.dirs=${path.join(folder, 'data')}`,
  ];
  const args = settings.flatMap((setting) => ['--override', setting]);
  const broker = new Child(command, ['server', ...args], { cwd: consumer, env });
  try {
    await until('the packed broker is ready', () => {
      if (!broker.isRunning) throw new Error(`it ended: ${broker.stdout}${broker.stderr}`);
      return /ready/.test(broker.stdout);
    });
    expect(await sendAndReceive(`127.0.0.1:${port}`)).toEqual(['one', 'two', 'three']);
  } finally {
    const { code, stderr } = await broker.stop('SIGTERM');
    expect(code, stderr).toBe(0);
  }
});

it.each(published)('%s passes publint --strict and attw', async (name) => {
  const tarball = path.join(folder, packed.find((each) => each.name === name)!.filename);
  await node(path.join(root, 'node_modules/publint/src/cli.js'), '--strict', tarball);
  await node(
    path.join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js'),
    tarball,
    '--profile',
    'esm-only',
  );
});

/** The first TypeScript of each package's README that is a program. */
function snippets(): { name: string; code: string }[] {
  return WITH_EXAMPLE.map((folderName) => {
    const { name } = readManifest(path.join(root, folderName, 'package.json'));
    const readme = readFileSync(path.join(root, folderName, 'README.md'), 'utf8');
    const code = /^```ts\n(.*?)^```$/ms.exec(readme)?.[1];
    if (code === undefined) throw new Error(`${folderName}/README.md has no example`);
    return { name, code };
  });
}

async function sendAndReceive(bootstrap: string): Promise<string[]> {
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const sent = ['one', 'two', 'three'];
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    topics: [{ topic: 'packed', numPartitions: 1 }],
    waitForLeaders: true,
  });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'packed', messages: sent.map((value) => ({ value })) });
  await producer.disconnect();
  const reader = kafka.consumer({ groupId: 'packaging' });
  const received: string[] = [];
  await reader.connect();
  await reader.subscribe({ topic: 'packed', fromBeginning: true });
  await reader.run({
    eachMessage: async ({ message }) => void received.push(String(message.value)),
  });
  await until('all messages came', () => received.length >= sent.length);
  await reader.disconnect();
  return received;
}

/** Everything a user can write after `from`; of a pattern, one. */
function entryPoints(): string[] {
  return published.flatMap((name) =>
    Object.keys(installed(name).exports)
      .filter((key) => !key.endsWith('package.json'))
      .map((key) => path.posix.join(name, key.replace('*', 'fetch'))),
  );
}

function installed(name: string): Manifest {
  return readManifest(path.join(consumer, 'node_modules', name, 'package.json'));
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

/** npm prints a list, newer ones an object by name. */
function listing(json: string): readonly Packed[] {
  const parsed = JSON.parse(json) as readonly Packed[] | Readonly<Record<string, Packed>>;
  return Object.values(parsed);
}

function npm(cwd: string, ...args: readonly string[]): Promise<Finished> {
  return run('npm', args, { cwd, env: plain(env) });
}

function node(file: string, ...args: readonly string[]): Promise<Finished> {
  return run(process.execPath, [file, ...args], { cwd: root, env: plain(env) });
}

/** As a user's shell has it: without the conditions and npm settings of this test run. */
function plain(from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const entries = Object.entries(from).filter(
    ([key]) => key !== 'NODE_OPTIONS' && !key.toLowerCase().startsWith('npm_'),
  );
  return { ...Object.fromEntries(entries), NX_DAEMON: 'false', NX_NO_CLOUD: 'true' };
}
