// Three nodes of Ottla and three of Apache Kafka 4.3.1 in turn on this machine, and one table of ratios.
//   node --conditions=@ottla/source tools/bench/cluster/main.ts [--quick] [--runs N] [--part load|recovery|endurance]...
//     [--contender kafka|ottla]... [--source]
// Needs Linux (/proc), a JDK 17 and Maven. No test asserts a time; this is a program to run on a quiet machine.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { awaitFirstRecord, type FirstRecord } from '../load.ts';
import { table } from '../report.ts';
import { type Contender, contenders } from './contenders.ts';
import type { Cluster } from '../../../e2e/src/cluster.ts';
import { measureEndurance } from './measure-endurance.ts';
import { measureLoad } from './measure-load.ts';
import { measureRecovery } from './measure-recovery.ts';
import { type RunResult, summarise } from './report.ts';
import { type ClusterBenchSettings, readSettings } from './settings.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    source: { type: 'boolean', default: false },
    runs: { type: 'string' },
    part: { type: 'string', multiple: true, default: ['load', 'recovery'] },
    contender: { type: 'string', multiple: true, default: ['kafka', 'ottla'] },
  },
});

type Measure = (cluster: Cluster, settings: ClusterBenchSettings) => Promise<Partial<RunResult>>;

/** By `--part`. Endurance is no comparison: `--contender ottla` alone. */
const MEASURES: Readonly<Record<string, Measure>> = {
  load: async (cluster, settings) => ({ load: await measureLoad(cluster, settings) }),
  recovery: async (cluster, settings) => ({ recovery: await measureRecovery(cluster, settings) }),
  endurance: async (cluster, settings) => ({
    endurance: await measureEndurance(cluster, settings),
  }),
};

async function main(): Promise<void> {
  for (const part of options.part)
    if (MEASURES[part] === undefined || (part === 'endurance' && options.contender.length > 1))
      throw new Error(`--part ${part}: load, recovery, or endurance with --contender ottla alone`);
  const settings = readSettings(options);
  const chosen = contenders(settings, options.source).filter(({ id }) =>
    options.contender.includes(id),
  );
  const startedAt = new Date();
  const facts = { startedAt, machine: machine(chosen), settings };
  const runs: RunResult[] = [];
  for (let number = 0; number < settings.runs; number += 1)
    // The order alternates, so that a machine that warms up or tires favours neither.
    for (const contender of number % 2 === 0 ? chosen : chosen.toReversed())
      for (const part of options.part) {
        process.stderr.write(`run ${number + 1} of ${settings.runs}: ${contender.id}, ${part} …\n`);
        runs.push(await measure(contender, settings, part));
        process.stderr.write(`${JSON.stringify(runs.at(-1))}\n`);
        // After every run, so that a bench that is interrupted keeps what it has.
        writeFileSync(resultFile(startedAt), `${JSON.stringify({ ...facts, runs }, null, 2)}\n`);
      }
  if (chosen.length < 2) return;
  const rows = summarise(runs);
  writeFileSync(resultFile(startedAt), `${JSON.stringify({ ...facts, rows, runs }, null, 2)}\n`);
  process.stdout.write(`${table(rows)}\n`);
}

/** A cluster of its own, so that no part inherits another's data or warmth. */
async function measure(
  contender: Contender,
  settings: ClusterBenchSettings,
  part: string,
): Promise<RunResult> {
  let client: FirstRecord | undefined;
  let startedMs = 0;
  const cluster = await contender.start(async (bootstrap) => {
    client = await awaitFirstRecord(settings, bootstrap);
    startedMs = Date.now();
  });
  try {
    const firstAcknowledgedMs = (await client!.acknowledgedAt()) - startedMs;
    await cluster.ready();
    const result = await MEASURES[part]!(cluster, settings);
    return { contender: contender.id, loadAverage: os.loadavg(), firstAcknowledgedMs, ...result };
  } finally {
    await cluster.stop();
  }
}

function resultFile(startedAt: Date): string {
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, `${startedAt.toISOString().slice(0, 16).replace(':', '')}.json`);
}

function machine(chosen: readonly Contender[]): Record<string, unknown> {
  return {
    commit: execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim(),
    cpu: os.cpus()[0]?.model,
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    loadAverage: os.loadavg(),
    node: process.version,
    fsync: 'neither flushes before it acknowledges, but where flush.messages=1 is named',
    servers: Object.fromEntries(chosen.map(({ id, how }) => [id, how])),
  };
}

await main();
