// Our Connect worker against Kafka Connect 4.3.1, file to file, on one broker.
//   node --conditions=@ottla/source tools/bench/connect/main.ts [--quick] [--runs N] [--contender NAME]... [--source]
//     [--kafka-broker]
// A worker of its own for each run; the two take turns. Our worker runs as built (`npm run build`), as users get it, or from source.
// Needs Linux (/proc), a JDK 17 and Maven. No test asserts a time.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { prepareApacheKafka, prepareOttla, startPrepared } from '../../../e2e/src/servers.ts';
import { measure } from './measure.ts';
import { type RunResult, summarise, table } from './report.ts';
import { readSettings } from './settings.ts';
import { type ContenderName, contenderNames, contenders } from './workers.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    source: { type: 'boolean', default: false },
    runs: { type: 'string' },
    contender: { type: 'string', multiple: true, default: [...contenderNames] },
    'kafka-broker': { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const settings = readSettings(options.quick);
  const runCount = Number(options.runs ?? settings.runs);
  const chosen = contenders(settings, options.source).filter(({ name }) =>
    (options.contender as readonly ContenderName[]).includes(name),
  );
  const startedAt = new Date();
  const prepare = options['kafka-broker'] ? prepareApacheKafka : prepareOttla;
  const server = await startPrepared(await prepare(settings.server));
  const facts = { startedAt, machine: machine(), broker: server.name, settings };
  const runs: RunResult[] = [];
  try {
    for (let number = 0; number < runCount; number += 1)
      // The order alternates, so that a machine that warms up or tires favours neither.
      for (const contender of number % 2 === 0 ? chosen : chosen.toReversed()) {
        const { name } = contender;
        process.stderr.write(`run ${number + 1} of ${runCount}: ${name}\n`);
        const topic = `bench-${name}-${number}`;
        runs.push({
          contender: name,
          ...(await measure(contender, server.bootstrap, settings, topic)),
        });
        // After every run, so that a bench that is interrupted keeps what it has.
        const result = { ...facts, rows: summarise(runs), runs };
        writeFileSync(resultFile(startedAt), `${JSON.stringify(result, null, 2)}\n`);
      }
  } finally {
    await server.stop();
  }
  process.stdout.write(`${table(summarise(runs))}\n`);
}

function machine(): Record<string, unknown> {
  return {
    commit: execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim(),
    cpu: os.cpus()[0]?.model,
    cores: os.availableParallelism(),
    loadAverage: os.loadavg(),
    node: process.version,
    worker: options.source ? 'from source' : 'as built',
  };
}

function resultFile(startedAt: Date): string {
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, `${startedAt.toISOString().slice(0, 16).replace(':', '')}.json`);
}

await main();
