// Secrets by placeholder: connectors get the values, answers and logs never show them.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { until } from './until.ts';
import { workerWorld } from './worker-world.ts';

const PROVIDERS = 'org.apache.kafka.common.config.provider';

describe('config providers of a worker', () => {
  it('given placeholders in the worker’s own settings and in connectors, when all runs, then values are used and placeholders shown', async () => {
    const logged: string[] = [];
    await using world = await workerWorld(
      (folder, bootstrap) => {
        writeFileSync(path.join(folder, 'cluster.properties'), `servers=${bootstrap}\nlinger=3\n`);
        writeFileSync(path.join(folder, 'in.txt'), 'a line\n');
        writeFileSync(path.join(folder, 'in-path'), path.join(folder, 'in.txt'));
        return {
          'config.providers': 'file,dir,env',
          'config.providers.file.class': `${PROVIDERS}.FileConfigProvider`,
          'config.providers.dir.class': `${PROVIDERS}.DirectoryConfigProvider`,
          'config.providers.dir.param.allowed.paths': folder,
          'config.providers.env.class': `${PROVIDERS}.EnvVarConfigProvider`,
          'bootstrap.servers': `\${file:${folder}/cluster.properties:servers}`,
          'producer.linger.ms': `\${file:${folder}/cluster.properties:linger}`,
          'offset.flush.interval.ms': '${env:FLUSH_MS}',
        };
      },
      { env: { FLUSH_MS: '200', TOPIC: 'hidden-topic', TASKS: '1' }, logger: noting(logged) },
    );
    const { folder, call, reaches } = world;
    const config = {
      'connector.class': 'FileStreamSource',
      'tasks.max': '${env:TASKS}',
      file: `\${dir:${folder}:in-path}`,
      topic: '${env:TOPIC}',
    };
    const created = await call('PUT', '/connectors/lines/config', config);
    expect(created).toMatchObject({ status: 201, body: { config } });
    await reaches('lines', 'RUNNING RUNNING');
    await until('its offset is stored', async () => {
      const { body } = await call('GET', '/connectors/lines/offsets');
      return body.offsets?.[0]?.offset['position'] === 7;
    });
    await call('PUT', '/connectors/sink/config', {
      'connector.class': 'FileStreamSink',
      topics: '${env:TOPIC}',
      file: path.join(folder, 'out.txt'),
      'consumer.override.group.id': 'group-of-${env:TOPIC}',
    });
    await until('the line is written', () => textOf(path.join(folder, 'out.txt')) === 'a line\n');
    await until('the sink’s offsets are found in its group', async () => {
      const { body } = await call('GET', '/connectors/sink/offsets');
      return body.offsets?.[0]?.offset['kafka_offset'] === 1;
    });

    const invalid = await call('PUT', '/connectors/bad/config', {
      ...config,
      'batch.size': '${env:TOPIC}',
    });
    expect(invalid).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('Invalid value ${env:TOPIC}') },
    });
    const missing = await call('PUT', '/connectors/bad/config', { ...config, topic: '${env:NO}' });
    expect(missing).toMatchObject({
      status: 400,
      body: {
        message: 'Could not read the value of ${env:NO} for topic: there is no such key',
      },
    });
    const shown = [invalid.text];
    for (const url of ['', '/config', '/tasks', '/status'])
      shown.push((await call('GET', `/connectors/lines${url}`)).text);
    const validated = await call(
      'PUT',
      '/connector-plugins/FileStreamSource/config/validate',
      config,
    );
    expect(validated.text).toContain('"name":"topic","value":"${env:TOPIC}"');
    for (const text of [...shown, validated.text, ...logged]) {
      expect(text).not.toContain('hidden-topic');
      expect(text).not.toContain('in.txt');
    }
  });

  it('given a task that fails over a secret, when its trace is shown, then the placeholder stands there', async () => {
    const logged: string[] = [];
    await using world = await workerWorld(
      () => ({
        'config.providers': 'env',
        'config.providers.env.class': `${PROVIDERS}.EnvVarConfigProvider`,
      }),
      { env: { WHERE: '/no/such/hideout' }, logger: noting(logged) },
    );
    await world.call('PUT', '/connectors/sink/config', {
      'connector.class': 'FileStreamSink',
      topics: 'any',
      file: '${env:WHERE}/out.txt',
    });
    await world.reaches('sink', 'RUNNING FAILED');
    const { text } = await world.call('GET', '/connectors/sink/status');
    expect(text).toContain('${env:WHERE}/out.txt');
    for (const each of [text, ...logged]) expect(each).not.toContain('hideout');
  });
});

function noting(lines: string[]): Logger {
  const note = (message: string, fields?: object): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  return logger;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
