import * as serdes from '@ottla/serdes';
import { describe, expect, it } from 'vitest';
import { StreamsBuilder } from '../dsl/streams-builder.ts';
import { tumblingWindows } from '../window/time-windows.ts';
import { continueOnError } from '../task/exception-handlers.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import { Topology } from '../topology/topology.ts';
import { TopologyTestDriver } from './topology-test-driver.ts';

const text = serdes.string();
const input = serdes.topic('in', { key: text, value: text });
const output = serdes.topic('out', { key: text, value: text });
const options = { defaultKeySerde: text, defaultValueSerde: text };

/** A processor that is one function. */
function each(
  work: (
    record: Record<string, string>,
    context: ProcessorContext<string, string>,
  ) => void | Promise<void>,
): () => Processor<string, string, string, string> {
  return () => {
    let context: ProcessorContext<string, string>;
    return {
      init: (given) => void (context = given),
      process: (record) => work(record, context),
    };
  };
}

function driverOf(
  work: Parameters<typeof each>[0],
  more: ConstructorParameters<typeof TopologyTestDriver>[1] = {},
): TopologyTestDriver {
  const topology = new Topology()
    .addSource('source', { topics: 'in' })
    .addProcessor('work', each(work), 'source')
    .addSink('sink', { topic: 'out' }, 'work');
  return new TopologyTestDriver(topology, { ...options, ...more });
}

describe('TopologyTestDriver', () => {
  it('given a processor, when a record is piped in, then what it forwards is on the output topic at once', () => {
    const driver = driverOf((record, context) =>
      context.forward(record.withValue(record.value.toUpperCase())),
    );
    const headers = [{ key: 'h', value: Buffer.from('1') }];

    driver.createInputTopic(input).pipeInput('a', 'hello', { timestamp: 7, headers });

    const out = driver.createOutputTopic(output);
    expect(out.readRecords()).toEqual([{ key: 'a', value: 'HELLO', timestamp: 7, headers }]);
    expect(out.isEmpty).toBe(true);
    expect(() => out.readRecord()).toThrow('nothing to read');
    expect([...driver.producedTopicNames]).toEqual(['out']);
  });

  it('given auto-advance, when records bring no time, then each is later than the one before', () => {
    const driver = driverOf((record, context) => context.forward(record), { wallClockMs: 100 });
    const topic = driver.createInputTopic(input, { autoAdvanceMs: 10 });

    topic.pipeInput('a', '1');
    topic.pipeInput('a', '2', { timestamp: 5 });
    topic.pipeInput('a', '3');
    topic.advanceTime(1000);
    topic.pipeInput('a', '4');

    const times = driver
      .createOutputTopic(output)
      .readRecords()
      .map(({ timestamp }) => timestamp);
    expect(times).toEqual([100, 5, 110, 1120]);
  });

  it('given a topic that nobody reads, when a record is piped in, then it is refused', () => {
    const driver = driverOf(() => undefined);
    const other = driver.createInputTopic(serdes.topic('other', { key: text, value: text }));

    expect(() => other.pipeInput('a', 'b')).toThrow('Unknown topic: other');
  });

  it('given an internal topic, when the first part writes it, then the second part reads it with its prefix', () => {
    const topology = new Topology()
      .addSource('source', { topics: 'in' })
      .addSink('to-middle', { topic: 'middle' }, 'source')
      .addSource('from-middle', { topics: 'middle' })
      .addProcessor(
        'where',
        each((record, context) => {
          const { topic, partition, offset } = context.recordMetadata!;
          return context.forward(record.withValue(`${topic}-${partition}@${offset}`));
        }),
        'from-middle',
      )
      .addSink('sink', { topic: 'out' }, 'where');
    Topology.graphOf(topology).addInternalTopic('middle');
    const driver = new TopologyTestDriver(topology, { ...options, applicationId: 'app' });

    driver.createInputTopic(input).pipeRecords([
      { key: 'a', value: '1', timestamp: 1 },
      { key: 'b', value: '2', timestamp: 2 },
    ]);

    expect(driver.createOutputTopic(output).readKeyValues()).toEqual([
      ['a', 'app-middle-0@0'],
      ['b', 'app-middle-0@1'],
    ]);
    expect([...driver.producedTopicNames]).toEqual(['app-middle', 'out']);
  });

  it('given a source by pattern, when a topic matches it, then its records are read', () => {
    const topology = new Topology()
      .addSource('source', { topics: /in-\d+/ })
      .addProcessor(
        'where',
        each((record, context) => context.forward(record.withValue(context.recordMetadata!.topic))),
        'source',
      )
      .addSink('sink', { topic: 'out' }, 'where');
    const driver = new TopologyTestDriver(topology, options);
    const named = (name: string) =>
      driver.createInputTopic(serdes.topic(name, { key: text, value: text }));

    named('in-1').pipeInput('a', 'x');
    named('in-22').pipeInput('a', 'x');

    expect(driver.createOutputTopic(output).readValues()).toEqual(['in-1', 'in-22']);
    expect(() => named('in-x').pipeInput('a', 'x')).toThrow('Unknown topic');
  });

  it('given a wall-clock punctuation, when the clock moves over many intervals, then it fires once', () => {
    const fired: number[] = [];
    const topology = new Topology().addSource('source', { topics: 'in' }).addProcessor(
      'tick',
      () => ({
        init: (context) => {
          context.schedule(10, 'wall-clock-time', (now) => void fired.push(now));
        },
        process: () => undefined,
      }),
      'source',
    );
    const driver = new TopologyTestDriver(topology, options);

    driver.advanceWallClockTime(9);
    driver.advanceWallClockTime(1);
    driver.advanceWallClockTime(35);
    driver.advanceWallClockTime(4);
    driver.advanceWallClockTime(1);

    expect(fired).toEqual([10, 45, 50]);
  });

  it('given a processor that waits, when a record is piped in, then the driver settles after its output', async () => {
    const driver = driverOf(async (record, context) => {
      await Promise.resolve();
      await context.forward(record);
    });
    const topic = driver.createInputTopic(input);

    topic.pipeInput('a', '1');
    topic.pipeInput('a', '2');

    expect(() => driver.createOutputTopic(output).readValues()).toThrow('driver.settled()');
    await driver.settled();
    expect(driver.createOutputTopic(output).readValues()).toEqual(['1', '2']);
  });

  it('given a failing record and a handler that goes on, then a dead letter holds it with Kafka’s headers', () => {
    const driver = driverOf(
      (record, context) => {
        if (record.value === 'boom') throw new RangeError('boom value');
        return context.forward(record);
      },
      { processingExceptionHandler: continueOnError('dlq') },
    );
    const topic = driver.createInputTopic(input);
    const headers = [{ key: 'h', value: Buffer.from('1') }];

    topic.pipeInput('a', 'ok', { timestamp: 1 });
    topic.pipeInput('b', 'boom', { timestamp: 2, headers });
    topic.pipeInput('c', 'fine', { timestamp: 3 });

    expect(driver.createOutputTopic(output).readValues()).toEqual(['ok', 'fine']);
    const letters = driver.createOutputTopic(serdes.topic('dlq', { key: text, value: text }));
    const letter = letters.readRecord();
    expect(letter).toMatchObject({ key: 'b', value: 'boom', timestamp: 2 });
    const about = letter.headers.map(({ key, value }) => [key, value?.toString()]);
    expect(about.filter(([key]) => key !== '__streams.errors.stacktrace')).toEqual([
      ['h', '1'],
      ['__streams.errors.exception', 'RangeError'],
      ['__streams.errors.message', 'boom value'],
      ['__streams.errors.topic', 'in'],
      ['__streams.errors.partition', '0'],
      ['__streams.errors.offset', '1'],
    ]);
    expect(driver.metrics().get('dropped-records-total')).toBe(1);
  });

  it('given a failing record and no handler, then the test sees which node failed on which record', () => {
    const driver = driverOf(() => {
      throw new Error('no');
    });

    expect(() => driver.createInputTopic(input).pipeInput('a', 'x')).toThrow(
      expect.objectContaining({
        code: 'PROCESSING_FAILED',
        node: 'work',
        topic: 'in',
        offset: 0,
        message: 'work of task 0_0 failed on record in-0@0: no',
      }),
    );
  });

  it('given stores, then a test reads them by kind', () => {
    const builder = new StreamsBuilder();
    const grouped = builder.stream(input).groupByKey();
    grouped.count({ store: 'counts' });
    grouped.windowedBy(tumblingWindows({ sizeMs: 10 })).count({ store: 'windows' });
    const driver = new TopologyTestDriver(builder.build(), options);

    driver.createInputTopic(input).pipeInput('a', 'x', { timestamp: 15 });

    const counts = driver.getTimestampedKeyValueStore<string, number>('counts')!;
    expect(counts.get('a')).toEqual({ value: 1, timestamp: 15 });
    const windows = driver.getTimestampedWindowStore<string, number>('windows')!;
    expect(windows.fetch('a', 10)).toEqual({ value: 1, timestamp: 15 });
    expect(driver.getWindowStore('counts')).toBe(undefined);
    expect(driver.getKeyValueStore('windows')).toBe(undefined);
    expect([...driver.getAllStateStores().keys()]).toEqual(['counts', 'windows']);
    driver.close();
    expect(counts.isOpen).toBe(false);
  });
});
