// The load: Kafka's own performance programs and our latency probe, each a Java process of its own.
import path from 'node:path';
import { Child, run, until } from '../../e2e/src/processes.ts';
import { kafkaClassPath } from '../../e2e/src/toolchain.ts';
import { type BenchCase, type BenchSettings, caseName } from './settings.ts';

const PRODUCER = 'org.apache.kafka.tools.ProducerPerformance';
const CONSUMER = 'org.apache.kafka.tools.ConsumerPerformance';
const probe = path.join(import.meta.dirname, 'java/LatencyProbe.java');

/** In microseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface Latencies {
  readonly endToEnd: Percentiles;
  readonly acknowledged: Percentiles;
}

/** What a client of the load is started with. */
type ClientSettings = Pick<BenchSettings, 'clientJvm' | 'producer'>;

async function java(
  settings: Pick<ClientSettings, 'clientJvm'>,
  ...args: readonly string[]
): Promise<string> {
  const all = [...settings.clientJvm, '-cp', kafkaClassPath(), ...args];
  return (await run('java', all, { timeoutMs: 300_000 })).stdout;
}

/** Fills the topic. @returns MiB/s, as ProducerPerformance counts */
export async function produce(
  settings: ClientSettings,
  bootstrap: string,
  topic: string,
  load: BenchCase,
  records: number,
): Promise<number> {
  const properties = {
    'batch.size': String(load.batchBytes),
    ...settings.producer,
  };
  const output = await java(
    settings,
    PRODUCER,
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    '--num-records',
    String(records),
    '--record-size',
    String(load.recordBytes),
    '--throughput',
    '-1',
    // One option with all of them: given twice, the second would replace the first.
    '--command-property',
    ...Object.entries(properties).map(([key, value]) => `${key}=${value}`),
  );
  const rates = [
    ...output.matchAll(/^(\d+) records sent, [\d.]+ records\/sec \(([\d.]+) MB\/sec\).*99th/gm),
  ];
  const last = rates.at(-1);
  if (last === undefined || Number(last[1]) !== records)
    throw new Error(`${caseName(load)}: ProducerPerformance did not send everything:\n${output}`);
  return Number(last[2]);
}

/** Reads the topic from its start. @returns MiB/s of fetching, without the time to join the group */
export async function consume(
  settings: BenchSettings,
  bootstrap: string,
  topic: string,
  records: number,
): Promise<number> {
  const output = await java(
    settings,
    CONSUMER,
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    '--num-records',
    String(records),
    '--hide-header',
    '--timeout',
    '60000',
  );
  const columns = output.trim().split('\n').at(-1)!.split(', ');
  if (Number(columns[4]) < records)
    throw new Error(`ConsumerPerformance did not see everything:\n${output}`);
  return Number(columns[8]);
}

/** From the moment a record was due until it was acknowledged and until it was consumed. */
export async function latency(
  settings: BenchSettings,
  bootstrap: string,
  topic: string,
): Promise<Latencies> {
  const { recordsPerSecond, recordBytes, warmupSeconds, seconds } = settings.latency;
  const numbers = [recordsPerSecond, recordBytes, warmupSeconds, seconds].map(String);
  return JSON.parse(
    await java(settings, probe, 'latency', bootstrap, topic, ...numbers),
  ) as Latencies;
}

/** A client that already waits when the server is spawned. */
export interface FirstRecord {
  /** The wall clock in ms at which its record was acknowledged; its topic is created on the way. */
  acknowledgedAt(): Promise<number>;
}

/** Starts the client, and returns when it tries to connect. */
export async function awaitFirstRecord(
  settings: Pick<ClientSettings, 'clientJvm'>,
  bootstrap: string,
): Promise<FirstRecord> {
  const args = [
    ...settings.clientJvm,
    '-cp',
    kafkaClassPath(),
    probe,
    'firstack',
    bootstrap,
    'first-record',
  ];
  const child = new Child('java', args);
  await until('the client is ready', () => {
    if (!child.isRunning) throw new Error(`the client ended:\n${child.stderr}`);
    return child.stdout.includes('ready');
  });
  return {
    acknowledgedAt: async () => {
      const { code, stdout, stderr } = await child.finished;
      if (code !== 0) throw new Error(`the client failed:\n${stderr}`);
      return Number(stdout.trim().split('\n').at(-1));
    },
  };
}
