// Runs a random program on our TopologyTestDriver and says what comes out as RunPrograms.java says it of Kafka's.
import { string, topic } from '@ottla/serdes';
import { TopologyTestDriver } from '../../src/index.ts';
import { buildProgram } from './build-program.ts';

const text = { key: string(), value: string() };
const orNull = (shown: string | undefined): string | null => (shown === '~' ? null : shown!);

export interface ProgramResult {
  readonly description: readonly string[];
  /** Inputs, and indented what each made come out. */
  readonly run: readonly string[];
  readonly dropped: number;
  readonly topicsWritten: readonly string[];
}

/** @param inputs `in <topic> <key> <value> <timestamp>` */
export function runProgram(program: readonly string[], inputs: readonly string[]): ProgramResult {
  const topology = buildProgram(program);
  const driver = new TopologyTestDriver(topology, {
    applicationId: 'app',
    cacheMaxBytes: 0,
    defaultKeySerde: text.key,
    defaultValueSerde: text.value,
  });
  const outputs = program.flatMap((line) => /^[tw]?to \S+ (\S+)$/.exec(line)?.[1] ?? []);
  const run = inputs.flatMap((line) => {
    const [, name, key, value, timestamp] = line.split(' ');
    driver
      .createInputTopic(topic(name!, text))
      .pipeInput(orNull(key), orNull(value), { timestamp: Number(timestamp) });
    const written = outputs.flatMap((output) =>
      driver
        .createOutputTopic(topic(output, text))
        .readRecords()
        .map((record) => `  ${output} ${record.key} ${record.value} ${record.timestamp}`),
    );
    return [line, ...written];
  });
  return {
    description: topology.describe().toString().trimEnd().split('\n'),
    run,
    dropped: Number(driver.metrics().get('dropped-records-total')),
    topicsWritten: [...driver.producedTopicNames].sort(),
  };
}
