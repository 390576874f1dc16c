import * as serdes from '@ottla/serdes';
import { describe, expect, it } from 'vitest';
import type { ProcessorContext } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import { continueOnError } from '../task/exception-handlers.ts';
import {
  TopologyTestDriver,
  type TopologyTestDriverOptions,
} from '../test-driver/topology-test-driver.ts';
import { Topology } from '../topology/topology.ts';
import { AsyncMapper, type MapAsyncOptions } from './async-mapper.ts';

type Text = Record<string, string>;
const text = serdes.string();
const input = serdes.topic('in', { key: text, value: text });
const output = serdes.topic('out', { key: text, value: text });

/** Calls that a test ends one by one, in any order. */
class OpenCalls {
  readonly #open = new Map<string, (error?: Error) => void>();
  maxOpen = 0;

  call = (record: Text): Promise<Text> =>
    new Promise((resolve, reject) => {
      this.#open.set(record.value, (error) => {
        this.#open.delete(record.value);
        if (error === undefined) resolve(record.withValue(record.value.toUpperCase()));
        else reject(error);
      });
      this.maxOpen = Math.max(this.maxOpen, this.#open.size);
    });

  get names(): string {
    return [...this.#open.keys()].join('');
  }

  end(name: string, error?: Error): void {
    this.#open.get(name)!(error);
  }
}

function driverOf(
  calls: OpenCalls,
  options: MapAsyncOptions = {},
  more: TopologyTestDriverOptions = {},
): TopologyTestDriver {
  const map = calls.call as (record: Record<unknown, unknown>) => Promise<Record<unknown, unknown>>;
  const topology = new Topology()
    .addSource('source', { topics: 'in' })
    .addProcessor('async', () => new AsyncMapper(map, options), 'source')
    .addProcessor(
      'where',
      () => {
        let context: ProcessorContext<string, string>;
        return {
          init: (given) => void (context = given),
          process: (record: Text) =>
            context.forward(record.withValue(`${record.value}@${context.recordMetadata!.offset}`)),
        };
      },
      'async',
    )
    .addSink('sink', { topic: 'out' }, 'where');
  return new TopologyTestDriver(topology, {
    defaultKeySerde: text,
    defaultValueSerde: text,
    ...more,
  });
}

/** Lets promises that are resolved run on. */
async function turn(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await Promise.resolve();
}

describe('AsyncMapper', () => {
  it('given a slow call, when the commit comes, then it waits for the result, in the context of its record', async () => {
    const calls = new OpenCalls();
    const driver = driverOf(calls);
    const topic = driver.createInputTopic(input);

    topic.pipeInput('k', 'a', { timestamp: 7 });
    let settled = false;
    const done = driver.settled().then(() => (settled = true));
    await turn();
    expect(settled).toBe(false);
    calls.end('a');
    await done;

    expect(driver.createOutputTopic(output).readRecords()).toEqual([
      { key: 'k', value: 'A@0', timestamp: 7, headers: [] },
    ]);
  });

  it('given a rejected call and a handler that goes on, then its record is a dead letter and others pass', async () => {
    const calls = new OpenCalls();
    const driver = driverOf(calls, {}, { processingExceptionHandler: continueOnError('dlq') });
    const topic = driver.createInputTopic(input);

    topic.pipeInput('k', 'a');
    topic.pipeInput('k', 'b');
    calls.end('a', new Error('no answer'));
    await turn();
    calls.end('b');
    await driver.settled();

    expect(driver.createOutputTopic(output).readValues()).toEqual(['B@1']);
    const letter = driver.createOutputTopic(serdes.topic('dlq', { key: text, value: text }));
    expect(letter.readRecord()).toMatchObject({ key: 'k', value: 'a' });
    expect(driver.metrics().get('dropped-records-total')).toBe(1);
  });

  it('given a rejected call and no handler, then the task fails with it', async () => {
    const calls = new OpenCalls();
    const driver = driverOf(calls);

    driver.createInputTopic(input).pipeInput('k', 'a');
    calls.end('a', new Error('no answer'));

    await expect(driver.settled()).rejects.toThrow(
      'async of task 0_0 failed on record in-0@0: no answer',
    );
  });

  it('refuses a concurrency below one', () => {
    expect(() => new AsyncMapper(async (record) => record, { concurrency: 0 })).toThrow(RangeError);
  });
});
