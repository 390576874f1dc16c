// `ottla produce` and `ottla consume`.
import { Command, Option } from 'commander';
import { addExamples } from '../examples.ts';
import type { CliIo } from '../io.ts';
import type { ConsumeOptions } from '../message/consume.ts';
import type { ProduceOptions } from '../message/produce.ts';
import { integer, keyValue, repeatableInteger, withCluster } from '../options.ts';

/** `ottla produce`. */
export function produceCommand(io: CliIo): Command {
  const command = withCluster(new Command('produce'))
    .argument('[topic]', 'topic to write to; with --json it goes before the "topic" of each line')
    .summary('write messages from standard input or a file')
    .description(
      'Write messages: each line of standard input is a value, or with --json a line of `ottla consume --json`.\nThe summary goes to standard error, and after three seconds why nothing is delivered.',
    )
    .option('-f, --file <path>', 'read a file in place of standard input')
    .option('-k, --key <key>', 'key of every message')
    .option('-s, --key-separator <text>', 'each line is key, separator, value')
    .option('-H, --header <key=value>', 'a header of every message; repeatable', keyValue)
    .option('-p, --partition <partition>', 'write to this partition', integer(0))
    .option('--null-marker <text>', 'a key or value equal to this text is null')
    .option('--keep-partition', 'with --json: write to the "partition" of each line')
    .option(
      '--no-keep-timestamp',
      'with --json: leave "timestamp" out; messages get the time of sending',
    )
    .addOption(
      new Option('-z, --compression <codec>', 'compression of batches')
        .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        .default('none'),
    )
    .addOption(
      new Option('--acks <acks>', 'who must have the message: nobody, the leader, or all in sync')
        .choices(['0', '1', 'all'])
        .default('all'),
    )
    .option('--auto-create', 'let the broker create the topic by its rules')
    .option('-q, --quiet', 'no summary, and no word while nothing is delivered')
    .action(async (topic: string | undefined, options: ProduceOptions) =>
      (await import('../message/produce.ts')).produce(io, topic, options),
    );
  return addExamples(command, [
    ['one message', 'echo hello | ottla produce greetings'],
    [
      'a file of key:value lines, compressed',
      'ottla produce users --file users.txt --key-separator : --compression zstd',
    ],
    [
      'copy a topic without loss',
      'ottla consume orders --from-beginning --until-end --json | ottla produce copy --json',
    ],
  ]);
}

/** `ottla consume`. */
export function consumeCommand(io: CliIo): Command {
  const command = withCluster(new Command('consume'))
    .argument('<topic...>', 'topics to read')
    .summary('read messages')
    .description(
      'Read messages and print their values, one a line. Starts at the end of the topics and goes on until Ctrl-C.\nTakes no part in a group unless --group is given.',
    )
    .option('--from-beginning', 'start with the first message')
    .option(
      '-o, --offset <where>',
      'start at an offset, at -N from the end, or at @time (ms since 1970 or a date)',
    )
    .option(
      '-p, --partition <partition>',
      'read this partition only; repeatable',
      repeatableInteger(0),
    )
    .option('-g, --group <group>', 'read as a member of a group, from its committed offsets')
    .option('-n, --max-messages <count>', 'stop after so many messages', integer(1))
    .option('-t, --timeout <ms>', 'stop when no message came for so long', integer(1))
    .option('-e, --until-end', 'stop at the end that the topics had at the start')
    .option(
      '-f, --format <format>',
      'print %t topic, %p partition, %o offset, %k key, %v value, %h headers, %T timestamp; \\n ends a line',
    )
    .action(async (topics: readonly string[], options: ConsumeOptions) =>
      (await import('../message/consume.ts')).consume(io, topics, options),
    );
  return addExamples(command, [
    ['everything there is, then stop', 'ottla consume orders --from-beginning --until-end'],
    [
      'the last ten messages of partition 0',
      'ottla consume orders --partition 0 --offset -10 --max-messages 10',
    ],
    ['keys and values in columns', "ottla consume orders --format '%p %o %k\\t%v\\n'"],
    [
      'as JSON, from an hour of the day on',
      'ottla consume orders --offset @2026-01-31T12:00:00Z --json',
    ],
  ]);
}
