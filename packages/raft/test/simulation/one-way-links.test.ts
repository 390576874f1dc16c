// Links that carry one way only, for long or on and off: whenever two of three voters hear each other, somebody leads and
// commits, whatever reaches the third and comes from it.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '@ottla/platform/simulated';
import { QuorumWorld } from './quorum-world.ts';
import { runSeeds } from './scenarios.ts';

const FILE = 'one-way-links';
/** As ten seconds of Kafka's default times, which are ten times those of the simulation. */
const LIMIT_MS = 1_000;
const VOTERS = [0, 1, 2] as const;

/** The four ways between the third voter and the two others, one bit each. */
function thirdLinks(third: number): readonly (readonly [number, number])[] {
  return VOTERS.filter((id) => id !== third).flatMap((other) => [
    [third, other] as const,
    [other, third] as const,
  ]);
}

function cutByMask(world: QuorumWorld, third: number, mask: number): void {
  thirdLinks(third).forEach(([from, to], bit) => {
    if ((mask & (1 << bit)) !== 0) world.cut(from, to);
    else world.mend(from, to);
  });
}

/** Commits go on, within the bound, for as long as this. */
function expectProgress(world: QuorumWorld, durationMs: number): void {
  const until = world.nowMs + durationMs;
  do {
    const committed = world.invariants.committed.length;
    const hasMoved = (): boolean => world.invariants.committed.length >= committed + 3;
    world.runUntil('nothing is committed', hasMoved, LIMIT_MS);
  } while (world.nowMs < until);
}

describe('a quorum of which a majority hears each other', () => {
  for (let mask = 1; mask < 16; mask += 1) {
    const what = `given the third's four ways cut as in ${mask.toString(2).padStart(4, '0')}, then commits go on, and all find back`;
    it(what, () =>
      runSeeds(
        what,
        12,
        (seed) => {
          const world = new QuorumWorld({ seed, voters: 3, delayMaxMs: seed % 2 === 0 ? 5 : 30 });
          world.runUntilProgress();
          // Who leads when the links break: the third, or one of the two.
          const third = (world.leader!.key.id + (seed % 3)) % 3;
          cutByMask(world, third, mask);
          expectProgress(world, 3_000);
          world.heal();
          expectProgress(world, 300);
          world.runUntilAllReached();
        },
        FILE,
      ),
    );
  }

  const flapping = "given the third's ways that come and go, then commits go on, and all find back";
  it(flapping, () =>
    runSeeds(
      flapping,
      150,
      (seed) => {
        const weather = seededRandom(seed ^ 0xf1a9);
        const world = new QuorumWorld({ seed, voters: 3, delayMaxMs: [5, 30][weather.below(2)]! });
        world.runUntilProgress();
        const third = (world.leader!.key.id + weather.below(3)) % 3;
        const pauseMaxMs = [20, 60, 250][weather.below(3)]!;
        const change = (): void => {
          if (world.nowMs > 4_000) return world.heal();
          cutByMask(world, third, weather.below(16));
          world.after(1 + weather.below(pauseMaxMs), change);
        };
        change();
        expectProgress(world, 4_500);
        world.runUntilAllReached();
      },
      FILE,
    ),
  );

  const five =
    'given five voters, three of which hear each other, then commits go on, and all find back';
  it(five, () =>
    runSeeds(
      five,
      100,
      (seed) => {
        const weather = seededRandom(seed ^ 0x5f1e);
        const world = new QuorumWorld({ seed, voters: 5, delayMaxMs: [5, 30][weather.below(2)]! });
        world.runUntilProgress();
        const shift = weather.below(5);
        const isWell = (id: number): boolean => (id + shift) % 5 < 3;
        const pauseMaxMs = [40, 250, 2_000][weather.below(3)]!;
        const change = (): void => {
          if (world.nowMs > 4_000) return world.heal();
          for (let from = 0; from < 5; from += 1)
            for (let to = 0; to < 5; to += 1) {
              if (from === to || (isWell(from) && isWell(to))) continue;
              if (weather.below(2) === 0) world.cut(from, to);
              else world.mend(from, to);
            }
          world.after(1 + weather.below(pauseMaxMs), change);
        };
        change();
        expectProgress(world, 4_500);
        world.runUntilAllReached();
      },
      FILE,
    ),
  );

  it('given a voter that is heard by nobody, then it neither leads nor moves the epoch on', () => {
    const world = new QuorumWorld({ seed: 1, voters: 3 });
    const leader = world.runUntilProgress();
    const mute = world.voters.find((voter) => voter !== leader)!;
    const { epoch } = leader.core!;
    world.partition([mute], true);
    world.run(5_000);
    expect(world.leader).toBe(leader);
    expect(leader.core!.epoch).toBe(epoch);
  });

  it('given a voter that hears nobody, then it neither leads nor moves the epoch on', () => {
    const world = new QuorumWorld({ seed: 2, voters: 3 });
    const leader = world.runUntilProgress();
    const deaf = world.voters.find((voter) => voter !== leader)!;
    const { epoch } = leader.core!;
    world.partition(
      world.voters.filter((voter) => voter !== deaf),
      true,
    );
    world.run(5_000);
    expect(world.leader).toBe(leader);
    expect(leader.core!.epoch).toBe(epoch);
  });
});
