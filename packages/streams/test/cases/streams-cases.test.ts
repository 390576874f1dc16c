// Every case of the reference through our DSL and test driver: what Kafka Streams 4.3.1 wrote, record for record, and its
// description of the topology, line for line.
import { describe, expect, it } from 'vitest';
import {
  type ByteStore,
  continueOnError,
  type KeyValueStore,
  TopologyTestDriver,
  type WindowStore,
} from '../../src/index.ts';
import { bytes, string } from '@ottla/serdes';
import { MemoryByteStore } from '../../src/store/memory-byte-store.ts';
import { buildTopology, NotYet } from './build-topology.ts';
import { type Datum, type StreamsCase, streamsCases } from './case-format.ts';

/** Cases whose operators are not there yet, with the first that is missing. */
const NOT_YET = new Map([
  ['sliding-out-of-order', 'sliding windows'],
  ['session-count-merge', 'session windows'],
  ['emit-on-close-tumbling', 'emitStrategy'],
  ['suppress-window-closes', 'suppress'],
  ['suppress-time-limit', 'suppress'],
  ['ss-inner', 'stream-stream joins'],
  ['ss-left', 'stream-stream joins'],
  ['ss-outer', 'outerJoin'],
  ['ss-self', 'stream-stream joins'],
  ['st-versioned', 'versioned tables'],
  ['fk-inner', 'foreign-key joins'],
  ['fk-left', 'foreign-key joins'],
]);

const raw = { key: bytes(), value: bytes() };

/** What the reference's serialisers make of a datum, as text to compare: UTF-8, 64 bits, key and window start. */
function encoded(datum: Datum): string | null {
  if (datum === null) return null;
  if (typeof datum === 'string') return Buffer.from(datum).toString('hex');
  const number = Buffer.alloc(8);
  if (typeof datum === 'number') {
    number.writeBigInt64BE(BigInt(datum));
    return number.toString('hex');
  }
  number.writeBigInt64BE(BigInt(datum.start));
  return `${encoded(datum.key)}${number.toString('hex')}`;
}

type OpenBytes = (store: string, isPersistent: boolean) => ByteStore;

/** Stores that are on a disk answer by promises only, even for what is at hand. */
const lateBytes: OpenBytes = (_store, isPersistent) => {
  const bytesInMemory = new MemoryByteStore();
  if (!isPersistent) return bytesInMemory;
  return {
    get: async (key) => bytesInMemory.get(key),
    put: (key, value) => bytesInMemory.put(key, value),
    range: (range) => bytesInMemory.range(range),
    close: () => bytesInMemory.close(),
    approximateCount: 0,
  };
};

function driverFor(streamsCase: StreamsCase, openBytes?: OpenBytes): TopologyTestDriver {
  const { config = {} } = streamsCase;
  const deadLetterTopic = config['errors.dead.letter.queue.topic.name'];
  const continues = config['processing.exception.handler']?.includes('LogAndContinue') ?? false;
  return new TopologyTestDriver(buildTopology(streamsCase), {
    applicationId: 'app',
    cacheMaxBytes: 0,
    defaultKeySerde: string(),
    defaultValueSerde: string(),
    ...(openBytes === undefined ? {} : { openBytes }),
    ...(continues
      ? {
          processingExceptionHandler: continueOnError(deadLetterTopic),
        }
      : {}),
  });
}

/** Runs a case and compares all that it says. @param openBytes default: in memory, where all is done at once */
async function run(streamsCase: StreamsCase, openBytes?: OpenBytes): Promise<void> {
  const driver = driverFor(streamsCase, openBytes);
  const outputs = streamsCase.outputTopics.map((name) =>
    driver.createOutputTopic({ name, ...raw } as never),
  );
  for (const [index, step] of streamsCase.steps.entries()) {
    const { topic, key, value, ts, headers = [], advanceWallClockMs } = step.in;
    if (advanceWallClockMs !== undefined) driver.advanceWallClockTime(advanceWallClockMs);
    else
      driver
        .createInputTopic<Uint8Array, Uint8Array>({ name: topic!, ...raw } as never)
        .pipeInput(asBytes(key!), asBytes(value!), {
          timestamp: ts!,
          headers: headers.map(([name, text]) => ({ key: name, value: asBytes(text) })),
        });
    if (openBytes !== undefined) await driver.settled();
    const written = outputs.flatMap((output) =>
      output.readRecords().map((record) => ({
        topic: output.name,
        key: hex(record.key),
        value: hex(record.value),
        ts: record.timestamp,
        headers: record.headers.map((header) => [header.key, header.value?.toString() ?? null]),
      })),
    );
    const expected = step.out.map((record) => ({
      ...record,
      key: encoded(record.key),
      value: encoded(record.value),
      headers: record.headers.map(([name, text]) => [
        name,
        // The name of a class is a language's own.
        text === '<stack trace text>' || name === '__streams.errors.exception'
          ? expect.any(String)
          : text,
      ]),
    }));
    expect(written, `step ${index}: ${JSON.stringify(step.in)}`).toEqual(expected);
  }
  expect([...driver.producedTopicNames].sort()).toEqual([...streamsCase.topicsWritten].sort());
  for (const [store, entries] of Object.entries(streamsCase.finalStores ?? {}))
    expect(dump(driver, store), `store ${store}`).toEqual(entries);
  for (const [metric, value] of Object.entries(streamsCase.metrics ?? {}))
    expect(driver.metrics().get(metric), metric).toBe(value);
  driver.close();
}

describe.each(streamsCases.filter(({ id }) => !NOT_YET.has(id)))('$id', (streamsCase) => {
  it(`writes record for record what Kafka Streams writes: ${streamsCase.about}`, () =>
    run(streamsCase));

  it('writes the same when no store on a disk answers at once', () => run(streamsCase, lateBytes));

  it('is described as Kafka Streams describes it', () => {
    const text = buildTopology(streamsCase).describe().toString().trimEnd();
    expect(text.split('\n')).toEqual(streamsCase.describe);
  });
});

it(`does not run yet: ${[...NOT_YET].map(([id, operator]) => `${id} (${operator})`).join(', ')}`, () => {
  const missing = streamsCases.flatMap((streamsCase) => {
    try {
      buildTopology(streamsCase);
      return [];
    } catch (error) {
      if (!(error instanceof NotYet)) throw error;
      return [[streamsCase.id, error.operator] as const];
    }
  });
  expect(missing).toEqual([...NOT_YET]);
});

const asBytes = (text: string | null) => (text === null ? null : Buffer.from(text));

function hex(value: unknown): string | null {
  return value === null ? null : Buffer.from(value as Uint8Array).toString('hex');
}

/** A store's entries as the cases write them. */
function dump(driver: TopologyTestDriver, name: string): unknown {
  const store = driver.getStateStore(name)!;
  if ('fetch' in store) {
    const windows = store as WindowStore<string, unknown>;
    return [...windows.all()].map(({ key, value }) => ({
      key: { key: key.key, ...key.window },
      entry: value,
    }));
  }
  const rows = store as KeyValueStore<string, unknown>;
  return [...rows.all()].map(({ key, value }) => ({ key, entry: value }));
}
