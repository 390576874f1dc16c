// `ottla topic …`.
import { Command } from 'commander';
import { addExamples } from '../examples.ts';
import type { CliIo } from '../io.ts';
import { integer, integers, keyValue, timestamp, withCluster } from '../options.ts';
import type { AlterTopicOptions } from '../topic/alter.ts';
import type { CreateTopicOptions } from '../topic/create.ts';
import type { DeleteTopicOptions } from '../topic/delete.ts';
import type { DescribeTopicOptions } from '../topic/describe.ts';
import type { ListTopicsOptions } from '../topic/list.ts';
import type { TopicOffsetsOptions } from '../topic/offsets.ts';
import type { ReassignTopicOptions } from '../topic/reassign.ts';

/** `ottla topic` and what is below it. */
export function topicCommands(io: CliIo): Command {
  const command = new Command('topic').description(
    'List, describe, create, alter, reassign and delete topics.',
  );
  for (const one of [list, describe, create, alter, reassign, remove, offsets])
    command.addCommand(one(io));
  return addExamples(command, [
    ['create a topic', 'ottla topic create orders --partitions 3'],
    ['see what is in it', 'ottla topic describe orders'],
  ]);
}

function list(io: CliIo): Command {
  const command = withCluster(new Command('list'))
    .description('List topics.')
    .option('--internal', "show internal topics too, such as the consumers' offsets")
    .action(async (options: ListTopicsOptions) =>
      (await import('../topic/list.ts')).listTopics(io, options),
    );
  return addExamples(command, [
    ['all topics', 'ottla topic list'],
    ['names only', "ottla topic list --json | jq -r '.[].name'"],
  ]);
}

function describe(io: CliIo): Command {
  const command = withCluster(new Command('describe'))
    .argument('<topic...>', 'names of topics')
    .description(
      'Show partitions, leaders, replicas, offsets and the settings that differ from the default.',
    )
    .action(async (topics: readonly string[], options: DescribeTopicOptions) =>
      (await import('../topic/describe.ts')).describeTopics(io, topics, options),
    );
  return addExamples(command, [
    ['one topic', 'ottla topic describe orders'],
    ['two topics for a program', 'ottla topic describe orders payments --json'],
  ]);
}

function create(io: CliIo): Command {
  const command = withCluster(new Command('create'))
    .argument('<topic...>', 'names of topics')
    .description('Create topics.')
    .option('-p, --partitions <count>', "number of partitions; default: the broker's", integer(1))
    .option(
      '-r, --replication-factor <count>',
      "copies of each partition; default: the broker's",
      integer(1),
    )
    .option('-c, --config <key=value>', 'a setting of the topic; repeatable', keyValue)
    .option('--if-not-exists', 'succeed when the topic is there already')
    .option('--dry-run', 'check only')
    .action(async (topics: readonly string[], options: CreateTopicOptions) =>
      (await import('../topic/create.ts')).createTopics(io, topics, options),
    );
  return addExamples(command, [
    ['three partitions', 'ottla topic create orders --partitions 3'],
    ['keep records for an hour', 'ottla topic create clicks --config retention.ms=3600000'],
  ]);
}

function alter(io: CliIo): Command {
  const command = withCluster(new Command('alter'))
    .argument('<topic>', 'name of the topic')
    .description(
      'Add partitions. Settings are changed by `ottla config alter topic`, replicas by `ottla topic reassign`.',
    )
    .requiredOption(
      '-p, --partitions <count>',
      'total number of partitions; it can only grow',
      integer(1),
    )
    .option('--dry-run', 'check only')
    .action(async (topic: string, options: AlterTopicOptions) =>
      (await import('../topic/alter.ts')).alterTopic(io, topic, options),
    );
  return addExamples(command, [
    ['grow to six partitions', 'ottla topic alter orders --partitions 6'],
    ['see whether it would work', 'ottla topic alter orders --partitions 6 --dry-run'],
  ]);
}

function reassign(io: CliIo): Command {
  const command = withCluster(new Command('reassign'))
    .argument('<topic>', 'name of the topic')
    .description(
      'Change how many replicas the partitions of a topic have, or on which brokers those of one partition are.',
    )
    .option('-r, --replication-factor <count>', 'copies of each partition', integer(1))
    .option('-p, --partition <partition>', 'with --replicas: this partition', integer(0))
    .option(
      '--replicas <node,…>',
      'with --partition: ids of brokers, the preferred leader first',
      integers(0),
    )
    .option('--dry-run', 'show what would move, and move nothing')
    .action(async (topic: string, options: ReassignTopicOptions) =>
      (await import('../topic/reassign.ts')).reassignTopic(io, topic, options),
    );
  return addExamples(command, [
    ['two copies of each partition', 'ottla topic reassign orders --replication-factor 2'],
    ['see first what would move', 'ottla topic reassign orders --replication-factor 3 --dry-run'],
    [
      'partition 0 on brokers 3 and 1, led by 3',
      'ottla topic reassign orders --partition 0 --replicas 3,1',
    ],
  ]);
}

function remove(io: CliIo): Command {
  const command = withCluster(new Command('delete'))
    .argument('<topic...>', 'names of topics')
    .description('Delete topics with all their records. Asks first on a terminal.')
    .option('-y, --yes', 'do not ask')
    .option('--if-exists', 'succeed when the topic is not there')
    .action(async (topics: readonly string[], options: DeleteTopicOptions) =>
      (await import('../topic/delete.ts')).deleteTopics(io, topics, options),
    );
  return addExamples(command, [
    ['ask, then delete', 'ottla topic delete orders'],
    ['in a script', 'ottla topic delete orders payments --yes --if-exists'],
  ]);
}

function offsets(io: CliIo): Command {
  const command = withCluster(new Command('offsets'))
    .argument('<topic...>', 'names of topics')
    .description('Show the first and the next offset of each partition, or the offset at a time.')
    .option('--at <time>', 'first offset at or after: milliseconds since 1970 or a date', timestamp)
    .action(async (topics: readonly string[], options: TopicOffsetsOptions) =>
      (await import('../topic/offsets.ts')).topicOffsets(io, topics, options),
    );
  return addExamples(command, [
    ['how many records there are', 'ottla topic offsets orders'],
    ['where a day began', 'ottla topic offsets orders --at 2026-01-31T00:00:00Z'],
  ]);
}
