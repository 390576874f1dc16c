import { describe, expect, it } from 'vitest';
import { bootstrapServers } from './cluster.ts';
import type { CliIo } from './io.ts';

const io = (env: Record<string, string>): CliIo => ({ env }) as unknown as CliIo;
const texts = (env: Record<string, string>, bootstrapServer?: string) =>
  bootstrapServers(io(env), bootstrapServer === undefined ? {} : { bootstrapServer }).map(
    ({ host, port }) => `${host} ${port}`,
  );

describe('which brokers a command starts from', () => {
  const env = { OTTLA_BOOTSTRAP_SERVERS: 'env:1' };

  it('the option goes before the environment, and that before this machine', () => {
    expect(texts(env, 'a:1, [::1]:2')).toEqual(['a 1', '::1 2']);
    expect(texts(env)).toEqual(['env 1']);
    expect(texts({})).toEqual(['127.0.0.1 9092']);
  });

  it.each(['a', 'a:', 'a:0', 'a:65536', '::1:9092', 'http://a:1'])(
    'given %s, then refuses',
    (text) => {
      expect(() => texts({}, text)).toThrow('no broker address');
    },
  );
});
