// What a seed's world looks like: drawn first, so that it can be told in one line and cut down by hand.
import type { Random } from '@ottla/platform';
import { seededRandom } from '@ottla/platform/simulated';

/** What some worlds have and others have not. Drawn on their own, so that they change nothing in a world without them. */
export const TRAITS = [
  'elr',
  'snapshots',
  'voters',
  'growth',
  'topics',
  'stretch',
  'flips',
  'segments',
  'disks',
] as const;
export type Trait = (typeof TRAITS)[number];

/** One world in so many has it. */
const ONE_IN: Readonly<Record<Trait, number>> = {
  elr: 2,
  snapshots: 3,
  voters: 5,
  growth: 5,
  topics: 5,
  stretch: 12,
  flips: 4,
  segments: 3,
  disks: 4,
};
/** Those that need no other brokers. */
const OF_ONE_BROKER: ReadonlySet<Trait> = new Set(['snapshots', 'segments']);
/** Makes the draws of traits others than those of the world, which has the same seed. */
const TRAITS_SEED = 0x7261_6974;

export interface Plan {
  readonly brokers: number;
  /** Voters of the quorum; with `isCombined` they are the first brokers. */
  readonly controllers: number;
  readonly isCombined: boolean;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInSyncReplicas: number;
  /** Every batch is synced before it is acknowledged, so that even all nodes may lose power. */
  readonly isSynced: boolean;
  readonly producers: number;
  readonly consumers: number;
  /** Whether somebody elects leaders and moves partitions meanwhile. */
  readonly isOperated: boolean;
  readonly assignor: 'cooperative-sticky' | 'range';
  readonly pace: Pace;
  /** Mean time between two faults. */
  readonly faultEveryMs: number;
  /** Faults begin no later than this. */
  readonly faultsMs: number;
  /**
   * `elr`: formatted as `ottla storage format` does, with KIP-966. `snapshots`: of the metadata, small and often. `voters`: they
   * change under way (KIP-853). `growth`: a broker comes late, another one is drained and removed. `topics`: others than the
   * load's are created and deleted. `stretch`: two sites and a third place, as docs/clusters.md has it. `flips`: bits of a
   * replica change on its disk. `segments`: so small that logs begin a new one every few seconds. `disks`: brokers that are no
   * controllers lose everything they have.
   */
  readonly traits: ReadonlySet<Trait>;
  /** With `voters`: controllers join by themselves. */
  readonly isAutoJoin: boolean;
}

/**
 * How much happens in a second beside faults: as many records in few large bursts or in many small ones, servers that ask each
 * other seldom or all the time. Most worlds are quiet, because each event costs real time.
 */
export interface Pace {
  /** A producer sends so many records at once, at most. */
  readonly burstRecordsMax: number;
  /** A member of the group rests so long between two polls, at most. */
  readonly restMsMax: number;
  /** How long a fetch, of a follower or of a member of the group, waits at a leader that has nothing new. */
  readonly fetchWaitMs: number;
  /** How long a voter hears nothing of the active controller until it calls for an election; it asks four times as often. */
  readonly quorumTimeoutMs: number;
  /** Between two records that say nothing in the log of the metadata. */
  readonly idleRecordMs: number;
  /** Between two heartbeats of a broker, which counts as gone when the next one is 1.5 s late. */
  readonly heartbeatMs: number;
}

/** The clusters that a seed may draw. */
export interface PlanLimits {
  readonly brokersMax: number;
  /** Undefined: drawn. */
  readonly traits?: ReadonlySet<Trait> | undefined;
}

export function drawPlan(
  random: Random,
  seed: number,
  { brokersMax, traits: wanted }: PlanLimits,
): Plan {
  const isSingle = brokersMax === 1;
  const brokers = isSingle ? 1 : drawBrokers(random, brokersMax);
  const isCombined = isSingle || random.below(4) > 0;
  const replicationFactor = Math.min(3, brokers);
  const own = seededRandom(seed ^ TRAITS_SEED);
  const drawn = drawTraits(own, brokersMax);
  const traits = wanted ?? drawn;
  const plan: Plan = {
    brokers,
    controllers: isSingle ? 1 : brokers >= 5 && random.below(4) === 0 ? 5 : 3,
    isCombined: isCombined && !traits.has('disks'),
    partitions: 1 + Math.min(random.below(6), random.below(6)),
    replicationFactor,
    minInSyncReplicas: replicationFactor === 3 ? 2 : 1,
    // What was not durable when it was damaged, a crash may have taken as well.
    isSynced: replicationFactor === 1 || random.below(3) === 0 || traits.has('flips'),
    producers: 1 + random.below(3),
    consumers: 1 + random.below(3),
    isOperated: !isSingle && random.below(2) === 0,
    assignor: random.below(2) === 0 ? 'cooperative-sticky' : 'range',
    faultEveryMs: 1_500 + random.below(4_500),
    faultsMs: 45_000,
    traits,
    isAutoJoin: own.below(2) === 0,
    // One broker costs little, and what it was about to write when it died shows only while it writes.
    pace: isSingle ? BUSY : drawPace(own),
  };
  return plan.traits.has('stretch') ? stretched(plan, own) : plan;
}

/** Two brokers and one voter at each of two sites, a third voter elsewhere. */
function stretched(plan: Plan, random: Random): Plan {
  return {
    ...plan,
    brokers: 4,
    controllers: 3,
    isCombined: true,
    replicationFactor: 4,
    minInSyncReplicas: 2 + random.below(2),
    // Faults last as long as elsewhere, the times by which they are noticed are four times as long.
    faultEveryMs: 2 * plan.faultEveryMs,
  };
}

function drawTraits(random: Random, brokersMax: number): Set<Trait> {
  const traits = new Set(TRAITS.filter((trait) => random.below(ONE_IN[trait]) === 0));
  if (brokersMax === 1) return new Set([...traits].filter((trait) => OF_ONE_BROKER.has(trait)));
  // A site's share of brokers and voters is fixed.
  if (traits.has('stretch'))
    for (const other of ['voters', 'growth', 'disks'] as const) traits.delete(other);
  return traits;
}

const BUSY: Pace = {
  burstRecordsMax: 12,
  restMsMax: 0,
  fetchWaitMs: 500,
  quorumTimeoutMs: 1_000,
  idleRecordMs: 500,
  heartbeatMs: 500,
};

function drawPace(random: Random): Pace {
  return {
    burstRecordsMax: random.below(6) === 0 ? 12 : 24 * (1 + random.below(3)),
    restMsMax: random.below(6) === 0 ? 0 : 400 * (1 + random.below(3)),
    fetchWaitMs: 500 * (1 + random.below(4)),
    quorumTimeoutMs: random.below(4) === 0 ? 1_000 : 2_000,
    idleRecordMs: random.below(4) === 0 ? 500 : 5_000,
    heartbeatMs: random.below(3) === 0 ? 500 : 1_000,
  };
}

/** Most often three, seldom as many as there may be: what goes wrong seldom needs more, and each one costs time. */
function drawBrokers(random: Random, max: number): number {
  const draw = random.below(16);
  if (draw < 12) return 3;
  return Math.min(max, draw < 15 ? 4 + random.below(2) : 6 + random.below(4));
}

/** Traits by their names, comma-separated; `none` and `any` for what they say. @throws Error for other names */
export function parseTraits(text: string): ReadonlySet<Trait> | undefined {
  if (text === 'any') return undefined;
  const names = text === 'none' ? [] : text.split(',');
  const unknown = names.find((name) => !TRAITS.includes(name as Trait));
  if (unknown !== undefined)
    throw new Error(`no trait "${unknown}": there are ${TRAITS.join(', ')}, none and any`);
  return new Set(names as Trait[]);
}

export function describePlan(plan: Plan): string {
  const controllers = plan.isCombined ? 'combined' : `${plan.controllers} controllers`;
  const traits = [
    ...plan.traits,
    ...(plan.isAutoJoin && plan.traits.has('voters') ? ['auto join'] : []),
  ];
  return (
    `${plan.brokers} brokers, ${controllers}, ${plan.partitions} partitions × ${plan.replicationFactor} (${plan.minInSyncReplicas}), ` +
    `${plan.producers} producers, ${plan.consumers} consumers (${plan.assignor}), ` +
    `${plan.isOperated ? 'operated, ' : ''}${plan.isSynced ? 'synced' : 'not synced'}, a fault every ${plan.faultEveryMs} ms` +
    `, ${describePace(plan.pace)}` +
    (traits.length === 0 ? '' : `; ${traits.join(', ')}`)
  );
}

function describePace(pace: Pace): string {
  const { burstRecordsMax, restMsMax, ...waits } = pace;
  return (
    `up to ${burstRecordsMax} records at once, up to ${restMsMax} ms between polls, ` +
    `waits of ${Object.values(waits).join(', ')} ms`
  );
}
