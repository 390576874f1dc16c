import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startBroker } from '@ottla/testing';
import { describe, expect, it } from 'vitest';
import { ottla } from './cli.ts';

describe('ottla connect standalone', () => {
  it('given files of Kafka, when run and interrupted, then the connector ran, its offset is kept and the exit is clean', async () => {
    await using broker = await startBroker();
    const folder = mkdtempSync(path.join(tmpdir(), 'ottla-connect-cli-'));
    try {
      const file = (name: string, text: string): string => {
        writeFileSync(path.join(folder, name), text);
        return path.join(folder, name);
      };
      const worker = file(
        'worker.properties',
        `bootstrap.servers=${broker.bootstrapServers}\nkey.converter=org.apache.kafka.connect.json.JsonConverter\nvalue.converter=org.apache.kafka.connect.json.JsonConverter\noffset.storage.file.filename=${folder}/offsets\nplugin.path=/usr/share/java\nlisteners=http://127.0.0.1:0\n`,
      );
      const source = file(
        'source.json',
        JSON.stringify({
          name: 'lines',
          config: {
            'connector.class': 'FileStreamSource',
            file: file('in.txt', 'a line\n'),
            topic: 'lines',
          },
        }),
      );
      const interrupt = new AbortController();
      // There before anybody reads: to read a topic that is not there is an error.
      await ottla(['topic', 'create', 'lines', '-b', broker.bootstrapServers]);
      const readLine = (): ReturnType<typeof ottla> =>
        ottla([
          'consume',
          'lines',
          '--from-beginning',
          '--max-messages',
          '1',
          '-b',
          broker.bootstrapServers,
        ]).finally(() => interrupt.abort());
      let reading: ReturnType<typeof ottla> | undefined;
      const outcome = await ottla(['connect', 'standalone', worker, source], {
        interrupt: interrupt.signal,
        onStdout: (text) => {
          if (text.includes('ready at http://127.0.0.1:')) reading = readLine();
        },
      });

      expect((await reading)?.stdout).toContain(
        '{"schema":{"type":"string","optional":false},"payload":"a line"}',
      );
      expect(outcome).toMatchObject({ code: 0 });
      expect(outcome.stdout).toContain('stopped');
      expect(readFileSync(path.join(folder, 'offsets')).includes('{"position":7}')).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('given a file that is not there or a distributed configuration, when run, then exit code 2 says why', async () => {
    const missing = await ottla(['connect', 'standalone', '/nowhere/worker.properties']);
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain('there is no such file');

    const folder = mkdtempSync(path.join(tmpdir(), 'ottla-connect-cli-'));
    try {
      writeFileSync(path.join(folder, 'worker.properties'), 'bootstrap.servers=x:1\ngroup.id=c\n');
      const refused = await ottla([
        'connect',
        'standalone',
        path.join(folder, 'worker.properties'),
      ]);
      expect(refused).toMatchObject({ code: 2 });
      expect(refused.stderr).toContain('group.id belongs to a distributed worker');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
