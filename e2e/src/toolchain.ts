// Which foreign tools this machine has. What is missing is skipped by name, or fails with OTTLA_REQUIRE_INTEROP=1.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const folder = path.resolve(import.meta.dirname, '..');
const cache = path.join(folder, '.cache');

/** Everything outside of this repository that a test may need. */
export type Tool = 'java' | 'kcat' | 'python3' | 'strace' | 'go';

/** Undefined when the tool is there, else the reason to skip. @throws with OTTLA_REQUIRE_INTEROP=1 when it is missing */
export function missing(tools: readonly Tool[]): string | undefined {
  const absent = tools.filter((tool) => !has(tool));
  if (absent.length === 0) return undefined;
  const reason = `not installed: ${absent.map((tool) => (tool === 'java' ? 'java (JDK 17) with mvn' : tool)).join(', ')}`;
  if (process.env['OTTLA_REQUIRE_INTEROP'] === '1')
    throw new Error(`OTTLA_REQUIRE_INTEROP=1, but ${reason}`);
  return reason;
}

function has(tool: Tool): boolean {
  const runs = (command: string, ...args: string[]): boolean =>
    spawnSync(command, args, { stdio: 'ignore' }).status === 0;
  switch (tool) {
    case 'java':
      return runs('java', '-version') && runs('mvn', '-v');
    case 'kcat':
      return runs('kcat', '-V');
    case 'python3':
      return runs('python3', '-c', 'import venv, ensurepip');
    case 'strace':
      return runs('strace', '-V');
    case 'go':
      return runs('go', 'version');
  }
}

const classPaths = new Map<string, string>();

/** Apache Kafka's jars, resolved by Maven once for each version of the pom. */
export function kafkaClassPath(): string {
  return classPathOf(path.join(folder, 'java/pom.xml'));
}

/** As `kafkaClassPath`, for a node whose complaints are wanted: on standard error. */
export function kafkaNodeClassPath(): string {
  return classPathOf(path.join(folder, 'java/node/pom.xml'));
}

/** The jars that a pom asks for, resolved by Maven once for each version of it. */
export function classPathOf(pom: string): string {
  const known = classPaths.get(pom);
  if (known !== undefined) return known;
  const key = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 16);
  const file = path.join(cache, `classpath-${key}.txt`);
  mkdirSync(cache, { recursive: true });
  const isGood =
    existsSync(file) &&
    readFileSync(file, 'utf8')
      .split(':')
      .every((jar) => existsSync(jar));
  if (!isGood)
    execFileSync(
      'mvn',
      [
        '-B',
        '-q',
        '-f',
        pom,
        'dependency:build-classpath',
        `-Dmdep.outputFile=${file}`,
        '-Dmdep.includeScope=runtime',
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  const classPath = readFileSync(file, 'utf8').trim();
  classPaths.set(pom, classPath);
  return classPath;
}

/** A Python with confluent-kafka, in an environment of its own. */
export function pythonWithConfluentKafka(): string {
  const home = path.join(cache, 'python');
  const python = path.join(home, 'bin/python');
  if (spawnSync(python, ['-c', 'import confluent_kafka'], { stdio: 'ignore' }).status === 0)
    return python;
  rmSync(home, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', home], { stdio: 'inherit' });
  execFileSync(
    python,
    ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', 'confluent-kafka'],
    {
      stdio: 'inherit',
    },
  );
  return python;
}

/** A Go program of this folder's `go/`, built once for each version of its sources. */
export function goProgram(name: string): string {
  const source = path.join(folder, 'go', name);
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go'])
    hash.update(readFileSync(path.join(source, file)));
  const program = path.join(cache, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(program))
    execFileSync('go', ['build', '-o', program, '.'], { cwd: source, stdio: 'inherit' });
  return program;
}
