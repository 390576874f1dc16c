// `ottla group …`.
import { Command } from 'commander';
import { addExamples } from '../examples.ts';
import type { DeleteGroupOptions } from '../group/delete.ts';
import type { DescribeGroupOptions } from '../group/describe.ts';
import type { ListGroupsOptions } from '../group/list.ts';
import type { ResetOffsetsOptions } from '../group/reset-offsets.ts';
import type { CliIo } from '../io.ts';
import { integer, repeatable, timestamp, withCluster } from '../options.ts';

/** `ottla group` and what is below it. */
export function groupCommands(io: CliIo): Command {
  const command = new Command('group').description(
    'List, describe, delete and reset consumer groups.',
  );
  for (const one of [list, describe, remove, resetOffsets]) command.addCommand(one(io));
  return addExamples(command, [
    ['all groups', 'ottla group list'],
    ['how far a group is behind', 'ottla group describe billing'],
  ]);
}

function list(io: CliIo): Command {
  const command = withCluster(new Command('list'))
    .description('List consumer groups.')
    .action(async (options: ListGroupsOptions) =>
      (await import('../group/list.ts')).listGroups(io, options),
    );
  return addExamples(command, [
    ['all groups', 'ottla group list'],
    [
      'names of the empty ones',
      `ottla group list --json | jq -r '.[] | select(.state == "Empty").group'`,
    ],
  ]);
}

function describe(io: CliIo): Command {
  const command = withCluster(new Command('describe'))
    .argument('<group...>', 'names of groups')
    .description('Show state, committed offsets, lag and members.')
    .action(async (groups: readonly string[], options: DescribeGroupOptions) =>
      (await import('../group/describe.ts')).describeGroups(io, groups, options),
    );
  return addExamples(command, [
    ['offsets and lag', 'ottla group describe billing'],
    ['total lag', "ottla group describe billing --json | jq '[.[].offsets[].lag] | add'"],
  ]);
}

function remove(io: CliIo): Command {
  const command = withCluster(new Command('delete'))
    .argument('<group...>', 'names of groups')
    .description(
      'Delete groups without members, with their committed offsets. Asks first on a terminal.',
    )
    .option('-y, --yes', 'do not ask')
    .action(async (groups: readonly string[], options: DeleteGroupOptions) =>
      (await import('../group/delete.ts')).deleteGroups(io, groups, options),
    );
  return addExamples(command, [
    ['ask, then delete', 'ottla group delete billing'],
    ['in a script', 'ottla group delete billing reports --yes'],
  ]);
}

function resetOffsets(io: CliIo): Command {
  const command = withCluster(new Command('reset-offsets'))
    .argument('<group>', 'name of the group')
    .description(
      'Move the committed offsets of a group without members. Shows what would change; --execute does it.',
    )
    .option('-t, --topic <topic[:p,p]>', 'topic, or some of its partitions; repeatable', repeatable)
    .option('--all-topics', 'every topic the group has offsets for')
    .option('--to-earliest', 'to the first record')
    .option('--to-latest', 'to the end')
    .option('--to-offset <offset>', 'to this offset, kept within the log', integer(0))
    .option(
      '--to-timestamp <time>',
      'to the first record at or after: milliseconds since 1970 or a date',
      timestamp,
    )
    .option('--execute', 'do it; without this it is a dry run')
    .action(async (group: string, options: ResetOffsetsOptions) =>
      (await import('../group/reset-offsets.ts')).resetOffsets(io, group, options),
    );
  return addExamples(command, [
    [
      'what reading all again would change',
      'ottla group reset-offsets billing --all-topics --to-earliest',
    ],
    [
      'do it for two partitions',
      'ottla group reset-offsets billing --topic orders:0,1 --to-offset 100 --execute',
    ],
    [
      'back to a time',
      'ottla group reset-offsets billing --topic orders --to-timestamp 2026-01-31T12:00:00Z --execute',
    ],
  ]);
}
