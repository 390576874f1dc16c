// The quickstart: a broker in memory, three real data sets in through `ottla produce`, out through `ottla consume`, one
// question for each answered from what came out. Every command is shown before it runs.
//
//   main.ts                 the whole tour
//   main.ts print <topic>   the messages of one data set, for `ottla produce --json`
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type Dataset, datasets, type Message } from './datasets.ts';

const cli = path.resolve(import.meta.dirname, '../../apps/cli/src/main.ts');

async function tour(): Promise<void> {
  const broker = start(['dev', '--memory', '--port', '0']);
  try {
    const bootstrap = await address(broker);
    for (const dataset of datasets) await inAndOut(dataset, bootstrap);
  } finally {
    broker.kill('SIGTERM');
    if (broker.exitCode === null) await once(broker, 'exit');
  }
}

async function inAndOut(dataset: Dataset, bootstrap: string): Promise<void> {
  const { topic } = dataset;
  const sent = dataset.messages();
  await ottla(['topic', 'create', topic, '--partitions', `${dataset.partitions}`], bootstrap);
  await ottla(
    ['produce', topic, '--json', '--quiet', '--compression', 'zstd'],
    bootstrap,
    lines(sent),
  );
  const output = await ottla(
    ['consume', topic, '--from-beginning', '--until-end', '--json'],
    bootstrap,
  );
  const received = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Message);
  const keys = new Set(received.map((message) => message.key)).size;
  console.log(`  ${sent.length} messages in, ${received.length} out, ${keys} keys`);
  console.log(`  ${dataset.answer(received)}\n`);
}

/** Runs a command to its end and returns what it printed. */
async function ottla(args: readonly string[], bootstrap: string, input = ''): Promise<string> {
  console.log(`$ ottla ${args.join(' ')}`);
  const child = start([...args, '--bootstrap-server', bootstrap]);
  child.stdin?.end(input);
  const [output, [code]] = await Promise.all([text(child.stdout!), once(child, 'exit')]);
  if (code !== 0) throw new Error(`ottla ${args[0]} ended with ${code}`);
  return output;
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--conditions=@ottla/source', cli, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** Where the broker listens, as it says when it is ready. */
async function address(broker: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of broker.stdout!.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    const found = /Kafka +(\S+:\d+)/.exec(said);
    if (found?.[1] !== undefined) {
      broker.stdout!.resume();
      return found[1];
    }
  }
  throw new Error('the broker did not start');
}

function lines(messages: readonly Message[]): string {
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('');
}

const [command, topic] = process.argv.slice(2);
if (command === undefined) await tour();
else {
  const dataset = datasets.find((each) => each.topic === topic);
  if (command !== 'print' || dataset === undefined) {
    console.error(`usage: quickstart [print ${datasets.map((each) => each.topic).join('|')}]`);
    process.exit(2);
  }
  process.stdout.write(lines(dataset.messages()));
}
