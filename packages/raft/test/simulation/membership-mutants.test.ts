// Cores that break one rule of changing voters, or of committing while voters change: the invariants must notice each.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as Rules from '../../src/change-rules.ts';
import type * as Progress from '../../src/fetch-progress.ts';
import type * as History from '../../src/voter-history.ts';

const RULES = '../../src/change-rules.ts';
const HIGH_WATERMARK = '../../src/high-watermark.ts';
const HISTORY = '../../src/voter-history.ts';
const PROGRESS = '../../src/fetch-progress.ts';
const SEEDS = 3_000;

afterEach(() => {
  for (const file of [RULES, HIGH_WATERMARK, HISTORY, PROGRESS]) vi.doUnmock(file);
  vi.resetModules();
});

/** What the first seed that breaks an invariant says, with a core one of whose modules is another. */
async function violation(
  file: string,
  mutate: (real: unknown) => unknown,
  history: 'runMembershipChaos' | 'runShortLeaders' = 'runMembershipChaos',
): Promise<string> {
  vi.resetModules();
  vi.doMock(file, async (importOriginal) => mutate(await importOriginal()));
  const run = (await import('./membership-scenarios.ts'))[history];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      run({ seed });
    } catch (error) {
      const { name, message } = error as Error;
      if (name === 'InvariantError') return `seed ${seed}: ${message}`;
    }
  }
  return 'nothing';
}

describe('the invariants, while voters change', () => {
  it('catch a leader that changes voters before the last change is committed', async () => {
    const mutate = (real: unknown): unknown => ({
      ...(real as typeof Rules),
      areVotersCommitted: () => true,
    });
    expect(await violation(RULES, mutate)).toMatch(/uncommitted changes of voters|two leaders/);
  });

  it('catch a leader that changes voters whenever it is asked', async () => {
    const mutate = (real: unknown): unknown => ({
      ...(real as typeof Rules),
      notNow: ({ isChanging }: Rules.ChangeState) => (isChanging ? 'wait' : undefined),
      areVotersCommitted: () => true,
    });
    expect(await violation(RULES, mutate)).toMatch(/uncommitted changes of voters|two leaders/);
  });

  it('catch a leader that commits records of earlier epochs by counting', async () => {
    const majorityOffset = (endOffsets: readonly number[]): number | undefined => {
      const offset = [...endOffsets].sort((a, b) => b - a)[Math.floor(endOffsets.length / 2)]!;
      return offset < 0 ? undefined : offset;
    };
    expect(await violation(HIGH_WATERMARK, () => ({ majorityOffset }), 'runShortLeaders')).toMatch(
      /without all that is committed|is committed as/,
    );
  });

  it('catch a follower that keeps voters whose record was cut off', async () => {
    const mutate = (real: unknown): unknown => {
      const { VoterHistory } = real as typeof History;
      class Keeping extends VoterHistory {
        override truncateTo(): void {}
      }
      return { VoterHistory: Keeping };
    };
    expect(await violation(HISTORY, mutate)).toMatch(/its log says/);
  });

  it('catch a leader that counts itself though it votes no more', async () => {
    const mutate = (real: unknown): unknown => {
      const { FetchProgress } = real as typeof Progress;
      class Selfish extends FetchProgress {
        #own = -1;
        override noteOwn(
          ...[self, voters, end, now]: Parameters<Progress.FetchProgress['noteOwn']>
        ): void {
          this.#own = voters.has(self) ? -1 : end;
          super.noteOwn(self, voters, end, now);
        }
        override endOffsets(voters: Parameters<Progress.FetchProgress['endOffsets']>[0]): number[] {
          const ends = super.endOffsets(voters);
          return this.#own < 0
            ? ends
            : [this.#own, ...ends].sort((a, b) => b - a).slice(0, ends.length);
        }
      }
      return { FetchProgress: Selfish };
    };
    expect(await violation(PROGRESS, mutate)).toMatch(/synced copies only|without all/);
  });
});
