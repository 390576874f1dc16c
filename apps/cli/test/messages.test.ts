// `produce`, `consume` and `group` against a real broker.
import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Consumer, type ConsumerRecord, Producer } from '@ottla/client';
import { startBroker, type TestBroker } from '@ottla/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, ottla as run, type World } from './cli.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker({ overrides: { 'group.initial.rebalance.delay.ms': 0 } });
});
afterAll(() => broker.close());

function ottla(argv: readonly string[], world: World = {}): Promise<Outcome> {
  return run(argv, { ...world, env: { OTTLA_BOOTSTRAP_SERVERS: broker.bootstrapServers } });
}

let topicCount = 0;
async function newTopic(partitions = 1): Promise<string> {
  topicCount += 1;
  const topic = `t${topicCount}`;
  await broker.createTopic(topic, { partitions });
  return topic;
}

const ALL = ['--from-beginning', '--until-end'];

describe('produce and consume', () => {
  it('writes lines and reads them back', async () => {
    const topic = await newTopic();
    const produced = await ottla(['produce', topic], { stdin: 'one\n\nthree\n' });
    expect(produced).toMatchObject({ code: 0, stdout: '' });
    expect(produced.stderr).toMatch(/^3 messages, 8 bytes in /);
    expect((await ottla(['consume', topic, ...ALL])).stdout).toBe('one\n\nthree\n');
  });

  it('given keys, headers and a partition, then they arrive', async () => {
    const topic = await newTopic(3);
    const options = [
      '-s',
      ':',
      '-H',
      'h=1',
      '-H',
      'h=',
      '-p',
      '2',
      '-z',
      'zstd',
      '--null-marker',
      '-',
    ];
    await ottla(['produce', topic, ...options, '-q'], { stdin: 'a:1\n-:2\nc:-\n' });
    const format = '%t %p %o %k %v %h\\n';
    expect((await ottla(['consume', topic, ...ALL, '-f', format])).stdout).toBe(
      `${topic} 2 0 a 1 h=1,h=\n${topic} 2 1 null 2 h=1,h=\n${topic} 2 2 c null h=1,h=\n`,
    );
  });

  it('starts and stops where it is told', async () => {
    const topic = await newTopic();
    const lines = Array.from({ length: 10 }, (_, index) => `${index}`);
    const stdin = lines
      .map((line) => `{"value":"${line}","timestamp":${1000 + Number(line)}}\n`)
      .join('');
    await ottla(['produce', topic, '--json'], { stdin });
    const read = async (...options: string[]) => {
      const { stdout } = await ottla(['consume', topic, '-f', '%v', ...options]);
      return stdout;
    };
    expect(await read('--offset', '7', '--until-end')).toBe('789');
    expect(await read('--offset', '-2', '--until-end')).toBe('89');
    expect(await read('--offset', '@1005', '--until-end')).toBe('56789');
    expect(await read('--from-beginning', '--max-messages', '3')).toBe('012');
    expect(await read('--until-end')).toBe('');
    expect(await read('--from-beginning', '--timeout', '200')).toBe('0123456789');
    expect(await ottla(['consume', topic, '--offset', '11'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('goes from 0 to 10'),
    });
  });

  it('given Ctrl-C, then ends cleanly with what was read', async () => {
    const topic = await newTopic();
    await ottla(['produce', topic, '-q'], { stdin: 'hello\n' });
    const interruption = new AbortController();
    const outcome = await ottla(['consume', topic, '--from-beginning'], {
      interrupt: interruption.signal,
      onStdout: () => interruption.abort(),
    });
    expect(outcome).toMatchObject({ code: 0, stdout: 'hello\n', stderr: '' });
  });

  it('given a partition that is not there, then says so', async () => {
    const topic = await newTopic();
    for (const command of ['produce', 'consume'])
      expect(await ottla([command, topic, '-p', '5'], { stdin: 'x\n' })).toMatchObject({
        code: 1,
        stderr: `ottla: topic ${topic} has no partition 5\nSee what it has with \`ottla topic describe ${topic}\`.\n`,
      });
  });

  it('given a broker that goes and comes back, then says what it waits for, and that it goes on', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'ottla-produce-'));
    const first = await startBroker({ dataDir });
    const { bootstrapServers, port } = first;
    const env = { OTTLA_BOOTSTRAP_SERVERS: bootstrapServers };
    await first.createTopic('patient');
    async function* stdin(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one\n');
      await first.close();
      yield Buffer.from('two\n');
    }
    let second: Promise<TestBroker> | undefined;
    const produced = await run(['produce', 'patient'], {
      env,
      stdin: stdin(),
      speed: 10,
      // The first message may be late as well.
      onStderr: () => void (second ??= first.close().then(() => startBroker({ dataDir, port }))),
    });
    expect(produced).toMatchObject({ code: 0, stdout: '' });
    expect(produced.stderr).toMatch(
      /^waiting with patient-0: .*\n.*\nIt is tried again and again; a message that waits for 120 s ends this command\.\n(.*\n)*going on after \d+ s\n2 messages, 6 bytes in /,
    );
    expect((await run(['consume', 'patient', ...ALL], { env })).stdout).toBe('one\ntwo\n');
    await (await second)?.close();
    await rm(dataDir, { recursive: true });
  });

  it('given --auto-create, then the broker makes the topic', async () => {
    await ottla(['produce', 'made', '--auto-create', '-q'], { stdin: 'x\n' });
    expect((await ottla(['consume', 'made', ...ALL])).stdout).toBe('x\n');
  });

  it('given a file that is not there, then exits with 2', async () => {
    const topic = await newTopic();
    expect(await ottla(['produce', topic, '-f', '/nowhere/at/all'])).toMatchObject({
      code: 2,
      stderr: 'ottla: cannot read --file /nowhere/at/all (ENOENT)\n',
    });
  });

  it('given 50,000 lines, then none is missing and none twice', async () => {
    const topic = await newTopic(4);
    const lines = Array.from({ length: 50_000 }, (_, index) => `message ${index}`);
    const startMs = performance.now();
    await ottla(['produce', topic, '-q'], { stdin: `${lines.join('\n')}\n` });
    const middleMs = performance.now();
    const { stdout } = await ottla(['consume', topic, ...ALL]);
    const endMs = performance.now();
    console.log(
      `50,000 lines: produce ${(middleMs - startMs).toFixed(0)} ms, consume ${(endMs - middleMs).toFixed(0)} ms`,
    );
    expect(new Set(stdout.trimEnd().split('\n'))).toEqual(new Set(lines));
    expect(stdout.trimEnd().split('\n')).toHaveLength(50_000);
  });
});

const bytes = fc.option(
  fc.oneof(
    fc.uint8Array({ maxLength: 32 }).map((array) => Buffer.from(array)),
    fc.string({ unit: 'binary', maxLength: 16 }).map((text) => Buffer.from(text)),
  ),
);
const record = fc.record({
  partition: fc.nat(1),
  timestamp: fc.integer({ min: 0, max: 1_700_000_000_000 }),
  key: bytes,
  value: bytes,
  headers: fc.array(fc.tuple(fc.constantFrom('a', 'b', ''), bytes), { maxLength: 4 }),
});

describe('ottla consume --json | ottla produce --json', () => {
  it('given any records, then the copy is the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), async (records) => {
        const from = await newTopic(2);
        const to = await newTopic(2);
        await using producer = new Producer({ bootstrapServers: broker.bootstrapServers });
        await producer.sendBatch(records.map((one) => ({ ...one, topic: from })));
        const { stdoutBytes } = await ottla(['consume', from, ...ALL, '--json']);
        await ottla(['produce', to, '--json', '--keep-partition', '-q'], { stdin: stdoutBytes });
        expect(await everythingIn(to, records.length)).toEqual(
          await everythingIn(from, records.length),
        );
      }),
      { numRuns: 12 },
    );
  });
});

/** What a client sees, without the names of topics; by partition, in order. */
async function everythingIn(topic: string, count: number): Promise<unknown[]> {
  await using consumer = new Consumer({ bootstrapServers: broker.bootstrapServers });
  await consumer.assign([0, 1].map((partition) => ({ topic, partition, offset: 0 })));
  const found: Omit<ConsumerRecord, 'topic' | 'leaderEpoch'>[] = [];
  for await (const { partition, offset, timestamp, key, value, headers } of consumer) {
    found.push({ partition, offset, timestamp, key, value, headers });
    if (found.length === count) break;
  }
  return found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

describe('ottla group', () => {
  it('reads on where the group stopped, shows its lag, resets and deletes it', async () => {
    const topic = await newTopic();
    await ottla(['produce', topic, '-q'], { stdin: '1\n2\n3\n4\n5\n' });
    const asGroup = [
      'consume',
      topic,
      '--group',
      'billing',
      '--from-beginning',
      '-f',
      '%v',
      '-n',
      '2',
    ];
    expect(await ottla(asGroup)).toMatchObject({ code: 0, stdout: '12' });
    expect((await ottla(asGroup)).stdout).toBe('34');
    expect((await ottla(['group', 'list', '--json'])).stdout).toMatchInlineSnapshot(`
      "[
        {
          "group": "billing",
          "state": "Empty",
          "protocolType": "consumer"
        }
      ]
      "
    `);
    const described = await ottla(['group', 'describe', 'billing', '--json']);
    expect(described.stdout.replaceAll(topic, 'TOPIC')).toMatchInlineSnapshot(`
      "[
        {
          "group": "billing",
          "state": "Empty",
          "protocolType": "consumer",
          "assignor": null,
          "offsets": [
            {
              "topic": "TOPIC",
              "partition": 0,
              "committed": 4,
              "latest": 5,
              "lag": 1
            }
          ],
          "members": []
        }
      ]
      "
    `);
    expect((await ottla(['group', 'describe', 'billing'])).stdout).toMatch(
      /TOPIC +PARTITION +COMMITTED +LATEST +LAG\n/,
    );

    const reset = ['group', 'reset-offsets', 'billing', '--topic', topic];
    const dry = await ottla([...reset, '--to-earliest', '--json']);
    expect(dry.stdout.replaceAll(topic, 'TOPIC')).toMatchInlineSnapshot(`
      "{
        "group": "billing",
        "executed": false,
        "offsets": [
          {
            "topic": "TOPIC",
            "partition": 0,
            "from": 4,
            "to": 0
          }
        ]
      }
      "
    `);
    expect(dry.stderr).toBe('Nothing was changed; add --execute to do it.\n');
    const timed = [...asGroup, '--timeout', '300'];
    expect((await ottla(timed)).stdout).toBe('5');
    await ottla([
      'group',
      'reset-offsets',
      'billing',
      '--all-topics',
      '--to-offset',
      '1',
      '--execute',
    ]);
    expect((await ottla(asGroup)).stdout).toBe('23');

    expect(await ottla(['group', 'delete', 'billing', '--yes'])).toMatchObject({ code: 0 });
    expect((await ottla(['group', 'list'])).stderr).toContain('No groups yet.');
  });

  it('given a wrong name or wrong options, then says so', async () => {
    const topic = await newTopic();
    await ottla(['produce', topic, '-q'], { stdin: '1\n' });
    await ottla(['consume', topic, '-g', 'reports', '--from-beginning', '-n', '1']);
    expect(await ottla(['group', 'describe', 'report'])).toMatchObject({
      code: 1,
      stderr: 'ottla: there is no group "report"\nDid you mean reports?\n',
    });
    for (const options of [[], ['--to-earliest'], ['--to-earliest', '--to-latest', '--all-topics']])
      expect(await ottla(['group', 'reset-offsets', 'reports', ...options])).toMatchObject({
        code: 2,
      });
    expect(await ottla(['consume', topic, '-g', 'reports', '-p', '0'])).toMatchObject({ code: 2 });
    await ottla(['group', 'delete', 'reports', '--yes']);
  });
});
