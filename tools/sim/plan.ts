// What a seed's world looks like: drawn first, so that it can be told in one line and cut down by hand.
import type { Random } from '@ottla/platform';

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
  /** Mean time between two faults. */
  readonly faultEveryMs: number;
  /** Faults begin no later than this. */
  readonly faultsMs: number;
}

/** The clusters that a seed may draw. */
export interface PlanLimits {
  readonly brokersMax: number;
}

export function drawPlan(random: Random, { brokersMax }: PlanLimits): Plan {
  const isSingle = brokersMax === 1;
  const brokers = isSingle ? 1 : drawBrokers(random, brokersMax);
  const isCombined = isSingle || random.below(2) === 0;
  const replicationFactor = Math.min(3, brokers);
  return {
    brokers,
    controllers: isSingle ? 1 : brokers >= 5 && random.below(4) === 0 ? 5 : 3,
    isCombined,
    partitions: 1 + random.below(6),
    replicationFactor,
    minInSyncReplicas: replicationFactor === 3 ? 2 : 1,
    isSynced: replicationFactor === 1 || random.below(3) === 0,
    producers: 1 + random.below(3),
    consumers: 1 + random.below(3),
    isOperated: !isSingle && random.below(2) === 0,
    assignor: random.below(2) === 0 ? 'cooperative-sticky' : 'range',
    faultEveryMs: 1_500 + random.below(4_500),
    faultsMs: 45_000,
  };
}

/** Most often three, sometimes as many as there may be: what goes wrong seldom needs more, and each one costs time. */
function drawBrokers(random: Random, max: number): number {
  const draw = random.below(8);
  if (draw < 4) return 3;
  return Math.min(max, draw < 7 ? 4 + random.below(2) : 6 + random.below(4));
}

export function describePlan(plan: Plan): string {
  const controllers = plan.isCombined ? 'combined' : `${plan.controllers} controllers`;
  return (
    `${plan.brokers} brokers, ${controllers}, ${plan.partitions} partitions × ${plan.replicationFactor}, ` +
    `${plan.producers} producers, ${plan.consumers} consumers (${plan.assignor}), ` +
    `${plan.isOperated ? 'operated, ' : ''}${plan.isSynced ? 'synced' : 'not synced'}, a fault every ${plan.faultEveryMs} ms`
  );
}
