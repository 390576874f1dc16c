// Which partitions `consume` reads without a group, and from where to where.
import type { Admin, TopicPartition } from '@ottla/client';
import { CliError, usageError } from '../cli-error.ts';
import { offsetsAt, partitionsOf } from '../topic/partition-offsets.ts';
import type { StartPosition } from './start-position.ts';

/** A stretch of a partition. */
export interface PartitionRange extends TopicPartition {
  /** First offset to read (inclusive). */
  readonly startOffset: number;
  /** The end of the log when the plan was made (exclusive). */
  readonly endOffset: number;
}

/**
 * Looks up every partition of the topics, or those with the given numbers.
 *
 * @throws CliError for a topic or partition that is not there
 */
export async function planRanges(
  admin: Admin,
  topics: readonly string[],
  numbers: readonly number[] | undefined,
  start: StartPosition,
): Promise<readonly PartitionRange[]> {
  const all = await partitionsOf(admin, topics);
  const partitions =
    numbers === undefined ? all : all.filter(({ partition }) => numbers.includes(partition));
  for (const topic of topics)
    for (const number of numbers ?? [])
      if (!partitions.some((one) => one.topic === topic && one.partition === number))
        throw new CliError(
          `topic ${topic} has no partition ${number}`,
          `See what it has with \`ottla topic describe ${topic}\`.`,
        );
  const [earliest, latest] = await Promise.all([
    offsetsAt(admin, partitions, 'earliest'),
    offsetsAt(admin, partitions, 'latest'),
  ]);
  const wanted =
    start.kind === 'timestamp' ? await offsetsAt(admin, partitions, start.timestamp) : undefined;
  return partitions.map(({ topic, partition }, index) => ({
    topic,
    partition,
    startOffset: startOffset(start, earliest[index]!, latest[index]!, wanted?.[index]),
    endOffset: latest[index]!,
  }));
}

/** @throws CliError for an offset that the log does not have */
export function startOffset(
  start: StartPosition,
  earliest: number,
  latest: number,
  atTimestamp?: number,
): number {
  switch (start.kind) {
    case 'earliest':
      return earliest;
    case 'latest':
      return latest;
    case 'before-end':
      return Math.max(earliest, latest - start.count);
    case 'timestamp':
      return atTimestamp === undefined || atTimestamp < 0 ? latest : atTimestamp;
    case 'offset':
      if (start.offset >= earliest && start.offset <= latest) return start.offset;
      throw usageError(
        `--offset ${start.offset} is not in the log, which goes from ${earliest} to ${latest}`,
        'Use --from-beginning for its start.',
      );
  }
}
