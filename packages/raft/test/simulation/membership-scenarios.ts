// Histories in which the voters change, in a quorum whose voters are in the log (KIP-853): growth by itself, shrinking to
// the last one, lost disks, and chaos with changes at any time.
import { seededRandom } from '@ottla/platform/simulated';
import type { Random } from '@ottla/platform';
import { QuorumWorld, type WorldOptions } from './quorum-world.ts';
import type { SimulatedReplica } from './simulated-replica.ts';

const SETTLE_MS = 20_000;

/** Every replica that fetches lately, known to the leader. */
function voterIds(quorum: QuorumWorld): string {
  return quorum.leader?.core?.voters.ids.join() ?? 'no leader';
}

function add(quorum: QuorumWorld, replica: SimulatedReplica, ackWhenCommitted = true): void {
  const voter = replica.asVoter;
  for (const leader of quorum.replicas)
    if (leader.isLeader)
      leader.changeVoters((changes, request) =>
        changes.add(request, voter, ackWhenCommitted, quorum.nowMs),
      );
}

function remove(quorum: QuorumWorld, id: number): void {
  for (const leader of quorum.replicas) {
    const voter = leader.core?.voters.get(id);
    if (leader.isLeader && voter !== undefined)
      leader.changeVoters((changes, request) => changes.remove(request, voter, quorum.nowMs));
  }
}

/** Repeats `ask` until the voters are those. */
function until(quorum: QuorumWorld, ids: string, ask: () => void): void {
  const asked = (): void => {
    if (voterIds(quorum) === ids) return;
    ask();
    quorum.after(60, asked);
  };
  asked();
  quorum.runUntil(`the voters are ${ids}`, () => voterIds(quorum) === ids, SETTLE_MS);
}

export const MEMBERSHIP_SCENARIOS: Readonly<Record<string, (seed: number) => void>> = {
  'given one voter and nodes that join by themselves, then all vote in the end': (seed) => {
    const quorum = new QuorumWorld({
      seed,
      voters: 1,
      observers: 2 + (seed % 3),
      isDynamic: true,
      autoJoin: true,
    });
    const ids = quorum.replicas.map(({ key }) => key.id).join();
    quorum.runUntil('all vote', () => voterIds(quorum) === ids, SETTLE_MS);
    quorum.runUntilProgress();
    quorum.runUntilAllReached();
  },

  'given voters that are taken away one by one, the leader too, then the last one goes on alone': (
    seed,
  ) => {
    const quorum = new QuorumWorld({ seed, voters: 3 + (seed % 2) * 2, isDynamic: true });
    quorum.runUntilProgress();
    for (let left = quorum.replicas.length; left > 1; left -= 1) {
      const { leader } = quorum;
      const ids = leader!.core!.voters.ids;
      // The leader itself every other time.
      const victim = left % 2 === 0 ? leader!.key.id : ids.find((id) => id !== leader!.key.id)!;
      until(quorum, ids.filter((id) => id !== victim).join(), () => remove(quorum, victim));
      quorum.runUntilProgress();
    }
    quorum.runUntilAllReached();
  },

  'given an observer that is added, when voters die one after the other, then it keeps what is committed':
    (seed) => {
      const quorum = new QuorumWorld({ seed, voters: 3, observers: 2, isDynamic: true });
      quorum.runUntilProgress();
      until(quorum, '0,1,2,3', () => add(quorum, quorum.replica(3), seed % 2 === 0));
      until(quorum, '0,1,2,3,4', () => add(quorum, quorum.replica(4)));
      const first = quorum.runUntilProgress();
      first.crash();
      quorum.runUntilProgress(first).crash();
      quorum.runUntilProgress();
      quorum.runUntilAllReached();
    },

  'given a voter that lost its disk, then it comes back as another one, and votes again': (
    seed,
  ) => {
    const quorum = new QuorumWorld({ seed, voters: 3, isDynamic: true, autoJoin: true });
    quorum.runUntilProgress();
    const victim = quorum.replica(seed % 3);
    victim.crash();
    quorum.run(seed % 300);
    victim.replaceDisk(quorum.nextDirectoryId());
    victim.start();
    quorum.runUntil(
      'it votes again',
      () => quorum.leader?.core?.voters.has(victim.key) === true,
      SETTLE_MS,
    );
    quorum.runUntilProgress();
    quorum.runUntilAllReached();
  },

  'given voters that come back elsewhere, then the log says where they are': (seed) => {
    const quorum = new QuorumWorld({ seed, voters: 3, isDynamic: true });
    quorum.runUntilProgress();
    for (const replica of quorum.replicas) {
      replica.crash();
      replica.move();
      replica.start();
      if (seed % 2 === 0) quorum.runUntilProgress();
    }
    const isKnown = (): boolean =>
      quorum.replicas.every(
        ({ asVoter, key }) =>
          quorum.leader?.core?.voters.get(key.id)?.endpoints[0]?.port ===
          asVoter.endpoints[0]!.port,
      );
    quorum.runUntil('the log says where all are', isKnown, SETTLE_MS);
  },
};

const CHAOS_MS = 4_000;

interface Chaos {
  readonly quorum: QuorumWorld;
  readonly faults: Random;
}

/**
 * Changes of the voters and faults of every kind for a while; then all is healed, and the quorum must go on.
 * @returns values of all committed records
 */
export function runMembershipChaos(
  options: Partial<WorldOptions> & { readonly seed: number },
): number[] {
  const faults = seededRandom(options.seed ^ 0xc4a05);
  const quorum = new QuorumWorld({
    voters: 1 + faults.below(4),
    observers: 1 + faults.below(3),
    isDynamic: true,
    autoJoin: faults.below(4) === 0,
    loss: [0, 0.02, 0.1][faults.below(3)]!,
    delayMaxMs: [5, 60][faults.below(2)]!,
    jitter: [1, 0.2][faults.below(2)]!,
    ...options,
  });
  const pauseMaxMs = [240, 60][faults.below(2)]!;
  for (let atMs = 0; atMs < CHAOS_MS;) {
    const pauseMs = faults.below(pauseMaxMs);
    quorum.run(pauseMs);
    atMs += pauseMs;
    if (faults.below(2) === 0) change({ quorum, faults });
    else disturb({ quorum, faults });
  }
  quorum.loss = 0;
  quorum.heal();
  for (const replica of quorum.replicas) replica.start();
  quorum.runUntil('a leader that makes progress', progress(quorum), SETTLE_MS);
  quorum.runUntil('all reach what is committed', reached(quorum), SETTLE_MS);
  return quorum.invariants.committed.map(({ value }) => value);
}

function change({ quorum, faults }: Chaos): void {
  const replica = quorum.replicas[faults.below(quorum.replicas.length)]!;
  if (faults.below(2) === 0) add(quorum, replica, faults.below(2) === 0);
  else remove(quorum, replica.key.id);
  // Two at once: only one may be taken.
  if (faults.below(3) === 0) remove(quorum, faults.below(quorum.replicas.length));
  if (faults.below(3) === 0)
    add(quorum, quorum.replicas[faults.below(quorum.replicas.length)]!, false);
}

function disturb({ quorum, faults }: Chaos): void {
  const victim = quorum.replicas[faults.below(quorum.replicas.length)]!;
  const leader = quorum.leader ?? victim;
  switch (faults.below(9)) {
    case 0:
      victim.crash();
      victim.move();
      break;
    case 1:
      leader.crash();
      break;
    case 2:
      for (const replica of quorum.replicas) if (faults.below(2) === 0) replica.crash();
      break;
    case 3:
      quorum.partition(faults.below(2) === 0 ? [leader] : [victim, leader], faults.below(3) === 0);
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
    default:
      for (const replica of quorum.replicas) replica.start();
  }
  if (faults.below(3) === 0) victim.start();
}

function progress(quorum: QuorumWorld): () => boolean {
  const start = quorum.invariants.committed.length;
  return () => quorum.leader !== undefined && quorum.invariants.committed.length >= start + 3;
}

function reached(quorum: QuorumWorld): () => boolean {
  const end = quorum.invariants.committed.length;
  return () => quorum.replicas.every(({ core }) => core === undefined || core.highWatermark >= end);
}

const SHORT_LEADERS_MS = 3_000;

/**
 * Leaders that die soon after they were elected, while voters are added and removed: what earlier leaders left behind
 * uncommitted is what matters here. Fetches bring one record at a time, so that no two of them arrive together.
 */
export function runShortLeaders(options: Partial<WorldOptions> & { readonly seed: number }): void {
  const faults = seededRandom(options.seed ^ 0x51e47);
  const changesVoters = faults.below(2) === 0;
  const quorum = new QuorumWorld({
    voters: changesVoters ? 4 : 5,
    observers: changesVoters ? 1 : 0,
    isDynamic: true,
    entriesPerFetch: 1,
    jitter: 0.3,
    delayMaxMs: 20,
    ...options,
  });
  let led = -1;
  for (const until = quorum.nowMs + SHORT_LEADERS_MS; quorum.nowMs < until;) {
    quorum.run(1 + faults.below(20));
    const { leader } = quorum;
    if (leader === undefined || leader.core!.epoch === led) continue;
    led = leader.core!.epoch;
    quorum.run(faults.below(30));
    if (changesVoters) change({ quorum, faults });
    quorum.run(faults.below(15));
    leader.crash();
    const down = quorum.replicas.filter(({ core }) => core === undefined);
    if (down.length > 1) down[faults.below(down.length)]!.start();
  }
  for (const replica of quorum.replicas) replica.start();
  quorum.runUntil('a leader that makes progress', progress(quorum), SETTLE_MS);
  quorum.runUntil('all reach what is committed', reached(quorum), SETTLE_MS);
}
