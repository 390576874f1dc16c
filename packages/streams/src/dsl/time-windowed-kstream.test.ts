import { int64, string, topic } from '@ottla/serdes';
import { describe, expect, it } from 'vitest';
import { TopologyTestDriver } from '../test-driver/topology-test-driver.ts';
import { tumblingWindows } from '../window/time-windows.ts';
import { windowedSerde } from '../window/windowed-serde.ts';
import { StreamsBuilder } from './streams-builder.ts';

describe('TimeWindowedKStream', () => {
  it('given a key serde only as the builder’s default, then windowed keys are written with it', () => {
    const builder = new StreamsBuilder({ defaultKeySerde: string() as never });
    builder
      .stream<string, string>('in', { value: string() })
      .groupByKey()
      .windowedBy(tumblingWindows({ sizeMs: 10 }))
      .count()
      .toStream()
      .to('counts');
    const driver = new TopologyTestDriver(builder.build(), { defaultKeySerde: string() as never });
    const input = driver.createInputTopic(topic('in', { key: string(), value: string() }));
    input.pipeInput('k', 'v', { timestamp: 12 });
    const key = windowedSerde(string(), 10);
    const counts = driver.createOutputTopic(topic('counts', { key, value: int64() }));
    expect(counts.readKeyValues()).toEqual([[{ key: 'k', window: { start: 10, end: 20 } }, 1]]);
    driver.close();
  });
});
