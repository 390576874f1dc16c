// Apache Kafka's console tools, unmodified, against Ottla and against Apache Kafka.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool, startTool } from './src/java-tools.ts';
import { until } from './src/processes.ts';
import { serverKinds, type ServerUnderTest } from './src/servers.ts';
import { missing } from './src/toolchain.ts';

const whyNot = missing(['java']);

describe.each(serverKinds)('console tools on $name', (kind) => {
  let server: ServerUnderTest;
  let folder: string;
  const at = (): string[] => ['--bootstrap-server', server.bootstrap];

  beforeAll(async () => {
    if (whyNot !== undefined) return;
    folder = mkdtempSync(path.join(tmpdir(), 'ottla-tools-'));
    server = await kind.start();
  });

  afterAll(async () => {
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  it('kafka-topics creates, describes, alters, lists and deletes', async (context) => {
    if (whyNot !== undefined) return context.skip(whyNot);
    const create = await runTool('topics', [
      ...at(),
      '--create',
      '--topic',
      'made',
      '--partitions',
      '3',
      '--replication-factor',
      '1',
      '--config',
      'retention.ms=100000',
    ]);
    expect(create.stdout).toContain('Created topic made.');
    await runTool('topics', [...at(), '--alter', '--topic', 'made', '--partitions', '4']);
    const described = (await runTool('topics', [...at(), '--describe', '--topic', 'made'])).stdout;
    expect(described).toMatch(
      /PartitionCount: 4\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=100000/,
    );
    expect(described).toMatch(/Partition: 3\s+Leader: 1\s+Replicas: 1\s+Isr: 1/);
    expect((await runTool('topics', [...at(), '--list'])).stdout.split('\n')).toContain('made');
    await runTool('topics', [...at(), '--delete', '--topic', 'made']);
    expect((await runTool('topics', [...at(), '--list'])).stdout.split('\n')).not.toContain('made');
    await expect(runTool('topics', [...at(), '--create', '--topic', 'bad name'])).rejects.toThrow(
      /Topic name is invalid: 'bad name' contains one or more characters/,
    );
  });

  it('kafka-configs alters and describes topics and brokers', async (context) => {
    if (whyNot !== undefined) return context.skip(whyNot);
    await runTool('topics', [...at(), '--create', '--topic', 'configured']);
    const topic = ['--entity-type', 'topics', '--entity-name', 'configured'];
    await runTool('configs', [
      ...at(),
      '--alter',
      ...topic,
      '--add-config',
      'max.message.bytes=2000000,retention.ms=1000',
    ]);
    await runTool('configs', [...at(), '--alter', ...topic, '--delete-config', 'retention.ms']);
    const described = (await runTool('configs', [...at(), '--describe', ...topic])).stdout;
    expect(described).toContain(
      'max.message.bytes=2000000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:max.message.bytes=2000000',
    );
    expect(described).not.toContain('retention.ms');
    const broker = ['--entity-type', 'brokers', '--entity-name', '1'];
    expect(
      (await runTool('configs', [...at(), '--describe', ...broker, '--all'])).stdout,
    ).toContain('num.partitions=1');
    await expect(
      runTool('configs', [...at(), '--alter', ...topic, '--add-config', 'no.such.key=1']),
    ).rejects.toThrow(/InvalidConfiguration|Unknown/);
  });

  it('the console producer and consumer, the group tools, offsets, records and log dirs', async (context) => {
    if (whyNot !== undefined) return context.skip(whyNot);
    await runTool('topics', [...at(), '--create', '--topic', 'lines', '--partitions', '1']);
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
    await runTool(
      'consoleProducer',
      [...at(), '--topic', 'lines', '--compression-codec', 'zstd'],
      `${lines.join('\n')}\n`,
    );
    const consumed = await runTool('consoleConsumer', [
      ...at(),
      '--topic',
      'lines',
      '--from-beginning',
      '--max-messages',
      '100',
      '--group',
      'readers',
      '--timeout-ms',
      '60000',
    ]);
    expect(
      consumed.stdout
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('line')),
    ).toEqual(lines);

    expect((await runTool('consumerGroups', [...at(), '--list'])).stdout.split('\n')).toContain(
      'readers',
    );
    expect(
      (await runTool('consumerGroups', [...at(), '--describe', '--group', 'readers'])).stdout,
    ).toMatch(/readers\s+lines\s+0\s+100\s+100\s+0/);
    expect((await runTool('groups', [...at(), '--list'])).stdout).toMatch(
      /readers\s+Classic\s+consumer/,
    );
    const reset = [
      '--reset-offsets',
      '--to-offset',
      '40',
      '--group',
      'readers',
      '--topic',
      'lines',
      '--execute',
    ];
    expect((await runTool('consumerGroups', [...at(), ...reset])).stdout).toMatch(
      /readers\s+lines\s+0\s+40/,
    );
    expect(
      (await runTool('consumerGroups', [...at(), '--delete', '--group', 'readers'])).stdout,
    ).toContain('successful');

    expect((await runTool('getOffsets', [...at(), '--topic', 'lines'])).stdout.trim()).toBe(
      'lines:0:100',
    );
    const file = path.join(folder, 'records.json');
    writeFileSync(
      file,
      JSON.stringify({ partitions: [{ topic: 'lines', partition: 0, offset: 5 }], version: 1 }),
    );
    expect((await runTool('deleteRecords', [...at(), '--offset-json-file', file])).stdout).toMatch(
      /lines-0\s+low_watermark: 5/,
    );
    expect(
      (
        await runTool('getOffsets', [...at(), '--topic', 'lines', '--time', 'earliest'])
      ).stdout.trim(),
    ).toBe('lines:0:5');
    const logDirs = (await runTool('logDirs', [...at(), '--describe', '--topic-list', 'lines']))
      .stdout;
    expect(logDirs).toMatch(/"partition":"lines-0","size":[1-9]\d*,"offsetLag":0,"isFuture":false/);
  });

  it('the two performance tools', async (context) => {
    if (whyNot !== undefined) return context.skip(whyNot);
    await runTool('topics', [...at(), '--create', '--topic', 'perf', '--partitions', '2']);
    const produced = await runTool('producerPerf', [
      '--topic',
      'perf',
      '--num-records',
      '20000',
      '--record-size',
      '500',
      '--throughput',
      '-1',
      '--producer-props',
      `bootstrap.servers=${server.bootstrap}`,
    ]);
    expect(produced.stdout).toContain('20000 records sent');
    const consumed = await runTool('consumerPerf', [
      ...at(),
      '--topic',
      'perf',
      '--messages',
      '20000',
      '--timeout',
      '60000',
    ]);
    expect(consumed.stdout).toMatch(/, 20\d\d\d, /);
  });

  it('the verifiable producer and consumer', async (context) => {
    if (whyNot !== undefined) return context.skip(whyNot);
    await runTool('topics', [...at(), '--create', '--topic', 'verified', '--partitions', '2']);
    const produced = await runTool('verifiableProducer', [
      ...at(),
      '--topic',
      'verified',
      '--max-messages',
      '200',
    ]);
    expect(produced.stdout).toMatch(/"sent":200,"acked":200/);
    const consumer = startTool('verifiableConsumer', [
      ...at(),
      '--topic',
      'verified',
      '--group-id',
      'verifiers',
      '--max-messages',
      '200',
      '--reset-policy',
      'earliest',
    ]);
    try {
      await until(
        'the verifiable consumer has committed',
        () => consumer.stdout.includes('"offsets_committed"') && !consumer.isRunning,
      );
      const counts = [...consumer.stdout.matchAll(/"name":"records_consumed","count":(\d+)/g)].map(
        (match) => Number(match[1]),
      );
      const anyOrder = [
        ...consumer.stdout.matchAll(/"count":(\d+)[^\n]*"name":"records_consumed"/g),
      ].map((match) => Number(match[1]));
      expect([...counts, ...anyOrder].reduce((sum, count) => sum + count, 0)).toBe(200);
    } finally {
      await consumer.stop('SIGKILL');
    }
  });
});

describe('DumpLogSegments on a directory that Ottla wrote', () => {
  it('reads segments, indexes, producer snapshots, group offsets and the metadata log without complaint', async (context) => {
    if (whyNot !== undefined) return context.skip(whyNot);
    const { ottla } = await import('./src/servers.ts');
    const { globSync } = await import('node:fs');
    const server = await ottla.start({
      'log.segment.bytes': '1048576',
      'log.index.interval.bytes': '1000',
    });
    try {
      const bootstrap = ['--bootstrap-server', server.bootstrap];
      await runTool('producerPerf', [
        '--topic',
        'dumped',
        '--num-records',
        '10000',
        '--record-size',
        '500',
        '--throughput',
        '-1',
        '--producer-props',
        `bootstrap.servers=${server.bootstrap}`,
      ]);
      await runTool('consoleConsumer', [
        ...bootstrap,
        '--topic',
        'dumped',
        '--from-beginning',
        '--max-messages',
        '10',
        '--group',
        'dumpers',
        '--timeout-ms',
        '60000',
      ]);
      await server.restart();
      const files = (pattern: string): string =>
        globSync(`${server.dataDir}/${pattern}`).sort().join(',');
      const dump = async (pattern: string, ...options: string[]): Promise<string> => {
        const { stdout, stderr } = await runTool('dumpLog', [
          '--files',
          files(pattern),
          ...options,
        ]);
        const complaint =
          /mismatch|corrupt|Found timestamp|Exception|isvalid: false|Non-consecutive|out of order/i;
        // Kafka's tool says this of every segment but the first, its own included.
        const quirk = /Non-consecutive offsets in [^\n]+\n\s+-1 is followed by \d+\n/g;
        const said = (stdout + stderr).replaceAll(quirk, '');
        expect(said.split('\n').filter((line) => complaint.test(line))).toEqual([]);
        return stdout;
      };
      expect(files('dumped-0/*.log').split(',').length).toBeGreaterThan(3);
      expect(await dump('dumped-0/*.log', '--deep-iteration')).toContain('isTransactional: false');
      await dump('dumped-0/*.index');
      await dump('dumped-0/*.timeindex');
      await dump('dumped-0/*.index', '--index-sanity-check');
      expect(await dump('dumped-0/*.snapshot')).toContain('producerId:');
      expect(await dump('__consumer_offsets-*/*.log', '--offsets-decoder')).toContain(
        '"group":"dumpers"',
      );
      expect(await dump('__cluster_metadata-0/*.log', '--cluster-metadata-decoder')).toContain(
        'TOPIC_RECORD',
      );
      expect(
        await dump('__cluster_metadata-0/*.checkpoint', '--cluster-metadata-decoder'),
      ).toContain('KRaftVoters');
    } finally {
      await server.stop();
    }
  });
});
