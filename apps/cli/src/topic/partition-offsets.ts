// Partitions of topics, and offsets in them, as several commands need them.
import type { Admin, OffsetQuery, TopicMetadata, TopicPartition } from '@ottla/client';
import { unknownTopic } from './unknown-topic.ts';

/** The topics in the order named. @throws CliError with the nearest names for a topic that is not there */
export async function describeTopicsByName(
  admin: Admin,
  names: readonly string[],
): Promise<readonly TopicMetadata[]> {
  const known = await admin.listTopics();
  for (const name of names)
    if (!known.some((topic) => topic.name === name))
      throw unknownTopic(
        name,
        known.map((topic) => topic.name),
      );
  return admin.describeTopics(names);
}

/** Every partition of the topics, in order. @throws as `describeTopicsByName` */
export async function partitionsOf(
  admin: Admin,
  topics: readonly string[],
): Promise<readonly TopicPartition[]> {
  const described = await describeTopicsByName(admin, topics);
  return described.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  );
}

/**
 * The offset of each partition at a place.
 *
 * @param at a place, or ms since 1970: the first record at or after it
 * @returns in the order of `partitions`; −1 where no record is at or after the time
 */
export async function offsetsAt(
  admin: Pick<Admin, 'listOffsets'>,
  partitions: readonly TopicPartition[],
  at: OffsetQuery['at'],
): Promise<readonly number[]> {
  const results = await admin.listOffsets(
    partitions.map(({ topic, partition }) => ({ topic, partition, at })),
  );
  return results.map(({ offset }) => offset);
}
