// The simulator in CI: as many seeds as fit two minutes, and every mutant found. In processes of their own, because a world
// refuses what a test runner does beside it, and a mutant must not stay in memory.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';

const MINUTES = process.env['OTTLA_SIM_MINUTES'] ?? '2';
const MAIN = path.join(import.meta.dirname, 'main.ts');
const SEEDS_PER_MUTANT = 20;
const LIMIT_MS = (Number(MINUTES) + 8) * 60_000;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function simulate(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--conditions=@ottla/source', MAIN, ...args]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.on('exit', (code) => resolve({ code, output })));
}

/** What tells two runs of the same seeds apart. */
function digestOf({ output }: Ended): string | undefined {
  return /digest ([0-9a-f]+)/.exec(output)?.[1];
}

// Twenty minutes on two cores, which is more than CI may take: `OTTLA_SIM=1 npm test -- tools/sim`.
const isAsked = process.env['OTTLA_SIM'] !== undefined;

describe.skipIf(!isAsked)('simulated clusters', () => {
  it(
    `given as many seeds as fit ${MINUTES} minutes, when everything goes wrong, then nothing acknowledged is lost`,
    async () => {
      const ended = await simulate('--seeds', '100000', '--minutes', MINUTES, '--jobs', '2');

      expect(ended.output).toContain(' 0 failed');
      expect(ended.code, ended.output).toBe(0);
    },
    LIMIT_MS,
  );

  it.each(['1', '9'])(
    'given a seed and up to %s brokers, when run twice, then the histories are the same',
    async (brokers) => {
      const args = ['--seeds', '1', '--from', '7', '--brokers', brokers];
      const [first, second] = [await simulate(...args), await simulate(...args)];

      expect(digestOf(first)).toBeDefined();
      expect(digestOf(second)).toBe(digestOf(first));
    },
    LIMIT_MS,
  );
});

describe.skipIf(!isAsked)('bugs planted on purpose', () => {
  it.each(MUTANTS)(
    'given seeds from $seed on, then it finds: $name',
    async ({ name, brokers, seed }) => {
      // That seed found it when it was planted; whatever changes in the product gives each seed another history.
      const seeds = ['--from', String(seed), '--seeds', String(SEEDS_PER_MUTANT), '--first'];
      const ended = await simulate(...seeds, '--brokers', String(brokers), '--mutant', name);

      expect(ended.output).toMatch(/^seed \d+ FAILED: /m);
      expect(ended.code).toBe(1);
    },
    LIMIT_MS,
  );
});
