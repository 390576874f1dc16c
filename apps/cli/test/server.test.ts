// `dev` and `server` as processes of their own: what they print, how they stop, what they refuse.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startBroker } from '@ottla/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ottla } from './cli.ts';

const MAIN = path.resolve(import.meta.dirname, '../src/main.ts');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ottla-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Running {
  readonly child: ChildProcess;
  stdout: string;
  stderr: string;
  readonly ended: Promise<number | null>;
  /** Resolves when standard output holds the pattern. */
  until(pattern: RegExp): Promise<void>;
}

function start(...argv: string[]): Running {
  const child = spawn(process.execPath, ['--conditions=@ottla/source', MAIN, ...argv], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', OTTLA_ROOT: undefined, npm_command: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const running: Running = {
    child,
    stdout: '',
    stderr: '',
    ended,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => void (pattern.test(running.stdout) && resolve());
        child.stdout!.on('data', look);
        void ended.then(() => reject(new Error(`ended: ${running.stdout}${running.stderr}`)));
        look();
      }),
  };
  child.stdout!.on('data', (chunk: Buffer) => void (running.stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => void (running.stderr += chunk.toString()));
  return running;
}

describe('ottla dev', () => {
  it('says where it listens and three lines that work, and stops on SIGINT', async () => {
    const dev = start('dev', '--port', '0', '--data', path.join(folder, 'data'));
    await dev.until(/Ctrl-C stops/);
    expect(dev.stdout).toMatch(/^ottla \S+ ready in \d+ ms\n/);
    expect(dev.stdout).toMatch(/Metrics {2}http:\/\/127\.0\.0\.1:\d+\/metrics/);
    const [create, produce, consume] = dev.stdout
      .split('\n')
      .filter((line) => line.includes('greetings'));
    const words = (line: string) => line.slice(line.indexOf('ottla ')).split(' ').slice(1);
    expect((await ottla(words(create!))).stdout).toBe('Created topic greetings.\n');
    expect(await ottla(words(produce!), { stdin: 'hello\n' })).toMatchObject({ code: 0 });
    const consumed = await ottla([...words(consume!), '--max-messages', '1']);
    expect(consumed.stdout).toBe('hello\n');
    const metrics = /http:\S+/.exec(dev.stdout)![0];
    expect((await fetch(metrics)).status).toBe(200);
    dev.child.kill('SIGINT');
    expect(await dev.ended).toBe(0);
    expect(dev.stdout).toMatch(/stopping …\nstopped\n$/);
    expect(dev.stderr).toBe('');
  });
});

describe('ottla server', () => {
  it('writes JSON log lines and stops on SIGTERM', async () => {
    const config = path.join(folder, 'server.properties');
    writeFileSync(config, 'listeners=PLAINTEXT://127.0.0.1:0\nnum.partitions=2\n');
    const server = start('server', '--config', config, '--memory');
    await server.until(/"msg":"ready"/);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    const lines = server.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'stopped' });
    expect(lines.find(({ msg }) => msg === 'ready')).toMatchObject({ http: null });
    expect(server.stderr).toBe('');
  });
});

describe('a broker that cannot start', () => {
  /** What is wrong, and perhaps a line with the next step; those of a stack would be indented. */
  const complaint = /^ottla: [^\n]+\n(?:\S[^\n]*\n)?$/;

  it.each([
    [['--override', 'num.partitons=3'], 'num.partitions'],
    [['--override', 'num.partitions=many'], 'num.partitions'],
    [['--override', 'nonsense'], 'key=value'],
    [['--config', '/nowhere/at/all'], 'there is no such file'],
    [['--memory', '--data', 'x'], 'exclude each other'],
  ])('given %j, then says what is wrong, and exit code 2', async (options, reason) => {
    for (const command of ['dev', 'server']) {
      const { code, stderr } = await ottla([command, '--port', '0', ...options]);
      expect(stderr).toMatch(complaint);
      expect(stderr).toContain(reason);
      expect(code).toBe(2);
    }
  });

  it('given --allow-unknown, then an unknown key passes', async () => {
    const stop = new AbortController();
    const outcome = await ottla(
      ['dev', '--memory', '--port', '0', '--allow-unknown', '-o', 'my.own.key=1'],
      {
        interrupt: stop.signal,
        onStdout: () => stop.abort(),
      },
    );
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it('given a port in use, then one line and exit code 1', async () => {
    await using broker = await startBroker();
    const { code, stderr } = await ottla(['dev', '--memory', '--port', String(broker.port)]);
    expect(stderr).toMatch(complaint);
    expect(stderr).toContain('in use');
    expect(code).toBe(1);
  });

  it('given a folder that another broker has, then one line and exit code 1', async () => {
    const dataDir = path.join(folder, 'locked');
    await using _broker = await startBroker({ dataDir });
    const { code, stderr } = await ottla(['dev', '--port', '0', '--data', dataDir]);
    expect(stderr).toMatch(complaint);
    expect(stderr).toContain('locked');
    expect(code).toBe(1);
  });

  it("given another node's folder, then one line, exit code 1 and nothing is touched", async () => {
    const dataDir = path.join(folder, 'foreign');
    mkdirSync(dataDir);
    const properties =
      'version=1\nnode.id=7\ncluster.id=4L6g3nShT-eMCtK--X86sw\ndirectory.id=J7Ktb2XIR3uSgLhQxTzMYg\n';
    writeFileSync(path.join(dataDir, 'meta.properties'), properties);
    const { code, stderr } = await ottla(['dev', '--port', '0', '--data', dataDir]);
    expect(stderr).toMatch(complaint);
    expect(stderr).toContain('7');
    expect(code).toBe(1);
    expect(readFileSync(path.join(dataDir, 'meta.properties'), 'utf8')).toBe(properties);
  });

  it('given a folder that cannot be made, then one line and exit code 1', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    const { code, stderr } = await ottla(['dev', '--port', '0', '--data', path.join(file, 'data')]);
    expect(stderr).toMatch(complaint);
    expect(code).toBe(1);
  });
});
