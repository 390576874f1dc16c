import { int64, type Serde, string, topic } from '@ottla/serdes';
import { describe, expect, it } from 'vitest';
import { TopologyTestDriver } from '../test-driver/topology-test-driver.ts';
import { tumblingWindows } from '../window/time-windows.ts';
import { windowedSerde } from '../window/windowed-serde.ts';
import type { Topology } from '../topology/topology.ts';
import { StreamsBuilder } from './streams-builder.ts';

describe('TimeWindowedKStream', () => {
  const counting = (key?: Serde<string>): Topology => {
    const builder = new StreamsBuilder({ defaultKeySerde: string() as never });
    builder
      .stream<string, string>('in', { ...(key === undefined ? {} : { key }), value: string() })
      .groupByKey()
      .windowedBy(tumblingWindows({ sizeMs: 10 }))
      .count()
      .toStream()
      .to('counts');
    return builder.build();
  };

  it('given a key serde of the stream, then windowed keys are written with it', () => {
    const driver = new TopologyTestDriver(counting(string()), {
      defaultKeySerde: string() as never,
    });
    const input = driver.createInputTopic(topic('in', { key: string(), value: string() }));
    input.pipeInput('k', 'v', { timestamp: 12 });
    const key = windowedSerde(string(), 10);
    const counts = driver.createOutputTopic(topic('counts', { key, value: int64() }));
    expect(counts.readKeyValues()).toEqual([[{ key: 'k', window: { start: 10, end: 20 } }, 1]]);
    driver.close();
  });

  it('given a key serde only as the default, then windowed keys are refused, as Kafka refuses them', () => {
    const driver = new TopologyTestDriver(counting(), { defaultKeySerde: string() as never });
    const input = driver.createInputTopic(topic('in', { key: string(), value: string() }));
    expect(() => input.pipeInput('k', 'v', { timestamp: 12 })).toThrow(/key/);
  });
});
