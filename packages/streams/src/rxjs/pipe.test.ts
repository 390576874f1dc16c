import * as serdes from '@ottla/serdes';
import { bufferCount, concatMap, debounceTime, filter, from, map, merge } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { KStream } from '../dsl/kstream.ts';
import { StreamsBuilder } from '../dsl/streams-builder.ts';
import type { Record } from '../processor/record.ts';
import { TopologyTestDriver } from '../test-driver/topology-test-driver.ts';
import { hosted } from './hosted.ts';
import { streamOperator } from './stream-operator.ts';

const text = serdes.string();
const input = serdes.topic('in', { key: text, value: text });
const output = serdes.topic('out', { key: text, value: text });

function run(
  describeStream: (stream: KStream<string, string>) => void,
  values: readonly string[],
): { out: (string | null)[]; text: string; driver: TopologyTestDriver } {
  const builder = new StreamsBuilder();
  describeStream(builder.stream(input));
  const topology = builder.build();
  const driver = new TopologyTestDriver(topology);
  const topic = driver.createInputTopic(input, { autoAdvanceMs: 10 });
  for (const value of values) topic.pipeInput('k', value);
  return {
    out: driver.createOutputTopic(output).readValues(),
    text: topology.describe().toString(),
    driver,
  };
}

describe('KStream.pipe', () => {
  it('given RxJS operators and steps of Streams, then they work in order, RxJS as one node', () => {
    const { out, text: shown } = run(
      (stream) =>
        stream
          .pipe(
            filter(({ value }) => value !== 'x'),
            map((record) => record.withValue(record.value.toUpperCase())),
            streamOperator((upper: KStream<string, string>) =>
              upper.mapValues((value) => `${value}!`),
            ),
          )
          .to(output),
      ['a', 'x', 'b'],
    );

    expect(out).toEqual(['A!', 'B!']);
    expect(shown.match(/Processor: \S+/g)).toEqual([
      'Processor: KSTREAM-RXJS-0000000001',
      'Processor: KSTREAM-MAPVALUES-0000000002',
    ]);
  });

  it('given operators that hold records back, then they come out together', () => {
    const { out } = run(
      (stream) =>
        stream
          .pipe(
            bufferCount(2),
            concatMap((records) => from(records)),
          )
          .to(output),
      ['a', 'b', 'c'],
    );

    expect(out).toEqual(['a', 'b']);
  });

  it('given operators that may change the key, when a count follows, then a repartition topic is between', () => {
    const { driver } = run(
      (stream) =>
        void stream
          .pipe(map((record) => record.withKey(record.value)))
          .groupByKey({ key: text, value: text })
          .count({ store: 'counts' }),
      ['a', 'b'],
    );

    expect([...driver.producedTopicNames]).toEqual([
      'topology-test-driver-counts-repartition',
      'topology-test-driver-counts-changelog',
    ]);
  });

  it('given operators with a name and the scheduler of stream time, then they follow the records’ times', () => {
    const { out, text: shown } = run(
      (stream) =>
        stream
          .pipe(hosted(({ streamTime }) => debounceTime(15, streamTime), { name: 'quiet' }))
          .to(output),
      ['a', 'b', 'c'],
    );

    expect(out).toEqual([]);
    expect(shown).toContain('Processor: quiet');
  });
});

describe('KStream as an observable', () => {
  it('given a subscription, then it is told each record in its task, until it ends', () => {
    const seen: string[] = [];
    const builder = new StreamsBuilder();
    const subscription = builder.stream(input).subscribe(({ value }) => seen.push(value));
    const topic = new TopologyTestDriver(builder.build()).createInputTopic(input);

    topic.pipeInput('k', 'a');
    subscription.unsubscribe();
    topic.pipeInput('k', 'b');

    expect(seen).toEqual(['a']);
    expect(subscription.closed).toBe(true);
  });

  it('given an observer that throws, then the record’s node fails', () => {
    const builder = new StreamsBuilder();
    builder.stream(input).subscribe({
      next: () => {
        throw new Error('no');
      },
    });
    const topic = new TopologyTestDriver(builder.build()).createInputTopic(input);

    expect(() => topic.pipeInput('k', 'a')).toThrow(
      /KSTREAM-FOREACH-0000000001 .* failed on record in-0@0: no/,
    );
  });

  it('given RxJS over streams, then it sees their records', () => {
    const seen: string[] = [];
    const builder = new StreamsBuilder();
    const stream = builder.stream(input);
    const other = builder.stream(serdes.topic('other', { key: text, value: text }));
    merge(stream.asObservable(), from(other as unknown as Iterable<Record<string, string>>))
      .pipe(map(({ value }) => value.length))
      .subscribe((length) => seen.push(String(length)));
    const driver = new TopologyTestDriver(builder.build());

    driver.createInputTopic(input).pipeInput('k', 'four');
    driver
      .createInputTopic(serdes.topic('other', { key: text, value: text }))
      .pipeInput('k', 'seven');

    expect(seen).toEqual(['4', '5']);
  });
});
