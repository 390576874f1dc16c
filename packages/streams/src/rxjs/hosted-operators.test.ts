import * as serdes from '@ottla/serdes';
import {
  bufferCount,
  bufferTime,
  concatMap,
  debounceTime,
  delay,
  distinctUntilChanged,
  filter,
  from,
  map,
  mergeMap,
  type OperatorFunction,
  pairwise,
  scan,
  take,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import type { Record } from '../processor/record.ts';
import { continueOnError } from '../task/exception-handlers.ts';
import {
  TopologyTestDriver,
  type TopologyTestDriverOptions,
} from '../test-driver/topology-test-driver.ts';
import { Topology } from '../topology/topology.ts';
import { HostedOperators, type MakeOperators } from './hosted-operators.ts';

type Text = Record<string, string>;
const text = serdes.string();
const options = { defaultKeySerde: text, defaultValueSerde: text };

function driverOf(
  make: MakeOperators | OperatorFunction<Text, Text>,
  more: TopologyTestDriverOptions = {},
): TopologyTestDriver {
  const makeOperators = (
    make.length === 1 && isFactory(make) ? make : () => [make]
  ) as MakeOperators;
  const topology = new Topology()
    .addSource('source', { topics: 'in' })
    .addProcessor('rx', () => new HostedOperators(makeOperators), 'source')
    .addSink('sink', { topic: 'out' }, 'rx');
  return new TopologyTestDriver(topology, { ...options, ...more });
}

const factories = new WeakSet<object>();
function withSchedulers(
  make: (schedulers: Parameters<MakeOperators>[0]) => unknown,
): MakeOperators {
  const factory: MakeOperators = (schedulers) => [
    make(schedulers) as OperatorFunction<unknown, unknown>,
  ];
  factories.add(factory);
  return factory;
}
function isFactory(make: object): boolean {
  return factories.has(make);
}

/** Each frame of the input is a record of that time; what comes out is at the frame of the record that made it come. */
function marbles(
  driver: TopologyTestDriver,
  input: string,
): [frame: number, value: string | null][] {
  const topic = driver.createInputTopic(serdes.topic('in', { key: text, value: text }));
  const output = driver.createOutputTopic(serdes.topic('out', { key: text, value: text }));
  return parse(input).flatMap(([frame, value]) => {
    topic.pipeInput('k', value, { timestamp: frame });
    return output.readValues().map((out): [number, string | null] => [frame, out]);
  });
}

function parse(
  diagram: string,
  values?: { readonly [marble: string]: string },
): [number, string][] {
  return TestScheduler.parseMarbles(diagram, values, undefined, undefined, true).map(
    ({ frame, notification }) => [frame, notification.kind === 'N' ? notification.value : ''],
  );
}

const value = <R>(project: (value: string) => R): OperatorFunction<Text, Record<string, R>> =>
  map((record) => record.withValue(project(record.value)));

describe('HostedOperators', () => {
  it.each([
    ['map', value((text) => text.toUpperCase()), 'a-b--c', 'A-B--C'],
    ['filter', filter<Text>(({ value }) => value !== 'b'), 'a-b--c', 'a----c'],
    ['mergeMap', mergeMap((record: Text) => from([record, record])), 'a---b', '(aa)(bb)'],
    [
      'distinctUntilChanged',
      distinctUntilChanged<Text>((a, b) => a.value === b.value),
      'a-a-b-a',
      'a---b-a',
    ],
  ] as const)(
    'given %s, then records come out as marbles do',
    (_name, operator, input, expected) => {
      expect(marbles(driverOf(operator as OperatorFunction<Text, Text>), input)).toEqual(
        parse(expected),
      );
    },
  );

  it('given operators that remember, then they do so from record to record', () => {
    const sums = scan((sum: Text, record: Text) => record.withValue(sum.value + record.value));
    expect(marbles(driverOf(sums), 'a-b-c')).toEqual(parse('a-b-c', { a: 'a', b: 'ab', c: 'abc' }));

    const pairs: OperatorFunction<Text, Text> = (source) =>
      source.pipe(
        pairwise(),
        map(([before, now]) => now.withValue(before.value + now.value)),
      );
    expect(marbles(driverOf(pairs), 'a-b-c')).toEqual(parse('--b-c', { b: 'ab', c: 'bc' }));
  });

  it('given records held back, when they come out, then each has its own time and headers', () => {
    const operator: OperatorFunction<Text, Text> = (source) =>
      source.pipe(
        bufferCount(2),
        concatMap((records) => from(records)),
      );
    const driver = driverOf(operator);
    const topic = driver.createInputTopic(serdes.topic('in', { key: text, value: text }));
    const headers = [{ key: 'h', value: Buffer.from('1') }];

    topic.pipeInput('a', '1', { timestamp: 5, headers });
    topic.pipeInput('b', '2', { timestamp: 9 });

    const output = driver.createOutputTopic(serdes.topic('out', { key: text, value: text }));
    expect(output.readRecords()).toEqual([
      { key: 'a', value: '1', timestamp: 5, headers },
      { key: 'b', value: '2', timestamp: 9, headers: [] },
    ]);
  });

  it('given two tasks, then each has operators of its own', () => {
    const count = () =>
      scan((sum: Text, record: Text) => record.withValue(sum.value + record.value));
    const first = new HostedOperators(() => [count() as OperatorFunction<unknown, unknown>]);
    const second = new HostedOperators(() => [count() as OperatorFunction<unknown, unknown>]);

    expect(first).not.toBe(second);
    expect(marbles(driverOf(count()), 'a-b')).toEqual(marbles(driverOf(count()), 'a-b'));
  });

  it('given one bad record and a handler that goes on, then the stream goes on, with new memory', () => {
    const operator: OperatorFunction<Text, Text> = (source) =>
      source.pipe(
        map((record) => {
          if (record.value === 'x') throw new Error('bad');
          return record;
        }),
        scan((sum, record) => record.withValue(sum.value + record.value)),
      );
    const driver = driverOf(operator, { processingExceptionHandler: continueOnError('dlq') });

    expect(marbles(driver, 'a-b-x-c-d')).toEqual(
      parse('a-b---c-d', { a: 'a', b: 'ab', c: 'c', d: 'cd' }),
    );
    expect(driver.metrics().get('dropped-records-total')).toBe(1);
    expect([...driver.producedTopicNames]).toEqual(['out', 'dlq']);
  });

  it('given one bad record and no handler, then the error names the node and the record', () => {
    const driver = driverOf(
      map((record: Text) => {
        if (record.value === 'x') throw new Error('bad');
        return record;
      }),
    );

    expect(() => marbles(driver, 'a-x')).toThrow('rx of task 0_0 failed on record in-0@1: bad');
  });

  it('given an operator that completes, then the record that ended it is an error, and each one after', () => {
    const driver = driverOf(take(2), { processingExceptionHandler: continueOnError() });

    expect(marbles(driver, 'a-b-c-d')).toEqual(parse('a-b'));
    expect(driver.metrics().get('dropped-records-total')).toBe(3);
    expect(() => marbles(driverOf(take(2)), 'a-b')).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'OPERATOR_COMPLETED' }) }),
    );
  });

  it('given an operator that emits something else than records, then the error says what', () => {
    expect(() => marbles(driverOf(bufferCount(1) as never), 'a')).toThrow(
      'rx emitted an instance of Array, which is no Record',
    );
  });

  it('given an emission after the push, then it is an error that names the operator, at the next step', () => {
    // The scheduler stands for any timer or promise of a user.
    const outside = new TestScheduler(() => undefined);
    const driver = driverOf(delay<Text>(10, outside));

    expect(marbles(driver, 'a')).toEqual([]);
    outside.flush();

    expect(() => marbles(driver, 'b')).toThrow(
      expect.objectContaining({
        node: 'rx',
        cause: expect.objectContaining({ code: 'OPERATOR_EMITTED_LATE' }),
      }),
    );
  });

  it('given a late emission and a handler that goes on, then it is dropped and the stream goes on', () => {
    const outside = new TestScheduler(() => undefined);
    const operator = mergeMap((record: Text) =>
      record.value === 'x' ? from([record]).pipe(delay(10, outside)) : from([record]),
    );
    const driver = driverOf(operator, { processingExceptionHandler: continueOnError() });

    expect(marbles(driver, 'x')).toEqual([]);
    outside.flush();

    expect(marbles(driver, 'b')).toEqual(parse('b'));
    expect(driver.metrics().get('dropped-records-total')).toBe(1);
  });

  it('given the scheduler of stream time, when records move it, then what is due comes out within the task', () => {
    const make = withSchedulers(
      ({ streamTime }) =>
        (source: never) =>
          (source as ReturnType<typeof from<Text[]>>).pipe(
            bufferTime(30, streamTime),
            filter((records) => records.length > 0),
            map((records) => records[0]!.withValue(records.map(({ value }) => value).join(''))),
          ),
    );

    expect(marbles(driverOf(make), 'ab-c---d----e')).toEqual(
      parse('---c---d----e', { c: 'ab', d: 'c', e: 'd' }),
    );
  });

  it('given the scheduler of the wall clock, when the clock moves, then what is due comes out', () => {
    const make = withSchedulers(({ wallClock }) => debounceTime<Text>(150, wallClock));
    const driver = driverOf(make);
    const output = driver.createOutputTopic(serdes.topic('out', { key: text, value: text }));

    marbles(driver, 'ab');
    driver.advanceWallClockTime(100);
    expect(output.readValues()).toEqual([]);
    driver.advanceWallClockTime(100);

    expect(output.readValues()).toEqual(['b']);
  });
});
