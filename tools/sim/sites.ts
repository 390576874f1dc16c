// Two sites and a third place (docs/clusters.md, "Over two sites"): who is where, and what lies between.
import type { NetworkConditions, Simulation } from '@ottla/platform/simulated';
import type { Plan } from './plan.ts';

export type Site = 'a' | 'b';

const SITES: Readonly<Record<string, Site>> = {
  'broker-1': 'a',
  'broker-2': 'a',
  'broker-3': 'b',
  'broker-4': 'b',
};

/** One way, milliseconds. */
const BETWEEN_SITES: Partial<NetworkConditions> = { latencyMs: { min: 4, max: 9 } };

/** Where a machine is; undefined for the third place, and in worlds without sites. */
export function siteOf({ traits }: Plan, machine: string): Site | undefined {
  if (!traits.has('stretch')) return undefined;
  const place = SITES[machine];
  if (place !== undefined) return place;
  // Clients of the load, by turns.
  const index = /^(?:producer|consumer)-(\d+)$/.exec(machine)?.[1];
  if (index === undefined) return undefined;
  return Number(index) % 2 === 1 ? 'a' : 'b';
}

/** What a link is like when nothing is wrong with it; undefined for the network's usual manners. */
export function linkBetween(
  plan: Plan,
  from: string,
  to: string,
): Partial<NetworkConditions> | undefined {
  if (!plan.traits.has('stretch')) return undefined;
  return siteOf(plan, from) === siteOf(plan, to) ? undefined : BETWEEN_SITES;
}

/** Gives the links between the machines their usual manners. */
export function layLinks(simulation: Simulation, plan: Plan, machines: readonly string[]): void {
  for (const from of machines)
    for (const to of machines)
      if (from !== to) simulation.net.link(from, to, linkBetween(plan, from, to));
}
