// `ottla dev` and `ottla server`.
import { Command, Option } from 'commander';
import { addExamples } from '../examples.ts';
import type { CliIo } from '../io.ts';
import { integer, repeatable } from '../options.ts';
import { BROKERS_MAX } from '../server/brokers/brokers-max.ts';
import type { ServerOptions } from '../server/server-options.ts';

/** `ottla dev`. */
export function devCommand(io: CliIo): Command {
  const command = withServerOptions(new Command('dev'))
    .summary('start a broker for development')
    .description(
      'Start a broker for development: controller and broker in one process on 127.0.0.1:9092,\n' +
        'data in ./ottla-data, metrics on 127.0.0.1:9464. Ctrl-C stops it.\n' +
        'With --brokers several processes form one cluster on this machine, on ports one after the other;\n' +
        'the same command in a second terminal changes how many there are, and starts those that were\n' +
        'stopped.',
    )
    .action(async (options: ServerOptions) => (await import('../server/dev.ts')).dev(io, options));
  return addExamples(command, [
    ['start on 127.0.0.1:9092 with data in ./ottla-data', 'ottla dev'],
    ['keep nothing on disk, listen on another port', 'ottla dev --memory --port 19092'],
    ['a cluster of three processes that replicates everything', 'ottla dev --brokers 3'],
    [
      'a fourth for it, in a second terminal while it runs',
      'ottla dev --brokers 4 && ottla cluster add 4',
    ],
    ['set broker keys', 'ottla dev --override num.partitions=4 --override log.retention.hours=1'],
  ]);
}

/** `ottla server`. */
export function serverCommand(io: CliIo): Command {
  const command = withServerOptions(new Command('server'))
    .summary('run a broker as a service')
    .description(
      "Run a broker as a service: JSON log lines on standard output, no HTTP listener unless configured.\nTakes Kafka's server.properties.",
    )
    .action(async (options: ServerOptions) =>
      (await import('../server/server.ts')).server(io, options),
    );
  // For whoever starts it as a part of something: no orphans.
  command
    .option(
      '--cluster-id <id>',
      'cluster that a new data folder is formatted for; default: a new one',
    )
    .addOption(new Option('--until-stdin-ends', 'stop when standard input ends').hideHelp());
  return addExamples(command, [
    ["run with Kafka's configuration file", 'ottla server --config server.properties'],
    [
      'listen on all interfaces and tell clients a name',
      'ottla server --override listeners=PLAINTEXT://0.0.0.0:9092 --override advertised.listeners=PLAINTEXT://kafka.example.com:9092',
    ],
    [
      'use four cores: four processes that form one cluster',
      'ottla server --brokers 4 --data /var/lib/ottla',
    ],
    ['serve metrics as well', 'ottla server --override ottla.http.listener=127.0.0.1:9464'],
  ]);
}

function withServerOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'a server.properties file')
    .option(
      '-o, --override <key=value>',
      'set a broker key; repeatable, goes before the file',
      repeatable,
    )
    .option('-d, --data <dir>', 'data folder (log.dirs); default ./ottla-data')
    .option(
      '-p, --port <port>',
      'port on 127.0.0.1, 0 for a free one; default 9092',
      integer(0, 65_535),
    )
    .option(
      '-n, --brokers <count>',
      'so many processes as one cluster; three or more replicate everything three times',
      integer(1, BROKERS_MAX),
    )
    .option('-m, --memory', 'keep nothing on disk')
    .option('--allow-unknown', 'let unknown configuration keys pass');
}
