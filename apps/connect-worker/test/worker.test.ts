// A worker with the file connectors on an in-process broker: the REST API, the pipeline, looping and failing connectors.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startBroker, type TestBroker } from '@ottla/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningConnectWorker, startConnectWorker } from '../src/index.ts';
import { until } from './until.ts';

const FAULTY = new URL('faulty-plugins.ts', import.meta.url).href;
let broker: TestBroker;
let folder: string;
let worker: RunningConnectWorker;

function properties(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    'bootstrap.servers': broker.bootstrapServers,
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'offset.storage.file.filename': path.join(folder, 'connect.offsets'),
    'offset.flush.interval.ms': '200',
    'task.shutdown.graceful.timeout.ms': '500',
    listeners: 'http://127.0.0.1:0',
    'ottla.plugin.modules': `@ottla/connector-file,${FAULTY}`,
    ...more,
  };
}

/** What the answers that are looked into have, each some of it. */
interface Body {
  readonly message?: string;
  readonly status?: string;
  readonly connector?: { readonly state: string };
  readonly tasks?: readonly { readonly state: string; readonly trace?: string }[];
  readonly offsets?: readonly {
    readonly offset: { readonly position?: number; readonly kafka_offset?: number };
  }[];
}

interface Answer {
  readonly status: number;
  readonly body: Body;
}

async function call(method: string, url: string, payload?: object): Promise<Answer> {
  const answer = await worker.rest.inject({
    method: method as 'GET',
    url,
    headers: { host: 'localhost' },
    ...(payload === undefined ? {} : { payload }),
  });
  return {
    status: answer.statusCode,
    body: answer.body === '' ? {} : (JSON.parse(answer.body) as Body),
  };
}

async function stateOf(name: string): Promise<string> {
  const { body } = await call('GET', `/connectors/${name}/status`);
  return [body.connector?.state, ...(body.tasks ?? []).map(({ state }) => state)].join(' ');
}

beforeAll(async () => {
  broker = await startBroker();
  folder = mkdtempSync(path.join(tmpdir(), 'ottla-connect-'));
  worker = await startConnectWorker({ properties: properties() });
});

afterAll(async () => {
  await worker.close();
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a standalone worker', () => {
  it('given a file source and a file sink, when both run, then the lines arrive and offsets are stored', async () => {
    const input = path.join(folder, 'in.txt');
    const output = path.join(folder, 'out.txt');
    writeFileSync(input, 'one\ntwo\nthr');

    const created = await call('POST', '/connectors', {
      name: 'source',
      config: { 'connector.class': 'FileStreamSource', file: input, topic: 'lines' },
    });
    expect(created).toEqual({
      status: 201,
      body: {
        name: 'source',
        config: {
          'connector.class': 'FileStreamSource',
          file: input,
          topic: 'lines',
          name: 'source',
        },
        tasks: [{ connector: 'source', task: 0 }],
        type: 'source',
      },
    });
    await call('PUT', '/connectors/sink/config', {
      'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
      file: output,
      topics: 'lines',
    });

    await until('the lines are in the file', () => textOf(output) === 'one\ntwo\n');
    writeFileSync(input, 'ee\n', { flag: 'a' });
    await until('the rest of the line too', () => textOf(output) === 'one\ntwo\nthree\n');
    await until('the offset is stored', async () => {
      const { body } = await call('GET', '/connectors/source/offsets');
      return body.offsets?.[0]?.offset.position === 14;
    });
    await until('the sink has committed', async () => {
      const { body } = await call('GET', '/connectors/sink/offsets');
      return body.offsets?.[0]?.offset.kafka_offset === 3;
    });
    expect((await call('GET', '/connectors/source/topics')).body).toEqual({
      source: { topics: ['lines'] },
    });

    await call('PUT', '/connectors/source/pause');
    await until('paused', async () => (await stateOf('source')) === 'PAUSED PAUSED');
    await call('PUT', '/connectors/source/resume');
    await until('running', async () => (await stateOf('source')) === 'RUNNING RUNNING');
    expect((await call('DELETE', '/connectors/source')).status).toBe(204);
    expect((await call('DELETE', '/connectors/sink')).status).toBe(204);
    expect((await call('GET', '/connectors')).body).toEqual([]);
  });

  it('given a task that throws, when it runs, then it is FAILED with its trace', async () => {
    await call('PUT', '/connectors/thrower/config', { 'connector.class': 'Throwing' });

    await until('failed', async () => (await stateOf('thrower')) === 'RUNNING FAILED');
    const { body } = await call('GET', '/connectors/thrower/status');
    expect(body.tasks?.[0]?.trace).toContain('as the test asks');
    expect(body.tasks?.[0]?.trace).toContain('faulty-plugins');
    await call('DELETE', '/connectors/thrower');
  });

  it('given a connector that loops for ever, when others work and it is paused, stopped and deleted, then all of it works', async () => {
    await call('PUT', '/connectors/looper/config', { 'connector.class': 'Looping' });
    await until('it runs', async () => (await stateOf('looper')).startsWith('RUNNING'));

    const input = path.join(folder, 'beside.txt');
    writeFileSync(input, 'still here\n');
    await call('PUT', '/connectors/beside/config', {
      'connector.class': 'FileStreamSource',
      file: input,
      topic: 'beside',
    });
    await until('the other one stores its offset', async () => {
      const { body } = await call('GET', '/connectors/beside/offsets');
      return body.offsets?.length === 1;
    });

    await call('PUT', '/connectors/looper/pause');
    await until('paused', async () => (await stateOf('looper')) === 'PAUSED PAUSED');
    await call('PUT', '/connectors/looper/resume');
    await until('running', async () => (await stateOf('looper')).startsWith('RUNNING'));
    expect((await call('PUT', '/connectors/looper/stop')).status).toBe(204);
    expect(await stateOf('looper')).toBe('STOPPED');
    expect((await call('DELETE', '/connectors/looper')).status).toBe(204);
    await call('DELETE', '/connectors/beside');
  });

  it('given bad records, when a sink tolerates errors, then they are in the dead-letter queue with headers', async () => {
    const { Consumer, Producer } = await import('@ottla/client');
    await using producer = new Producer({ bootstrapServers: broker.bootstrapServers });
    await producer.send({ topic: 'mixed', value: 'no json' });
    await producer.send({ topic: 'mixed', value: '"good"' });
    const output = path.join(folder, 'mixed.txt');
    await call('PUT', '/connectors/tolerant/config', {
      'connector.class': 'FileStreamSink',
      topics: 'mixed',
      file: output,
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'false',
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': 'dead',
      'errors.deadletterqueue.topic.replication.factor': '1',
      'errors.deadletterqueue.context.headers.enable': 'true',
    });
    await until('the good one is written', () => textOf(output) === 'good\n');

    await using consumer = new Consumer({ bootstrapServers: broker.bootstrapServers });
    await consumer.assign([{ topic: 'dead', partition: 0, offset: 0 }]);
    for await (const record of consumer) {
      expect(record.value?.toString()).toBe('no json');
      const headers = record.headers.map(({ key, value }) => [key, value?.toString() ?? null]);
      expect(headers.slice(0, 8)).toEqual([
        ['__connect.errors.topic', 'mixed'],
        ['__connect.errors.partition', '0'],
        ['__connect.errors.offset', '0'],
        ['__connect.errors.connector.name', 'tolerant'],
        ['__connect.errors.task.id', '0'],
        ['__connect.errors.stage', 'VALUE_CONVERTER'],
        ['__connect.errors.class.name', 'org.apache.kafka.connect.json.JsonConverter'],
        ['__connect.errors.exception.class.name', 'org.apache.kafka.connect.errors.DataException'],
      ]);
      break;
    }
    await call('DELETE', '/connectors/tolerant');
  });

  it('given a stopped sink, when its offsets are altered to what is no whole number, then 400 says so and nothing changes', async () => {
    await call('PUT', '/connectors/moved/config', {
      'connector.class': 'FileStreamSink',
      topics: 'moved',
      file: path.join(folder, 'moved.txt'),
    });
    await call('PUT', '/connectors/moved/stop');
    const alter = (kafka_partition: unknown, kafka_offset: unknown): Promise<Answer> =>
      call('PATCH', '/connectors/moved/offsets', {
        offsets: [
          { partition: { kafka_topic: 'moved', kafka_partition }, offset: { kafka_offset } },
        ],
      });

    expect(await alter([0], 1)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("provided offsets: '[0]'") },
    });
    expect(await alter(0, { a: 1 })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("provided offsets: '{a=1}'") },
    });
    expect((await alter(0, 2 ** 53)).status).toBe(400);
    expect((await call('GET', '/connectors/moved/offsets')).body).toEqual({ offsets: [] });
    await call('DELETE', '/connectors/moved');
  });

  it('given wrong requests, when sent, then statuses and bodies are those of Kafka Connect', async () => {
    expect(await call('GET', '/connectors/none')).toEqual({
      status: 404,
      body: { error_code: 404, message: 'Connector none not found' },
    });
    expect(await call('GET', '/connectors/none/status')).toEqual({
      status: 404,
      body: { error_code: 404, message: 'No status found for connector none' },
    });
    expect(await call('GET', '/nowhere')).toEqual({
      status: 404,
      body: { error_code: 404, message: 'HTTP 404 Not Found' },
    });
    expect((await call('DELETE', '/connectors')).status).toBe(405);
    const invalid = await call('POST', '/connectors', {
      name: 'x',
      config: { 'connector.class': 'FileStreamSource' },
    });
    expect(invalid.status).toBe(400);
    expect(invalid.body.message).toContain(
      'Connector configuration is invalid and contains the following 1 error(s):\nMissing required configuration "topic" which has no default value.',
    );
    expect((await call('POST', '/connectors', { name: 'x', config: {}, more: 1 })).status).toBe(
      500,
    );
    expect((await call('GET', '/health')).body.status).toBe('healthy');
    expect((await call('GET', '/connector-plugins')).body).toContainEqual({
      class: 'org.apache.kafka.connect.file.FileStreamSourceConnector',
      type: 'source',
      version: '0.1.0',
    });
    const foreign = await worker.rest.inject({
      method: 'DELETE',
      url: '/connectors/x',
      headers: { host: 'localhost', origin: 'http://evil.example' },
    });
    expect(foreign.statusCode).toBe(403);
  });
});

describe('the configuration of a worker', () => {
  it.each([
    [{ 'group.id': 'connect' }, 'distributed worker, which is not there yet'],
    [{ 'offset.flush.intervall.ms': '1' }, 'did you mean offset.flush.interval.ms?'],
    [{ 'producer.lingerms': '1' }, 'did you mean linger.ms?'],
    [{ listeners: 'https://127.0.0.1:0' }, 'https is not there yet'],
  ])('given %o, when started, then it is refused by name', async (more, message) => {
    await expect(startConnectWorker({ properties: properties(more) })).rejects.toThrow(message);
  });
});

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
