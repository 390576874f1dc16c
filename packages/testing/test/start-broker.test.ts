import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin, Producer } from '@ottla/client';
import { type Logger, silentLogger } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { startBroker } from '../src/index.ts';

async function topicsOf(bootstrapServers: string): Promise<string[]> {
  await using admin = new Admin({ bootstrapServers });
  return (await admin.listTopics()).map(({ name }) => name);
}

/** Sockets, servers, timers and file requests that would keep the process alive, once what is due has run. */
async function handles(): Promise<string[]> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const own = new Set([
    'TCPSocketWrap',
    'TCPServerWrap',
    'Timeout',
    'FSReqCallback',
    'FSReqPromise',
  ]);
  return process
    .getActiveResourcesInfo()
    .filter((name) => own.has(name))
    .sort();
}

/** What `after` has more of than `before`. The test runner's own timers may end meanwhile. */
function newIn(after: readonly string[], before: readonly string[]): string[] {
  const left = [...before];
  return after.filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

describe('startBroker', () => {
  it('serves clients on a port of its own, soon', async () => {
    const startMs = performance.now();
    await using broker = await startBroker();
    console.log(`startBroker(): ready in ${(performance.now() - startMs).toFixed(0)} ms`);
    expect(broker.bootstrapServers).toBe(`127.0.0.1:${broker.port}`);
    await broker.createTopic('orders', { partitions: 3, config: { 'retention.ms': '1000' } });
    expect(await topicsOf(broker.bootstrapServers)).toEqual(['orders']);
  });

  it('given two at once, then they do not meet', async () => {
    await using one = await startBroker();
    await using other = await startBroker();
    expect(one.port).not.toBe(other.port);
    await one.createTopics([{ name: 'a' }, { name: 'b', partitions: 2 }]);
    expect(await topicsOf(one.bootstrapServers)).toEqual(['a', 'b']);
    expect(await topicsOf(other.bootstrapServers)).toEqual([]);
  });

  it('given a restart in memory, then port and topics are as before', async () => {
    await using broker = await startBroker();
    const { port } = broker;
    await broker.createTopic('kept');
    await broker.restart();
    expect(broker.port).toBe(port);
    expect(await topicsOf(broker.bootstrapServers)).toEqual(['kept']);
  });

  it('given memory: false, then close removes the folder', async () => {
    const before = new Set(readdirSync(tmpdir()));
    const broker = await startBroker({ memory: false });
    const made = readdirSync(tmpdir()).filter(
      (name) => name.startsWith('ottla-') && !before.has(name),
    );
    expect(made.length).toBeGreaterThan(0);
    await broker.createTopic('kept');
    await broker.restart();
    expect(await topicsOf(broker.bootstrapServers)).toEqual(['kept']);
    await broker.close();
    await broker.close();
    expect(made.some((name) => existsSync(path.join(tmpdir(), name, 'meta.properties')))).toBe(
      false,
    );
  });

  it('given a folder, then its data is there for the next broker', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'ottla-testing-'));
    try {
      const first = await startBroker({ dataDir });
      await first.createTopic('kept');
      await first.close();
      await using second = await startBroker({ dataDir });
      expect(await topicsOf(second.bootstrapServers)).toEqual(['kept']);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it('given a wrong override, then says so in one line and leaves nothing running', async () => {
    const before = await handles();
    await expect(startBroker({ overrides: { 'num.partitons': 3 } })).rejects.toThrow(
      'num.partitions',
    );
    expect(newIn(await handles(), before)).toEqual([]);
  });

  it('given a port that is taken, then says so', async () => {
    await using broker = await startBroker();
    await expect(startBroker({ port: broker.port })).rejects.toThrow('in use');
  });

  it('given close, then no handle is left', async () => {
    const before = await handles();
    const broker = await startBroker();
    await broker.createTopic('t');
    await broker.close();
    expect(newIn(await handles(), before)).toEqual([]);
  });

  it('given a process that closed its broker, then it ends by itself', () => {
    const door = new URL('../src/index.ts', import.meta.url).href;
    const script = `
      const { startBroker } = await import(${JSON.stringify(door)});
      const broker = await startBroker();
      await broker.createTopic('t');
      await broker.close();
      console.log('closed');`;
    const child = spawnSync(
      process.execPath,
      ['--conditions=@ottla/source', '--input-type=module', '-e', script],
      { encoding: 'utf8', timeout: 20_000 },
    );
    expect(child).toMatchObject({ status: 0, signal: null, stdout: 'closed\n', stderr: '' });
  });
});

describe('a broker in memory', () => {
  it('given more than it may keep, then the oldest records go and the test that writes goes on', async () => {
    const MB = 1024 * 1024;
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    const logger: Logger = { ...silentLogger, warn, child: () => logger };
    await using broker = await startBroker({
      memoryBytesMax: 16 * MB,
      logger,
      overrides: { 'log.segment.bytes': MB },
    });
    await broker.createTopic('orders');
    await using producer = new Producer({ bootstrapServers: broker.bootstrapServers });
    const value = Buffer.alloc(512 * 1024, 'x');
    // Four times what the disk behind it would take without anything being dropped.
    for (let written = 0; written < 256; written += 8)
      await Promise.all(Array.from({ length: 8 }, () => producer.send({ topic: 'orders', value })));

    await using admin = new Admin({ bootstrapServers: broker.bootstrapServers });
    const kept = (await admin.describeLogDirs())
      .flatMap(({ replicas }) => replicas)
      .filter(({ topic }) => topic === 'orders')
      .reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
    expect(kept).toBeGreaterThan(8 * MB);
    expect(kept).toBeLessThan(32 * MB);
    expect(warnings).toContain('the memory for logs is full: dropping the oldest segments');
  });
});
