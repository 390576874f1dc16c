// Two Connect workers on one cluster: Ottla's, and Kafka Connect 4.3.1 as the control. Each is a child process that answers
// on a port of its own.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Child, until } from './processes.ts';
import { freePort, ottlaCommand } from './servers.ts';
import { classPathOf, type Tool } from './toolchain.ts';

export interface ConnectWorker {
  /** Whose it is. */
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ConnectWorkerKind {
  readonly name: string;
  readonly needs: readonly Tool[];
  /** @param settings beside those that both need */
  start(
    bootstrap: string,
    folder: string,
    settings?: Readonly<Record<string, string>>,
  ): Promise<ConnectWorker>;
}

export const ottlaConnect: ConnectWorkerKind = {
  name: 'Ottla',
  needs: [],
  start: (bootstrap, folder, settings = {}) =>
    start('Ottla', { bootstrap, folder, settings }, (file) =>
      ottlaCommand(['connect', 'standalone', file]),
    ),
};

export const kafkaConnect: ConnectWorkerKind = {
  name: 'Kafka Connect 4.3.1',
  needs: ['java'],
  start: (bootstrap, folder, settings = {}) =>
    start('Kafka', { bootstrap, folder, settings }, (file) => [
      'java',
      '-Xmx256m',
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-cp',
      classPathOf(path.resolve(import.meta.dirname, '../java/connect/pom.xml')),
      'org.apache.kafka.connect.cli.ConnectStandalone',
      file,
    ]),
};

interface Place {
  readonly bootstrap: string;
  readonly folder: string;
  readonly settings: Readonly<Record<string, string>>;
}

async function start(
  name: string,
  { bootstrap, folder, settings: more }: Place,
  commandFor: (file: string) => readonly string[],
): Promise<ConnectWorker> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = path.join(folder, 'worker.properties');
  const settings = {
    'bootstrap.servers': bootstrap,
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'offset.storage.file.filename': path.join(folder, 'connect.offsets'),
    'offset.flush.interval.ms': '500',
    'plugin.discovery': 'only_scan',
    listeners: url,
    ...more,
  };
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  const [command = '', ...args] = commandFor(file);
  const child = new Child(command, args);
  await until(
    `a Connect worker answers on ${url}`,
    async () => {
      if (!child.isRunning) throw new Error(`it ended:\n${child.stdout}\n${child.stderr}`);
      try {
        return (await fetch(`${url}/health`)).status === 200;
      } catch {
        return false;
      }
    },
    90_000,
  );
  return {
    name,
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      await child.stop('SIGTERM', 20_000);
    },
  };
}
