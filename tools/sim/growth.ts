// A cluster that grows by one broker and loses another one, under load and faults: a machine comes and gets replicas; one is
// drained, stopped and taken out. With `disks` it is gone for good before anybody drains it.
import { Admin, type ClientOptions, KafkaError } from '@ottla/client';
import type { Platform } from '@ottla/platform';
import { notInSync } from './invariants.ts';
import type { Member } from './member.ts';
import type { Plan } from './plan.ts';
import { pickReplicas, type Roster } from './roster.ts';

const WAIT_MS_MAX = 10_000;
const LOOK_EVERY_MS = 1_000;
const LOSE_LOOK_MS = 100;

export interface GrowthOptions {
  readonly plan: Plan;
  readonly members: readonly Member[];
  readonly roster: Roster;
  readonly client: ClientOptions & { readonly platform: Platform };
  readonly log: (line: string) => void;
}

export class Growth {
  readonly #options: GrowthOptions;
  readonly #random: Platform['random'];
  readonly #timers: Platform['timers'];
  readonly #late: Member | undefined;
  /** The first that is a broker and nothing else: it is drained and goes. */
  readonly #leaving: Member | undefined;

  constructor(options: GrowthOptions) {
    const { members, client } = options;
    this.#options = options;
    this.#random = client.platform.random;
    this.#timers = client.platform.timers;
    this.#late = members.find(({ planned }) => planned.isLate);
    this.#leaving = members.find(
      ({ planned }) => planned.isBroker && !planned.isController && !planned.isLate,
    );
  }

  /** Resolves when the one has its replicas and the other one is gone. @param healed aborted when faults are over */
  async run(healed: AbortSignal): Promise<void> {
    const admin = new Admin(this.#options.client);
    await this.#timers.sleep(this.#random.below(WAIT_MS_MAX));
    if (this.#late !== undefined) await this.#welcome(admin, this.#late);
    await this.#timers.sleep(this.#random.below(WAIT_MS_MAX));
    if (this.#leaving !== undefined) await this.#dismiss(admin, this.#leaving, healed);
    await admin.close();
  }

  async #welcome(admin: Admin, late: Member): Promise<void> {
    const { log, roster } = this.#options;
    log(`growth: ${late.name} comes`);
    late.begin();
    await this.#until(async () => {
      const { brokers } = await admin.describeCluster();
      return brokers.some(({ nodeId }) => nodeId === late.nodeId);
    });
    roster.holders.add(late.nodeId);
    for (const { topic, partition } of await this.#placed(admin)) {
      if (this.#random.below(2) === 0) continue;
      await this.#until(async () => {
        // Topics go, too, and come back with fewer partitions.
        const placed = await this.#placed(admin);
        if (placed.some((each) => each.topic === topic && each.partition === partition))
          await this.#move(admin, topic, partition, late.nodeId);
        return true;
      });
    }
  }

  async #dismiss(admin: Admin, leaving: Member, healed: AbortSignal): Promise<void> {
    const { log, roster, plan } = this.#options;
    roster.holders.delete(leaving.nodeId);
    if (plan.traits.has('disks')) await this.#lose(leaving, healed);
    log(`growth: ${leaving.name} is drained`);
    await this.#until(() => this.#isDrained(admin, leaving.nodeId));
    log(`growth: ${leaving.name} goes`);
    if (leaving.isWanted) await leaving.retire();
    // An operator who had begun before may have moved something back.
    await this.#until(() => this.#isDrained(admin, leaving.nodeId));
    await this.#until(async () => {
      const { brokers } = await admin.describeCluster({ includeFencedBrokers: true });
      const broker = brokers.find(({ nodeId }) => nodeId === leaving.nodeId);
      if (broker === undefined) return true;
      if (broker.isFenced) await admin.unregisterBroker(leaving.nodeId);
      return false;
    });
    log(`growth: ${leaving.name} is no member any more`);
  }

  /**
   * When faults are over and the others in sync, under load. What is eligible on a node that never comes back, and nowhere else
   * because the others were killed before it was missed, waits for somebody who decides (`unclean`), as with Apache Kafka.
   */
  async #lose(leaving: Member, healed: AbortSignal): Promise<void> {
    const { members, plan, log } = this.#options;
    while (!healed.aborted || notInSync(members, plan.replicationFactor) !== undefined)
      await this.#timers.sleep(LOSE_LOOK_MS);
    log(`growth: ${leaving.name} is lost for ever`);
    leaving.lose();
  }

  /** Moves what it still holds; true when it holds nothing, and nothing is on its way. */
  async #isDrained(admin: Admin, nodeId: number): Promise<boolean> {
    const held = (await this.#placed(admin)).filter(({ replicas }) => replicas.includes(nodeId));
    for (const { topic, partition } of held) await this.#move(admin, topic, partition);
    return held.length === 0 && (await admin.listPartitionReassignments()).length === 0;
  }

  async #move(admin: Admin, topic: string, partition: number, first?: number): Promise<void> {
    const { plan, roster } = this.#options;
    const picked = pickReplicas(roster, plan.replicationFactor, this.#random);
    const others = picked.filter((id) => id !== first).slice(0, plan.replicationFactor - 1);
    const replicas = first === undefined ? picked : [first, ...others];
    await admin.alterPartitionReassignments([{ topic, partition, replicas }]);
  }

  async #placed(admin: Admin) {
    for (;;) {
      try {
        const topics = await admin.describeTopics(undefined);
        return topics.flatMap(({ name: topic, partitions }) =>
          partitions.map(({ partition, replicas }) => ({ topic, partition, replicas })),
        );
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        await this.#timers.sleep(LOOK_EVERY_MS);
      }
    }
  }

  /** Tries again and again; what is refused now may not be later. */
  async #until(isDone: () => Promise<boolean>): Promise<void> {
    for (;;) {
      try {
        if (await isDone()) return;
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
      }
      await this.#timers.sleep(LOOK_EVERY_MS);
    }
  }
}
