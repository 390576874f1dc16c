// Java's consumers and ours in one group, whoever leads; the same assignments, the same partitions for the same keys, the
// same bytes both ways. On Ottla and on Apache Kafka.
import { fileURLToPath } from 'node:url';
import { Consumer, Producer, type TopicPartition } from '@ottla/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ASSIGNOR_NAMES,
  type CaseResult,
  lifeOfGroup,
  ourAnswer,
} from '../packages/client/test/assignment-cases.ts';
import { runTool, startTool } from './src/java-tools.ts';
import { type Child, run, until } from './src/processes.ts';
import { createTopic, serverKinds, type ServerUnderTest } from './src/servers.ts';
import { kafkaClassPath, missing } from './src/toolchain.ts';

const PARTITIONS = 6;
const RECORDS = 120;
const STRATEGIES = {
  range: 'org.apache.kafka.clients.consumer.RangeAssignor',
  'cooperative-sticky': 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
} as const;

const whyNot = missing(['java']);

/** A member that reads until it is stopped. */
interface Member {
  /** `partition:offset` of every record, as it came. */
  seen(): string[];
  partitions(): number[];
  stop(): Promise<void>;
}

function ourMember(bootstrap: string, topic: string, assignor: keyof typeof STRATEGIES): Member {
  const consumer = new Consumer({
    bootstrapServers: bootstrap,
    groupId: topic,
    autoOffsetReset: 'earliest',
    assignors: [assignor],
    heartbeatIntervalMs: 200,
    sessionTimeoutMs: 10_000,
  });
  consumer.subscribe([topic]);
  const seen: string[] = [];
  let isOver = false;
  const loop = async (): Promise<void> => {
    while (!isOver)
      for (const { partition, records } of await consumer.poll({ timeoutMs: 100 }))
        for (const { offset } of records) seen.push(`${partition}:${offset}`);
    // One more poll says that the last records are done.
    await consumer.poll({ maxRecords: 1 }).catch(() => undefined);
  };
  const running = loop();
  return {
    seen: () => seen,
    partitions: () => numbers(consumer.assignment()),
    stop: async () => {
      isOver = true;
      await running;
      await consumer.close();
    },
  };
}

interface JavaEvent {
  readonly name: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly partitions?: readonly TopicPartition[];
}

function javaMember(bootstrap: string, topic: string, assignor: keyof typeof STRATEGIES): Member {
  const child: Child = startTool('verifiableConsumer', [
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    '--group-id',
    topic,
    '--reset-policy',
    'earliest',
    '--assignment-strategy',
    STRATEGIES[assignor],
    '--verbose',
  ]);
  const events = (): JavaEvent[] =>
    child.stdout
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as JavaEvent);
  return {
    seen: () =>
      events()
        .filter(({ name }) => name === 'record_data')
        .map(({ partition, offset }) => `${partition}:${offset}`),
    partitions: () => {
      const owned = new Set<number>();
      for (const { name, partitions = [] } of events())
        for (const { partition } of partitions)
          if (name === 'partitions_assigned') owned.add(partition);
          else if (name === 'partitions_revoked') owned.delete(partition);
      return [...owned].sort((a, b) => a - b);
    },
    stop: async () => void (await child.stop()),
  };
}

function numbers(partitions: readonly TopicPartition[]): number[] {
  return partitions.map(({ partition }) => partition).sort((a, b) => a - b);
}

/** Of all members together. */
function numbersOf(...members: readonly Member[]): number[] {
  return members.flatMap((member) => member.partitions()).sort((a, b) => a - b);
}

async function produce(bootstrap: string, topic: string, count: number): Promise<void> {
  await using producer = new Producer({ bootstrapServers: [bootstrap] });
  await producer.sendBatch(
    Array.from({ length: count }, (_, index) => ({
      topic,
      partition: index % PARTITIONS,
      value: `${index}`,
    })),
  );
}

describe.each(serverKinds)('$name', (kind) => {
  let server: ServerUnderTest;
  beforeAll(async () => {
    if (whyNot === undefined) server = await kind.start();
  });
  afterAll(() => server?.stop());

  describe.each(Object.keys(STRATEGIES) as (keyof typeof STRATEGIES)[])('%s', (assignor) => {
    it.for(['ours', "Java's"])(
      'given that the first member is %s, then both share all partitions, and nothing is lost or read twice',
      { timeout: 90_000 },
      async (first, context) => {
        if (whyNot !== undefined) return context.skip(whyNot);
        const { bootstrap } = server;
        const topic = `shared-${assignor}-${first === 'ours' ? 'ours' : 'java'}`;
        await createTopic(bootstrap, topic, PARTITIONS);
        await produce(bootstrap, topic, RECORDS);
        const makers = first === 'ours' ? [ourMember, javaMember] : [javaMember, ourMember];
        const a = makers[0]!(bootstrap, topic, assignor);
        const members = [a];
        try {
          await until('the first has read everything', () => a.seen().length >= RECORDS);
          expect(a.partitions()).toEqual([0, 1, 2, 3, 4, 5]);
          const b = makers[1]!(bootstrap, topic, assignor);
          members.push(b);
          await until(
            'both have their half',
            () => a.partitions().length === 3 && b.partitions().length === 3,
          );
          expect(numbersOf(a, b)).toEqual([0, 1, 2, 3, 4, 5]);
          await produce(bootstrap, topic, RECORDS);
          await until('all is read', () => a.seen().length + b.seen().length >= 2 * RECORDS);
          await a.stop();
          await until('the second has all', () => b.partitions().length === PARTITIONS);
          const all = [...a.seen(), ...b.seen()];
          expect(all).toHaveLength(2 * RECORDS);
          expect(new Set(all).size).toBe(2 * RECORDS);
        } finally {
          await Promise.all(members.map((member) => member.stop()));
        }
      },
    );
  });

  it('given the same keys, then Java and we choose the same partitions, and the bytes come back as they went', async (context) => {
    if (whyNot !== undefined) return context.skip(whyNot);
    const { bootstrap } = server;
    const keys = Array.from({ length: 40 }, (_, index) => `ключ-${index * 7919}`);
    await createTopic(bootstrap, 'keys-java', PARTITIONS);
    await createTopic(bootstrap, 'keys-ours', PARTITIONS);
    await runTool(
      'consoleProducer',
      [
        '--bootstrap-server',
        bootstrap,
        '--topic',
        'keys-java',
        '--reader-property',
        'parse.key=true',
        '--reader-property',
        'key.separator=|',
      ],
      keys.map((key) => `${key}|value of ${key}\n`).join(''),
    );
    await using producer = new Producer({ bootstrapServers: [bootstrap] });
    await producer.sendBatch(
      keys.map((key) => ({ topic: 'keys-ours', key, value: `value of ${key}` })),
    );
    const java = await readKeyed(bootstrap, 'keys-java', keys.length);
    expect(java.size).toBe(keys.length);
    expect(await readKeyed(bootstrap, 'keys-ours', keys.length)).toEqual(java);
    const printed = await runTool('consoleConsumer', [
      '--bootstrap-server',
      bootstrap,
      '--topic',
      'keys-ours',
      '--from-beginning',
      '--max-messages',
      String(keys.length),
      '--formatter-property',
      'print.key=true',
      '--formatter-property',
      'key.separator=|',
    ]);
    expect(printed.stdout.trim().split('\n').sort()).toEqual(
      keys.map((key) => `${key}|value of ${key}`).sort(),
    );
  }, 60_000);
});

/** Partition and value by key. */
async function readKeyed(
  bootstrap: string,
  topic: string,
  count: number,
): Promise<Map<string, string>> {
  await using consumer = new Consumer({ bootstrapServers: bootstrap, autoOffsetReset: 'earliest' });
  await consumer.assign(
    Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition })),
  );
  const found = new Map<string, string>();
  for await (const { key, value, partition } of consumer.records({
    signal: AbortSignal.timeout(30_000),
  })) {
    found.set(String(key), `${partition}: ${String(value)}`);
    if (found.size === count) break;
  }
  return found;
}

describe('assignors', () => {
  it("given a thousand groups, then each assignor shares as Java's class of that name", async (context) => {
    if (whyNot !== undefined) return context.skip(whyNot);
    const questions = (
      await Promise.all(
        ASSIGNOR_NAMES.flatMap((name) =>
          Array.from({ length: 32 }, (_, index) => lifeOfGroup(name, 5_000 + index)),
        ),
      )
    ).flat();
    const oracle = fileURLToPath(new URL('java/groups/AssignorOracle.java', import.meta.url));
    const { stdout } = await run('java', ['-Xmx256m', '-cp', kafkaClassPath(), oracle], {
      input: questions.map((question) => `${JSON.stringify(question)}\n`).join(''),
    });
    const answers = stdout
      .split('\n')
      .filter((line) => line.startsWith('RESULT '))
      .map((line) => JSON.parse(line.slice('RESULT '.length)) as CaseResult);
    expect(answers).toHaveLength(questions.length);
    for (const [index, question] of questions.entries()) {
      const java = Object.fromEntries(
        Object.entries(answers[index]!).map(([id, list]) => [id, [...list].sort()]),
      );
      // Java's sticky assignors may give a partition back to somebody who does not want its topic any more; ours do not.
      const isSane = question.members.every(({ id, topics }) =>
        java[id]!.every((name) => topics.includes(name.slice(0, name.lastIndexOf('-')))),
      );
      if (isSane) expect(await ourAnswer(question), JSON.stringify(question)).toEqual(java);
    }
  }, 60_000);
});
