// One run of one worker: how soon it is there, what it takes while it has nothing to do, and then the same text first into the
// topic, with the sink paused, and out of it, with nothing new for the source.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@ottla/client';
import { Child } from '../../../e2e/src/processes.ts';
import { createTopic, freePort } from '../../../e2e/src/servers.ts';
import { cpuSeconds, peakResidentMiB, residentMiB } from '../process-facts.ts';
import type { ConnectBenchSettings } from './settings.ts';
import { appendText } from './text.ts';
import type { Contender } from './workers.ts';

/** Moving the text one way. */
export interface Leg {
  readonly recordsPerSecond: number;
  readonly megabytesPerSecond: number;
  /** Of all threads of the worker, for 10^9 bytes of text. */
  readonly cpuSecondsPerGigabyte: number;
}

export interface Measured {
  readonly source: Leg;
  readonly sink: Leg;
  /** From the spawn to the first answer of the REST API, seconds. */
  readonly restSeconds: number;
  /** From the spawn to the first line in the sink's file, seconds. */
  readonly firstRecordSeconds: number;
  /** With one source and one sink, before they have moved more than a line. */
  readonly idleMiB: number;
  /** The most that was ever resident. */
  readonly peakMiB: number;
  /** With nothing to do again, after all the text. */
  readonly afterMiB: number;
}

/** Between two looks at how far a worker is, milliseconds. */
const LOOK_MS = 10;
const PATIENCE_MS = 180_000;

export async function measure(
  contender: Contender,
  bootstrap: string,
  settings: ConnectBenchSettings,
  topic: string,
): Promise<Measured> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ottla-connect-bench-'));
  await createTopic(bootstrap, topic, 1);
  const admin = new Admin({ bootstrapServers: [bootstrap] });
  const run = new Run(contender, folder, admin, topic);
  try {
    return await run.measure(bootstrap, settings);
  } finally {
    await run.stop();
    await admin.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Run {
  readonly #contender: Contender;
  readonly #admin: Admin;
  readonly #topic: string;
  readonly #folder: string;
  readonly #input: string;
  readonly #output: string;
  #url = '';
  #child: Child | undefined;

  constructor(contender: Contender, folder: string, admin: Admin, topic: string) {
    this.#contender = contender;
    this.#folder = folder;
    this.#admin = admin;
    this.#topic = topic;
    this.#input = path.join(folder, 'input.txt');
    this.#output = path.join(folder, 'output.txt');
  }

  async measure(bootstrap: string, settings: ConnectBenchSettings): Promise<Measured> {
    const files = await this.#writeConfigs(bootstrap, settings);
    writeFileSync(this.#input, 'the first line\n');
    const [command = '', ...args] = this.#contender.command;
    const spawnedMs = performance.now();
    this.#child = new Child(command, [...args, ...files]);
    await this.#until(() => this.#answers());
    const restSeconds = (performance.now() - spawnedMs) / 1000;
    await this.#until(() => this.#written() > 0);
    const firstRecordSeconds = (performance.now() - spawnedMs) / 1000;
    await sleep(settings.idleSeconds * 1000);
    const idleMiB = residentMiB(this.#pid);

    appendText(this.#input, settings.warmupMegabytes);
    await this.#until(() => this.#written() >= statSync(this.#input).size);
    await this.#request('PUT', '/connectors/bench-sink/pause');
    await this.#until(async () => (await this.#sinkState()) === 'PAUSED');

    const startOffset = await this.#endOffset();
    const text = appendText(this.#input, settings.megabytes);
    const bytesPerRecord = text.bytes / text.lines;
    const source = await this.#leg(
      startOffset + text.lines,
      () => this.#endOffset(),
      bytesPerRecord,
    );
    const startBytes = this.#written();
    await this.#request('PUT', '/connectors/bench-sink/resume');
    const sink = await this.#leg(
      (startBytes + text.bytes) / bytesPerRecord,
      async () => this.#written() / bytesPerRecord,
      bytesPerRecord,
    );
    if (!readFileSync(this.#input).equals(readFileSync(this.#output)))
      throw new Error(`${this.#contender.name}: what came out is not what went in`);
    await sleep(settings.idleSeconds * 1000);
    return {
      source,
      sink,
      restSeconds,
      firstRecordSeconds,
      idleMiB,
      peakMiB: peakResidentMiB(this.#pid),
      afterMiB: residentMiB(this.#pid),
    };
  }

  async stop(): Promise<void> {
    await this.#child?.stop('SIGTERM', 20_000);
  }

  /** From the first progress to the end, so that nobody's wait for new lines counts. */
  async #leg(end: number, position: () => Promise<number>, bytesPerRecord: number): Promise<Leg> {
    const before = await position();
    let start = before;
    let cpu = cpuSeconds(this.#pid);
    await this.#until(async () => {
      const busy = cpuSeconds(this.#pid);
      start = await position();
      if (start === before) cpu = busy;
      return start > before;
    });
    const startedMs = performance.now();
    await this.#until(async () => (await position()) >= end);
    const seconds = (performance.now() - startedMs) / 1000;
    const records = end - start;
    const recordsPerSecond = records / seconds;
    return {
      recordsPerSecond,
      megabytesPerSecond: (recordsPerSecond * bytesPerRecord) / 1e6,
      cpuSecondsPerGigabyte:
        ((cpuSeconds(this.#pid) - cpu) * 1e9) / ((end - before) * bytesPerRecord),
    };
  }

  get #pid(): number {
    return this.#child?.pid ?? 0;
  }

  async #writeConfigs(bootstrap: string, settings: ConnectBenchSettings): Promise<string[]> {
    const port = await freePort();
    this.#url = `http://127.0.0.1:${port}`;
    const worker = {
      ...settings.worker,
      'bootstrap.servers': bootstrap,
      'offset.storage.file.filename': path.join(this.#folder, 'connect.offsets'),
      listeners: this.#url,
    };
    const source = {
      name: 'bench-source',
      'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
      'tasks.max': '1',
      file: this.#input,
      topic: this.#topic,
      'batch.size': String(settings.batchSize),
    };
    const sink = {
      name: 'bench-sink',
      'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
      'tasks.max': '1',
      file: this.#output,
      topics: this.#topic,
      'consumer.override.group.id': `bench-${this.#topic}`,
    };
    return Object.entries({ worker, source, sink }).map(([name, config]) => {
      const file = path.join(this.#folder, `${name}.properties`);
      const lines = Object.entries(config).map(([key, value]) => `${key}=${value}\n`);
      writeFileSync(file, lines.join(''));
      return file;
    });
  }

  async #endOffset(): Promise<number> {
    const target = { topic: this.#topic, partition: 0 };
    const [entry] = await this.#admin.listOffsets([{ ...target, at: 'latest' }]);
    return entry!.offset;
  }

  #written(): number {
    return statSync(this.#output, { throwIfNoEntry: false })?.size ?? 0;
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(this.#url)).status === 200;
    } catch {
      return false;
    }
  }

  async #sinkState(): Promise<string | undefined> {
    const answer = await this.#request('GET', '/connectors/bench-sink/status');
    const { tasks } = (await answer.json()) as { tasks: readonly { state: string }[] };
    return tasks[0]?.state;
  }

  async #request(method: string, route: string): Promise<Response> {
    const answer = await fetch(`${this.#url}${route}`, { method });
    if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async #until(isThere: () => boolean | Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (!(await isThere())) {
      const child = this.#child;
      if (child?.isRunning === false)
        throw new Error(
          `${this.#contender.name} ended:\n${child.stdout.slice(-2000)}\n${child.stderr.slice(-3000)}`,
        );
      if (performance.now() > deadlineMs)
        throw new Error(
          `${this.#contender.name} does not come on:\n${child?.stdout.slice(-2000)}\n${child?.stderr.slice(-3000)}`,
        );
      await sleep(LOOK_MS);
    }
  }
}
