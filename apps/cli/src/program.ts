// The tree of commands. This file and `commands/` hold names, options and examples only; what a command does is
// imported when it runs, so that help costs commander and nothing else.
import { Command } from 'commander';
import { clusterCommands } from './commands/cluster-commands.ts';
import { configCommands } from './commands/config-commands.ts';
import { connectCommands } from './commands/connect-commands.ts';
import { groupCommands } from './commands/group-commands.ts';
import { consumeCommand, produceCommand } from './commands/message-commands.ts';
import { devCommand, serverCommand } from './commands/server-commands.ts';
import { storageCommands } from './commands/storage-commands.ts';
import { topicCommands } from './commands/topic-commands.ts';
import { addExamples } from './examples.ts';
import type { CliIo } from './io.ts';
import { version } from './version.ts';

/** The whole tree, bound to a terminal. Parsing raises CommanderError in place of ending the process. */
export function buildProgram(io: CliIo): Command {
  const program = new Command('ottla')
    .description('A Kafka-compatible broker, and tools to work with any Kafka cluster.')
    .version(version, '-V, --version', 'print the version');
  addExamples(program, [
    ['start a broker on 127.0.0.1:9092', 'ottla dev'],
    ['write a message', 'echo hello | ottla produce greetings'],
    ['read a topic from its start, then wait for more', 'ottla consume greetings --from-beginning'],
  ]);
  for (const command of [
    devCommand(io),
    serverCommand(io),
    topicCommands(io),
    produceCommand(io),
    consumeCommand(io),
    groupCommands(io),
    configCommands(io),
    clusterCommands(io),
    storageCommands(io),
    connectCommands(io),
  ])
    program.addCommand(command);
  for (const command of everyCommand(program)) attach(command, io);
  return program;
}

/** A command and all below it, parents first. */
export function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** The words that call a command: `ottla topic create`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function attach(command: Command, io: CliIo): void {
  command
    .exitOverride()
    .helpOption('-h, --help', 'print this help')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(`ottla: ${text.replace(/^error: /, '')}`),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => io.stdout.hasColors,
      getErrHasColors: () => io.stderr.hasColors,
    })
    .showHelpAfterError(`See \`${pathOf(command)} --help\`.`);
  if (command.commands.length > 0) command.helpCommand(false);
}
