// All members want the same topics: everyone keeps what it has up to its quota, and the rest is dealt out in turns.
// Linear in the number of partitions. Kafka: AbstractStickyAssignor.ConstrainedAssignmentBuilder, without racks.
import { compare } from '../assignor.ts';
import type { TopicPartition } from '../consumer-protocol.ts';
import { type PreviousOwners, remove } from './previous-owners.ts';

export interface StickyAssignment {
  /** Names of partitions by member. */
  readonly shares: Map<string, string[]>;
  /** New owner of what leaves another member; undefined when it was not counted on the way. */
  readonly transferring: Map<string, string> | undefined;
}

/** @param partitions all that exist, by topic and number */
export function constrainedAssignment(
  partitions: readonly TopicPartition[],
  previous: PreviousOwners,
): StickyAssignment {
  const deal = new Deal(partitions.length, previous);
  const kept = deal.keepOwned();
  deal.dealOut(
    partitions.map((target) => `${target.topic}-${target.partition}`),
    kept,
  );
  return { shares: deal.shares, transferring: deal.transferring };
}

class Deal {
  readonly shares = new Map<string, string[]>();
  readonly transferring = new Map<string, string>();
  readonly #previous: PreviousOwners;
  readonly #minQuota: number;
  readonly #maxQuota: number;
  /** So many members get one more than `minQuota`. */
  readonly #fullerExpected: number;
  #fuller = 0;
  /** Members with less than `minQuota`, and with exactly that, who may get more. */
  #underMin: string[] = [];
  #exactlyMin: string[] = [];
  /** Former owner of what was over a quota. */
  readonly #released = new Map<string, string>();

  constructor(partitionCount: number, previous: PreviousOwners) {
    this.#previous = previous;
    const memberCount = previous.members.length;
    this.#minQuota = Math.floor(partitionCount / memberCount);
    this.#maxQuota = Math.ceil(partitionCount / memberCount);
    this.#fullerExpected = partitionCount % memberCount;
  }

  /** @returns names of what stays where it was */
  keepOwned(): Set<string> {
    const kept = new Set<string>();
    for (const [id, names] of this.#previous.owned) {
      const owned = this.#byPartition(names);
      const limit = this.#keepLimit(id, owned.length);
      this.shares.set(id, owned.slice(0, limit));
      for (const name of owned.slice(0, limit)) kept.add(name);
      for (const name of owned.slice(limit)) this.#released.set(name, id);
    }
    this.#underMin.sort(compare);
    this.#exactlyMin.sort(compare);
    return kept;
  }

  /** How many of its partitions a member keeps; notes whether it may get more. */
  #keepLimit(id: string, ownedCount: number): number {
    if (ownedCount < this.#minQuota) {
      this.#underMin.push(id);
      return ownedCount;
    }
    if (ownedCount >= this.#maxQuota && this.#fuller < this.#fullerExpected) {
      this.#fuller += 1;
      if (this.#fuller === this.#fullerExpected) this.#exactlyMin = [];
      return this.#maxQuota;
    }
    if (this.#fuller < this.#fullerExpected) this.#exactlyMin.push(id);
    return this.#minQuota;
  }

  dealOut(names: readonly string[], kept: ReadonlySet<string>): void {
    let turn = 0;
    for (const name of names) {
      if (kept.has(name)) continue;
      if (turn >= this.#underMin.length) turn = 0;
      const id = this.#underMin[turn] ?? this.#exactlyMin.shift();
      if (id === undefined) throw new Error(`no member is left for ${name}`);
      const count = this.#give(name, id);
      if (count === this.#minQuota && this.#underMin.length > 0) {
        this.#underMin.splice(turn, 1);
        this.#exactlyMin.push(id);
      } else {
        turn += 1;
        if (count === this.#maxQuota) this.#fuller += 1;
      }
    }
  }

  #give(name: string, id: string): number {
    const share = this.shares.get(id)!;
    share.push(name);
    const former = this.#released.get(name);
    if ((former !== undefined && former !== id) || this.#previous.contested.has(name))
      this.transferring.set(name, id);
    return share.length;
  }

  #byPartition(names: readonly string[]): string[] {
    const { names: partitions, contested } = this.#previous;
    const sorted = names
      .map((name) => partitions.get(name)!)
      .sort((a, b) => a.partition - b.partition || compare(a.topic, b.topic))
      .map(({ topic, partition }) => `${topic}-${partition}`);
    for (const name of contested) remove(sorted, name);
    return sorted;
  }
}
