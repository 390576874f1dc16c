// The topics that an application makes for itself, with as many partitions as its sources ask for. Every instance sees to them
// before it joins the group; whoever is first makes them. Kafka: RepartitionTopics, ChangelogTopics, InternalTopicManager.
import { type Admin, BrokerError } from '@ottla/client';
import { StreamsError, TopologyError } from '../errors.ts';
import { copartitionGroupsOf, type Subtopology } from '../topology/subtopologies.ts';
import type { TopologyGraph } from '../topology/topology-graph.ts';
import type { StreamsSettings } from './streams-config.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const REPARTITION_CONFIGS = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'segment.bytes': String(50 * 1024 * 1024),
  'message.timestamp.type': 'CreateTime',
};

/** Partitions of every topic that the application reads, by name. */
export type PartitionCounts = ReadonlyMap<string, number>;

/** How many partitions the topics have, or are to have. Pure. @throws TopologyError, StreamsError `INVALID_STATE` */
export function planPartitions(
  graph: TopologyGraph,
  applicationId: string,
  subtopologies: readonly Subtopology[],
  existing: PartitionCounts,
): Map<string, number> {
  const counts = new Map<string, number>();
  const repartition = new Map(subtopologies.flatMap((part) => [...part.repartitionTopics]));
  for (const { sourceTopics } of subtopologies)
    for (const topic of sourceTopics) {
      const given = repartition.get(topic)?.partitions;
      const count = given ?? existing.get(topic);
      if (count !== undefined) counts.set(topic, count);
      else if (!repartition.has(topic))
        throw new StreamsError(
          'INVALID_STATE',
          `source topic ${topic} does not exist: create it before the application starts`,
        );
    }
  // A repartition topic gets as many as the parts that write to it have; those may come from repartition topics in turn.
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    for (const topic of repartition.keys()) {
      if (counts.has(topic)) continue;
      const writers = subtopologies.filter((part) => part.sinkTopics.includes(topic));
      const upstream = writers.flatMap((part) => part.sourceTopics.map((name) => counts.get(name)));
      if (upstream.length === 0 || upstream.includes(undefined)) continue;
      counts.set(topic, Math.max(...(upstream as number[])));
      isMoving = true;
    }
  }
  copartition(graph, applicationId, repartition, counts);
  for (const topic of repartition.keys())
    if (!counts.has(topic))
      throw new TopologyError(`nothing says how many partitions ${topic} is to have`);
  return counts;
}

function copartition(
  graph: TopologyGraph,
  applicationId: string,
  repartition: ReadonlyMap<string, { readonly enforcePartitions?: boolean }>,
  counts: Map<string, number>,
): void {
  for (const group of copartitionGroupsOf(graph, applicationId)) {
    const fixed = group.filter(
      (topic) => !repartition.has(topic) || repartition.get(topic)?.enforcePartitions === true,
    );
    const sizes = new Set(fixed.map((topic) => counts.get(topic)));
    if (sizes.size > 1) {
      const each = fixed.map((topic) => `${topic} has ${counts.get(topic)}`).join(', ');
      throw new TopologyError(
        `topics that are joined must have the same number of partitions: ${each}`,
      );
    }
    const [count = Math.max(...group.map((topic) => counts.get(topic) ?? 0))] = sizes;
    for (const topic of group) counts.set(topic, count!);
  }
}

/** How many tasks a part has. */
export function taskCount(part: Subtopology, counts: PartitionCounts): number {
  return Math.max(0, ...part.sourceTopics.map((topic) => counts.get(topic) ?? 0));
}

/** Makes what is missing, and checks what is there. @throws StreamsError `INVALID_STATE` */
export async function ensureInternalTopics(
  admin: Admin,
  subtopologies: readonly Subtopology[],
  counts: PartitionCounts,
  settings: StreamsSettings,
): Promise<void> {
  const existing = await existingTopics(admin);
  for (const { name, partitions, configs } of wanted(subtopologies, counts, settings)) {
    const there = existing.get(name);
    if (there === undefined) await create(admin, name, partitions, configs, settings);
    else if (there !== partitions)
      throw new StreamsError(
        'INVALID_STATE',
        `topic ${name} has ${there} partitions and should have ${partitions}: the number of partitions of its ` +
          'sources changed; reset the application, or go back to the old number',
      );
  }
}

/** All topics and how many partitions each has. */
export async function existingTopics(admin: Admin): Promise<Map<string, number>> {
  const topics = await admin.describeTopics(undefined);
  return new Map(
    topics
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ name, partitions }) => [name, partitions.length]),
  );
}

interface WantedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<{ readonly [key: string]: string }>;
}

function wanted(
  subtopologies: readonly Subtopology[],
  counts: PartitionCounts,
  { topicConfigs }: StreamsSettings,
): WantedTopic[] {
  return subtopologies.flatMap((part) => {
    const repartition = [...part.repartitionTopics.keys()].map((name) => ({
      name,
      partitions: counts.get(name)!,
      configs: { ...REPARTITION_CONFIGS, ...topicConfigs },
    }));
    const changelogs = part.stores.flatMap(({ builder, changelogTopic, isSourceTopic }) =>
      changelogTopic === undefined || isSourceTopic
        ? []
        : {
            name: changelogTopic,
            partitions: taskCount(part, counts),
            configs: {
              ...changelogConfigs(builder.retentionMs),
              ...topicConfigs,
              ...builder.logConfig,
            },
          },
    );
    return [...repartition, ...changelogs];
  });
}

/** @param retentionMs of a window store; undefined: a store by key */
function changelogConfigs(retentionMs: number | undefined): WantedTopic['configs'] {
  const times = { 'message.timestamp.type': 'CreateTime' };
  if (retentionMs === undefined) return { 'cleanup.policy': 'compact', ...times };
  return {
    'cleanup.policy': 'compact,delete',
    'retention.ms': String(retentionMs + DAY_MS),
    ...times,
  };
}

async function create(
  admin: Admin,
  name: string,
  numPartitions: number,
  configs: WantedTopic['configs'],
  { replicationFactor }: StreamsSettings,
): Promise<void> {
  try {
    await admin.createTopics([{ name, numPartitions, replicationFactor, configs }]);
  } catch (error) {
    // Another instance was faster.
    if (!(error instanceof BrokerError && error.code === 'TOPIC_ALREADY_EXISTS')) throw error;
  }
}
