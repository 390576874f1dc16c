// Who may hold replicas: what those who move partitions go by, so that nothing is moved to a broker that is leaving.
import type { Random } from '@ottla/platform';

export interface Roster {
  /** Ids of brokers. */
  readonly holders: Set<number>;
}

/** So many different brokers, in any order. */
export function pickReplicas({ holders }: Roster, count: number, random: Random): number[] {
  const left = [...holders].toSorted((one, other) => one - other);
  return Array.from({ length: count }, () => left.splice(random.below(left.length), 1)[0] ?? 1);
}
