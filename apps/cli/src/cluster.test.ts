import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bootstrapServers, howToStart } from './cluster.ts';
import type { CliIo } from './io.ts';

const io = (env: Record<string, string>): CliIo => ({ env }) as unknown as CliIo;
const texts = async (env: Record<string, string>, bootstrapServer?: string, folder = 'none') => {
  const options = bootstrapServer === undefined ? {} : { bootstrapServer };
  const servers = await bootstrapServers(io(env), options, folder);
  return servers.map(({ host, port }) => `${host} ${port}`);
};

describe('which brokers a command starts from', () => {
  const env = { OTTLA_BOOTSTRAP_SERVERS: 'env:1' };

  it('the option goes before the environment, and that before this machine', async () => {
    expect(await texts(env, 'a:1, [::1]:2')).toEqual(['a 1', '::1 2']);
    expect(await texts(env)).toEqual(['env 1']);
    expect(await texts({})).toEqual(['127.0.0.1 9092']);
  });

  it('given the folder of a cluster, then starts from any of its brokers: the first may be gone', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ottla-cli-cluster-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const nodes = [2, 3].map((nodeId) => ({ nodeId, port: 9091 + nodeId }));
    writeFileSync(path.join(folder, 'cluster.json'), JSON.stringify({ clusterId: 'x', nodes }));
    expect(await texts({}, undefined, folder)).toEqual(['127.0.0.1 9093', '127.0.0.1 9094']);
    expect(await texts(env, undefined, folder)).toEqual(['env 1']);
    expect(await howToStart(io({}), {}, folder)).toContain('`ottla dev --brokers 2`');
    expect(await howToStart(io(env), {}, folder)).toContain('`ottla dev`,');
    writeFileSync(path.join(folder, 'cluster.json'), 'no plan');
    expect(await texts({}, undefined, folder)).toEqual(['127.0.0.1 9092']);
  });

  it.each(['a', 'a:', 'a:0', 'a:65536', '::1:9092', 'http://a:1'])(
    'given %s, then refuses',
    async (text) => {
      await expect(texts({}, text)).rejects.toThrow('no broker address');
    },
  );
});
