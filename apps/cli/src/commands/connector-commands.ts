// `ottla connect list|status|create|…`: what is asked of a worker that runs.
import { Command } from 'commander';
import type { ConnectorConfigOptions } from '../connect/config.ts';
import type { ConnectorInput } from '../connect/connector-input.ts';
import type { CreateConnectorOptions } from '../connect/create.ts';
import type { ConnectorOffsetsOptions } from '../connect/offsets.ts';
import type { PluginsOptions } from '../connect/plugins.ts';
import type { WorkerOptions } from '../connect/rest-client.ts';
import type { StatusOptions } from '../connect/status.ts';
import type { RestartOptions, SteerOptions } from '../connect/steer.ts';
import type { ConnectorTopicsOptions } from '../connect/topics.ts';
import { addExamples } from '../examples.ts';
import type { CliIo } from '../io.ts';
import { keyValue, repeatable, repeatableInteger } from '../options.ts';

/** In the order of help. */
export function connectorCommands(io: CliIo): readonly Command[] {
  return [
    list(io),
    status(io),
    create(io),
    config(io),
    validate(io),
    pause(io),
    resume(io),
    stop(io),
    restart(io),
    remove(io),
    offsets(io),
    topics(io),
    plugins(io),
  ];
}

/** Adds `--url` and `--json`. */
function withWorker(command: Command): Command {
  return command
    .option(
      '-u, --url <url>',
      'the REST API of a worker (default: $OTTLA_CONNECT_URL or http://127.0.0.1:8083)',
    )
    .option('--json', 'machine-readable output');
}

function list(io: CliIo): Command {
  const command = withWorker(new Command('list'))
    .description('List connectors with the states of their tasks.')
    .action(async (options: WorkerOptions) =>
      (await import('../connect/list.ts')).listConnectors(io, options),
    );
  return addExamples(command, [
    ['all connectors', 'ottla connect list'],
    ['those of another worker', 'ottla connect list --url http://10.0.0.7:8083'],
  ]);
}

function status(io: CliIo): Command {
  const command = withWorker(new Command('status'))
    .argument('<connector>', 'name of the connector')
    .description('Show the states of a connector and its tasks, and why something failed.')
    .option('--trace', 'show the stacks of failures too')
    .action(async (connector: string, options: StatusOptions) =>
      (await import('../connect/status.ts')).connectorStatus(io, connector, options),
    );
  return addExamples(command, [
    ['what it is doing', 'ottla connect status lines'],
    ['why it failed', 'ottla connect status lines --trace'],
  ]);
}

/** How a configuration is given. */
function withInput(command: Command): Command {
  return command
    .argument('[file]', 'JSON or properties as for Kafka Connect; - reads standard input')
    .option('-n, --name <name>', "the connector's name, when the file has none or another")
    .option('-s, --set <key=value>', 'a setting; repeatable, goes before the file', keyValue);
}

function create(io: CliIo): Command {
  const command = withWorker(withInput(new Command('create')))
    .description('Create a connector from a file, or from settings given one by one.')
    .option('--paused', 'start it paused')
    .option('--stopped', 'create it without tasks; offsets can be set before it starts')
    .action(async (file: string | undefined, options: CreateConnectorOptions) =>
      (await import('../connect/create.ts')).createConnector(io, file, options),
    );
  return addExamples(command, [
    ['from a file', 'ottla connect create file-source.json'],
    [
      'without a file',
      'ottla connect create --name lines --set connector.class=FileStreamSource --set file=in.txt --set topic=lines',
    ],
    [
      'the same connector for another topic',
      'ottla connect create file-source.json --name lines-2 --set topic=lines-2',
    ],
  ]);
}

function config(io: CliIo): Command {
  const command = withWorker(new Command('config'))
    .argument('<connector>', 'name of the connector')
    .description('Show the configuration of a connector, or change it.')
    .option('-s, --set <key=value>', 'change a setting; repeatable', keyValue)
    .option('--unset <key>', 'remove a setting; repeatable', repeatable)
    .option('-f, --file <file>', 'replace all of it: JSON or properties; - reads standard input')
    .action(async (connector: string, options: ConnectorConfigOptions) =>
      (await import('../connect/config.ts')).connectorConfig(io, connector, options),
    );
  return addExamples(command, [
    ['what is set', 'ottla connect config lines'],
    [
      'change one setting and drop another',
      'ottla connect config lines --set tasks.max=2 --unset transforms',
    ],
    ['replace all of it', 'ottla connect config lines --file file-source.json'],
  ]);
}

function validate(io: CliIo): Command {
  const command = withWorker(withInput(new Command('validate')))
    .description(
      'Let the worker check a configuration; nothing is created. Exit code 1 when it is wrong.',
    )
    .action(async (file: string | undefined, options: WorkerOptions & ConnectorInput) =>
      (await import('../connect/validate.ts')).validateConnector(io, file, options),
    );
  return addExamples(command, [
    ['before it is created', 'ottla connect validate file-source.json'],
    ['with another value', 'ottla connect validate file-source.json --set batch.size=100'],
  ]);
}

function steering(io: CliIo, name: 'pause' | 'resume' | 'stop' | 'delete'): Command {
  return withWorker(new Command(name))
    .argument('<connector...>', 'names of connectors')
    .action(async (connectors: readonly string[], options: SteerOptions) => {
      const { ACTIONS, steerConnectors } = await import('../connect/steer.ts');
      await steerConnectors(io, ACTIONS[name], connectors, options);
    });
}

function pause(io: CliIo): Command {
  const command = steering(io, 'pause').description(
    'Pause connectors: tasks stay where they are and move no data.',
  );
  return addExamples(command, [
    ['for a while', 'ottla connect pause lines'],
    ['two at once', 'ottla connect pause lines orders'],
  ]);
}

function resume(io: CliIo): Command {
  const command = steering(io, 'resume').description('Let paused or stopped connectors go on.');
  return addExamples(command, [
    ['go on', 'ottla connect resume lines'],
    ['for a program', 'ottla connect resume lines --json'],
  ]);
}

function stop(io: CliIo): Command {
  const command = steering(io, 'stop').description(
    'Stop connectors: their tasks are shut down, and offsets can be changed. `resume` starts them again.',
  );
  return addExamples(command, [
    ['until it is resumed', 'ottla connect stop lines'],
    ['to begin anew', 'ottla connect stop lines && ottla connect offsets lines --reset'],
  ]);
}

function restart(io: CliIo): Command {
  const command = withWorker(new Command('restart'))
    .argument('<connector>', 'name of the connector')
    .description('Restart a connector, its tasks too, or only what has failed.')
    .option('--include-tasks', 'its tasks too')
    .option('--only-failed', 'only what is FAILED, of the connector and its tasks')
    .option('-t, --task <number>', 'only this task; repeatable', repeatableInteger(0))
    .action(async (connector: string, options: RestartOptions) =>
      (await import('../connect/steer.ts')).restartConnector(io, connector, options),
    );
  return addExamples(command, [
    ['another try for what has failed', 'ottla connect restart lines --only-failed'],
    ['connector and tasks', 'ottla connect restart lines --include-tasks'],
    ['one task', 'ottla connect restart lines --task 0'],
  ]);
}

function remove(io: CliIo): Command {
  const command = steering(io, 'delete')
    .description('Delete connectors; their offsets are kept. Asks first on a terminal.')
    .option('-y, --yes', 'do not ask');
  return addExamples(command, [
    ['ask, then delete', 'ottla connect delete lines'],
    ['in a script', 'ottla connect delete lines orders --yes'],
  ]);
}

function offsets(io: CliIo): Command {
  const command = withWorker(new Command('offsets'))
    .argument('<connector>', 'name of the connector')
    .description(
      'Show how far a connector has come, or change that while it is stopped. Asks before it forgets.',
    )
    .option('--reset', 'forget it: the connector begins anew')
    .option('--set <file>', 'JSON as --json prints it; - reads standard input')
    .option('-y, --yes', 'do not ask')
    .action(async (connector: string, options: ConnectorOffsetsOptions) =>
      (await import('../connect/offsets.ts')).connectorOffsets(io, connector, options),
    );
  return addExamples(command, [
    ['how far it has come', 'ottla connect offsets lines'],
    ['keep it, and put it back later', 'ottla connect offsets lines --json > offsets.json'],
    ['put it back', 'ottla connect offsets lines --set offsets.json'],
    ['begin anew', 'ottla connect offsets lines --reset'],
  ]);
}

function topics(io: CliIo): Command {
  const command = withWorker(new Command('topics'))
    .argument('<connector>', 'name of the connector')
    .description('Show the topics that a connector has used.')
    .option('--reset', 'forget them; those it goes on using come back')
    .action(async (connector: string, options: ConnectorTopicsOptions) =>
      (await import('../connect/topics.ts')).connectorTopics(io, connector, options),
    );
  return addExamples(command, [
    ['what it reads or writes', 'ottla connect topics lines'],
    ['after its topic was changed', 'ottla connect topics lines --reset'],
  ]);
}

function plugins(io: CliIo): Command {
  const command = withWorker(new Command('plugins'))
    .argument('[plugin]', 'class, or its short name: shows the settings it takes')
    .description('List the connectors that the worker can run, or the settings of one.')
    .option('--all', 'converters, transformations and predicates too')
    .action(async (plugin: string | undefined, options: PluginsOptions) => {
      const { describePlugin, listPlugins } = await import('../connect/plugins.ts');
      await (plugin === undefined ? listPlugins(io, options) : describePlugin(io, plugin, options));
    });
  return addExamples(command, [
    ['what can be created', 'ottla connect plugins'],
    ['what a connector takes', 'ottla connect plugins FileStreamSource'],
    ['all that can be named in a configuration', 'ottla connect plugins --all'],
  ]);
}
