// A worker on an in-process broker with a folder of its own, and short ways to call its REST API.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startBroker, type TestBroker } from '@ottla/testing';
import {
  type ConnectWorkerOptions,
  type RunningConnectWorker,
  startConnectWorker,
} from '../src/index.ts';
import { until } from './until.ts';

/** What the answers that are looked into have, each some of it. */
export interface Body {
  readonly message?: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly connector?: { readonly state: string; readonly trace?: string };
  readonly tasks?: readonly { readonly state: string; readonly trace?: string }[];
  readonly offsets?: readonly {
    readonly partition: Readonly<Record<string, unknown>>;
    readonly offset: Readonly<Record<string, unknown>>;
  }[];
}

export interface Answer {
  readonly status: number;
  readonly body: Body;
  /** The body as it came. */
  readonly text: string;
}

export interface WorkerWorld extends AsyncDisposable {
  readonly broker: TestBroker;
  readonly folder: string;
  readonly worker: RunningConnectWorker;
  call(method: string, url: string, payload?: object): Promise<Answer>;
  /** States of the connector and its tasks: `RUNNING FAILED`. */
  stateOf(name: string): Promise<string>;
  /** Waits until they are that. */
  reaches(name: string, states: string): Promise<void>;
}

/** @param settings what goes beside the usual properties, once the broker and the folder are there */
export async function workerWorld(
  settings: (folder: string, bootstrap: string) => Readonly<Record<string, string>>,
  options: Partial<ConnectWorkerOptions> = {},
): Promise<WorkerWorld> {
  const broker = await startBroker();
  const folder = mkdtempSync(path.join(tmpdir(), 'ottla-connect-'));
  const worker = await startConnectWorker({
    properties: {
      'bootstrap.servers': broker.bootstrapServers,
      'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'offset.storage.file.filename': path.join(folder, 'connect.offsets'),
      'offset.flush.interval.ms': '200',
      listeners: 'http://127.0.0.1:0',
      ...settings(folder, broker.bootstrapServers),
    },
    ...options,
  });
  const call = async (method: string, url: string, payload?: object): Promise<Answer> => {
    const answer = await worker.rest.inject({
      method: method as 'GET',
      url,
      headers: { host: 'localhost' },
      ...(payload === undefined ? {} : { payload }),
    });
    const text = answer.body;
    return { status: answer.statusCode, body: text === '' ? {} : (JSON.parse(text) as Body), text };
  };
  const stateOf = async (name: string): Promise<string> => {
    const { body } = await call('GET', `/connectors/${name}/status`);
    return [body.connector?.state, ...(body.tasks ?? []).map(({ state }) => state)].join(' ');
  };
  return {
    broker,
    folder,
    worker,
    call,
    stateOf,
    reaches: (name, states) =>
      until(`${name} is ${states}`, async () => (await stateOf(name)) === states),
    async [Symbol.asyncDispose]() {
      await worker.close();
      await broker.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
