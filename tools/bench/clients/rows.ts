// The rows of the table: what is done, and how much of it in what time.
import { peakResidentMiB } from '../process-facts.ts';
import type { ClientUnderTest, ProducerUnderTest } from './client-under-test.ts';
import type { ClientBenchSettings } from './settings.ts';

export const rowKinds = [
  'single awaited sends',
  'concurrent sends',
  'batches',
  'consume by record',
  'consume by batch',
] as const;
export type RowKind = (typeof rowKinds)[number];

export interface Row {
  readonly kind: RowKind;
  readonly recordBytes: number;
}

/** What one process measured. */
export interface Measured {
  readonly recordsPerSecond: number;
  /** Of the client's process, user and system. */
  readonly cpuMicrosPerRecord: number;
  /** The most that was ever resident. */
  readonly peakMiB: number;
}

export function isConsume({ kind }: Row): boolean {
  return kind.startsWith('consume');
}

/** For example `concurrent sends, 100 B`. */
export function rowName({ kind, recordBytes }: Row): string {
  return `${kind}, ${recordBytes} B`;
}

/** Records in the topic of a consume row. */
export function recordCount({ recordBytes }: Row, { consume }: ClientBenchSettings): number {
  return Math.floor((consume.megabytes * 1e6) / recordBytes);
}

export async function measureRow(
  client: ClientUnderTest,
  row: Row,
  bootstrap: string,
  topic: string,
  settings: ClientBenchSettings,
): Promise<Measured> {
  return isConsume(row)
    ? consume(client, row, bootstrap, topic, settings)
    : produce(client, row, bootstrap, topic, settings);
}

/** Loops of a row; each counts what it sent. */
type Load = (
  producer: ProducerUnderTest,
  topic: string,
  isOver: () => boolean,
  sent: (records: number) => void,
) => Promise<void>;

function loadOf(row: Row, settings: ClientBenchSettings): Load {
  const value = Buffer.alloc(row.recordBytes, 'x');
  const values: Buffer[] = Array.from({ length: settings.batchRecords }, () => value);
  if (row.kind === 'batches')
    return async (producer, topic, isOver, sent) => {
      while (!isOver()) {
        await producer.sendMany(topic, values);
        sent(values.length);
      }
    };
  const one: Load = async (producer, topic, isOver, sent) => {
    while (!isOver()) {
      await producer.send(topic, value);
      sent(1);
    }
  };
  if (row.kind === 'single awaited sends') return one;
  return async (...args) => {
    await Promise.all(Array.from({ length: settings.concurrentSends }, () => one(...args)));
  };
}

async function produce(
  client: ClientUnderTest,
  row: Row,
  bootstrap: string,
  topic: string,
  settings: ClientBenchSettings,
): Promise<Measured> {
  const producer = await client.producer(bootstrap, settings);
  await producer.send(topic, Buffer.alloc(row.recordBytes));
  const load = loadOf(row, settings);
  const loadFor = async (seconds: number): Promise<Measured> => {
    let records = 0;
    const stopwatch = start();
    const endsAt = performance.now() + seconds * 1000;
    await load(
      producer,
      topic,
      () => performance.now() >= endsAt,
      (count) => {
        records += count;
      },
    );
    return stopwatch(records);
  };
  await loadFor(settings.warmupSeconds);
  const measured = await loadFor(settings.seconds);
  await producer.close();
  return measured;
}

/** Once for part of the topic, to be warm, and then for all of it; the clock runs from the first record to the last. */
async function consume(
  client: ClientUnderTest,
  row: Row,
  bootstrap: string,
  topic: string,
  settings: ClientBenchSettings,
): Promise<Measured> {
  const total = recordCount(row, settings);
  const read = async (count: number): Promise<Measured> => {
    const from = { bootstrap, topic, group: `${topic}-${process.pid}-${count}`, settings };
    let seen = 0;
    let bytes = 0;
    let stopwatch: ReturnType<typeof start> | undefined;
    let measured: Measured | undefined;
    const onRecord = (valueBytes: number): boolean => {
      stopwatch ??= start();
      seen += 1;
      bytes += valueBytes;
      if (seen === count) measured = stopwatch(count);
      return seen < count;
    };
    await (row.kind === 'consume by record'
      ? client.consumeRecords(from, onRecord)
      : client.consumeBatches(from, onRecord));
    if (bytes < count * row.recordBytes) throw new Error(`${bytes} bytes of ${count} records`);
    return measured!;
  };
  await read(Math.floor(total * settings.consume.warmupShare));
  return read(total);
}

function start(): (records: number) => Measured {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  return (records) => {
    const seconds = (performance.now() - startedMs) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      recordsPerSecond: records / seconds,
      cpuMicrosPerRecord: (user + system) / records,
      peakMiB: peakResidentMiB(process.pid),
    };
  };
}
