// The histories that are played: Kafka's seven properties of a quorum (RaftEventSimulationTest), and plain chaos.
import { seededRandom } from '@ottla/platform/simulated';
import { QuorumWorld, type WorldOptions } from './quorum-world.ts';

/** Plays `run` with `count` seeds, or with the one in OTTLA_SEED; a failure says how to play it again. */
export function runSeeds(
  what: string,
  count: number,
  run: (seed: number) => void,
  file = 'quorum-simulation',
): void {
  const { OTTLA_SEED: only } = process.env;
  const first = only === undefined ? 1 : Number(only);
  const last = only === undefined ? count : first;
  for (let seed = first; seed <= last; seed += 1) {
    try {
      run(seed);
    } catch (error) {
      const replay = `OTTLA_SEED=${seed} npx vitest run --project @ottla/raft ${file} -t '${what}'`;
      throw new Error(`seed ${seed}: ${(error as Error).message}; replay: ${replay}`, {
        cause: error,
      });
    }
  }
}

function world(seed: number, options: Partial<WorldOptions> = {}): QuorumWorld {
  return new QuorumWorld({ seed, voters: seed % 2 === 0 ? 3 : 5, observers: seed % 3, ...options });
}

export const SCENARIOS: Readonly<Record<string, (seed: number) => void>> = {
  'given new voters, then they elect a leader': (seed) => {
    world(seed).runUntilProgress();
  },

  'given a leader that dies, then another one leads': (seed) => {
    const quorum = world(seed);
    const leader = quorum.runUntilProgress();
    leader.crash();
    quorum.runUntilProgress(leader);
    leader.start();
    quorum.runUntilAllReached();
  },

  'given that all die, when a majority comes back, then it goes on': (seed) => {
    const quorum = world(seed);
    quorum.runUntilProgress();
    for (const replica of quorum.replicas) replica.crash();
    quorum.run(50);
    for (const replica of quorum.voters.slice(0, (quorum.voters.length + 1) / 2)) replica.start();
    quorum.runUntilProgress();
    quorum.runUntilAllReached();
  },

  'given a leader that is cut off, then another one leads, and the old one learns of it': (
    seed,
  ) => {
    const quorum = world(seed);
    const leader = quorum.runUntilProgress();
    quorum.partition([leader], seed % 4 === 3);
    quorum.runUntilProgress(leader);
    quorum.heal();
    quorum.runUntilAllReached();
  },

  'given a majority that is connected, then it makes progress without the others': (seed) => {
    const quorum = world(seed);
    quorum.runUntilProgress();
    const minority = quorum.voters.slice(0, (quorum.voters.length - 1) / 2);
    quorum.partition(minority);
    quorum.run(600);
    quorum.runUntilProgress();
    for (const replica of minority)
      if (replica.isLeader) throw new Error('the minority has a leader');
    quorum.heal();
    quorum.runUntilAllReached();
  },

  'given leaders that die one after the other, then there is always another one': (seed) => {
    const quorum = world(seed, { voters: 5 });
    const first = quorum.runUntilProgress();
    first.crash();
    const second = quorum.runUntilProgress(first);
    second.crash();
    quorum.runUntilProgress(second);
    first.start();
    second.start();
    quorum.runUntilAllReached();
  },

  'given one voter that lost its log, then it gets everything back': (seed) => {
    const quorum = world(seed);
    quorum.runUntilProgress();
    // What only this voter and one more have would be lost for good: nothing may be under way.
    quorum.isAppending = false;
    quorum.run(200);
    quorum.runUntilAllReached();
    quorum.isAppending = true;
    const victim = quorum.voters[seed % quorum.voters.length]!;
    victim.crash();
    victim.disk.loseLog();
    quorum.run(seed % 500);
    victim.start();
    quorum.runUntilProgress();
    quorum.runUntilAllReached();
  },
};

const CHAOS_MS = 2_500;

/**
 * Faults of every kind for a while; then all is healed, and the quorum must go on.
 * @returns values of all committed records
 */
export function runChaos(options: Partial<WorldOptions> & { readonly seed: number }): number[] {
  const faults = seededRandom(options.seed ^ 0x5eed);
  const quorum = world(options.seed, {
    loss: [0, 0.02, 0.1][faults.below(3)]!,
    delayMaxMs: [5, 60][faults.below(2)]!,
    jitter: [1, 0.2][faults.below(2)]!,
    ...options,
  });
  const pauseMaxMs = [240, 50][faults.below(2)]!;
  for (let atMs = 0; atMs < CHAOS_MS;) {
    const pauseMs = faults.below(pauseMaxMs);
    quorum.run(pauseMs);
    atMs += pauseMs;
    const victim = quorum.replicas[faults.below(quorum.replicas.length)]!;
    const leader = quorum.leader ?? victim;
    switch (faults.below(10)) {
      case 0:
        victim.crash();
        break;
      case 1:
        leader.crash();
        break;
      case 2:
        for (const replica of quorum.replicas) if (faults.below(2) === 0) replica.crash();
        break;
      case 3:
        quorum.partition(
          faults.below(2) === 0 ? [leader] : [victim, leader],
          faults.below(3) === 0,
        );
        break;
      case 4:
        quorum.partition(quorum.replicas.filter(() => faults.below(2) === 0));
        break;
      case 5:
        quorum.heal();
        break;
      case 6:
        leader.resign();
        break;
      case 7:
        victim.snapshot();
        break;
      case 8:
        for (const replica of quorum.voters) {
          if (faults.below(2) === 0) continue;
          replica.crash();
          replica.start();
        }
        break;
      default:
        for (const replica of quorum.replicas) replica.start();
    }
    if (faults.below(3) === 0) victim.start();
  }
  quorum.loss = 0;
  quorum.heal();
  for (const replica of quorum.replicas) replica.start();
  quorum.runUntilProgress();
  quorum.runUntilAllReached();
  return quorum.invariants.committed.map(({ value }) => value);
}

const ELECTIONS_MS = 1_500;

/** Nothing but elections: voters that stand at the same time, over a slow network, and restart while others ask them. */
export function runElections(options: Partial<WorldOptions> & { readonly seed: number }): void {
  const faults = seededRandom(options.seed ^ 0x5eed);
  const quorum = world(options.seed, { voters: 3, jitter: 0.1, delayMaxMs: 25, ...options });
  for (let atMs = 0; atMs < ELECTIONS_MS;) {
    const pauseMs = 1 + faults.below(8);
    quorum.run(pauseMs);
    atMs += pauseMs;
    const hasVoted = quorum.voters.filter(({ core }) => core?.electionState.votedFor !== undefined);
    const victim = hasVoted[faults.below(hasVoted.length + 3)];
    victim?.crash();
    victim?.start();
  }
  quorum.runUntilProgress();
}
