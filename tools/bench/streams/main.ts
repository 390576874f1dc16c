// Our Streams against Kafka Streams 4.3.1, each on one broker, one partition and one thread.
//   node --conditions=@ottla/source tools/bench/streams/main.ts [--quick] [--runs N] [--only ROW] [--kafka-broker]
// Each figure is taken in a process of its own; the two take turns. Records per second of CPU time is what counts: Kafka Streams
// spreads over several threads what ours does on one. No test asserts a time.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Producer } from '@ottla/client';
import { run } from '../../../e2e/src/processes.ts';
import {
  createTopic,
  prepareApacheKafka,
  prepareOttla,
  startPrepared,
} from '../../../e2e/src/servers.ts';
import { classPathOf } from '../../../e2e/src/toolchain.ts';
import { type Measured, readSettings, type Row, rows } from './settings.ts';

const contenders = ['kafka-streams', 'ottla'] as const;
type Contender = (typeof contenders)[number];

interface RunResult extends Measured {
  readonly row: Row;
  readonly contender: Contender;
}

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    only: { type: 'string' },
    'kafka-broker': { type: 'boolean', default: false },
  },
});
const settings = readSettings(options.quick);
const INPUT = 'bench-input';

async function main(): Promise<void> {
  const runCount = Number(options.runs ?? settings.runs);
  const chosen = rows.filter((row) => options.only === undefined || row === options.only);
  const startedAt = new Date();
  const prepare = options['kafka-broker'] ? prepareApacheKafka : prepareOttla;
  const server = await startPrepared(await prepare(settings.server));
  const results: RunResult[] = [];
  try {
    await fillInput(server.bootstrap);
    for (let number = 0; number < runCount; number += 1)
      for (const row of chosen)
        for (const contender of number % 2 === 0 ? contenders : contenders.toReversed()) {
          process.stderr.write(`run ${number + 1} of ${runCount}: ${row}, ${contender}\n`);
          const output = `${row.replace(' ', '-')}-${contender}-${number}`;
          results.push({
            row,
            contender,
            ...(await measure(server.bootstrap, row, contender, output)),
          });
          save(startedAt, server.name, results);
        }
  } finally {
    await server.stop();
  }
  process.stdout.write(`${table(results)}\n`);
}

/** One topic for all runs: keys in turn, times that move a millisecond for each record. */
async function fillInput(bootstrapServers: string): Promise<void> {
  await createTopic(bootstrapServers, INPUT, 1);
  await using producer = new Producer({ bootstrapServers, batchSizeBytes: 65_536 });
  const value = Buffer.alloc(settings.valueBytes, 'x');
  const startMs = 1_700_000_000_000;
  const count = settings.warmupRecords + settings.records + 1;
  for (let index = 0; index < count; index += 1) {
    const key = Buffer.from(`key-${index % settings.keys}`);
    const wait = producer.enqueue({
      topic: INPUT,
      partition: 0,
      key,
      value,
      timestamp: startMs + index,
    });
    if (wait !== undefined) await wait;
  }
  await producer.flush();
}

async function measure(
  bootstrap: string,
  row: Row,
  contender: Contender,
  output: string,
): Promise<Measured> {
  await createTopic(bootstrap, output, 1);
  const stateDir = mkdtempSync(path.join(os.tmpdir(), 'ottla-streams-bench-'));
  const { warmupRecords, records, commitIntervalMs } = settings;
  const args = [row, bootstrap, INPUT, output, stateDir, warmupRecords, records, commitIntervalMs];
  const [command, ...before] =
    contender === 'ottla'
      ? [
          process.execPath,
          '--conditions=@ottla/source',
          path.join(import.meta.dirname, 'worker.ts'),
        ]
      : [
          'java',
          ...settings.kafkaJvm,
          '-cp',
          classPathOf(path.join(import.meta.dirname, 'pom.xml')),
          path.join(import.meta.dirname, '../java/StreamsRows.java'),
        ];
  try {
    const { stdout } = await run(command!, [...before, ...args.map(String)], {
      timeoutMs: 300_000,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Measured;
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** As Markdown: medians, and ours as a share of Kafka Streams'. */
function table(results: readonly RunResult[]): string {
  const lines = rows.flatMap((row) => {
    const of = (contender: Contender, figure: (result: RunResult) => number): number =>
      median(results.filter((r) => r.row === row && r.contender === contender).map(figure));
    const figures = [
      ['records/s', (result: RunResult) => result.recordsPerSecond],
      ['records/s per core', (result: RunResult) => 1e6 / result.cpuMicrosPerRecord],
    ] as const;
    if (!results.some((result) => result.row === row)) return [];
    return figures.map(([name, figure]) => {
      const kafka = of('kafka-streams', figure);
      const ours = of('ottla', figure);
      const cells = [kafka, ours].map((value) => Math.round(value).toLocaleString('en-US'));
      return `| ${row}: ${name} | ${cells.join(' | ')} | ${(ours / kafka).toFixed(2)} × |`;
    });
  });
  return [
    '| figure | Kafka Streams | ours | ours ÷ Kafka Streams |',
    '| --- | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function save(startedAt: Date, broker: string, results: readonly RunResult[]): void {
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const machine = {
    commit: execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim(),
    cpu: os.cpus()[0]?.model,
    cores: os.availableParallelism(),
    loadAverage: os.loadavg(),
    node: process.version,
  };
  const file = path.join(folder, `${startedAt.toISOString().slice(0, 16).replace(':', '')}.json`);
  const result = { startedAt, machine, broker, settings, runs: results };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

await main();
