// `ottla dev --brokers 3` as somebody uses it: three processes that are one cluster, one killed, all stopped, started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ottla } from './cli.ts';

const MAIN = path.resolve(import.meta.dirname, '../src/main.ts');
const LIMIT_MS = 120_000;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ottla-brokers-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * The first of three ports that are free, with those of the controllers; below those that the system gives to outgoing
 * connections, which would take a port while its broker is away.
 */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = 16_000 + Math.floor(Math.random() * 6_000);
    const ports = [0, 1, 2, 10_000, 10_001, 10_002].map((distance) => first + distance);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

class Dev {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output = '';

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, ['--conditions=@ottla/source', MAIN, 'dev', ...args], {
      env: { ...process.env, NO_COLOR: '1', OTTLA_ROOT: undefined, npm_command: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const take = (chunk: Buffer) => void (this.output += chunk.toString());
    this.child.stdout!.on('data', take);
    this.child.stderr!.on('data', take);
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  /** The last table of health, one entry for each node. */
  get nodes(): { state: string; pid: number; restarts: number }[] {
    const row =
      /^ +\d+ +127\.0\.0\.1:\d+ +broker(?:, controller)? +(.+?) +(\d+|-) +\S+(?: MB)? +(\d+)$/gm;
    const rows = [...this.output.matchAll(row)].slice(-3);
    return rows.map(([, state, pid, restarts]) => ({
      state: state!,
      pid: Number(pid),
      restarts: Number(restarts),
    }));
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(LIMIT_MS);
    while (!holds()) {
      if (signal.aborted || this.child.exitCode !== null)
        throw new Error(`${what} did not come:\n${this.output}`);
      await new Promise((resolve) => this.child.stdout!.once('data', resolve));
    }
  }

  async stop(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended;
  }
}

describe('ottla dev --brokers 3', () => {
  it(
    'is one cluster that survives the loss of a broker, and is there again after all have stopped',
    async () => {
      const port = await freePorts();
      const data = path.join(folder, 'cluster');
      const target = ['--bootstrap-server', `127.0.0.1:${port}`];
      const dev = new Dev('--brokers', '3', '--port', String(port), '--data', data);
      await dev.until('the welcome', () => dev.output.includes('Ctrl-C stops all.'));
      expect(dev.nodes.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
      await ottla(['topic', 'create', 'greetings', '--partitions', '3', ...target]);
      const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
      const produced = await ottla(['produce', 'greetings', ...target], {
        stdin: lines.join('\n'),
      });
      expect(produced.code).toBe(0);

      const reassign = ['topic', 'reassign', 'greetings', ...target];
      const dry = await ottla([...reassign, '--replication-factor', '2', '--dry-run']);
      expect(dry.stdout).toMatch(/^(greetings-\d: \d,\d,\d → \d,\d\n){3}$/);
      await ottla([...reassign, '--replication-factor', '2']);
      await ottla([...reassign, '--partition', '0', '--replicas', '3,2,1']);
      const described = await ottla(['topic', 'describe', 'greetings', '--json', ...target]);
      const [{ partitions }] = JSON.parse(described.stdout) as [
        { partitions: { replicas: number[] }[] },
      ];
      expect(partitions.map(({ replicas }) => replicas.length)).toEqual([3, 2, 2]);
      expect(partitions[0]!.replicas).toEqual([3, 2, 1]);

      process.kill(dev.nodes[0]!.pid, 'SIGKILL');
      await dev.until('a restart', () =>
        dev.nodes.every(
          ({ state, restarts }, at) => state === 'ready' && restarts === (at === 0 ? 1 : 0),
        ),
      );
      const read = ['consume', 'greetings', '--from-beginning', '--max-messages', '100'];
      const others = ['--bootstrap-server', `127.0.0.1:${port + 1},127.0.0.1:${port}`];
      expect((await ottla([...read, ...others])).stdout.trim().split('\n').toSorted()).toEqual(
        lines.toSorted(),
      );
      const { pid } = dev.nodes[2]!;
      process.kill(pid, 'SIGSTOP');
      await dev.until('silence', () => dev.nodes[2]!.state === 'not answering');
      process.kill(pid, 'SIGCONT');
      await dev.until('an answer', () => dev.nodes[2]!.state === 'ready');
      expect(dev.nodes[2]).toMatchObject({ pid, restarts: 0 });

      expect(await dev.stop()).toBe(0);
      expect(dev.output).toMatch(/stopped\n$/);

      const again = new Dev('--brokers', '3', '--data', data);
      await again.until('the welcome', () => again.output.includes('Ctrl-C stops all.'));
      expect((await ottla([...read, ...target])).stdout.trim().split('\n').toSorted()).toEqual(
        lines.toSorted(),
      );
      // Nobody asks the brokers to stop; they notice that their parent is gone.
      const pids = again.nodes.map(({ pid }) => pid);
      again.child.kill('SIGKILL');
      await again.ended;
      await Promise.all(pids.map(untilGone));
    },
    LIMIT_MS,
  );

  it('refuses what cannot be', async () => {
    const single = path.join(folder, 'single');
    mkdirSync(single);
    writeFileSync(path.join(single, 'meta.properties'), '');
    for (const [args, message] of [
      [['--data', single], 'holds the data of one broker'],
      [['--memory'], '--brokers and --memory exclude each other'],
      [['--config', 'server.properties'], '--brokers makes a configuration for each broker'],
      [['--port', '0', '--data', path.join(folder, 'none')], '--brokers needs a port'],
    ] as const) {
      const { code, stderr } = await ottla(['dev', '--brokers', '3', ...args]);
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
    expect(existsSync(path.join(folder, 'none'))).toBe(false);
  });

  it('given a file in the place of the data folder, then says so', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    const { code, stderr } = await ottla(['dev', '--brokers', '3', '--data', file]);
    expect(stderr).toBe(
      `ottla: ${file} cannot be the data folder: it is a file\nChoose another with --data.\n`,
    );
    expect(code).toBe(1);
  });

  it.skipIf(process.platform !== 'linux')(
    "given a file system that takes no folders of one's own, then says so at once",
    async () => {
      const several = await ottla(['dev', '--brokers', '3', '--data', '/proc/x']);
      expect(several).toMatchObject({
        code: 1,
        stderr:
          'ottla: /proc/x cannot be the data folder: nobody can make a folder there\nChoose another with --data.\n',
      });
      const one = await ottla(['dev', '--port', '0', '--data', '/proc/x']);
      expect(one).toMatchObject({
        code: 1,
        stderr:
          'ottla: /proc/x cannot be used (ENOENT): no directory can be made there; choose another log.dirs\n',
      });
    },
  );

  it('given a port that is taken, then says so before it writes anything', async () => {
    const port = await freePorts();
    const taken = createServer();
    await new Promise<void>((resolve) => void taken.listen(port + 1, '127.0.0.1', resolve));
    const data = path.join(folder, 'taken');
    const args = ['--brokers', '3', '--port', String(port), '--data', data];
    const { code, stderr } = await ottla(['dev', ...args]);
    taken.close();
    expect(stderr).toContain(`127.0.0.1:${port + 1} is in use\nChoose another --port`);
    expect(code).toBe(1);
    expect(existsSync(path.join(data, 'cluster.json'))).toBe(false);
  });

  it('given the folder of a cluster, then one broker alone says how to start it', async () => {
    const data = path.join(folder, 'several');
    mkdirSync(path.join(data, 'broker-1'), { recursive: true });
    const nodes = [1, 2, 3].map((nodeId) => ({ nodeId, port: 9091 + nodeId }));
    writeFileSync(path.join(data, 'cluster.json'), JSON.stringify({ clusterId: 'x', nodes }));
    const { code, stderr } = await ottla(['dev', '--data', data, '--port', '0']);
    expect(stderr).toContain('holds a cluster of 3 brokers\nStart it with --brokers 3');
    expect(code).toBe(2);
  });
});

async function untilGone(pid: number): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  while (isAlive(pid)) {
    signal.throwIfAborted();
    await setTimeout(50);
  }
}

/** One that has ended keeps its id until it is reaped; where its parent was killed, that is up to the first process. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}
