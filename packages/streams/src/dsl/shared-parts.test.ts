// Parts that several operators share: one topic read twice, one repartition topic behind a named grouping. What Kafka Streams
// 4.3.1 does was found by random programs run on its TopologyTestDriver.
import { int64, string, topic } from '@ottla/serdes';
import { describe, expect, it } from 'vitest';
import { TopologyTestDriver } from '../test-driver/topology-test-driver.ts';
import { StreamsBuilder } from './streams-builder.ts';

const text = { key: string(), value: string() };
const input = topic('in', text);
const output = topic('out', text);
const counts = topic('counts', { key: string(), value: int64() });

describe('a topic that is read by two streams', () => {
  it('given both are merged, then each record comes once', () => {
    const builder = new StreamsBuilder();
    builder.stream(input).merge(builder.stream(input)).to(output);
    const driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic(input).pipeInput('k', 'v');
    expect(driver.createOutputTopic(output).readKeyValues()).toEqual([['k', 'v']]);
    driver.close();
  });

  it('given the second is merged with a branch of itself, then the shared source is the last of the parents', () => {
    const builder = new StreamsBuilder();
    builder.stream(input);
    const again = builder.stream(input);
    const branch = again.split([{ predicate: () => true, name: 'all' }], { name: 'split-' });
    again.merge(branch.get('split-all')!, { name: 'merged' });
    const lines = builder.build().describe().toString().split('\n');
    const merged = lines.findIndex((line) => line.includes('Processor: merged'));
    expect(
      lines
        .slice(merged, merged + 3)
        .find((line) => line.includes('<--'))
        ?.trim(),
    ).toBe('<-- split-all, KSTREAM-SOURCE-0000000000');
  });
});

describe('a grouping with a name', () => {
  it('given two aggregations of a stream, then they share one repartition topic', () => {
    const builder = new StreamsBuilder();
    const grouped = builder
      .stream(input)
      .groupBy((_key, value) => value, { ...text, name: 'by-value' });
    grouped.count().toStream().to(counts);
    grouped
      .reduce((soFar, value) => `${soFar},${value}`)
      .toStream()
      .to(output);
    const topology = builder.build();
    const description = topology.describe().toString();
    expect(description.match(/Sink: .*by-value-repartition/g)).toHaveLength(1);
    // What Kafka prints: the second aggregation uses up three numbers for nodes of the topic that it does not make.
    expect(description).toContain('KSTREAM-SINK-0000000015');
    const driver = new TopologyTestDriver(topology, { cacheMaxBytes: 0 });
    driver.createInputTopic(input).pipeInput('k', 'v');
    expect(driver.createOutputTopic(counts).readKeyValues()).toEqual([['v', 1]]);
    expect(driver.createOutputTopic(output).readKeyValues()).toEqual([['v', 'v']]);
    driver.close();
  });

  it('given two aggregations of a table, then each change counts once in both', () => {
    const builder = new StreamsBuilder();
    const grouped = builder
      .table(input)
      .groupBy((key, value) => ({ key: value, value: key }), { ...text, name: 'by-value' });
    grouped.count().toStream().to(counts);
    grouped
      .reduce(
        (soFar, value) => `${soFar}+${value}`,
        (soFar, value) => `${soFar}-${value}`,
      )
      .toStream()
      .to(output);
    const topology = builder.build();
    expect(
      topology
        .describe()
        .toString()
        .match(/Sink: .*by-value-repartition/g),
    ).toHaveLength(1);
    const driver = new TopologyTestDriver(topology, { cacheMaxBytes: 0 });
    const rows = driver.createInputTopic(input);
    rows.pipeInput('a', 'x');
    rows.pipeInput('b', 'x');
    expect(driver.createOutputTopic(counts).readKeyValues()).toEqual([
      ['x', 1],
      ['x', 2],
    ]);
    expect(driver.createOutputTopic(output).readKeyValues()).toEqual([
      ['x', 'a'],
      ['x', 'a+b'],
    ]);
    driver.close();
  });
});
