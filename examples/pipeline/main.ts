// Files → Connect → Kafka → Streams → Kafka → Connect → file, with one command:
//
//   npm run -s pipeline                                       a broker in memory is started for it
//   npm run -s pipeline -- --bootstrap-server host:9092       on a cluster that is there
//   npm run -s pipeline -- --folder out                       keeps the files
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Admin } from '@ottla/client';
import { KafkaStreams } from '@ottla/streams';
import { startBroker } from '@ottla/testing';
import { type Counts, type InputFiles, writeInputs } from './datasets.ts';
import { type Answer, pipeline } from './topology.ts';

const TOPICS = ['stocks', 'flights', 'earthquakes', 'airports', 'report'];
/** Names everything that this run makes on the cluster, and removes at its end. */
const RUN = `pipeline-${Date.now().toString(36)}`;
const topicOf = (name: string): string => `${RUN}-${name}`;
const REPORTS = ['flights', 'stocks', 'earthquakes'] as const;
const cli = path.resolve(import.meta.dirname, '../../apps/cli/src/main.ts');

const { values } = parseArgs({
  options: { 'bootstrap-server': { type: 'string' }, folder: { type: 'string' } },
});
const folder = values.folder ?? mkdtempSync(path.join(tmpdir(), 'ottla-pipeline-'));
const broker = values['bootstrap-server'] === undefined ? await startBroker() : undefined;
try {
  await run(values['bootstrap-server'] ?? broker!.bootstrapServers);
} finally {
  await broker?.close();
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}

async function run(bootstrap: string): Promise<void> {
  const { files, counts } = writeInputs(folder);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  say(`${total.toLocaleString('en')} lines in ${Object.keys(files).length} files, in ${folder}`);
  const admin = new Admin({ bootstrapServers: bootstrap });
  await admin.createTopics(TOPICS.map((name) => ({ name: topicOf(name), numPartitions: 1 })));

  const report = path.join(folder, 'report.txt');
  const worker = connect(writeConfigs(bootstrap, files, report));
  const streams = new KafkaStreams(pipeline(topicOf), {
    applicationId: RUN,
    bootstrapServers: bootstrap,
    stateDir: path.join(folder, 'state'),
    commitIntervalMs: 200,
  });
  try {
    await streams.start();
    say('Streams counts, averages and joins; Connect reads the files and writes the report');
    const answers = await follow(report, counts, worker);
    for (const name of REPORTS) print(name, answers);
  } finally {
    await streams.close();
    if (worker.exitCode === null) {
      worker.kill('SIGINT');
      await once(worker, 'exit');
    }
    await cleanUp(admin);
    await admin.close();
  }
}

/** Leaves a cluster that was there before as it was. */
async function cleanUp(admin: Admin): Promise<void> {
  const topics = (await admin.listTopics()).filter(({ name }) => name.startsWith(RUN));
  await admin.deleteTopics(topics.map(({ name }) => name));
  const groups = (await admin.listGroups()).filter(({ groupId }) => groupId.includes(RUN));
  await admin.deleteGroups(groups.map(({ groupId }) => groupId));
}

/** Files for `ottla connect standalone`: the worker's, then one for each connector. */
function writeConfigs(bootstrap: string, files: InputFiles, report: string): string[] {
  const write = (name: string, content: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const text = 'org.apache.kafka.connect.storage.StringConverter';
  const worker = write(
    'worker.properties',
    [
      `bootstrap.servers=${bootstrap}`,
      `key.converter=${text}`,
      `value.converter=${text}`,
      `offset.storage.file.filename=${path.join(folder, 'connect.offsets')}`,
      'offset.flush.interval.ms=1000',
      'listeners=http://127.0.0.1:0',
      '',
    ].join('\n'),
  );
  const sources = Object.entries(files).map(([topic, file]) =>
    write(
      `${topic}-source.json`,
      JSON.stringify({
        name: `${RUN}-${topic}-source`,
        config: {
          'connector.class': 'FileStreamSource',
          file,
          topic: topicOf(topic),
          'tasks.max': '1',
        },
      }),
    ),
  );
  const sink = write(
    'report-sink.json',
    JSON.stringify({
      name: `${RUN}-report-sink`,
      config: { 'connector.class': 'FileStreamSink', file: report, topics: topicOf('report') },
    }),
  );
  return [worker, ...sources, sink];
}

function connect(configs: readonly string[]): ChildProcess {
  say(`$ ottla connect standalone ${configs.map((file) => path.basename(file)).join(' ')}`);
  return spawn(
    process.execPath,
    ['--conditions=@ottla/source', cli, 'connect', 'standalone', ...configs],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

/** Reads the report as it grows, until every record of the files is in it. */
async function follow(
  report: string,
  counts: Counts,
  worker: ChildProcess,
): Promise<ReadonlyMap<string, Answer>> {
  for (let waited = 0; ; waited += 1) {
    if (worker.exitCode !== null) throw new Error(`the worker ended with ${worker.exitCode}`);
    const answers = latest(report);
    const done = REPORTS.map((name) => recordsIn(name, answers));
    const wanted = REPORTS.map((name) => counts[name]);
    // The names of airports come by another way than the flights: all of them have to be there too.
    const named = [...answers.values()].filter(
      ({ key, report: name }) => name === 'flights' && / /.test(key),
    );
    const isDone = done.every((count, index) => count === wanted[index]) && named.length > 0;
    if (process.stderr.isTTY)
      process.stderr.write(
        `\r  ${REPORTS.map((name, i) => `${name} ${done[i]}/${wanted[i]}`).join('  ')} `,
      );
    if (isDone && waited > 0) {
      if (process.stderr.isTTY) process.stderr.write('\n');
      return answers;
    }
    if (waited > 1_200)
      throw new Error(`not everything arrived: ${done.join(', ')} of ${wanted.join(', ')}`);
    await sleep(100);
  }
}

/** The newest answer of each report and key; an airport is known by its code, before its name is there. */
function latest(report: string): Map<string, Answer> {
  let content: string;
  try {
    content = readFileSync(report, 'utf8');
  } catch {
    return new Map(); // The sink has not written yet.
  }
  const complete = content.slice(0, content.lastIndexOf('\n') + 1);
  return new Map(
    complete
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const answer = JSON.parse(line) as Answer;
        const key = answer.report === 'flights' ? answer.key.split(' ')[0] : answer.key;
        return [`${answer.report} ${key}`, answer] as const;
      }),
  );
}

function recordsIn(report: Answer['report'], answers: ReadonlyMap<string, Answer>): number {
  let count = 0;
  for (const answer of answers.values()) if (answer.report === report) count += answer.records;
  return count;
}

/** A report as bars: the twelve largest, or for share prices the years of one symbol after the other. */
function print(report: Answer['report'], answers: ReadonlyMap<string, Answer>): void {
  const titles = {
    flights: 'Flights by airport, the twelve busiest',
    stocks: 'Average share price of GOOG by year',
    earthquakes: 'Earthquakes of a week by magnitude',
  };
  let rows = [...answers.values()].filter((answer) => answer.report === report);
  if (report === 'flights') rows = rows.sort((a, b) => b.value - a.value).slice(0, 12);
  else rows = rows.sort((a, b) => (a.key < b.key ? -1 : 1));
  if (report === 'stocks') rows = rows.filter(({ key }) => key.startsWith('GOOG'));
  const most = Math.max(...rows.map(({ value }) => value));
  console.log(`\n${titles[report]}`);
  for (const { key, value } of rows)
    console.log(
      `  ${key.slice(0, 34).padEnd(34)} ${String(value).padStart(8)} ${'█'.repeat(Math.max(1, Math.round((30 * value) / most)))}`,
    );
}

function say(line: string): void {
  console.log(line);
}
