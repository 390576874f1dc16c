// With flush.messages=1 the system call that makes a record durable returns before the acknowledgement is sent.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Producer } from '@ottla/client';
import { expect, it } from 'vitest';
import { Child, until } from './src/processes.ts';
import { freePort, ottlaCommand } from './src/servers.ts';
import { missing } from './src/toolchain.ts';

it('given flush.messages=1, when a record is produced, then fdatasync returns before the response is written', async (context) => {
  const whyNot = missing(['strace']);
  if (whyNot !== undefined) return context.skip(whyNot);
  const folder = mkdtempSync(path.join(tmpdir(), 'ottla-strace-'));
  const port = await freePort();
  const trace = path.join(folder, 'trace.txt');
  const command = ottlaCommand([
    'server',
    '--override',
    `listeners=PLAINTEXT://127.0.0.1:${port}`,
    '--override',
    `log.dirs=${folder}/data`,
    '--override',
    'log.flush.interval.messages=1',
  ]);
  const calls = 'trace=fdatasync,write,writev,pwrite64,pwritev,sendto,sendmsg';
  const broker = new Child('strace', [
    '-f',
    '-y',
    '-s',
    '64',
    '-e',
    calls,
    '-o',
    trace,
    ...command,
  ]);
  try {
    const producer = new Producer({
      bootstrapServers: [`127.0.0.1:${port}`],
      clientId: 'strace',
      lingerMs: 0,
      compression: 'none',
    });
    await until('the broker answers', async () => {
      try {
        await producer.send({ topic: 'durable', value: 'warm' });
        return true;
      } catch {
        return false;
      }
    });
    await producer.send({ topic: 'durable', value: 'marked-value' });
    await producer.close();
    // strace holds signals back: the traced broker is told itself, and strace ends with it.
    process.kill(tracedPid(broker.pid!), 'SIGTERM');
    await broker.finished;
    expect(existsSync(trace)).toBe(true);
    const { written, synced, answered } = sequence(readFileSync(trace, 'utf8').split('\n'));
    expect(written, 'the batch is written').toBeGreaterThan(0);
    expect(synced, 'fdatasync of the segment returns after the write').toBeGreaterThan(written);
    expect(answered, 'the response goes out after that').toBeGreaterThan(synced);
  } finally {
    if (broker.isRunning) {
      process.kill(tracedPid(broker.pid!), 'SIGKILL');
      await broker.stop('SIGKILL');
    }
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The process that strace started. */
function tracedPid(stracePid: number): number {
  const children = readFileSync(`/proc/${stracePid}/task/${stracePid}/children`, 'utf8').trim();
  return Number(children.split(' ')[0]);
}

/** Line numbers of: the write of the last record, the return of the sync that follows, the next write to the client's socket. */
function sequence(lines: readonly string[]): { written: number; synced: number; answered: number } {
  const written = lines.findLastIndex(
    (line) => /write/.test(line) && /durable-0\/\d+\.log/.test(line),
  );
  const isSyncStart = (line: string): boolean =>
    line.includes('fdatasync(') && line.includes('durable-0/');
  const start = lines.findIndex((line, at) => at > written && isSyncStart(line));
  const thread = lines[start]?.split(/\s+/)[0] ?? '';
  const isReturn = (line: string): boolean =>
    line.startsWith(`${thread} `) &&
    (line.includes('fdatasync resumed') || (isSyncStart(line) && line.endsWith(' = 0')));
  const synced = lines.findIndex((line, at) => at >= start && start >= 0 && isReturn(line));
  const answered = lines.findIndex(
    (line, at) =>
      at > synced && synced >= 0 && /\b(write|writev|sendto|sendmsg)\(\d+<(TCP|socket)/.test(line),
  );
  // Nothing may have gone to a socket between the write and the return of the sync.
  const early = lines.findIndex(
    (line, at) =>
      at > written && at < synced && /\b(write|writev|sendto|sendmsg)\(\d+<(TCP|socket)/.test(line),
  );
  return { written, synced, answered: early >= 0 ? early : answered };
}
