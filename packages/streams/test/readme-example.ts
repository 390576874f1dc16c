// The example of the README; `readme.test.ts` runs it and compares the text.
import { int64, string, topic } from '@ottla/serdes';
import { StreamsBuilder, TopologyTestDriver } from '../src/index.ts';

export function example(console: { log(shown: unknown): void }): void {
  const lines = topic('lines', { key: string(), value: string() });
  const counts = topic('counts', { key: string(), value: int64() });

  const builder = new StreamsBuilder();
  builder
    .stream(lines)
    .flatMapValues((line) => line.toLowerCase().split(/\W+/))
    .groupBy((_key, word) => word, { key: string(), value: string() })
    .count({ store: 'words' })
    .toStream()
    .to(counts);

  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(lines).pipeInput(null, 'to be or not to be');
  console.log(driver.createOutputTopic(counts).readKeyValuesToMap());
}
