// Five hundred topics are created while the active controller dies: each of them is there as a whole, or not at all.
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, type TopicMetadata } from '@ottla/client';
import type { Schedule, Stage } from '../schedule.ts';

const TOPICS = 500;
const AT_ONCE = 25;
const PARTITIONS = 2;
const REPLICAS = 3;
const LIMIT_MS = 60_000;
const AGAIN_MS = 500;

export const topicsWhileControllerDies: Schedule = {
  name: 'topics-while-controller-dies',
  what: 'the active controller is killed while 500 topics are created',
  round: async (stage) => {
    const round = stage.random.below(1_000_000);
    const names = Array.from({ length: TOPICS }, (_, index) => `storm-${round}-${index}`);
    await using admin = new Admin({
      bootstrapServers: stage.cluster.bootstrap,
      requestTimeoutMs: LIMIT_MS,
      defaultApiTimeoutMs: LIMIT_MS,
    });
    const creating = createInTurns(admin, names);
    await stage.sleep(stage.random.below(1_500));
    await stage.kill((await stage.view.quorum()).leaderId);
    const confirmed = await creating;
    await stage.restore();
    const there = await onceAllAreThere(admin, names, confirmed);
    check(stage, there, confirmed);
    // What is left of them does no harm: the next round has other names.
    await admin.deleteTopics(there.map(({ name }) => name)).catch(() => undefined);
  },
};

/** A broker that has just come back may answer by metadata of before: what was confirmed is given a minute to be seen. */
async function onceAllAreThere(
  admin: Admin,
  names: readonly string[],
  confirmed: ReadonlySet<string>,
): Promise<TopicMetadata[]> {
  const ours = new Set(names);
  const deadlineMs = performance.now() + LIMIT_MS;
  for (;;) {
    const there = (await admin.describeTopics(undefined)).filter(({ name }) => ours.has(name));
    const seen = new Set(there.map(({ name }) => name));
    if (confirmed.isSubsetOf(seen) || performance.now() > deadlineMs) return there;
    await sleep(AGAIN_MS);
  }
}

/** @returns those whose creation was confirmed */
async function createInTurns(admin: Admin, names: readonly string[]): Promise<Set<string>> {
  const confirmed = new Set<string>();
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const some = names.slice(from, from + AT_ONCE);
    try {
      await admin.createTopics(
        some.map((name) => ({ name, numPartitions: PARTITIONS, replicationFactor: REPLICAS })),
      );
      for (const name of some) confirmed.add(name);
    } catch {
      // Some of them may be there: that is looked at below.
    }
  }
  return confirmed;
}

function check(stage: Stage, there: readonly TopicMetadata[], confirmed: Set<string>): void {
  const nameOf = new Map<string, string>();
  for (const { name, topicId, errorCode, partitions } of there) {
    confirmed.delete(name);
    if (
      errorCode !== 0 ||
      partitions.length !== PARTITIONS ||
      partitions.some(({ replicas }) => new Set(replicas).size !== REPLICAS)
    )
      stage.violation(`${name} is there in part: ${JSON.stringify({ errorCode, partitions })}`);
    const other = nameOf.get(topicId);
    if (other !== undefined) stage.violation(`${name} and ${other} have the id ${topicId}`);
    nameOf.set(topicId, name);
  }
  for (const name of confirmed) stage.violation(`${name} was confirmed and is not there`);
}
