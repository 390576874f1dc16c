// `ottla storage …`: what it prints, what it refuses, and with which exit code.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ottla } from './cli.ts';

const CLUSTER = 'AAAAAAAAAAAAAAAAAAAAZA';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'storage-'));
  file = path.join(folder, 'server.properties');
  const settings = [
    'process.roles=broker,controller',
    'node.id=7',
    'controller.listener.names=CONTROLLER',
    'listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:9093',
    `log.dirs=${folder}/data`,
  ];
  writeFileSync(file, settings.join('\n'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const format = (...args: string[]): ReturnType<typeof ottla> =>
  ottla(['storage', 'format', '--config', file, '--cluster-id', CLUSTER, ...args]);

describe('ottla storage', () => {
  it('given a new folder, then info says so, format formats it, and info says whose it is', async () => {
    const before = await ottla(['storage', 'info', '-c', file]);
    expect(before).toMatchObject({ code: 1, stderr: 'ottla: 1 problem found\n' });
    expect(before.stdout).toBe(`Found problem:\n  ${folder}/data does not exist\n\n`);

    const done = await format('--standalone');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/^Formatting dynamic metadata voter directory .*4\.3-IV0\.\n$/);

    const after = await ottla(['storage', 'info', '-c', file]);
    expect(after).toMatchObject({ code: 0, stderr: '' });
    expect(after.stdout).toMatch(
      /cluster\.id=AAAAAAAAAAAAAAAAAAAAZA, directory\.id=.{22}, node\.id=7/,
    );
    expect(await format('-s')).toMatchObject({ code: 1 });
    expect((await format('-s', '-g')).stdout).toBe(
      'All of the log directories are already formatted.\n',
    );
  });

  it.each([
    ['nobody says who votes', [], /needs --standalone/],
    ['two say who votes', ['--standalone', '--no-initial-controllers'], /exclude each other/],
    ['credentials', ['-s', '--add-scram', 'SCRAM-SHA-256=[name=a,password=b]'], /does not serve/],
    ['no level', ['-s', '--feature', 'group.version'], /not feature=level/],
    ['a level that is not served', ['-s', '-f', 'share.version=1'], /up to 0/],
  ] as const)(
    'given %s, then it is a usage error, and nothing is written',
    async (_what, args, message) => {
      const { code, stderr } = await format(...args);
      expect(code).toBe(2);
      expect(stderr).toMatch(message);
      expect(readdirSync(folder)).toEqual(['server.properties']);
    },
  );

  it('given no configuration, then it is a usage error', async () => {
    expect((await ottla(['storage', 'info', '-c', `${folder}/nothing`])).code).toBe(2);
    expect((await ottla(['storage', 'format', '-t', CLUSTER])).code).toBe(2);
  });

  it('given nothing, then ids and levels are printed', async () => {
    const first = await ottla(['storage', 'random-uuid']);
    expect(first.stdout).toMatch(/^[\w-]{22}\n$/);
    expect((await ottla(['storage', 'random-uuid'])).stdout).not.toBe(first.stdout);
    const mapping = await ottla(['storage', 'version-mapping', '-r', '4.0']);
    expect(mapping.stdout.split('\n')[0]).toBe('metadata.version=25 (4.0)');
    const needs = await ottla(['storage', 'feature-dependencies', '-f', 'group.version=1']);
    expect(needs.stdout).toBe('group.version=1 has no dependencies.\n');
  });
});
