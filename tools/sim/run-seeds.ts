// Runs seeds and prints one line for each that fails, with the command that replays it, and one for each thousand.
import { appendFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Logger, LogFields } from '@ottla/platform';
import { formatOperation } from '../history/operation.ts';
import { parseAim } from './aimed-faults.ts';
import { describeSummary, Digest, type SeedSummary, summaryOf } from './digest.ts';
import { parseTraits } from './plan.ts';
import { runSeed, type SeedOptions } from './seed-run.ts';
import { runInProcesses } from './workers.ts';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** What the command line says. */
export interface RunOptions {
  readonly seeds: string;
  readonly from: string;
  readonly minutes?: string | undefined;
  readonly brokers: string;
  readonly jobs: string;
  /** Stop at the first failure. */
  readonly first: boolean;
  readonly verbose: boolean;
  readonly trace: boolean;
  readonly history?: string | undefined;
  readonly mutant?: string | undefined;
  /** Names of `TRAITS`, `any` or `none`. */
  readonly traits: string;
  /** One of `AIMS`; undefined: all that can go wrong. */
  readonly aim?: string | undefined;
}

/** A worker of `runInProcesses`: a seed comes in, its summary goes out. */
export function serveSeeds(options: RunOptions): void {
  process.on('message', (seed: number) => {
    void runOnce(seed, options).then((summary) => process.send?.(summary));
  });
}

/** @returns the exit code: 1 when a seed failed */
export async function runSeeds(options: RunOptions): Promise<number> {
  const first = Number(options.from);
  const end = first + Number(options.seeds);
  const jobs = Math.min(Number(options.jobs), availableParallelism());
  const { minutes, verbose } = options;
  const untilMs = minutes === undefined ? Infinity : performance.now() + Number(minutes) * 60_000;
  const digest = new Digest(first, (line) => console.log(line));
  let next = first;
  const takeSeed = (): number | undefined => {
    const isOver = next >= end || performance.now() >= untilMs;
    return isOver || (options.first && digest.failures > 0) ? undefined : next++;
  };
  const onSummary = (summary: SeedSummary): void => {
    digest.add(summary);
    if (summary.failure !== undefined || verbose)
      console.log(describeSummary(summary, replayCommand(summary, options)));
  };
  if (jobs > 1) await runInProcesses({ jobs, args: worldArguments(options), takeSeed, onSummary });
  else
    for (let seed = takeSeed(); seed !== undefined; seed = takeSeed())
      onSummary(await runOnce(seed, options));
  digest.finish();
  return digest.failures === 0 ? 0 : 1;
}

async function runOnce(seed: number, options: RunOptions): Promise<SeedSummary> {
  // A world makes errors by the thousand, and whoever replays a failure sees where from.
  if (!options.verbose) Error.stackTraceLimit = 0;
  const startedMs = performance.now();
  const result = await runSeed(seed, seedOptions(options));
  return summaryOf(result, performance.now() - startedMs);
}

/** What a world depends on besides its seed. */
function worldArguments({ brokers, mutant, traits, aim }: RunOptions): string[] {
  return [
    '--brokers',
    brokers,
    ...(traits === 'any' ? [] : ['--traits', traits]),
    ...(aim === undefined ? [] : ['--aim', aim]),
    ...(mutant === undefined ? [] : ['--mutant', mutant]),
  ];
}

function replayCommand({ seed }: SeedSummary, options: RunOptions): string {
  const world = worldArguments(options).map((word) => (word.includes(' ') ? `'${word}'` : word));
  return `npm run sim -- --seeds 1 --from ${seed} ${world.join(' ')} --verbose`;
}

function seedOptions(options: RunOptions): SeedOptions {
  const { brokers, traits, aim, verbose, trace, history } = options;
  if (history !== undefined) rmSync(history, { force: true });
  return {
    brokersMax: Number(brokers),
    traits: parseTraits(traits),
    aim: parseAim(aim),
    ...(verbose ? { log: console.log, logger: (name) => printingLogger(name, trace) } : {}),
    ...(trace ? { trace: console.log } : {}),
    ...(history === undefined
      ? {}
      : { onOperation: (operation) => appendFileSync(history, `${formatOperation(operation)}\n`) }),
  };
}

function printingLogger(name: string, withDebug: boolean): Logger {
  const print = (level: string) => (message: string, fields?: LogFields) => {
    if (level === 'debug' && !withDebug) return;
    console.log(`${' '.repeat(13)}${name} ${level} ${message} ${fieldsText(fields)}`);
  };
  const [debug, info, warn, error] = LOG_LEVELS.map(print);
  return {
    debug: debug!,
    info: info!,
    warn: warn!,
    error: error!,
    child: () => printingLogger(name, withDebug),
  };
}

function fieldsText(fields: LogFields | undefined): string {
  if (fields === undefined) return '';
  return JSON.stringify(fields, (_key, value: unknown) =>
    value instanceof Error ? value.message : value,
  );
}
