// `ottla group reset-offsets`: a plan first, and only with --execute the deed.
import type { Admin, TopicPartition } from '@ottla/client';
import { CliError, usageError } from '../cli-error.ts';
import { withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { print } from '../output/print.ts';
import { offsetsAt, partitionsOf } from '../topic/partition-offsets.ts';
import { committedOffsets } from './committed-offsets.ts';
import { parseTopicSelection } from './topic-selection.ts';

/** Options of the command. */
export interface ResetOffsetsOptions extends ClusterOptions {
  readonly topic?: readonly string[];
  readonly allTopics?: boolean;
  readonly toEarliest?: boolean;
  readonly toLatest?: boolean;
  readonly toOffset?: number;
  /** Milliseconds since 1970. */
  readonly toTimestamp?: number;
  readonly execute?: boolean;
}

/** Where offsets go: an offset, or a place that is looked up. */
type Target = { readonly offset: number } | { readonly at: 'earliest' | 'latest' | number };

/** Moves committed offsets, or shows how it would. */
export async function resetOffsets(
  io: CliIo,
  group: string,
  options: ResetOffsetsOptions,
): Promise<void> {
  const target = targetOf(options);
  if ((options.topic === undefined) === (options.allTopics !== true))
    throw usageError('which topics?', 'Give either --topic <topic> or --all-topics.');
  const plan = await withAdmin(io, options, async (admin) => {
    const changes = await planOf(admin, group, options, target);
    if (options.execute === true && changes.length > 0)
      await admin.alterGroupOffsets(
        group,
        changes.map(({ topic, partition, to }) => ({ topic, partition, offset: to })),
      );
    return changes;
  });
  await print(io, options.json, {
    json: { group, executed: options.execute === true, offsets: plan },
    headings: ['TOPIC', 'PARTITION', 'FROM', 'TO'],
    rows: plan.map(({ topic, partition, from, to }) => [topic, partition, from, to]),
    whenEmpty: `Group ${group} has no committed offsets.`,
  });
  if (options.execute !== true && plan.length > 0)
    await io.stderr.write('Nothing was changed; add --execute to do it.\n');
}

function targetOf(options: ResetOffsetsOptions): Target {
  const given: Target[] = [];
  if (options.toEarliest === true) given.push({ at: 'earliest' });
  if (options.toLatest === true) given.push({ at: 'latest' });
  if (options.toTimestamp !== undefined) given.push({ at: options.toTimestamp });
  if (options.toOffset !== undefined) given.push({ offset: options.toOffset });
  if (given.length === 1) return given[0]!;
  throw usageError(
    'where to?',
    'Give one of --to-earliest, --to-latest, --to-offset <offset>, --to-timestamp <time>.',
  );
}

async function planOf(admin: Admin, group: string, options: ResetOffsetsOptions, target: Target) {
  const committed = await committedOffsets(admin, group);
  const partitions =
    options.allTopics === true ? committed : await selectedPartitions(admin, options.topic ?? []);
  const [earliest, latest] = await Promise.all([
    offsetsAt(admin, partitions, 'earliest'),
    offsetsAt(admin, partitions, 'latest'),
  ]);
  const wanted =
    'offset' in target
      ? partitions.map(() => target.offset)
      : await offsetsAt(admin, partitions, target.at);
  return partitions.map(({ topic, partition }, index) => {
    const place = wanted[index]!;
    // No record at or after the time: the end. An offset beyond the log: its nearest end.
    const inLog =
      place < 0 ? latest[index]! : Math.max(earliest[index]!, Math.min(place, latest[index]!));
    const from = committed.find((one) => one.topic === topic && one.partition === partition);
    return { topic, partition, from: from?.offset ?? null, to: inLog };
  });
}

async function selectedPartitions(
  admin: Admin,
  texts: readonly string[],
): Promise<readonly TopicPartition[]> {
  const selections = texts.map(parseTopicSelection);
  const all = await partitionsOf(admin, [...new Set(selections.map(({ topic }) => topic))]);
  for (const { topic, partitions = [] } of selections)
    for (const partition of partitions)
      if (!all.some((one) => one.topic === topic && one.partition === partition))
        throw new CliError(`topic ${topic} has no partition ${partition}`);
  return all.filter(({ topic, partition }) =>
    selections.some((one) => one.topic === topic && (one.partitions?.includes(partition) ?? true)),
  );
}
