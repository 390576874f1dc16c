// Our client against other JavaScript clients, on one broker of ours.
//   node --conditions=@ottla/source tools/bench/clients/main.ts [--quick] [--runs N] [--only <part of a row's name>]
//     [--contender NAME]... [--source]
// Our client runs as built (`npm run build`), as users get it, or from source.
// Each figure is taken in a process of its own; contenders take turns. No test asserts a time.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Producer } from '@ottla/client';
import { run } from '../../../e2e/src/processes.ts';
import { createTopic, prepareOttla, startPrepared } from '../../../e2e/src/servers.ts';
import { type ContenderName, contenderNames } from './client-under-test.ts';
import { type RunResult, summarise, table } from './report.ts';
import { isConsume, type Measured, recordCount, type Row, rowKinds, rowName } from './rows.ts';
import { type ClientBenchSettings, readSettings } from './settings.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    source: { type: 'boolean', default: false },
    runs: { type: 'string' },
    only: { type: 'string', default: '' },
    contender: { type: 'string', multiple: true, default: [...contenderNames] },
  },
});

const built = path.resolve(import.meta.dirname, '../../../packages/client/dist/index.js');

async function main(): Promise<void> {
  if (!options.source && !existsSync(built))
    throw new Error('packages/client is not built: `npm run build` first, or give --source');
  const settings = readSettings(options.quick);
  const runCount = Number(options.runs ?? settings.runs);
  const rows = rowKinds
    .flatMap((kind) => settings.recordBytes.map((recordBytes): Row => ({ kind, recordBytes })))
    .filter((row) => rowName(row).includes(options.only));
  const contenders = options.contender as readonly ContenderName[];
  const startedAt = new Date();
  const server = await startPrepared(await prepareOttla(settings.server));
  const results: RunResult[] = [];
  try {
    await fillTopics(server.bootstrap, rows, settings);
    for (let number = 0; number < runCount; number += 1)
      for (const row of rows)
        for (const contender of rotated(contenders, number)) {
          process.stderr.write(`run ${number + 1} of ${runCount}: ${rowName(row)}, ${contender}\n`);
          const measured = await measure(server.bootstrap, row, contender, number, settings);
          results.push({ row: rowName(row), contender, ...measured });
          save(startedAt, settings, results);
        }
  } finally {
    await server.stop();
  }
  process.stdout.write(`${table(summarise(results))}\n`);
}

async function measure(
  bootstrap: string,
  row: Row,
  contender: ContenderName,
  number: number,
  { partitions }: ClientBenchSettings,
): Promise<Measured> {
  const topic = isConsume(row)
    ? filledTopic(row)
    : `${rowName(row)}-${contender}-${number}`.replaceAll(/[^a-z0-9-]/g, '-');
  if (!isConsume(row)) await createTopic(bootstrap, topic, partitions);
  const { stdout } = await run(
    process.execPath,
    [
      ...(options.source ? ['--conditions=@ottla/source'] : []),
      path.join(import.meta.dirname, 'worker.ts'),
      contender,
      JSON.stringify(row),
      bootstrap,
      topic,
      ...(options.quick ? ['--quick'] : []),
    ],
    { timeoutMs: 120_000 },
  );
  return JSON.parse(stdout) as Measured;
}

function filledTopic({ recordBytes }: Row): string {
  return `filled-${recordBytes}`;
}

/** What the consumers read: written once, in batches of 100 KB. */
async function fillTopics(
  bootstrapServers: string,
  rows: readonly Row[],
  settings: ClientBenchSettings,
): Promise<void> {
  const consumed = new Map(rows.filter(isConsume).map((row) => [filledTopic(row), row]));
  await using producer = new Producer({ bootstrapServers, batchSizeBytes: 102_400 });
  for (const [topic, row] of consumed) {
    await createTopic(bootstrapServers, topic, settings.partitions);
    const value = Buffer.alloc(row.recordBytes, 'x');
    for (let left = recordCount(row, settings); left > 0; left -= 1)
      await producer.enqueue({ topic, value });
    await producer.flush();
  }
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function save(startedAt: Date, settings: ClientBenchSettings, results: readonly RunResult[]): void {
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  const machine = {
    commit,
    cpu: os.cpus()[0]?.model,
    cores: os.availableParallelism(),
    loadAverage: os.loadavg(),
    node: process.version,
  };
  const file = path.join(folder, `${startedAt.toISOString().slice(0, 16).replace(':', '')}.json`);
  const result = { startedAt, machine, settings, rows: summarise(results), runs: results };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

await main();
