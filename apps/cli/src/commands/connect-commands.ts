// `ottla connect …`.
import { Command } from 'commander';
import type { StandaloneOptions } from '../connect/standalone.ts';
import { addExamples } from '../examples.ts';
import type { CliIo } from '../io.ts';
import { repeatable } from '../options.ts';
import { connectorCommands } from './connector-commands.ts';

/** `ottla connect` and what is below it. */
export function connectCommands(io: CliIo): Command {
  const command = new Command('connect').description(
    'Run connectors that bring data into Kafka and out of it, and look after them.',
  );
  for (const one of [standalone(io), ...connectorCommands(io)]) command.addCommand(one);
  return addExamples(command, [
    [
      'run one connector beside the broker',
      'ottla connect standalone worker.properties file-source.json',
    ],
    ['the worker alone', 'ottla connect standalone worker.properties'],
    ['then create a connector on it', 'ottla connect create file-source.json'],
    ['and see what it does', 'ottla connect status file-source'],
  ]);
}

function standalone(io: CliIo): Command {
  const command = new Command('standalone')
    .argument('<worker.properties>', "the worker's configuration, as Kafka's connect-standalone")
    .argument('[connector...]', 'connectors to create: JSON or properties files')
    .description(
      "Run a Connect worker by itself: the REST API of Kafka Connect on 127.0.0.1:8083, offsets in a file.\nTakes Kafka's worker and connector files. Ctrl-C stops it.",
    )
    .option(
      '-o, --override <key=value>',
      'set a worker key; repeatable, goes before the file',
      repeatable,
    )
    .option('--allow-unknown', 'let unknown configuration keys pass')
    .action(async (worker: string, connectors: readonly string[], options: StandaloneOptions) =>
      (await import('../connect/standalone.ts')).standalone(io, worker, connectors, options),
    );
  return addExamples(command, [
    ['only the REST API', 'ottla connect standalone worker.properties'],
    [
      'a source and a sink',
      'ottla connect standalone worker.properties file-source.json file-sink.properties',
    ],
    [
      'another port',
      'ottla connect standalone worker.properties --override listeners=http://127.0.0.1:18083',
    ],
  ]);
}
