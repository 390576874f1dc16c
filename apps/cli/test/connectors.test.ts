// `ottla connect list|status|create|…` against a worker, as a user goes through them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type RunningConnectWorker, startConnectWorker } from '@ottla/connect-worker';
import { startBroker, type TestBroker } from '@ottla/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, ottla, type World } from './cli.ts';

let broker: TestBroker;
let worker: RunningConnectWorker;
let folder: string;

beforeAll(async () => {
  broker = await startBroker();
  folder = mkdtempSync(path.join(tmpdir(), 'ottla-connectors-cli-'));
  worker = await startConnectWorker({
    properties: {
      'bootstrap.servers': broker.bootstrapServers,
      'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'offset.storage.file.filename': path.join(folder, 'offsets'),
      'offset.flush.interval.ms': '100',
      listeners: 'http://127.0.0.1:0',
    },
  });
});

afterAll(async () => {
  await worker.close();
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});

function connect(argv: readonly string[], world: World = {}): Promise<Outcome> {
  return ottla(['connect', ...argv], { env: { OTTLA_CONNECT_URL: worker.url }, ...world });
}

/** Runs the command until it prints that. */
async function connectUntil(argv: readonly string[], text: string): Promise<string> {
  for (;;) {
    const { stdout, stderr } = await connect(argv);
    if (stdout.includes(text)) return stdout;
    if (stderr !== '' && !/yet|No status/.test(stderr)) throw new Error(stderr);
  }
}

function file(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
}

describe('a connector from the command line', () => {
  it('given a new user, when a connector is created, watched, changed, stopped, rewound and deleted, then each step says what happened', async () => {
    expect(await connect(['list'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'No connectors yet. Create one with `ottla connect create <file>`.\n',
    });
    expect((await connect(['plugins'])).stdout).toMatch(
      /CLASS +TYPE +VERSION\norg\.apache\.kafka\.connect\.file\.FileStreamSinkConnector +sink/,
    );
    expect((await connect(['plugins', 'FileStreamSource'])).stdout).toMatch(
      /topic +STRING +required +The topic to write to\./,
    );
    const input = file('in.txt', 'one\ntwo\n');
    const source = file(
      'source.properties',
      `connector.class=FileStreamSource\nfile=${input}\ntopic=typed\n`,
    );
    expect(await connect(['validate', source, '--name', 'lines'])).toMatchObject({
      code: 0,
      stdout: 'The configuration of lines is valid.\n',
    });
    const created = await connect(['create', source, '--name', 'lines']);
    expect(created).toMatchObject({
      code: 0,
      stdout: 'Created source connector lines. Watch it with `ottla connect status lines`.\n',
    });
    await connectUntil(['status', 'lines'], 'task 0     RUNNING');
    expect((await connect(['list'])).stdout).toMatch(
      /CONNECTOR +TYPE +STATE +TASKS +CLASS\nlines +source +RUNNING +1 RUNNING +FileStreamSource\n/,
    );
    expect(await connectUntil(['offsets', 'lines'], 'position=8')).toContain(`filename=${input}`);
    await connectUntil(['topics', 'lines'], 'TOPIC\ntyped\n');

    expect((await connect(['config', 'lines'])).stdout).toMatch(/topic +typed\n/);
    await connect(['config', 'lines', '--set', 'batch.size=5', '--set', 'topic=other']);
    await connect(['config', 'lines', '--unset', 'batch.size']);
    const config = JSON.parse((await connect(['config', 'lines', '--json'])).stdout) as object;
    expect(config).toEqual({
      'connector.class': 'FileStreamSource',
      file: input,
      topic: 'other',
      name: 'lines',
    });

    expect((await connect(['pause', 'lines'])).stdout).toContain('Pausing lines');
    await connectUntil(['status', 'lines'], 'task 0     PAUSED');
    await connect(['resume', 'lines']);
    await connectUntil(['status', 'lines'], 'task 0     RUNNING');
    for (const argv of [[], ['--include-tasks'], ['--only-failed'], ['--task', '0']])
      expect((await connect(['restart', 'lines', ...argv])).code).toBe(0);

    const refused = await connect(['offsets', 'lines', '--reset', '--yes']);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('Stop it with `ottla connect stop lines`.');
    expect((await connect(['stop', 'lines'])).stdout).toContain('Stopped lines');
    const offsets = await connect(['offsets', 'lines', '--json']);
    expect((await connect(['offsets', 'lines', '--reset', '--yes'])).stdout).toContain(
      'have been reset successfully',
    );
    expect((await connect(['offsets', 'lines'])).stderr).toBe('lines has no offsets yet.\n');
    const restored = await connect(['offsets', 'lines', '--set', '-'], { stdin: offsets.stdout });
    expect(restored.stdout).toContain('have been altered successfully');
    expect(await connect(['offsets', 'lines', '--json'])).toEqual(offsets);

    expect((await connect(['delete', 'lines'])).stderr).toContain('Add --yes');
    expect((await connect(['delete', 'lines'], { answer: false })).stderr).toContain(
      'nothing was changed',
    );
    expect((await connect(['delete', 'lines'], { answer: true })).stdout).toContain(
      'Deleted lines; its offsets are kept.',
    );
    expect((await connect(['list', '--json'])).stdout).toBe('[]\n');
  });

  it('given settings on the command line, when a connector cannot work, then status says why in a few lines and with --trace in full', async () => {
    const settings = ['connector.class=FileStreamSink', 'topics=any', 'file=/no/such/folder/out'];
    const argv = ['create', '--name', 'sink', ...settings.flatMap((each) => ['--set', each])];
    expect((await connect([...argv, '--json'])).stdout).toContain('"type": "sink"');
    const shown = await connectUntil(['status', 'sink'], 'FAILED');
    expect(shown).toContain('/no/such/folder/out');
    expect(shown).not.toContain('\n    at ');
    expect((await connect(['status', 'sink', '--trace'])).stdout).toContain('\n    at ');
    expect((await connect(['status', 'sink'])).stderr).toContain(
      'Another try: `ottla connect restart sink --only-failed`.',
    );
    await connect(['delete', 'sink', '--yes']);
  });

  it('given a file of Kafka’s with an initial state, when created, then it starts so; a second time says what to do', async () => {
    const text = JSON.stringify({
      name: 'later',
      config: { 'connector.class': 'FileStreamSource', file: 'x', topic: 'later' },
      initial_state: 'stopped',
    });
    const created = await connect(['create', '-'], { stdin: text });
    expect(created.stdout).toContain('Created source connector later, stopped.');
    expect((await connect(['status', 'later'])).stdout).toMatch(/connector +STOPPED/);
    const again = await connect(['create', file('later.json', text)]);
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toBe(
      'ottla: Connector later already exists\nChange it with `ottla connect config later --file <file>`, or delete it first.\n',
    );
    await connect(['delete', 'later', '--yes']);
  });
});

describe('what goes wrong', () => {
  it.each([
    [['status', 'lies-a'], 1, 'there is no connector "lies-a"\nDid you mean lines-a?'],
    [
      ['config', 'nothing-alike', '--set', 'a=b'],
      1,
      'See what there is with `ottla connect list`.',
    ],
    [['topics', 'nothing-alike'], 1, 'there is no connector "nothing-alike"'],
    [['delete', 'nothing-alike', '--yes'], 1, 'there is no connector "nothing-alike"'],
    [['restart', 'lines-a', '--task', '7'], 1, 'Task lines-a-7 not found'],
    [['plugins', 'FileStreamSurce'], 1, 'Did you mean FileStreamSource'],
    [['create', '--name', 'x'], 2, 'the connector has no connector.class'],
    [['create', '--set', 'connector.class=X'], 2, 'the connector has no name'],
    [
      ['create', '--name', 'x', '--set', 'connector.class=Nowhere'],
      1,
      'See what the worker has with `ottla connect plugins`.',
    ],
    [['create', '/nowhere.json'], 2, 'cannot read /nowhere.json: there is no such file'],
    [['list', '--url', 'localhost:8083'], 2, '"localhost:8083" is no URL of a worker'],
    [['offsets', 'lines-a', '--reset', '--set', 'x'], 2, 'cannot both be given'],
  ])(
    'given connect %j, then the exit code is %i and the message says so',
    async (argv, code, message) => {
      const settings = ['connector.class=FileStreamSource', 'topic=t', 'file=none'];
      if ((await connect(['status', 'lines-a'])).code !== 0)
        await connect([
          'create',
          '--name',
          'lines-a',
          ...settings.flatMap((each) => ['--set', each]),
        ]);
      const outcome = await connect(argv);
      expect(outcome.stderr).toContain(message);
      expect(outcome.code).toBe(code);
      expect(outcome.stdout).toBe('');
    },
  );

  it('given a wrong configuration, when validated or created, then every error is told and nothing is there', async () => {
    const wrong = file(
      'wrong.json',
      JSON.stringify({ name: 'wrong', 'connector.class': 'FileStreamSource', 'batch.size': 'x' }),
    );
    const validated = await connect(['validate', wrong]);
    expect(validated).toMatchObject({ code: 1 });
    expect(validated.stdout).toMatch(/batch\.size +x +Invalid value x/);
    expect(validated.stdout).toMatch(/topic +- +Missing required configuration "topic"/);
    expect(validated.stderr).toContain('the configuration of wrong is not valid: 2 errors');
    const created = await connect(['create', wrong]);
    expect(created).toMatchObject({ code: 1 });
    expect(created.stderr).toContain('Missing required configuration "topic"');
    expect((await connect(['list', '--json'])).stdout).not.toContain('wrong');
  });

  it('given a server that is no worker, or none at all, when asked, then the message says so', async () => {
    const server = createServer((_request, response) => response.end('<html>hello</html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const outcome = await connect(['list', '--url', `http://127.0.0.1:${port}/`]);
    await new Promise((resolve) => server.close(resolve));
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.stderr).toContain('is no Connect worker');

    const nobody = await connect(['list', '--url', `http://127.0.0.1:${port}`]);
    expect(nobody).toMatchObject({
      code: 1,
      stderr: `ottla: no Connect worker can be reached at http://127.0.0.1:${port}: connection refused\nStart one with \`ottla connect standalone worker.properties\`, or name another with --url.\n`,
    });
  });
});
