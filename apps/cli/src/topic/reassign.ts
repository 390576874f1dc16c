// `ottla topic reassign`.
import { CliError, usageError } from '../cli-error.ts';
import { withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import { carryOut, type CarryOutOptions } from '../members/carry-out.ts';
import { type ClusterState, clusterState, placements, placesOf } from '../members/cluster-state.ts';
import { type PlacedPartition, resized } from '../members/placement.ts';
import { unknownTopic } from './unknown-topic.ts';

/** Options of the command. */
export interface ReassignTopicOptions extends CarryOutOptions {
  readonly replicationFactor?: number;
  readonly partition?: number;
  readonly replicas?: readonly number[];
}

/** Gives a topic another number of replicas, or one of its partitions the brokers that are named. */
export async function reassignTopic(
  io: CliIo,
  topic: string,
  options: ReassignTopicOptions,
): Promise<void> {
  const { replicationFactor, partition, replicas } = options;
  const isWhole = replicationFactor !== undefined;
  const isOne = partition !== undefined && replicas !== undefined;
  if (isWhole ? partition !== undefined || replicas !== undefined : !isOne)
    throw usageError(
      'where to?',
      'Give --replication-factor for the whole topic, or --partition and --replicas for one partition.',
    );
  await withAdmin(io, options, async (admin) => {
    const state = await clusterState(admin);
    const targets = isWhole
      ? targetsOfFactor(state, topic, replicationFactor)
      : targetsOfOne(state, { topic, partition: partition!, replicas: replicas! });
    const what = isWhole
      ? `has ${replicationFactor} ${replicationFactor === 1 ? 'replica' : 'replicas'} of each partition`
      : `has partition ${partition} on ${replicas!.join(', ')}`;
    await carryOut(
      io,
      admin,
      options,
      { state, targets },
      {
        what: `reassigning ${topic}`,
        done: `Topic ${topic} ${what} now.`,
        nothing: `Topic ${topic} ${what} already.`,
      },
    );
  });
}

function targetsOfFactor(state: ClusterState, topic: string, factor: number): PlacedPartition[] {
  const places = placesOf(state);
  const { partitions } = topicOf(state, topic);
  if (factor > places.length && partitions.some(({ replicas }) => replicas.length < factor))
    throw new CliError(
      `${factor} replicas need ${factor} active brokers, and there are ${places.length}`,
      'See which with `ottla cluster status`.',
    );
  const placed = partitions.map(({ partition, replicas, isr }) => ({
    topic,
    partition,
    replicas,
    isr,
  }));
  return resized(placements(state.topics), places, placed, factor);
}

function targetsOfOne(state: ClusterState, target: PlacedPartition): PlacedPartition[] {
  const { topic, partition, replicas } = target;
  const now = topicOf(state, topic).partitions[partition]?.replicas;
  if (now === undefined)
    throw new CliError(
      `topic ${topic} has no partition ${partition}`,
      `See what it has with \`ottla topic describe ${topic}\`.`,
    );
  const active = placesOf(state).map(({ nodeId }) => nodeId);
  // One that is there already may be down: it is where it shall be.
  const absent = replicas.filter((nodeId) => !active.includes(nodeId) && !now.includes(nodeId));
  if (absent.length > 0)
    throw new CliError(
      `broker ${absent.join(', ')} is not active`,
      `There ${active.length === 1 ? 'is' : 'are'} ${active.toSorted((a, b) => a - b).join(', ')}; see \`ottla cluster status\`.`,
    );
  return now.join() === replicas.join() ? [] : [target];
}

function topicOf({ topics }: ClusterState, name: string): ClusterState['topics'][number] {
  const found = topics.find((topic) => topic.name === name);
  if (found !== undefined) return found;
  throw unknownTopic(
    name,
    topics.map((topic) => topic.name),
  );
}
