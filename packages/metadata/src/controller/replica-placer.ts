// Where the replicas of new partitions go: striped over racks first, then over the brokers of each
// rack, so that leaders and followers spread evenly; fenced brokers only when there are too few
// others, and never as the first replica. Ottla adds machines: two replicas share one only when there
// is no other. Where no broker has a rack, machines with several brokers take the place of racks.
// Kafka: org.apache.kafka.metadata.placement.StripedReplicaPlacer.
import { ErrorCode } from '@ottla/protocol';
import { ApiError } from './api-error.ts';
import type { ControllerRandom } from './controller-options.ts';

/** A broker on which a replica may be placed. */
export interface UsableBroker {
  readonly brokerId: number;
  readonly rack: string | null;
  /** What the broker's machine is known by; brokers with the same one share it. */
  readonly host: string;
  readonly fenced: boolean;
}

/**
 * Chooses replicas for `partitionCount` new partitions.
 *
 * @returns broker ids by partition, the preferred leader first
 * @throws ApiError INVALID_REPLICATION_FACTOR when that many replicas cannot be placed
 */
export function placeReplicas(
  brokers: readonly UsableBroker[],
  partitionCount: number,
  replicationFactor: number,
  random: ControllerRandom,
): number[][] {
  const racks = new RackRing(brokers, random);
  racks.check(replicationFactor);
  return Array.from({ length: partitionCount }, () => racks.place(replicationFactor));
}

/** Brokers taken round robin; each round begins one further. */
class BrokerRing {
  readonly brokerIds: number[] = [];
  #index = 0;
  #offset = 0;
  #round = 0;

  randomize(random: ControllerRandom): void {
    this.brokerIds.sort((a, b) => a - b);
    if (this.brokerIds.length > 0) this.#offset = random.below(this.brokerIds.length);
  }

  /** The next broker of this round, or undefined when all were given. */
  next(round: number): number | undefined {
    const count = this.brokerIds.length;
    if (count === 0) return undefined;
    if (this.#round !== round) {
      this.#round = round;
      this.#index = 0;
      this.#offset = (this.#offset + 1) % count;
    }
    if (this.#index >= count) return undefined;
    return this.brokerIds[(this.#index++ + this.#offset) % count];
  }
}

class Rack {
  readonly name: string | null;
  readonly fenced: BrokerRing = new BrokerRing();
  readonly unfenced: BrokerRing = new BrokerRing();

  constructor(name: string | null) {
    this.name = name;
  }

  next(round: number): number | undefined {
    return this.unfenced.next(round) ?? this.fenced.next(round);
  }
}

class RackRing {
  readonly #random: ControllerRandom;
  readonly #racks: Rack[] = [];
  readonly #hosts = new Map<number, string>();
  readonly #hostCount: number;
  #brokerCount = 0;
  #unfencedCount = 0;
  #round = 0;
  #offset = 0;

  constructor(brokers: readonly UsableBroker[], random: ControllerRandom) {
    this.#random = random;
    const byName = new Map<string | null, Rack>();
    const isByHost = areHostsRacks(brokers);
    for (const broker of brokers) {
      const { brokerId, host, fenced } = broker;
      const name = isByHost ? host : broker.rack;
      this.#hosts.set(brokerId, host);
      let rack = byName.get(name);
      if (rack === undefined) byName.set(name, (rack = new Rack(name)));
      (fenced ? rack.fenced : rack.unfenced).brokerIds.push(brokerId);
      this.#brokerCount++;
      if (!fenced) this.#unfencedCount++;
    }
    this.#hostCount = new Set(this.#hosts.values()).size;
    this.#racks = [...byName.values()].toSorted(byRackName);
    for (const rack of this.#racks) {
      rack.fenced.randomize(random);
      rack.unfenced.randomize(random);
    }
    if (this.#racks.length > 0) this.#offset = random.below(this.#racks.length);
  }

  check(replicationFactor: number): void {
    if (replicationFactor <= 0) {
      refuse(
        `Invalid replication factor ${replicationFactor}: the replication factor must be positive.`,
      );
    }
    if (this.#unfencedCount === 0) {
      refuse('All brokers are currently fenced, or have all their log directories cordoned.');
    }
    if (replicationFactor > this.#brokerCount) {
      refuse(
        `The target replication factor of ${replicationFactor} cannot be reached because only ` +
          `${this.#brokerCount} broker(s) are registered or some brokers have all their log directories cordoned.`,
      );
    }
  }

  /** Replicas of the next partition. */
  place(replicationFactor: number): number[] {
    // After as many partitions as there are brokers the pattern would repeat; with one broker it must.
    if (this.#round === this.#unfencedCount && this.#unfencedCount > 1) this.#shuffle();
    if (this.#offset === this.#racks.length) this.#offset = 0;
    const [leader, leaderRack] = this.#firstUnfenced();
    const replicas = [leader];
    const hosts = new Set([this.#hosts.get(leader)]);
    /** Waits until every machine has a replica, or no other broker is left. */
    const onUsedHosts: number[] = [];
    let skip: number | undefined = leaderRack;
    for (let at = this.#offset; replicas.length < replicationFactor; at = this.#after(at)) {
      const isTaken = replicas.length + onUsedHosts.length === this.#brokerCount;
      if (hosts.size === this.#hostCount || isTaken) {
        replicas.push(...onUsedHosts.splice(0, replicationFactor - replicas.length));
        if (replicas.length === replicationFactor) break;
      }
      if (at === skip) {
        // The leader's rack sits out its first turn only.
        skip = undefined;
        continue;
      }
      const brokerId = this.#racks[at]?.next(this.#round);
      if (brokerId === undefined) continue;
      const host = this.#hosts.get(brokerId);
      const isOther = !hosts.has(host) || hosts.size === this.#hostCount;
      (isOther ? replicas : onUsedHosts).push(brokerId);
      hosts.add(host);
    }
    this.#round++;
    this.#offset++;
    return replicas;
  }

  /** A broker that can lead at once, and the index of its rack. `check` made sure that there is one. */
  #firstUnfenced(): [brokerId: number, rackIndex: number] {
    for (let at = this.#offset; ; at = this.#after(at)) {
      const brokerId = this.#racks[at]?.unfenced.next(this.#round);
      if (brokerId !== undefined) return [brokerId, at];
    }
  }

  #after(rackIndex: number): number {
    return (rackIndex + 1) % this.#racks.length;
  }

  #shuffle(): void {
    this.#round = 0;
    shuffle(this.#racks, this.#random);
    for (const rack of this.#racks) {
      shuffle(rack.fenced.brokerIds, this.#random);
      shuffle(rack.unfenced.brokerIds, this.#random);
    }
  }
}

/** Whether machines are what tells failures apart: no broker has a rack, and some share one of several machines. */
function areHostsRacks(brokers: readonly UsableBroker[]): boolean {
  if (brokers.some(({ rack }) => rack !== null)) return false;
  const hostCount = new Set(brokers.map(({ host }) => host)).size;
  return hostCount > 1 && hostCount < brokers.length;
}

/** Brokers without a rack first. */
function byRackName(a: Rack, b: Rack): number {
  if (a.name === b.name) return 0;
  if (a.name === null || b.name === null) return a.name === null ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

/** Fisher and Yates, in place. */
function shuffle<T>(items: T[], random: ControllerRandom): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
}

function refuse(message: string): never {
  throw new ApiError(ErrorCode.INVALID_REPLICATION_FACTOR, message);
}
