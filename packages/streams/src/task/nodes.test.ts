import * as serdes from '@ottla/serdes';
import { describe, expect, it } from 'vitest';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import type { KeyValueStore } from '../store/key-value-store.ts';
import { Stores } from '../store/stores.ts';
import {
  TopologyTestDriver,
  type TopologyTestDriverOptions,
} from '../test-driver/topology-test-driver.ts';
import type { SinkOptions } from '../topology/node-definition.ts';
import { Topology } from '../topology/topology.ts';
import { continueOnError } from './exception-handlers.ts';

type Context = ProcessorContext<unknown, unknown>;
const text = serdes.string();
const input = serdes.topic('in', { key: text, value: text });
const output = serdes.topic('out', { key: text, value: text });
const options = { defaultKeySerde: text, defaultValueSerde: text };

function node(
  work: (record: Record<string, string>, context: Context) => void | Promise<void>,
  init: (context: Context) => void = () => undefined,
): () => Processor<string, string> {
  return () => {
    let context: Context;
    return {
      init(given) {
        context = given;
        init(given);
      },
      process: (record) => work(record, context),
    };
  };
}

const pass = node((record, context) => context.forward(record));

function piped(topology: Topology, more: TopologyTestDriverOptions = {}): TopologyTestDriver {
  const driver = new TopologyTestDriver(topology, { ...options, ...more });
  driver.createInputTopic(input).pipeInput('k', 'v', { timestamp: 5 });
  return driver;
}

const source = () => new Topology().addSource('source', { topics: 'in' });

describe('ProcessorContext', () => {
  it('given a child’s name, then only that child gets the record', () => {
    const seen: string[] = [];
    const told = (name: string) => node(({ value }) => void seen.push(`${name}:${value}`));
    piped(
      source()
        .addProcessor(
          'fork',
          node((record, context) => context.forward(record, 'right')),
          'source',
        )
        .addProcessor('left', told('left'), 'fork')
        .addProcessor('right', told('right'), 'fork'),
    );

    expect(seen).toEqual(['right:v']);
  });

  it('given a name that is no child’s, then forwarding fails', () => {
    const topology = source().addProcessor(
      'fork',
      node((record, context) => context.forward(record, 'nobody')),
      'source',
    );

    expect(() => piped(topology)).toThrow('nobody is not a child of fork');
  });

  it('given several children, then each gets the record with all that follows before the next one does', () => {
    const seen: string[] = [];
    const logging = (name: string) =>
      node((record, context) => {
        seen.push(name);
        return context.forward(record);
      });
    piped(
      source()
        .addProcessor('a', logging('a'), 'source')
        .addProcessor('b', logging('b'), 'source')
        .addProcessor('a1', logging('a1'), 'a')
        .addProcessor('b1', logging('b1'), 'b'),
    );

    expect(seen).toEqual(['a', 'a1', 'b', 'b1']);
  });

  it('given a store that is not connected, then the processor cannot have it', () => {
    const topology = source()
      .addStateStore(Stores.keyValue('counts', { keySerde: text, valueSerde: text }))
      .addProcessor(
        'work',
        node(
          () => undefined,
          (context) => void context.getStateStore('counts'),
        ),
        'source',
      );

    expect(() => piped(topology)).toThrow('work has no access to StateStore counts');
  });

  it('shows where the record came from, the times and the settings', () => {
    const seen: unknown[] = [];
    piped(
      source().addProcessor(
        'work',
        node((_record, context) => {
          const { recordMetadata, currentStreamTimeMs, currentSystemTimeMs, taskId } = context;
          const { applicationId, appConfigs } = context;
          seen.push({ recordMetadata, currentStreamTimeMs, currentSystemTimeMs, taskId });
          seen.push({ applicationId, appConfigs });
        }),
        'source',
      ),
      { wallClockMs: 1000, applicationId: 'app', appConfigs: { colour: 'red' } },
    );

    expect(seen).toEqual([
      {
        recordMetadata: { topic: 'in', partition: 0, offset: 0 },
        currentStreamTimeMs: 5,
        currentSystemTimeMs: 1000,
        taskId: { subtopology: 0, partition: 0 },
      },
      { applicationId: 'app', appConfigs: { colour: 'red' } },
    ]);
  });

  it('refuses a punctuation without an interval', () => {
    const topology = source().addProcessor(
      'work',
      node(
        () => undefined,
        (context) => void context.schedule(0, 'stream-time', () => undefined),
      ),
      'source',
    );

    expect(() => piped(topology)).toThrow('failed to initialize processor work');
  });
});

describe('errors of nodes', () => {
  it('given a child that throws, then the parent is not asked, and the handler hears of the child', () => {
    const asked: string[] = [];
    const topology = source()
      .addProcessor('parent', pass, 'source')
      .addProcessor(
        'child',
        node(() => {
          throw new Error('no');
        }),
        'parent',
      )
      .addProcessor(
        'sibling',
        node(() => void asked.push('sibling works')),
        'parent',
      );
    piped(topology, {
      processingExceptionHandler: ({ node: name }, record) => {
        asked.push(`${name} ${String(record?.value)}`);
        return { result: 'continue' };
      },
    });

    expect(asked).toEqual(['child v', 'sibling works']);
  });

  it('given a handler that throws, then its error stops the task', () => {
    const topology = source().addProcessor(
      'work',
      node(() => {
        throw new Error('first');
      }),
      'source',
    );

    expect(() =>
      piped(topology, {
        processingExceptionHandler: () => {
          throw new Error('second');
        },
      }),
    ).toThrow('second');
  });

  it('given a processor that fails after it forwarded to one that waits, then both count, in order', async () => {
    const topology = source()
      .addProcessor(
        'work',
        node((record, context) => {
          void context.forward(record);
          throw new Error('after');
        }),
        'source',
      )
      .addProcessor(
        'slow',
        node(async (record, context) => {
          await Promise.resolve();
          await context.forward(record);
        }),
        'work',
      )
      .addSink('sink', { topic: 'out' }, 'slow');
    const driver = piped(topology, { processingExceptionHandler: continueOnError() });
    await driver.settled();

    expect(driver.createOutputTopic(output).readValues()).toEqual(['v']);
    expect(driver.metrics().get('dropped-records-total')).toBe(1);
  });

  it('given a punctuator that throws, then the handler is asked without a record', () => {
    const topology = source().addProcessor(
      'work',
      node(
        () => undefined,
        (context) =>
          void context.schedule(10, 'wall-clock-time', () => {
            throw new Error('tick');
          }),
      ),
      'source',
    );
    const driver = new TopologyTestDriver(topology, options);

    expect(() => driver.advanceWallClockTime(10)).toThrow(
      'work of task 0_0 failed on a punctuation: tick',
    );
  });
});

describe('SinkNode', () => {
  const sinkTo = (sink: SinkOptions) => source().addSink('sink', sink, 'source');

  it('given a function for the topic, then it sees record and origin', () => {
    const driver = piped(
      sinkTo({
        topic: (key, value, context) =>
          `${key}-${value}-${context.recordMetadata!.topic}-${context.timestamp}`,
      }),
    );

    expect([...driver.producedTopicNames]).toEqual(['k-v-in-5']);
  });

  it.each([
    ['one partition', 0, 1, 0],
    ['several, each once', [0, 1, 0], 2, 0],
    ['the default', undefined, 1, 0],
    ['none', [], 0, 1],
  ] as const)(
    'given a partitioner that chooses %s, then so many copies are written',
    (_what, chosen, copies, dropped) => {
      const partitioner = (): number | readonly number[] | undefined => chosen;
      const driver = piped(sinkTo({ topic: 'out', partitioner }));

      expect(driver.createOutputTopic(output).queueSize).toBe(copies);
      expect(driver.metrics().get('dropped-records-total')).toBe(dropped);
    },
  );

  it('given a value that its serde cannot write, then the task stops, or its handler goes on', () => {
    const topology = () => sinkTo({ topic: 'out', value: serdes.int32() });

    expect(() => piped(topology())).toThrow('sink cannot serialise a value for topic out');
    const driver = piped(topology(), { serializationExceptionHandler: continueOnError('dlq') });
    expect([...driver.producedTopicNames]).toEqual(['dlq']);
    expect(driver.metrics().get('dropped-records-total')).toBe(1);
  });
});

describe('GlobalTask', () => {
  function globalTable(
    reader: () => Processor<string, string>,
    more: TopologyTestDriverOptions = {},
  ) {
    const topology = source()
      .addGlobalStore(
        Stores.keyValue('names', { keySerde: text, valueSerde: text, logging: false }),
        {
          topic: 'table',
          sourceName: 'table-source',
          processorName: 'table-writer',
          processor: () => {
            let store: KeyValueStore<string, string>;
            return {
              init: (context: Context) => void (store = context.getStateStore('names')),
              process: ({ key, value }: Record<string, string>) => store.put(key, value),
            };
          },
        },
      )
      .addProcessor('read', reader, 'source')
      .addSink('sink', { topic: 'out' }, 'read');
    return new TopologyTestDriver(topology, { ...options, ...more });
  }

  const lookUp = node((record, context) => {
    const name = context.getStateStore<KeyValueStore<string, string>>('names').get(record.key) as
      | string
      | null;
    return context.forward(record.withValue(name ?? 'nobody'));
  });

  it('given a global store, then any processor reads it without being connected, and stream time stays', () => {
    const driver = globalTable(lookUp);
    const table = driver.createInputTopic(serdes.topic('table', { key: text, value: text }));

    driver.createInputTopic(input).pipeInput('k', 'v', { timestamp: 1 });
    table.pipeInput('k', 'Karla', { timestamp: 9_000_000 });
    driver.createInputTopic(input).pipeInput('k', 'v', { timestamp: 2 });

    expect(driver.createOutputTopic(output).readRecords()).toMatchObject([
      { value: 'nobody', timestamp: 1 },
      { value: 'Karla', timestamp: 2 },
    ]);
    expect([...driver.producedTopicNames]).toEqual(['out']);
  });

  it('given bytes that do not fit, then they are dropped where the handler goes on', () => {
    const handler = { deserializationExceptionHandler: continueOnError() };
    const driver = globalTable(lookUp, { ...handler, defaultValueSerde: serdes.int32() });
    const table = driver.createInputTopic(serdes.topic('table', { key: text, value: text }));

    table.pipeInput('k', 'no number');

    expect(driver.metrics().get('dropped-records-total')).toBe(1);
    const names = driver.getStateStore<KeyValueStore<string, string>>('names')!;
    expect(names.get('k')).toBe(null);
  });
});
