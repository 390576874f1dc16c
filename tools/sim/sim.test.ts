// The simulator in CI: as many seeds as fit two minutes, beside them determinism and every mutant found. In processes of their
// own, because a world refuses what a test runner does beside it, and a mutant must not stay in memory.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Mutant, MUTANTS } from './mutants.ts';

const MINUTES = process.env['OTTLA_SIM_MINUTES'] ?? '2';
// Bounded, so that whether a commit is green does not hang on how fast a machine is. `npm run sim` has no such bound.
const SEEDS = process.env['OTTLA_SIM_SEEDS'] ?? '24';
const MAIN = path.join(import.meta.dirname, 'main.ts');
const SEEDS_PER_MUTANT = 20;
const LIMIT_MS = (Number(MINUTES) + 10) * 60_000;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function simulate(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--conditions=@ottla/source', MAIN, ...args]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

/** What tells two runs of the same seeds apart. */
function digestOf({ output }: Ended): string | undefined {
  return /digest ([0-9a-f]+)/.exec(output)?.[1];
}

/** From the seed that found it when it was planted: whatever changes in the product gives each seed another history. */
function hunt({ name, brokers, traits = [], aim, seed }: Mutant): Promise<Ended> {
  const seeds = ['--from', String(seed), '--seeds', String(SEEDS_PER_MUTANT), '--first'];
  const world = ['--brokers', String(brokers), '--traits', traits.join() || 'none'];
  const aimed = aim === undefined ? [] : ['--aim', aim];
  return inLane(() => simulate(...seeds, ...world, ...aimed, '--mutant', name));
}

/** As many hunts as this go on at once. */
const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
let hunts = 0;

function inLane<T>(work: () => Promise<T>): Promise<T> {
  const lane = hunts++ % lanes.length;
  const done = lanes[lane]!.then(work);
  lanes[lane] = done;
  return done;
}

describe('simulated clusters', () => {
  // On one core, beside all that comes before it is awaited.
  let seeds: Promise<Ended>;
  beforeAll(() => {
    seeds = simulate('--seeds', SEEDS, '--minutes', MINUTES);
  });

  it.each(['1', '3'])(
    'given a seed and up to %s brokers, when run twice, then the histories are the same',
    async (brokers) => {
      const args = ['--seeds', '1', '--from', '7', '--brokers', brokers];
      const [first, second] = [await simulate(...args), await simulate(...args)];

      expect(digestOf(first)).toBeDefined();
      expect(digestOf(second)).toBe(digestOf(first));
    },
    LIMIT_MS,
  );

  it.concurrent.each(MUTANTS)(
    'given this bug, when seeds are run from $seed on, then it is found: $name',
    async (mutant) => {
      const ended = await hunt(mutant);

      expect(ended.output).toMatch(/^seed \d+ FAILED: /m);
      expect(ended.code).toBe(1);
    },
    LIMIT_MS,
  );

  it(
    `given as many seeds as fit ${MINUTES} minutes, when everything goes wrong, then nothing acknowledged is lost`,
    async () => {
      const ended = await seeds;

      expect(ended.output).toContain(' 0 failed');
      expect(ended.code, ended.output).toBe(0);
    },
    LIMIT_MS,
  );
});
