// `npm run bench`: Apache Kafka 4.3.1 and Ottla in turn on this machine, and one table of ratios.
//   npm run bench -- [--quick] [--runs N] [--source]
// Needs Linux (/proc), a JDK 17 and Maven. No test asserts a time; this is a program to run on a quiet machine.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { missing } from '../../e2e/src/toolchain.ts';
import { type Contender, contenders } from './contender.ts';
import { measure, type RunResult } from './measure.ts';
import { summarise, table } from './report.ts';
import { readSettings } from './settings.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    source: { type: 'boolean', default: false },
    runs: { type: 'string' },
  },
});

async function main(): Promise<void> {
  const absent = missing(['java']);
  if (process.platform !== 'linux' || absent !== undefined)
    throw new Error(
      `the bench needs Linux, a JDK 17 and Maven${absent === undefined ? '' : `; ${absent}`}`,
    );
  const settings = readSettings(options);
  const both = contenders(settings, options.source);
  const startedAt = new Date();
  const file = resultFile(startedAt);
  const facts = { startedAt: startedAt.toISOString(), machine: machine(both), settings };
  const runs: RunResult[] = [];
  for (let run = 0; run < settings.runs; run++) {
    // The order alternates, so that a machine that warms up or tires favours neither.
    for (const contender of run % 2 === 0 ? both : both.toReversed()) {
      process.stderr.write(`run ${run + 1} of ${settings.runs}: ${contender.id} …\n`);
      runs.push(await measure(contender, settings));
    }
    // After every pair, so that a bench that is interrupted keeps what it has.
    const result = { ...facts, rows: summarise(runs), runs };
    writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  }
  process.stdout.write(`${table(summarise(runs))}\n`);
  process.stderr.write(`written: ${path.relative(process.cwd(), file)}\n`);
}

function resultFile(startedAt: Date): string {
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, `${startedAt.toISOString().slice(0, 16).replace(':', '')}.json`);
}

function machine(both: readonly Contender[]): Record<string, unknown> {
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  return {
    commit: commit.trim(),
    cpu: os.cpus()[0]?.model,
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    loadAverage: os.loadavg(),
    node: process.version,
    java: execFileSync('java', ['--version'], { encoding: 'utf8' }).split('\n')[0],
    fsync: 'neither server flushes before it acknowledges (the default of both)',
    servers: Object.fromEntries(both.map(({ id, how }) => [id, how])),
  };
}

await main();
