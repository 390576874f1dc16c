// Changes of connectors by REST, posted to Kafka Connect 4.3.1 and to Ottla's worker: statuses, shapes and messages.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Admin, Producer } from '@ottla/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  call,
  ConnectSides,
  FILE_SINK,
  FILE_SOURCE,
  reaches,
  recordsOf,
  type Side,
  textOf,
} from './src/connect-sides.ts';
import { kafkaConnect } from './src/connect-workers.ts';
import { until } from './src/processes.ts';
import { missing } from './src/toolchain.ts';

const PROVIDERS = 'org.apache.kafka.common.config.provider';
const absent = missing(kafkaConnect.needs);

type Request = readonly [method: string, url: string, body?: unknown];

describe.skipIf(absent !== undefined)(`REST beside Kafka Connect (${absent ?? 'both'})`, () => {
  let sides: ConnectSides;

  beforeAll(async () => {
    sides = await ConnectSides.open((folder) => ({
      'config.providers': 'file,dir,env',
      'config.providers.file.class': `${PROVIDERS}.FileConfigProvider`,
      'config.providers.dir.class': `${PROVIDERS}.DirectoryConfigProvider`,
      'config.providers.dir.param.allowed.paths': folder,
      'config.providers.env.class': `${PROVIDERS}.EnvVarConfigProvider`,
      'config.providers.env.param.allowlist.pattern': 'PATH',
    }));
  });

  afterAll(async () => {
    await sides.close();
  });

  /** One request after the other on both sides; all that differ are told at once. */
  async function sameAnswers(...requests: readonly Request[]): Promise<void> {
    const differences: unknown[] = [];
    for (const [method, url, body] of requests) {
      const [kafka, own] = await sides.both(({ worker }) =>
        call(worker, method, url, body as object),
      );
      const request = `${method} ${url} ${JSON.stringify(body) ?? ''}`;
      const [expected, actual] = [told(kafka), told(own)];
      if (JSON.stringify(expected) !== JSON.stringify(actual))
        differences.push({ request, kafka: expected, own: actual });
    }
    expect(differences).toEqual([]);
  }

  async function sameStatus(status: number, ...[method, url, body]: Request): Promise<void> {
    const [kafka, own] = await sides.both(({ worker }) =>
      call(worker, method, url, body as object),
    );
    expect([kafka.status, own.status], `${method} ${url}`).toEqual([status, status]);
  }

  async function source(name: string, config: object = {}): Promise<void> {
    await sides.both(async ({ worker, folder }) => {
      const file = path.join(folder, `${name}.txt`);
      writeFileSync(file, 'one\ntwo\n');
      await call(worker, 'PUT', `/connectors/${name}/config`, {
        'connector.class': FILE_SOURCE,
        file,
        topic: name,
        ...config,
      });
      await reaches(worker, name, 'RUNNING RUNNING');
    });
  }

  const everywhere = (name: string, states: string): Promise<unknown> =>
    sides.both(({ worker }) => reaches(worker, name, states));

  it('given patches of a configuration, when sent, then they are merged, null removes, and what is wrong changes nothing', async () => {
    await source('patched', { 'batch.size': '7', 'errors.log.enable': 'true' });
    const url = '/connectors/patched/config';
    await sameAnswers(
      ['PATCH', '/connectors/none/config', { topic: 'x' }],
      ['PATCH', url, { 'batch.size': null, topic: 'patched-2', 'tasks.max': 1 }],
      ['GET', url],
      ['PATCH', url, { 'batch.size': 'x' }],
      ['PATCH', url, { topic: null }],
      ['PATCH', url, { never: null }],
      ['PATCH', url, {}],
      ['GET', url],
    );
    // In words of their own: Kafka shows the configuration, whatever is in it, and Java's types.
    await sameStatus(400, 'PATCH', url, { 'connector.class': null });
    await sameStatus(500, 'PATCH', url, []);
    await everywhere('patched', 'RUNNING RUNNING');
  });

  it('given stop, pause and resume in any order, when sent, then states and answers are the same', async () => {
    await source('steered');
    await sameAnswers(['PUT', '/connectors/steered/stop'], ['PUT', '/connectors/steered/stop']);
    await everywhere('steered', 'STOPPED');
    await sameAnswers(
      ['GET', '/connectors/steered'],
      ['GET', '/connectors/steered/tasks'],
      ['GET', '/connectors/steered/tasks/0/status'],
      ['POST', '/connectors/steered/restart?includeTasks=true'],
      ['POST', '/connectors/steered/restart'],
    );
    await everywhere('steered', 'STOPPED');
    await sameAnswers(['PUT', '/connectors/steered/resume']);
    await everywhere('steered', 'RUNNING RUNNING');
    await sameAnswers(
      ['PUT', '/connectors/steered/pause'],
      ['PUT', '/connectors/steered/pause'],
      ['PUT', '/connectors/none/resume'],
      ['PUT', '/connectors/none/pause'],
    );
    await everywhere('steered', 'PAUSED PAUSED');
    await sameAnswers(['PUT', '/connectors/steered/resume']);
    await everywhere('steered', 'RUNNING RUNNING');
  });

  it('given restarts with every option, when sent, then statuses and plans are the same', async () => {
    await source('restarted');
    const url = '/connectors/restarted';
    for (const query of [
      '',
      '?includeTasks=true',
      '?onlyFailed=true',
      '?includeTasks=true&onlyFailed=true',
      '?includeTasks=false&onlyFailed=false',
      '?includeTasks=maybe',
    ]) {
      await sameAnswers(['POST', `${url}/restart${query}`]);
      await everywhere('restarted', 'RUNNING RUNNING');
    }
    await sameAnswers(['POST', `${url}/tasks/0/restart`]);
    await everywhere('restarted', 'RUNNING RUNNING');
    await sameAnswers(
      ['POST', '/connectors/none/restart?includeTasks=true'],
      ['POST', `${url}/tasks/x/restart`],
      ['GET', `${url}/tasks/9/status`],
      ['GET', '/connectors?expand=info'],
      ['GET', '/connectors?expand=nothing'],
    );
  });

  it('given offsets of a source, when read, altered and reset, then states, vetoes and messages are the same', async () => {
    await source('positioned');
    const url = '/connectors/positioned/offsets';
    const at = (position: unknown, filename: unknown = 'in.txt'): object => ({
      offsets: [{ partition: { filename }, offset: position === null ? null : { position } }],
    });
    // To ask Kafka's worker again and again keeps it from storing: each question stops and starts its store.
    await sides.both(({ worker, folder }) =>
      until(`${worker.name} stores its offset`, () =>
        textOf(path.join(folder, 'connect.offsets')).includes('["positioned"'),
      ),
    );
    await sameAnswers(['GET', url], ['PATCH', url, at(1)], ['DELETE', url]);
    await sameAnswers(['PUT', '/connectors/positioned/stop']);
    await everywhere('positioned', 'STOPPED');
    await sameAnswers(
      ['GET', '/connectors/none/offsets'],
      ['PATCH', '/connectors/none/offsets', at(1)],
      ['DELETE', '/connectors/none/offsets'],
      ['PATCH', url, {}],
      ['PATCH', url, { offsets: null }],
      ['PATCH', url, { offsets: [] }],
      ['PATCH', url, at(4)],
      ['GET', url],
      ['PATCH', url, at(-1)],
      ['PATCH', url, at(null, 'never.txt')],
      ['PATCH', url, { offsets: [{ partition: { filename: 'in.txt' }, offset: { at: 1 } }] }],
      ['PATCH', url, { offsets: [{ partition: { file: 'in.txt' }, offset: { position: 1 } }] }],
      ['GET', url],
      ['PATCH', url, at(null)],
      ['GET', url],
      ['DELETE', url],
      ['GET', url],
      ['DELETE', url],
    );
    // What Java's types refuse is an error of status 500, in words of its own.
    for (const body of [at('4'), { offsets: [{ more: 1 }] }, { offset: [] }])
      await sameStatus(500, 'PATCH', url, body);
  });

  it('given offsets of a sink, when read, altered and reset, then its group follows and messages are the same', async () => {
    const url = '/connectors/written/offsets';
    await sides.both(async ({ worker, broker, folder }) => {
      await using producer = new Producer({ bootstrapServers: broker.bootstrapServers });
      for (const value of ['"one"', '"two"', '"three"'])
        await producer.send({ topic: 'written', value });
      await call(worker, 'PUT', '/connectors/written/config', {
        'connector.class': FILE_SINK,
        topics: 'written',
        file: path.join(folder, 'written.txt'),
        'value.converter.schemas.enable': 'false',
        'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      });
      await until('the sink has committed', async () =>
        JSON.stringify(await call(worker, 'GET', url)).includes('"kafka_offset":3'),
      );
    });
    const at = (
      offset: unknown,
      partition: object = { kafka_topic: 'written', kafka_partition: 0 },
    ) => ({
      offsets: [{ partition, offset: offset === null ? null : { kafka_offset: offset } }],
    });
    await sameAnswers(['GET', url], ['PATCH', url, at(1)]);
    await sameAnswers(['PUT', '/connectors/written/stop']);
    await everywhere('written', 'STOPPED');
    await sameAnswers(
      ['PATCH', url, at(1)],
      ['GET', url],
      ['PATCH', url, at(1, { kafka_topic: 'written' })],
      ['PATCH', url, at(1, { kafka_topic: null, kafka_partition: 0 })],
      ['PATCH', url, at('x')],
      ['PATCH', url, at('2')],
      ['GET', url],
      ['PATCH', url, { offsets: [{ partition: null, offset: { kafka_offset: 1 } }] }],
      ['PATCH', url, at(null)],
      ['GET', url],
      ['PATCH', url, at(2)],
    );
    await sameAnswers(['PUT', '/connectors/written/resume']);
    await sides.both(({ folder }) =>
      until(
        'it goes on there',
        () => textOf(path.join(folder, 'written.txt')).split('\n').length === 5,
      ),
    );
    await sides.same(async ({ folder }) => textOf(path.join(folder, 'written.txt')));
    await sameAnswers(['PUT', '/connectors/written/stop']);
    await everywhere('written', 'STOPPED');
    await sameAnswers(['DELETE', url], ['GET', url], ['DELETE', url]);
  });

  it('given topic.creation, when a source first writes, then the topic is as its group says; a missing default fails alike', async () => {
    await source('grouped', {
      'topic.creation.groups': 'other, mine',
      'topic.creation.default.replication.factor': '1',
      'topic.creation.default.partitions': '2',
      'topic.creation.other.include': 'group',
      'topic.creation.other.partitions': '9',
      'topic.creation.mine.include': 'x, group.*',
      'topic.creation.mine.exclude': 'grouped-.*',
      'topic.creation.mine.partitions': '3',
      'topic.creation.mine.retention.ms': '123456',
    });
    await sides.both(({ worker }) =>
      until('the topic was used', async () =>
        JSON.stringify(await call(worker, 'GET', '/connectors/grouped/topics')).includes(
          '["grouped"]',
        ),
      ),
    );
    await sides.same(async ({ broker }: Side) => {
      await using admin = new Admin({ bootstrapServers: broker.bootstrapServers });
      const [topic] = await admin.describeTopics(['grouped']);
      const { entries } = await admin.describeConfigs({ type: 'topic', name: 'grouped' });
      const retention = entries.find(({ name }) => name === 'retention.ms');
      return { partitions: topic?.partitions.length, retention: retention?.value };
    });
    const [kafka, own] = await sides.both(({ worker }) =>
      call(worker, 'POST', '/connectors', {
        name: 'halved',
        config: {
          'connector.class': FILE_SOURCE,
          topic: 'halved',
          file: 'x',
          'topic.creation.groups': 'a',
          'topic.creation.a.include': '.*',
        },
      }),
    );
    expect([own.status, kafka.status]).toEqual([kafka.status, 500]);
    await sides.same(async ({ worker }) => {
      const { body } = await call(worker, 'GET', '/connectors/halved/status');
      return [body?.connector?.state, body?.tasks];
    });
  });

  it('given placeholders, when a connector uses them, then values are used and answers show the placeholders', async () => {
    await sides.both(async ({ worker, folder }) => {
      writeFileSync(path.join(folder, 'secrets.properties'), 'topic=from-file\n');
      writeFileSync(path.join(folder, 'where'), path.join(folder, 'provided.txt'));
      writeFileSync(path.join(folder, 'provided.txt'), 'a line\n');
      await call(worker, 'PUT', '/connectors/provided/config', {
        'connector.class': FILE_SOURCE,
        file: `\${dir:${folder}:where}`,
        topic: `\${file:${folder}/secrets.properties:topic}`,
      });
      await reaches(worker, 'provided', 'RUNNING RUNNING');
    });
    await sides.same(({ broker }) => recordsOf(broker, 'from-file', 1));
    await sameAnswers(
      ['GET', '/connectors/provided'],
      ['GET', '/connectors/provided/config'],
      ['GET', '/connectors/provided/tasks'],
    );
  });
});

/** What is compared: versions are each worker's own. */
function told({ status, body }: Answer): unknown {
  const text = JSON.stringify(body, (name, value: unknown) =>
    name === 'version' ? undefined : value,
  );
  return { status, body: sorted(JSON.parse(text)) };
}

/** Java's hash maps and sets have an order of their own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const elements = value.map(sorted);
    return elements.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]));
}
