// `ottla config …`.
import { Argument, Command } from 'commander';
import type { AlterConfigOptions } from '../config/alter.ts';
import type { DescribeConfigOptions } from '../config/describe.ts';
import type { ResourceKind } from '../config/resource.ts';
import { addExamples } from '../examples.ts';
import type { CliIo } from '../io.ts';
import { keyValue, repeatable, withCluster } from '../options.ts';

/** `ottla config` and what is below it. */
export function configCommands(io: CliIo): Command {
  const command = new Command('config').description(
    'Show and change the settings of topics and brokers.',
  );
  for (const one of [describe, alter]) command.addCommand(one(io));
  return addExamples(command, [
    ['settings of a topic', 'ottla config describe topic orders'],
    ['change one', 'ottla config alter topic orders --set retention.ms=3600000'],
  ]);
}

function describe(io: CliIo): Command {
  const command = withResource(withCluster(new Command('describe')))
    .description('Show settings; without --all only those that differ from the default.')
    .option('-a, --all', 'show defaults too')
    .action(async (kind: ResourceKind, name: string, options: DescribeConfigOptions) =>
      (await import('../config/describe.ts')).describeConfig(io, kind, name, options),
    );
  return addExamples(command, [
    ['what was set on a topic', 'ottla config describe topic orders'],
    ['everything on broker 1', 'ottla config describe broker 1 --all'],
    ['what was set for all brokers', 'ottla config describe broker default'],
  ]);
}

function alter(io: CliIo): Command {
  const command = withResource(withCluster(new Command('alter')))
    .description('Change settings; those not named stay as they are.')
    .option('-s, --set <key=value>', 'set a key; repeatable', keyValue)
    .option('-d, --delete <key>', 'back to the default; repeatable', repeatable)
    .option('--append <key=value>', 'add to a list; repeatable', keyValue)
    .option('--subtract <key=value>', 'remove from a list; repeatable', keyValue)
    .option('--dry-run', 'check only')
    .action(async (kind: ResourceKind, name: string, options: AlterConfigOptions) =>
      (await import('../config/alter.ts')).alterConfig(io, kind, name, options),
    );
  return addExamples(command, [
    ['keep records for an hour', 'ottla config alter topic orders --set retention.ms=3600000'],
    ['back to the default', 'ottla config alter topic orders --delete retention.ms'],
    ['for all brokers', 'ottla config alter broker default --set log.retention.ms=86400000'],
  ]);
}

function withResource(command: Command): Command {
  return command
    .addArgument(new Argument('<kind>', 'what has the settings').choices(['topic', 'broker']))
    .argument('<name>', 'name of the topic, id of the broker, or `default` for all brokers');
}
