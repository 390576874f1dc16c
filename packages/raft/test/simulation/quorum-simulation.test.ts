import { afterEach, describe, expect, it, vi } from 'vitest';
import { runChaos, runElections, runSeeds, SCENARIOS } from './scenarios.ts';

const HIGH_WATERMARK = '../../src/high-watermark.ts';

describe('a simulated quorum', () => {
  for (const [sentence, scenario] of Object.entries(SCENARIOS))
    it(sentence, () => runSeeds(sentence, 150, scenario));

  const chaos = 'given faults of every kind, then every invariant holds, and the quorum recovers';
  it(chaos, () => runSeeds(chaos, 1_200, (seed) => runChaos({ seed })));

  const elections = 'given voters that restart while they elect, then no epoch has two leaders';
  it(elections, () => runSeeds(elections, 700, (seed) => runElections({ seed })));

  it('given one seed, then one history', () => {
    expect(runChaos({ seed: 42 })).toEqual(runChaos({ seed: 42 }));
    expect(runChaos({ seed: 42 })).not.toEqual(runChaos({ seed: 43 }));
  });
});

describe('the invariants', () => {
  it.each([
    'counts what it has not synced',
    'fetches behind what it has not synced',
    'votes for any log',
    'does not say its last epoch',
  ] as const)('catch a replica that %s', (mutation) => {
    expect(firstViolation((seed) => runChaos({ seed, mutation }))).toMatch(/^replica \d: /);
  });

  it.each(['forgets its vote', 'answers before it persists'] as const)(
    'catch a replica that %s',
    (mutation) => {
      expect(firstViolation((seed) => runElections({ seed, mutation }))).toMatch(/two leaders/);
    },
  );
});

describe('the invariants, of a leader', () => {
  afterEach(() => {
    vi.doUnmock(HIGH_WATERMARK);
    vi.resetModules();
  });

  /** Plays chaos with a core whose leaders count copies by another rule. */
  async function violationWith(
    majorityOffset: (endOffsets: readonly number[], epochStartOffset: number) => number | undefined,
  ): Promise<string | undefined> {
    vi.resetModules();
    vi.doMock(HIGH_WATERMARK, () => ({ majorityOffset }));
    const { runChaos: run } = await import('./scenarios.ts');
    return firstViolation((seed) => run({ seed }));
  }

  it('catch one that commits with less than a majority', async () => {
    const rule = (endOffsets: readonly number[], epochStartOffset: number): number | undefined => {
      const most = Math.max(...endOffsets);
      return most > epochStartOffset ? most : undefined;
    };
    expect(await violationWith(rule)).toMatch(/synced copies only|without all/);
  });
});

/** What the first of many seeds that breaks an invariant says. */
function firstViolation(run: (seed: number) => void): string | undefined {
  for (let seed = 1; seed <= 5_000; seed += 1) {
    try {
      run(seed);
    } catch (error) {
      const { name, message } = error as Error;
      if (name === 'InvariantError') return message;
    }
  }
  return undefined;
}
