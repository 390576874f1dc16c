import { int64, string, topic } from '@ottla/serdes';
import { filter as rxFilter, map as rxMap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type Record, StreamsBuilder, TopologyTestDriver } from '../index.ts';
import { count, filter, flatMapValues, groupBy, mapValues, to, toStream } from './operators.ts';

const lines = topic('lines', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: int64() });

describe('KStream.pipe', () => {
  it('given operators of Streams, then they are the methods of the same names', () => {
    const builder = new StreamsBuilder();
    builder
      .stream(lines)
      .pipe(
        filter((_key, line) => line !== ''),
        flatMapValues((line) => line.toLowerCase().split(' ')),
        groupBy((_key, word) => word, { key: string(), value: string() }),
        count({ store: 'words' }),
        toStream(),
      )
      .to(counts);
    const driver = new TopologyTestDriver(builder.build(), { cacheMaxBytes: 0 });
    const input = driver.createInputTopic(lines);
    input.pipeInput(null, 'Hello world');
    input.pipeInput(null, '');
    input.pipeInput(null, 'hello');
    expect(driver.createOutputTopic(counts).readKeyValues()).toEqual([
      ['hello', 1],
      ['world', 1],
      ['hello', 2],
    ]);
    driver.close();
  });

  it('given operators of RxJS between them, then they run in one node, with the records’ keys and times', () => {
    const builder = new StreamsBuilder();
    const shouted = builder.stream(lines).pipe(
      mapValues((line) => line.trim()),
      rxFilter(({ value }: Record<string, string>) => value.length > 2),
    );
    shouted
      .pipe(rxMap((record: Record<string, string>) => record.withValue(record.value.toUpperCase())))
      .pipe(to(topic('loud', { key: string(), value: string() })));
    const driver = new TopologyTestDriver(builder.build());
    const input = driver.createInputTopic(lines);
    input.pipeInput('a', ' hi ', { timestamp: 1 });
    input.pipeInput('b', ' hello ', { timestamp: 2 });
    const loud = driver.createOutputTopic(topic('loud', { key: string(), value: string() }));
    expect(loud.readRecords()).toEqual([{ key: 'b', value: 'HELLO', timestamp: 2, headers: [] }]);
    driver.close();
  });

  it('given a serde that is missing, then the error names the operator and what to write', () => {
    const builder = new StreamsBuilder();
    builder
      .stream('lines')
      .groupByKey()
      .reduce((a) => a, { store: 'last' });
    expect(() => builder.build()).toThrow(/reduce keeps its keys in store last.*key: string\(\)/s);
  });
});
