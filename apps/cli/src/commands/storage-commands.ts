// `ottla storage …`, with the options of kafka-storage.
import { Command, Option } from 'commander';
import { addExamples } from '../examples.ts';
import type { CliIo } from '../io.ts';
import { repeatable } from '../options.ts';
import type { FormatCommandOptions, InfoCommandOptions } from '../storage/storage.ts';

/** `ottla storage` and what is below it. */
export function storageCommands(io: CliIo): Command {
  const command = new Command('storage').description(
    'Prepare data folders for a cluster, and see what is in them.',
  );
  for (const one of [format, info, uuid, mapping, dependencies]) command.addCommand(one(io));
  return addExamples(command, [
    [
      'the first controller of a new cluster',
      'ottla storage format --config server.properties --cluster-id $(ottla storage random-uuid) --standalone',
    ],
    ['what is in the data folders', 'ottla storage info --config server.properties'],
  ]);
}

function withConfig(command: Command): Command {
  return command
    .requiredOption('-c, --config <file>', 'a server.properties file')
    .option('--allow-unknown', 'let unknown configuration keys pass');
}

function format(io: CliIo): Command {
  const command = withConfig(new Command('format'))
    .summary('format the data folders of a node')
    .description(
      'Format the data folders that the configuration names: identity, first feature levels, first voters.\n' +
        'A controller without controller.quorum.voters is told who votes first by one of --standalone,\n' +
        '--initial-controllers and --no-initial-controllers.',
    )
    .requiredOption('-t, --cluster-id <id>', 'the cluster that they are for')
    .option('-s, --standalone', 'this controller is the only voter at first')
    .option(
      '-I, --initial-controllers <id@host:port:directory,…>',
      'the first voters; the same text for every node',
    )
    .option('-N, --no-initial-controllers', 'the first voters are in the log of others')
    .option('-g, --ignore-formatted', 'leave folders that are formatted as they are')
    .option('-r, --release-version <version>', 'release of the feature levels; default the newest')
    .option('-f, --feature <feature=level>', 'level of one feature; repeatable', repeatable)
    .addOption(
      new Option('-S, --add-scram <credential>', 'not served by this version')
        .argParser(repeatable)
        .hideHelp(),
    )
    .action(async (options: FormatCommandOptions) =>
      (await import('../storage/storage.ts')).format(io, options),
    );
  return addExamples(command, [
    [
      'one controller, to which others are added later',
      'ottla storage format -c server.properties -t AAAAAAAAAAAAAAAAAAAAZA --standalone',
    ],
    [
      'a node that joins a cluster',
      'ottla storage format -c server.properties -t AAAAAAAAAAAAAAAAAAAAZA --no-initial-controllers',
    ],
  ]);
}

function info(io: CliIo): Command {
  const command = withConfig(new Command('info'))
    .description('Show what is in the data folders; exit code 1 when something is wrong with them.')
    .action(async (options: InfoCommandOptions) =>
      (await import('../storage/storage.ts')).info(io, options),
    );
  return addExamples(command, [
    ['whose they are', 'ottla storage info -c server.properties'],
    [
      'format only what is not formatted',
      'ottla storage info -c server.properties || ottla storage format -c server.properties -t AAAAAAAAAAAAAAAAAAAAZA -s -g',
    ],
  ]);
}

function uuid(io: CliIo): Command {
  const command = new Command('random-uuid')
    .description('Print a random id, for a cluster or a directory.')
    .action(async () => (await import('../storage/storage.ts')).uuid(io));
  return addExamples(command, [
    ['an id for a new cluster', 'ottla storage random-uuid'],
    [
      'a directory id for --initial-controllers',
      'echo "1@one.example:9093:$(ottla storage random-uuid)"',
    ],
  ]);
}

function mapping(io: CliIo): Command {
  const command = new Command('version-mapping')
    .description('Show the feature levels that a release of Kafka begins with.')
    .option('-r, --release-version <version>', 'the release; default the newest')
    .action(async (options: { readonly releaseVersion?: string }) =>
      (await import('../storage/storage.ts')).mapping(io, options.releaseVersion),
    );
  return addExamples(command, [
    ['of the newest release', 'ottla storage version-mapping'],
    ['of 4.0', 'ottla storage version-mapping -r 4.0'],
  ]);
}

function dependencies(io: CliIo): Command {
  const command = new Command('feature-dependencies')
    .description('Show what feature levels need.')
    .requiredOption('-f, --feature <feature=level>', 'a feature level; repeatable', repeatable)
    .action(async (options: { readonly feature: readonly string[] }) =>
      (await import('../storage/storage.ts')).dependencies(io, options.feature),
    );
  return addExamples(command, [
    [
      'of eligible leader replicas',
      'ottla storage feature-dependencies -f eligible.leader.replicas.version=1',
    ],
    [
      'of several',
      'ottla storage feature-dependencies -f metadata.version=30 -f transaction.version=2',
    ],
  ]);
}
