// Up to fifty consumers that come, leave and crash at random, over a log that is slow, fails and changes its leader.
// A failure names its seed: OTTLA_SEED=<seed> vitest run --project @ottla/coordinator simulation

import { describeGroupsRequest } from '@ottla/protocol/messages/describe-groups';
import { offsetFetchRequest } from '@ottla/protocol/messages/offset-fetch';
import { describe, expect, it } from 'vitest';
import { CoordinatorError } from '../../src/index.ts';
import { client, GroupCluster, seededRandom } from '../support/group-cluster.ts';
import { PARTITION_COUNT, SimulatedConsumer, type ConsumerWorld } from './simulated-consumer.ts';
import { Witness } from './witness.ts';

const MEMBERS_MAX = 50;
const CHAOS_MS = 90_000;
/** Longer than a new member's JoinGroup may wait (5 min). */
const CALM_MS = 330_000;

const given = process.env['OTTLA_SEED'];
const seeds = given === undefined ? [1, 2, 3, 5, 8, 13] : [Number(given)];

class Chaos {
  readonly consumers: SimulatedConsumer[] = [];
  readonly lives: Promise<void>[] = [];
  readonly #world: ConsumerWorld;
  #born = 0;

  constructor(world: ConsumerWorld) {
    this.#world = world;
  }

  get living(): SimulatedConsumer[] {
    return this.consumers.filter(({ isGone }) => !isGone);
  }

  start(groupInstanceId: string | null = null): void {
    this.#born += 1;
    const consumer = new SimulatedConsumer(this.#world, `c${this.#born}`, groupInstanceId);
    this.consumers.push(consumer);
    this.lives.push(consumer.live());
  }

  async run(): Promise<void> {
    const { cluster, random } = this.#world;
    const { time, log } = cluster;
    log.manners.appendDelayMs = () => random.float() * 20;
    log.manners.commitDelayMs = () => random.float() * 30;
    for (let i = 0; i < 10; i += 1) this.start(i < 3 ? `static-${i}` : null);
    const endMs = time.monotonicMs() + CHAOS_MS;
    while (time.monotonicMs() < endMs) {
      await time.run(200 + random.below(2500));
      await this.#happen();
    }
    log.manners.appendError = () => undefined;
    log.manners.commitDelayMs = () => random.float() * 30;
    log.commit();
  }

  async #happen(): Promise<void> {
    const { cluster, random } = this.#world;
    const { time, log } = cluster;
    const living = this.living;
    const victim = living[random.below(living.length || 1)];
    switch (random.below(10)) {
      case 0:
      case 1:
      case 2:
        for (let i = random.below(8); i >= 0 && this.living.length < MEMBERS_MAX; i -= 1)
          this.start();
        return;
      case 3:
      case 4:
        victim?.crash();
        // A static member's next life comes before or after its session ends.
        if (victim !== undefined && victim.groupInstanceId !== null)
          time.set(random.below(9000), () => this.start(victim.groupInstanceId));
        return;
      case 5:
        if (victim?.groupInstanceId === null) victim.leave();
        return;
      case 6:
        log.manners.appendError = () => new CoordinatorError('NOT_ENOUGH_REPLICAS');
        await time.run(random.below(800));
        log.manners.appendError = () => undefined;
        return;
      case 7: {
        const usual = log.manners.commitDelayMs;
        log.manners.commitDelayMs = () => undefined;
        await time.run(random.below(7000));
        log.manners.commitDelayMs = usual;
        log.commit();
        return;
      }
      default:
        cluster.resign();
        await time.run(random.below(400));
        if (random.below(2) === 0) log.truncateToHighWatermark();
        await cluster.elect();
    }
  }
}

/** What the group has committed, as the coordinator has it in memory. */
async function committedOffsets(cluster: GroupCluster): Promise<unknown> {
  const groups = [{ groupId: 'g', memberId: null, memberEpoch: -1, topics: null }];
  const request = offsetFetchRequest.create({ groups, requireStable: true });
  const { groups: fetched } = await cluster.settle(
    cluster.coordinator.offsetFetch(client(9), request),
  );
  return fetched[0]!.topics.map(({ partitions }) =>
    partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex),
  );
}

describe('a group under chaos', () => {
  for (const seed of seeds) {
    it(`given seed ${seed}, then no rule is ever broken, and when it is over all living members are Stable`, async () => {
      const cluster = new GroupCluster({}, seed);
      const world = { cluster, random: seededRandom(seed * 7919), witness: new Witness() };
      const { witness } = world;
      await cluster.elect();
      const chaos = new Chaos(world);
      let failure: unknown;
      const watch = (): void => {
        for (const life of chaos.lives) life.catch((error: unknown) => (failure ??= error));
      };
      await chaos.run();
      watch();
      await cluster.time.run(CALM_MS);
      watch();
      await cluster.time.run();
      expect(failure).toBeUndefined();
      const living = chaos.living;
      const request = describeGroupsRequest.create({ groups: ['g'] });
      const { groups } = await cluster.coordinator.describeGroups(client(6), request);
      expect(groups[0]).toMatchObject({ groupState: living.length > 0 ? 'Stable' : 'Empty' });
      expect(groups[0]!.members.map(({ memberId }) => memberId).sort()).toEqual(
        living.map(({ memberId }) => memberId).sort(),
      );
      const owned = living.flatMap(({ partitions }) => partitions).sort((a, b) => a - b);
      expect(owned).toEqual(
        Array.from({ length: living.length > 0 ? PARTITION_COUNT : 0 }, (_, i) => i),
      );
      expect(witness.assignments).toBeGreaterThan(50);
      expect(witness.commits).toBeGreaterThan(100);
      for (const consumer of living) consumer.crash();
      await cluster.time.run(20_000);
      const before = await committedOffsets(cluster);
      cluster.resign();
      await cluster.elect();
      expect(await committedOffsets(cluster)).toEqual(before);
      expect(witness.openRequests).toBe(0);
      await cluster.coordinator.close();
      await cluster.time.run(1);
      expect([cluster.coordinator.pendingCount, cluster.time.timerCount]).toEqual([0, 0]);
    });
  }
});
