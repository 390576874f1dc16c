// Those who look after the cluster while it is under load and everything goes wrong: who moves partitions, who changes the
// voters, who lets the cluster grow, who creates and deletes topics. Which of them there are, the plan says.
import type { ClientOptions } from '@ottla/client';
import type { Platform } from '@ottla/platform';
import { Growth } from './growth.ts';
import type { Member } from './member.ts';
import { operate } from './operator.ts';
import type { Plan } from './plan.ts';
import type { Roster } from './roster.ts';
import { churnTopics } from './topic-churn.ts';
import { operateVoters } from './voter-operator.ts';

export interface HouseholdOptions {
  readonly plan: Plan;
  readonly members: readonly Member[];
  readonly clientOn: (machine: string) => ClientOptions & { readonly platform: Platform };
  readonly log: (line: string) => void;
}

export class Household {
  readonly #stopping = new AbortController();
  readonly #working: Promise<void>[] = [];

  constructor({ plan, members, clientOn, log }: HouseholdOptions) {
    const { signal } = this.#stopping;
    const holders = members.filter(({ planned }) => planned.isBroker && !planned.isLate);
    const roster: Roster = { holders: new Set(holders.map(({ nodeId }) => nodeId)) };
    const { traits } = plan;
    if (plan.isOperated) this.#add(operate(plan, roster, clientOn('operator'), signal));
    if (traits.has('voters')) {
      const client = clientOn('voter-operator');
      this.#add(operateVoters({ members, client, log }, signal));
    }
    if (traits.has('topics')) this.#add(churnTopics(plan, clientOn('topic-operator'), signal));
    if (traits.has('growth')) {
      const growth = new Growth({ plan, members, roster, client: clientOn('growth'), log });
      this.#add(growth.run(signal));
    }
  }

  /** Nothing new is begun; resolves when what was begun is done. */
  async finish(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#working);
  }

  #add(work: Promise<void>): void {
    // Whoever waits for all of them hears of it.
    work.catch(() => undefined);
    this.#working.push(work);
  }
}
