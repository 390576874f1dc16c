// The same done to Kafka Connect 4.3.1 and to Ottla's worker, each with a broker and a folder of its own, and both outcomes
// side by side.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin, Consumer } from '@ottla/client';
import { startBroker, type TestBroker } from '@ottla/testing';
import { expect } from 'vitest';
import { type ConnectWorker, kafkaConnect, ottlaConnect } from './connect-workers.ts';
import { until } from './processes.ts';

export const FILE_SOURCE = 'org.apache.kafka.connect.file.FileStreamSourceConnector';
export const FILE_SINK = 'org.apache.kafka.connect.file.FileStreamSinkConnector';

/** One worker with its broker and files; names and paths are the same relative to it. */
export interface Side {
  readonly broker: TestBroker;
  readonly folder: string;
  readonly worker: ConnectWorker;
}

export class ConnectSides {
  readonly #folder: string;
  /** Kafka's first. */
  readonly sides: readonly Side[];

  private constructor(folder: string, sides: readonly Side[]) {
    this.#folder = folder;
    this.sides = sides;
  }

  /** @param settings of the workers, beside those that both need; told the folder of the side */
  static async open(
    settings: (folder: string) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<ConnectSides> {
    const folder = mkdtempSync(path.join(tmpdir(), 'connect-e2e-'));
    const sides = await Promise.all(
      [kafkaConnect, ottlaConnect].map(async (kind, index) => {
        const broker = await startBroker();
        const own = path.join(folder, `side-${index}`);
        mkdirSync(own);
        const worker = await kind.start(broker.bootstrapServers, own, settings(own));
        return { broker, folder: own, worker };
      }),
    );
    return new ConnectSides(folder, sides);
  }

  async close(): Promise<void> {
    for (const { worker, broker } of this.sides) {
      await worker.stop();
      await broker.close();
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Does the same on both sides and returns both outcomes, Kafka's first, with paths and ports made equal. */
  async both<T>(work: (side: Side) => Promise<T>): Promise<[T, T]> {
    const [kafka, own] = await Promise.all(
      this.sides.map(async (side) => {
        const text = JSON.stringify(await work(side)) ?? 'null';
        const { folder: place, worker } = side;
        return JSON.parse(
          text.replaceAll(place, '/folder').replaceAll(new URL(worker.url).host, 'worker:1'),
        ) as T;
      }),
    );
    return [kafka!, own!];
  }

  /** The outcomes have to be equal. */
  async same(work: (side: Side) => Promise<unknown>): Promise<void> {
    const [kafka, own] = await this.both(work);
    expect(own).toEqual(kafka);
  }
}

/** Of a connector or a task, in the REST API's shape. */
export interface Status {
  state?: string;
  version?: string;
}

/** A status and a JSON body. */
export interface Answer {
  readonly status: number;
  readonly body: {
    version?: string;
    readonly connector?: Status;
    readonly tasks?: readonly Status[];
  } | null;
}

/** A request to the REST API. */
export async function call(
  worker: ConnectWorker,
  method: string,
  url: string,
  body?: object,
): Promise<Answer> {
  const answer = await fetch(`${worker.url}${url}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : (JSON.parse(text) as Answer['body']) };
}

/** Versions of connectors are each worker's own. */
export function withoutVersion({ status, body }: Answer): Answer {
  delete body?.version;
  return { status, body };
}

/** `RUNNING FAILED`: of the connector, then of its tasks. */
export async function stateOf(worker: ConnectWorker, name: string): Promise<string> {
  const { body } = await call(worker, 'GET', `/connectors/${name}/status`);
  const tasks = body?.tasks ?? [];
  return [body?.connector?.state, ...tasks.map(({ state }) => state)].join(' ');
}

/** Waits for that state. */
export async function reaches(worker: ConnectWorker, name: string, state: string): Promise<void> {
  let last = '';
  await until(
    `${name} is ${state}`,
    async () => (last = await stateOf(worker, name)) === state,
    30_000,
  ).catch((error: unknown) => {
    throw new Error(`${worker.name}: ${name} is ${last}`, { cause: error });
  });
}

/** Waits until it runs. @returns its status without versions */
export async function running(worker: ConnectWorker, name: string): Promise<unknown> {
  await reaches(worker, name, 'RUNNING RUNNING');
  const { body } = await call(worker, 'GET', `/connectors/${name}/status`);
  delete body?.connector?.version;
  for (const task of body?.tasks ?? []) delete task.version;
  return body;
}

/** A record as text. */
export interface StoredRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: (readonly [string, string | null])[];
}

/** The first records of a topic's first partition. */
export async function recordsOf(
  broker: TestBroker,
  topic: string,
  count: number,
): Promise<StoredRecord[]> {
  await using consumer = new Consumer({ bootstrapServers: broker.bootstrapServers });
  await until(`topic ${topic} is there`, async () => {
    await using admin = new Admin({ bootstrapServers: broker.bootstrapServers });
    return (await admin.listTopics()).some(({ name }) => name === topic);
  });
  await consumer.assign([{ topic, partition: 0, offset: 0 }]);
  const found: StoredRecord[] = [];
  for await (const { key, value, headers } of consumer) {
    found.push({
      key: key?.toString('base64') ?? null,
      value: value?.toString() ?? null,
      headers: headers.map((header) => [header.key, header.value?.toString() ?? null] as const),
    });
    if (found.length === count) break;
  }
  return found;
}

/** Empty when the file is not there. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
