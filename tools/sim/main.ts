// npm run sim -- [--seeds 100] [--from 1] [--minutes M] [--brokers 1…9] [--jobs 1] [--verbose] [--trace] [--history file]
// Runs seeds and prints one line for each that fails, with the command that replays it, and one for each thousand.
import { appendFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Logger, LogFields } from '@ottla/platform';
import { formatOperation } from '../history/operation.ts';
import { describeSummary, Digest, type SeedSummary, summaryOf } from './digest.ts';
import { runSeed, type SeedOptions } from './seed-run.ts';
import { runInProcesses } from './workers.ts';

const BROKERS_MAX = 9;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    brokers: { type: 'string', default: String(BROKERS_MAX) },
    jobs: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    history: { type: 'string' },
    worker: { type: 'boolean', default: false },
  },
});

const brokersMax = Number(values.brokers);
if (values.worker) serve();
else process.exitCode = await runAll();

/** A worker of `runInProcesses`: a seed comes in, its summary goes out. */
function serve(): void {
  process.on('message', (seed: number) => {
    void runOnce(seed).then((summary) => process.send?.(summary));
  });
}

async function runAll(): Promise<number> {
  const first = Number(values.from);
  const count = Number(values.seeds);
  const jobs = Math.min(Number(values.jobs), availableParallelism(), count);
  const untilMs =
    values.minutes === undefined ? Infinity : performance.now() + Number(values.minutes) * 60_000;
  const digest = new Digest(first, (line) => console.log(line));
  let next = first;
  const takeSeed = (): number | undefined =>
    next < first + count && performance.now() < untilMs ? next++ : undefined;
  const onSummary = (summary: SeedSummary): void => {
    digest.add(summary);
    if (summary.failure !== undefined || values.verbose)
      console.log(describeSummary(summary, replayCommand(summary)));
  };
  if (jobs > 1)
    await runInProcesses({ jobs, args: ['--brokers', values.brokers], takeSeed, onSummary });
  else
    for (let seed = takeSeed(); seed !== undefined; seed = takeSeed())
      onSummary(await runOnce(seed));
  digest.finish();
  return digest.failures === 0 ? 0 : 1;
}

async function runOnce(seed: number): Promise<SeedSummary> {
  const startedMs = performance.now();
  const result = await runSeed(seed, seedOptions());
  return summaryOf(result, performance.now() - startedMs);
}

function replayCommand({ seed }: SeedSummary): string {
  return `npm run sim -- --seeds 1 --from ${seed} --brokers ${values.brokers} --verbose`;
}

function seedOptions(): SeedOptions {
  const { history } = values;
  if (history !== undefined) rmSync(history, { force: true });
  return {
    brokersMax,
    ...(values.verbose ? { log: console.log, logger: printingLogger } : {}),
    ...(values.trace ? { trace: console.log } : {}),
    ...(history === undefined
      ? {}
      : { onOperation: (operation) => appendFileSync(history, `${formatOperation(operation)}\n`) }),
  };
}

function printingLogger(name: string): Logger {
  const print = (level: string) => (message: string, fields?: LogFields) => {
    if (level === 'debug' && !values.trace) return;
    console.log(`${' '.repeat(13)}${name} ${level} ${message} ${fieldsText(fields)}`);
  };
  const [debug, info, warn, error] = LOG_LEVELS.map(print);
  return {
    debug: debug!,
    info: info!,
    warn: warn!,
    error: error!,
    child: () => printingLogger(name),
  };
}

function fieldsText(fields: LogFields | undefined): string {
  if (fields === undefined) return '';
  return JSON.stringify(fields, (_key, value: unknown) =>
    value instanceof Error ? value.message : value,
  );
}
