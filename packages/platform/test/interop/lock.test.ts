// The lock of the data directory against Java's, in both directions, with a real JVM.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nodePlatform } from '@ottla/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf } from '../conformance/disk.ts';

const PROGRAM = join(import.meta.dirname, 'Lock.java');
const hasJdk = spawnSync('javac', ['-version']).status === 0;
const isRequired = process.env['OTTLA_REQUIRE_INTEROP'] === '1';

describe('the lock of the data directory (interop: needs a JDK)', () => {
  let directory = '';
  let path = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ottla-lock-'));
    path = join(directory, '.lock');
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  if (isRequired) {
    it('given that interop is required, then a JDK is installed', () => {
      expect(hasJdk).toBe(true);
    });
  }

  it.skipIf(!hasJdk)(
    'given our lock, when Java tries it, then Java is refused, and has it after the release',
    async () => {
      const lock = await nodePlatform().disk.lock(path);
      expect(await javaTries(path)).toBe('refused');
      await lock.release();
      expect(await javaTries(path)).toBe('held');
      expect(await readdir(directory)).toEqual(['.lock']);
      expect((await stat(path)).size).toBe(0);
    },
  );

  it.skipIf(!hasJdk)(
    "given Java's lock, when we try it, then ELOCKED, and ours once Java is gone",
    async () => {
      const java = startJava(path);
      expect(await java.answer).toBe('held');
      expect(await codeOf(nodePlatform().disk.lock(path))).toBe('ELOCKED');
      await java.stop();

      const lock = await nodePlatform().disk.lock(path);
      await lock.release();
      expect(await readdir(directory)).toEqual(['.lock']);
    },
  );
});

interface JavaLock {
  readonly answer: Promise<unknown>;
  stop(): Promise<void>;
}

function startJava(path: string): JavaLock {
  const java = spawn('java', ['-Xshare:auto', '-XX:TieredStopAtLevel=1', PROGRAM, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(java, 'exit');
  const answer = once(createInterface(java.stdout), 'line').then(([line]: unknown[]) => line);
  return {
    answer,
    async stop() {
      java.stdin.end();
      await exited;
    },
  };
}

async function javaTries(path: string): Promise<unknown> {
  const java = startJava(path);
  const answer = await java.answer;
  await java.stop();
  return answer;
}
