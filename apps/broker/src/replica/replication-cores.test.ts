// The cores of leader and follower against each other: whatever the order of messages, crashes and elections, no
// acknowledged record is lost while somebody of the ISR lives, and all logs agree below their high watermarks.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ModelOptions, ReplicationModel } from '../../test/replication-model.ts';

const history = fc.array(fc.integer({ min: 0, max: 999_999 }), {
  minLength: 100,
  maxLength: 500,
  size: 'max',
});

function run(options: ModelOptions, choices: readonly number[]): ReplicationModel {
  const model = new ReplicationModel(options);
  for (const choice of choices) model.step(choice);
  return model;
}

describe('leader and followers of one partition', () => {
  it.each([
    { brokers: 3, minIsr: 1 },
    { brokers: 3, minIsr: 2 },
    { brokers: 5, minIsr: 2 },
  ])('given $brokers replicas and min ISR $minIsr, keep what was acknowledged', (options) => {
    fc.assert(
      fc.property(history, (choices) => run(options, choices).converge()),
      { numRuns: 200 },
    );
  });

  it('acknowledge records at all in such histories', () => {
    const options = { brokers: 3, minIsr: 2 };
    const counts = fc
      .sample(history, { numRuns: 50, seed: 1 })
      .map((choices) => run(options, choices).acknowledged.size);
    expect(counts.filter((count) => count > 5).length).toBeGreaterThan(10);
  });

  it.each([
    ['commit-without-followers', 1],
    ['no-truncation', 1],
    ['join-early', 1],
    ['forget-min-isr', 2],
  ] as const)('given the mutant %s, are caught losing records, or about to', (mutant, minIsr) => {
    const caught = fc.check(
      fc.property(history, (choices) => run({ brokers: 3, minIsr, mutant }, choices).converge()),
      { numRuns: 500, endOnFailure: true },
    );
    expect(String(caught.errorInstance)).toMatch(/acknowledged|differ|cuts/);
  });
});
