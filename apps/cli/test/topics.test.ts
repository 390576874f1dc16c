// `topic` and `config` against a real broker.
import { startBroker, type TestBroker } from '@ottla/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, ottla as run, type World } from './cli.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.close());

function ottla(line: string, world: World = {}): Promise<Outcome> {
  return run(line.split(' '), {
    ...world,
    env: { OTTLA_BOOTSTRAP_SERVERS: broker.bootstrapServers },
  });
}

describe('ottla topic', () => {
  it('creates, lists, describes, alters and deletes', async () => {
    const config = '--config retention.ms=3600000';
    expect(await ottla(`topic create orders --partitions 2 ${config}`)).toMatchObject({
      code: 0,
      stdout: 'Created topic orders.\n',
    });
    expect((await ottla('topic list')).stdout).toBe(
      'TOPIC   PARTITIONS  REPLICAS\norders           2         1\n',
    );
    expect((await ottla('topic list --json')).stdout).toMatchInlineSnapshot(`
      "[
        {
          "name": "orders",
          "partitions": 2,
          "replicationFactor": 1,
          "internal": false
        }
      ]
      "
    `);
    const described = await ottla('topic describe orders --json');
    expect(described.stdout.replace(/"id": "[^"]{22}"/, '"id": "…"')).toMatchInlineSnapshot(`
      "[
        {
          "name": "orders",
          "id": "…",
          "internal": false,
          "config": {
            "retention.ms": "3600000"
          },
          "partitions": [
            {
              "partition": 0,
              "leader": 1,
              "replicas": [
                1
              ],
              "isr": [
                1
              ],
              "eligibleLeaders": [],
              "earliest": 0,
              "latest": 0
            },
            {
              "partition": 1,
              "leader": 1,
              "replicas": [
                1
              ],
              "isr": [
                1
              ],
              "eligibleLeaders": [],
              "earliest": 0,
              "latest": 0
            }
          ]
        }
      ]
      "
    `);
    expect((await ottla('topic describe orders')).stdout).toContain(
      'settings: retention.ms=3600000',
    );
    expect((await ottla('topic alter orders --partitions 3')).stdout).toBe(
      'Topic orders has 3 partitions.\n',
    );
    expect((await ottla('topic offsets orders --json')).stdout).toMatchInlineSnapshot(`
      "[
        {
          "topic": "orders",
          "partition": 0,
          "earliest": 0,
          "latest": 0
        },
        {
          "topic": "orders",
          "partition": 1,
          "earliest": 0,
          "latest": 0
        },
        {
          "topic": "orders",
          "partition": 2,
          "earliest": 0,
          "latest": 0
        }
      ]
      "
    `);
    expect((await ottla('topic delete orders --yes')).stdout).toBe('Deleted topic orders.\n');
    expect(await ottla('topic list')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'No topics yet. Create one with `ottla topic create <topic>`.\n',
    });
  });

  it('given --dry-run, then changes nothing', async () => {
    expect((await ottla('topic create tried --dry-run --json')).stdout).toMatchInlineSnapshot(`
      "[
        {
          "topic": "tried",
          "outcome": "valid"
        }
      ]
      "
    `);
    expect(JSON.parse((await ottla('topic list --json')).stdout)).toEqual([]);
  });

  it('given a topic that is there, then says so, unless that is accepted', async () => {
    await ottla('topic create there');
    const again = await ottla('topic create there');
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/^ottla: .*there.*\nUse --if-not-exists/);
    expect(await ottla('topic create there --if-not-exists')).toMatchObject({
      code: 0,
      stdout: 'Topic there is there already.\n',
    });
    await ottla('topic delete there --yes');
  });

  it('given a name that was mistyped, then suggests the nearest', async () => {
    await ottla('topic create payments');
    for (const line of [
      'topic describe paymnets',
      'topic delete paymnets --yes',
      'topic alter paymnets --partitions 3',
      'topic offsets paymnets',
      'config describe topic paymnets',
      'config alter topic paymnets --set retention.ms=1',
      'produce paymnets',
    ])
      expect(await ottla(line), line).toMatchObject({
        code: 1,
        stdout: '',
        stderr: 'ottla: there is no topic "paymnets"\nDid you mean payments?\n',
      });
    await ottla('topic delete payments --yes');
  });

  it('given nobody to ask, then deletes only with --yes', async () => {
    await ottla('topic create kept');
    expect(await ottla('topic delete kept')).toMatchObject({ code: 2 });
    expect(await ottla('topic delete kept', { answer: false })).toMatchObject({ code: 1 });
    expect(JSON.parse((await ottla('topic list --json')).stdout)).toHaveLength(1);
    expect(await ottla('topic delete kept', { answer: true })).toMatchObject({ code: 0 });
  });
});

describe('ottla topic reassign', () => {
  it('given what is so already, then says so; given what cannot be, then why', async () => {
    await ottla('topic create placed --partitions 2');
    const reassign = 'topic reassign placed';
    for (const [options, stdout] of [
      ['--replication-factor 1', 'Topic placed has 1 replica of each partition already.\n'],
      ['--partition 1 --replicas 1', 'Topic placed has partition 1 on 1 already.\n'],
    ])
      expect(await ottla(`${reassign} ${options}`)).toMatchObject({ code: 0, stdout });
    for (const [options, message] of [
      ['--replication-factor 3', '3 replicas need 3 active brokers, and there are 1'],
      ['--partition 2 --replicas 1', 'topic placed has no partition 2'],
      ['--partition 0 --replicas 1,9', 'broker 9 is not active\nThere is 1;'],
    ])
      expect(await ottla(`${reassign} ${options}`)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(message!),
      });
    for (const options of [
      '',
      '--partition 0',
      '--replicas 1',
      '--replication-factor 1 --partition 0',
      '--partition 0 --replicas 1,1',
      '--partition 0 --replicas 1,x',
    ])
      expect(await ottla(`${reassign} ${options}`.trim())).toMatchObject({ code: 2 });
    expect(await ottla('topic reassign placd --replication-factor 1')).toMatchObject({
      code: 1,
      stderr: 'ottla: there is no topic "placd"\nDid you mean placed?\n',
    });
    await ottla('topic delete placed --yes');
  });
});

describe('ottla config', () => {
  it('sets, shows and deletes settings of a topic', async () => {
    await ottla('topic create configured');
    expect((await ottla('config alter topic configured --set retention.ms=5000')).stdout).toBe(
      'Changed retention.ms of topic configured.\n',
    );
    const described = await ottla('config describe topic configured --json');
    // What the broker itself was started with differs from the default too; here only what was set counts.
    const entries = JSON.parse(described.stdout) as { key: string }[];
    expect(entries.find(({ key }) => key === 'retention.ms')).toMatchInlineSnapshot(`
      {
        "key": "retention.ms",
        "readOnly": false,
        "sensitive": false,
        "source": "dynamicTopic",
        "value": "5000",
      }
    `);
    expect((await ottla('config describe topic configured --all')).stdout).toContain(
      'cleanup.policy',
    );
    await ottla('config alter topic configured --delete retention.ms');
    expect((await ottla('config describe topic configured')).stdout).not.toContain('retention.ms');
    await ottla('topic delete configured --yes');
  });

  it('given a wrong value or key, then says so', async () => {
    await ottla('topic create configured');
    for (const change of ['retention.ms=soon', 'retention.mss=5'])
      expect(await ottla(`config alter topic configured --set ${change}`)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('retention.ms'),
      });
    expect(await ottla('config alter topic configured')).toMatchObject({ code: 2 });
    expect(await ottla('config describe broker one')).toMatchObject({ code: 2 });
    await ottla('topic delete configured --yes');
  });

  it('shows and changes settings of brokers', async () => {
    expect((await ottla('config describe broker 1 --all')).stdout).toContain('log.retention.ms');
    await ottla('config alter broker default --set log.retention.ms=90000');
    expect((await ottla('config describe broker default')).stdout).toContain('90000');
    await ottla('config alter broker default --delete log.retention.ms');
  });

  it('given a broker that is not there, then says at once which there are', async () => {
    for (const command of [
      'config describe broker 9',
      'config alter broker 9 --set log.cleaner.threads=2',
    ])
      expect(await ottla(command)).toMatchObject({
        code: 1,
        stderr:
          'ottla: there is no broker 9 in this cluster\nThere is 1; see `ottla cluster status`.\n',
      });
  });
});

describe('a cluster that is not there', () => {
  it.each(['topic list', 'group list', 'produce t', 'consume t'])(
    '%s says how to start one',
    async (line) => {
      const { code, stderr } = await run([...line.split(' '), '-b', '127.0.0.1:1']);
      expect(code).toBe(1);
      expect(stderr).toBe(
        'ottla: no broker can be reached at 127.0.0.1:1: connection refused\nStart one with `ottla dev`, or name another with --bootstrap-server.\n',
      );
    },
  );

  it('given an address that is none, then is a usage error', async () => {
    expect(await run(['topic', 'list', '-b', 'localhost'])).toMatchObject({ code: 2 });
  });
});
