import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin, Consumer, Producer } from '@ottla/client';
import { int64, string } from '@ottla/serdes';
import { startBroker, type TestBroker } from '@ottla/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  KafkaStreams,
  type KeyValueStore,
  StreamsBuilder,
  type StreamsOptions,
  type Topology,
  tumblingWindows,
  windowedSerde,
} from '../index.ts';

const text = { key: string(), value: string() };

let broker: TestBroker;
let bootstrapServers: string;
let folder: string;
let running: KafkaStreams[] = [];
let clients: { close(): Promise<void> }[] = [];
let number = 0;

beforeAll(async () => {
  broker = await startBroker({ overrides: { 'group.initial.rebalance.delay.ms': 0 } });
  bootstrapServers = broker.bootstrapServers;
});
afterAll(() => broker.close());
afterEach(async () => {
  for (const streams of running) await streams.close();
  running = [];
  for (const client of clients) await client.close();
  clients = [];
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** A client that is closed after the test. */
function opened<C extends { close(): Promise<void> }>(client: C): C {
  clients.push(client);
  return client;
}

/** A fresh application id, its input topic and its state folder. */
async function setting(partitions = 3): Promise<{ id: string; input: string; output: string }> {
  number += 1;
  const id = `app-${number}`;
  folder = await mkdtemp(path.join(tmpdir(), 'ottla-streams-'));
  const admin = opened(new Admin({ bootstrapServers }));
  await admin.createTopics([
    { name: `${id}-in`, numPartitions: partitions },
    { name: `${id}-out`, numPartitions: 1 },
  ]);
  return { id, input: `${id}-in`, output: `${id}-out` };
}

function wordCount(input: string, output: string): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(input, text)
    .flatMapValues((line) => line.split(' '))
    .groupBy((_key, word) => word, text)
    .count({ store: 'counts' })
    .toStream()
    .to(output);
  return builder.build();
}

async function start(
  topology: Topology,
  id: string,
  instance = 'a',
  options: Partial<StreamsOptions> = {},
): Promise<KafkaStreams> {
  const streams = new KafkaStreams(topology, {
    applicationId: id,
    bootstrapServers,
    stateDir: path.join(folder, instance),
    commitIntervalMs: 50,
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 200,
    pollMs: 20,
    ...options,
  });
  running.push(streams);
  await streams.start();
  return streams;
}

async function write(to: string, values: readonly string[], keys = values): Promise<void> {
  const producer = opened(new Producer({ bootstrapServers }));
  await producer.sendBatch(
    values.map((value, index) => ({ topic: to, key: keys[index]!, value, timestamp: index })),
  );
}

/** Follows a topic of counts; `latest` is the newest by key. */
async function follow(
  from: string,
  until: (latest: Map<string, number>) => boolean,
): Promise<Map<string, number>> {
  const consumer = opened(new Consumer({ bootstrapServers, autoOffsetReset: 'earliest' }));
  await consumer.assign([{ topic: from, partition: 0, offset: 0 }]);
  const latest = new Map<string, number>();
  for await (const { key, value } of consumer) {
    latest.set(String(key), value === null ? 0 : Number(value.readBigInt64BE()));
    if (until(latest)) return latest;
  }
  return latest;
}

const total = (counts: Map<string, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);

describe('KafkaStreams', () => {
  it('counts words through a repartition topic, and its store can be looked into', async () => {
    const { id, input, output } = await setting();
    await write(input, ['a b a', 'c', 'b a']);
    const streams = await start(wordCount(input, output), id);
    const counts = await follow(output, (latest) => total(latest) === 6);
    expect(counts).toEqual(
      new Map([
        ['a', 3],
        ['b', 2],
        ['c', 1],
      ]),
    );
    await streams.running();
    const stores = streams.stores<KeyValueStore<string, { value: number }>>('counts');
    const rows = new Map<string, number>();
    for (const store of stores.values())
      for await (const { key, value } of store.all()) rows.set(key, value.value);
    expect(rows).toEqual(counts);
    await streams.close();
    expect(streams.state).toBe('NOT_RUNNING');
  });

  it('given a restart, then it goes on where it was; given that the state was deleted, then it is restored first', async () => {
    const { id, input, output } = await setting();
    const topology = wordCount(input, output);
    await write(input, ['a b', 'a']);
    const first = await start(topology, id);
    await follow(output, (latest) => total(latest) === 3);
    await first.close();

    await write(input, ['a']);
    const second = await start(topology, id);
    await follow(output, (latest) => latest.get('a') === 3);
    await second.close();
    await second.cleanUp();

    await write(input, ['a', 'b']);
    const third = await start(topology, id);
    const counts = await follow(output, (latest) => total(latest) === 6);
    expect(counts).toEqual(
      new Map([
        ['a', 4],
        ['b', 2],
      ]),
    );
    await third.close();
  });

  it('given two instances, then they share the tasks, and one takes over from the other', async () => {
    const { id, input, output } = await setting(4);
    const topology = wordCount(input, output);
    const one = await start(topology, id, 'one');
    const two = await start(topology, id, 'two');
    await until(
      () =>
        one.tasks().length === 4 &&
        two.tasks().length === 4 &&
        one.state === 'RUNNING' &&
        two.state === 'RUNNING',
    );
    const words = Array.from({ length: 200 }, (_, index) => `w${index % 20}`);
    await write(input, words);
    await follow(output, (latest) => total(latest) === 200);
    await one.close();
    await write(input, words);
    const counts = await follow(output, (latest) => total(latest) >= 400);
    expect([...counts.values()]).toEqual(Array.from({ length: 20 }, () => 20));
    expect(two.tasks()).toHaveLength(8);
  });

  it('joins a stream with a table and a global table', async () => {
    const { id, input, output } = await setting(2);
    const admin = opened(new Admin({ bootstrapServers }));
    await admin.createTopics([
      { name: `${id}-names`, numPartitions: 2 },
      { name: `${id}-places`, numPartitions: 1 },
    ]);
    await write(`${id}-names`, ['Ann', 'Bob'], ['1', '2']);
    await write(`${id}-places`, ['Oslo', 'Rome'], ['o', 'r']);
    const builder = new StreamsBuilder();
    const names = builder.table(`${id}-names`, text);
    const places = builder.globalTable(`${id}-places`, text);
    builder
      .stream(input, text)
      .join(names, (place, name) => ({ place, name }))
      .leftJoin(
        places,
        (_key, { place }) => place,
        ({ name }, place) => `${name} in ${String(place)}`,
      )
      .to(output, text);
    const streams = await start(builder.build(), id);
    // A join sees the rows of the moment: they have to be there first.
    await until(
      () => streams.tasks().reduce((sum, { processedTotal }) => sum + processedTotal, 0) === 2,
    );
    const consumer = opened(new Consumer({ bootstrapServers, autoOffsetReset: 'earliest' }));
    const seen: string[] = [];
    await write(input, ['o', 'x', 'r'], ['1', '2', '2']);
    await consumer.assign([{ topic: output, partition: 0, offset: 0 }]);
    for await (const { value } of consumer) {
      seen.push(String(value));
      if (seen.length === 3) break;
    }
    expect(seen.sort()).toEqual(['Ann in Oslo', 'Bob in Rome', 'Bob in null']);
  });

  it('counts in windows', async () => {
    const { id, input, output } = await setting(1);
    const builder = new StreamsBuilder();
    builder
      .stream(input, text)
      .groupByKey()
      .windowedBy(tumblingWindows({ sizeMs: 10 }))
      .count({ store: 'windows' })
      .toStream()
      .map(({ key, window }, count) => ({ key: `${key}@${window.start}`, value: count }))
      .to(output, { key: string(), value: int64() });
    await start(builder.build(), id);
    await write(
      input,
      Array.from({ length: 25 }, () => 'k'),
    );
    const counts = await follow(output, (latest) => total(latest) === 25);
    expect(counts).toEqual(
      new Map([
        ['k@0', 10],
        ['k@10', 10],
        ['k@20', 5],
      ]),
    );
    expect(windowedSerde(string(), 10).name).toBe('windowed string');
  });

  it('given a source that begins at the end, then what was there before is not read, but all of a repartition topic is', async () => {
    const { id, input, output } = await setting(1);
    await write(input, ['old']);
    const builder = new StreamsBuilder();
    builder
      .stream(input, { ...text, offsetReset: 'latest' })
      .groupBy((_key, word) => word, text)
      .count({ store: 'counts' })
      .toStream()
      .to(output);
    const streams = await start(builder.build(), id);
    await streams.running();
    await write(input, ['new', 'new']);
    const counts = await follow(output, (latest) => latest.get('new') === 2);
    expect(counts).toEqual(new Map([['new', 2]]));
  });

  it('given a source topic that does not exist, then start says which', async () => {
    const { id, output } = await setting(1);
    await expect(start(wordCount('nowhere', output), id)).rejects.toThrow(/nowhere does not exist/);
    expect(running.at(-1)?.state).toBe('ERROR');
  });

  it('given a processor that throws, then the instance stops with the reason, and nothing is committed', async () => {
    const { id, input, output } = await setting(1);
    const builder = new StreamsBuilder();
    builder
      .stream(input, text)
      .mapValues((value) => {
        if (value === 'bad') throw new Error('bad value');
        return value;
      })
      .to(output, text);
    const streams = await start(builder.build(), id);
    await write(input, ['good', 'bad']);
    await expect(streams.ended()).rejects.toThrow(/bad value/);
    expect(streams.state).toBe('ERROR');
  });

  it('given close while it starts, then it does not run on after that', async () => {
    const { id, input, output } = await setting(1);
    const streams = new KafkaStreams(wordCount(input, output), {
      applicationId: id,
      bootstrapServers,
      stateDir: path.join(folder, 'a'),
    });
    const starting = streams.start();
    await streams.close();
    await expect(starting).rejects.toThrow(/closed while it started/);
    expect(streams.state).toBe('NOT_RUNNING');
    const again = await start(wordCount(input, output), id);
    await again.running();
  });

  it('given a topic that comes to match a pattern, then it is read too, by every instance that shares the work', async () => {
    const { id, output } = await setting(1);
    const admin = opened(new Admin({ bootstrapServers }));
    const builder = new StreamsBuilder();
    builder.stream(new RegExp(`${id}-part-.*`), text).to(output, text);
    const topology = builder.build();
    const first = await start(topology, id, 'a', { metadataMaxAgeMs: 50 });
    const second = await start(topology, id, 'b', { metadataMaxAgeMs: 50 });
    const seen = async (count: number): Promise<string[]> => {
      const consumer = opened(new Consumer({ bootstrapServers, autoOffsetReset: 'earliest' }));
      await consumer.assign([{ topic: output, partition: 0, offset: 0 }]);
      const values: string[] = [];
      for await (const { value } of consumer) if (values.push(String(value)) === count) break;
      return values.sort();
    };
    await admin.createTopics([{ name: `${id}-part-1`, numPartitions: 2 }]);
    await write(`${id}-part-1`, ['one', 'two', 'three']);
    expect(await seen(3)).toEqual(['one', 'three', 'two']);
    await admin.createTopics([{ name: `${id}-part-2`, numPartitions: 1 }]);
    await write(`${id}-part-2`, ['four']);
    expect(await seen(4)).toEqual(['four', 'one', 'three', 'two']);
    const topics = (): string[] =>
      [first, second]
        .flatMap((streams) => streams.tasks())
        .flatMap(({ partitions }) => partitions.map((each) => `${each.topic}-${each.partition}`))
        .sort();
    await until(() => topics().length === 3);
    expect(topics()).toEqual([`${id}-part-1-0`, `${id}-part-1-1`, `${id}-part-2-0`]);
  });

  it('given a task with an input that has nothing, when the task comes back with a rebalance, then it does not wait for that input', async () => {
    const { id, input, output } = await setting(1);
    const admin = opened(new Admin({ bootstrapServers }));
    await admin.createTopics([{ name: `${id}-idle`, numPartitions: 1 }]);
    const builder = new StreamsBuilder();
    builder
      .stream(input, text)
      .merge(builder.stream(`${id}-idle`, text))
      .groupByKey()
      .count()
      .toStream()
      .to(output);
    const topology = builder.build();
    const first = await start(topology, id, 'a');
    await first.running();
    await write(input, ['x']);
    await follow(output, (latest) => latest.get('x') === 1);
    const second = await start(topology, id, 'b');
    await second.running();
    await until(() => first.state === 'RUNNING');
    expect(first.tasks()).toHaveLength(1);
    await write(input, ['x']);
    await follow(output, (latest) => latest.get('x') === 2);
  });

  it('given a changelog that was deleted behind what the store has, then the store is wiped, not trusted', async () => {
    const { id, input, output } = await setting(1);
    const topology = wordCount(input, output);
    await write(input, ['a', 'b']);
    const options = { topicConfigs: { 'cleanup.policy': 'compact,delete' } };
    const first = await start(topology, id, 'a', options);
    await follow(output, (latest) => total(latest) === 2);
    await first.close();
    const admin = opened(new Admin({ bootstrapServers }));
    const changelog = `${id}-counts-changelog`;
    const producer = opened(new Producer({ bootstrapServers }));
    const reader = opened(new Consumer({ bootstrapServers }));
    const [end] = await reader.endOffsets([{ topic: changelog, partition: 0 }]);
    // As another instance would have, while this one was away.
    const row = Buffer.alloc(8);
    row.writeBigInt64BE(40n);
    await producer.send({ topic: changelog, partition: 0, key: 'z', value: row });
    await producer.send({ topic: changelog, partition: 0, key: 'b', value: row });
    await admin.deleteRecords([{ topic: changelog, partition: 0, offset: end!.offset + 1 }]);
    await write(input, ['a', 'b']);
    const second = await start(topology, id, 'a', options);
    const counts = await follow(output, (latest) => latest.get('b') === 41);
    expect(counts.get('a')).toBe(1);
    await second.close();
  });

  it('given a listener of the state that throws, then the instance runs and closes all the same', async () => {
    const { id, input, output } = await setting(1);
    const streams = new KafkaStreams(wordCount(input, output), {
      applicationId: id,
      bootstrapServers,
      stateDir: path.join(folder, 'a'),
    });
    running.push(streams);
    const states: string[] = [];
    streams.onStateChange((state) => {
      states.push(state);
      throw new Error('a bad listener');
    });
    await streams.start();
    await streams.running();
    await streams.close();
    expect(states).toEqual(['REBALANCING', 'RUNNING', 'PENDING_SHUTDOWN', 'NOT_RUNNING']);
  });

  it('given an option that does not exist, then it is told and not ignored', () => {
    const options = { applicationId: 'a', bootstrapServers, numStandbyReplicas: 1 };
    expect(() => new KafkaStreams(new StreamsBuilder().build(), options)).toThrow(
      /no option numStandbyReplicas/,
    );
  });

  it('refuses exactly-once and a second instance in the same folder, and says what to do', async () => {
    const { id, input, output } = await setting(1);
    const topology = wordCount(input, output);
    const options = { applicationId: id, bootstrapServers, stateDir: path.join(folder, 'a') };
    expect(
      () =>
        new KafkaStreams(topology, {
          ...options,
          processingGuarantee: 'exactly_once_v2' as 'at_least_once',
        }),
    ).toThrow(/use at_least_once/);
    await start(topology, id);
    const twin = new KafkaStreams(topology, options);
    await expect(twin.start()).rejects.toThrow(/another stateDir/);
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 50_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('not within 50 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
