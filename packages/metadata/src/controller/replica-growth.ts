// Which brokers join the partitions of a topic that is to have more replicas, and who of all leads: on
// other racks and machines first, then where there is least already. Pure.
import type { UsableBroker } from './replica-placer.ts';

/** Counts by broker id. */
class Tally {
  readonly #counts = new Map<number, number>();

  add(brokerId: number): void {
    this.#counts.set(brokerId, this.of(brokerId) + 1);
  }

  of(brokerId: number): number {
    return this.#counts.get(brokerId) ?? 0;
  }
}

/**
 * The replicas that partitions are to have, the preferred leader first. Nobody loses a replica.
 *
 * @param partitions replicas of today, by partition id
 * @param brokers that take replicas
 * @param factor replicas that each shall have, at most the number of brokers
 */
export function grownReplicas(
  partitions: ReadonlyArray<readonly number[]>,
  brokers: readonly UsableBroker[],
  factor: number,
): number[][] {
  const held = new Tally();
  for (const replicas of partitions) for (const id of replicas) held.add(id);
  const grown = partitions.map((replicas) => {
    const chosen = [...replicas];
    while (chosen.length < factor) {
      const next = bestOf(brokers, chosen, held);
      if (next === undefined) break;
      chosen.push(next);
      held.add(next);
    }
    return chosen;
  });
  const led = new Tally();
  return grown.map((replicas) => {
    const leader = replicas.reduce((best, id) => (led.of(id) < led.of(best) ? id : best));
    led.add(leader);
    return [leader, ...replicas.filter((id) => id !== leader)];
  });
}

/** The broker that adds most safety, then the one with least to do; undefined when all hold a replica. */
function bestOf(
  brokers: readonly UsableBroker[],
  chosen: readonly number[],
  held: Tally,
): number | undefined {
  const members = brokers.filter(({ brokerId }) => chosen.includes(brokerId));
  const racks = new Set(members.map(({ rack }) => rack));
  const hosts = new Set(members.map(({ host }) => host));
  const cost = ({ brokerId, rack, host }: UsableBroker): readonly number[] => [
    Number(racks.has(rack)),
    Number(hosts.has(host)),
    held.of(brokerId),
    brokerId,
  ];
  return brokers
    .filter(({ brokerId }) => !chosen.includes(brokerId))
    .toSorted((a, b) => compare(cost(a), cost(b)))[0]?.brokerId;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
