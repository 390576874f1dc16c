// `ottla cluster …`.
import { Command } from 'commander';
import { addExamples } from '../examples.ts';
import type { CliIo } from '../io.ts';
import type { ChangeMembersOptions } from '../members/change-members.ts';
import type { ClusterStatusOptions } from '../members/status.ts';
import { integer, withCluster } from '../options.ts';

/** `ottla cluster` and what is below it. */
export function clusterCommands(io: CliIo): Command {
  const command = new Command('cluster').description(
    'See the members of a cluster, and add, drain or remove one.',
  );
  for (const one of [status, add, drain, remove]) command.addCommand(one(io));
  return addExamples(command, [
    ['members, quorum, under-replicated partitions', 'ottla cluster status'],
    ['give a broker that has joined its share', 'ottla cluster add 4'],
    ['take a broker out of service for good', 'ottla cluster drain 2 && ottla cluster remove 2'],
  ]);
}

function status(io: CliIo): Command {
  const command = withCluster(new Command('status'))
    .description('Show members, the metadata quorum and under-replicated partitions.')
    .action(async (options: ClusterStatusOptions) =>
      (await import('../members/status.ts')).clusterStatus(io, options),
    );
  return addExamples(command, [
    ['everything at a glance', 'ottla cluster status'],
    [
      'how many partitions are not as safe as they should be',
      "ottla cluster status --json | jq '.underReplicated | length'",
    ],
  ]);
}

function add(io: CliIo): Command {
  const command = change('add', 'Give a broker that has joined its share of the replicas.')
    .option('--dry-run', 'show what would move, and move nothing')
    .action(async (nodeId: number, options: ChangeMembersOptions) =>
      (await import('../members/change-members.ts')).addBroker(io, nodeId, options),
    );
  return addExamples(command, [
    ['after `ottla server --brokers 4` has made the fourth', 'ottla cluster add 4'],
    ['see first what would move', 'ottla cluster add 4 --dry-run'],
  ]);
}

function drain(io: CliIo): Command {
  const command = change('drain', 'Move all replicas off a broker; it goes on running.')
    .option('--dry-run', 'show what would move, and move nothing')
    .action(async (nodeId: number, options: ChangeMembersOptions) =>
      (await import('../members/change-members.ts')).drainBroker(io, nodeId, options),
    );
  return addExamples(command, [
    ['empty broker 2', 'ottla cluster drain 2'],
    ['see first where its replicas would go', 'ottla cluster drain 2 --dry-run'],
  ]);
}

function remove(io: CliIo): Command {
  const command = change(
    'remove',
    'Take a drained node out of the quorum and the cluster. Asks first on a terminal.',
  )
    .option('-y, --yes', 'do not ask')
    .action(async (nodeId: number, options: ChangeMembersOptions) =>
      (await import('../members/change-members.ts')).removeBroker(io, nodeId, options),
    );
  return addExamples(command, [
    ['forget node 2', 'ottla cluster remove 2'],
    ['in a script', 'ottla cluster drain 2 && ottla cluster remove 2 --yes'],
  ]);
}

function change(name: string, description: string): Command {
  return withCluster(new Command(name))
    .argument('<node>', 'node.id of the broker', integer(0, 2 ** 31 - 1))
    .description(description);
}
