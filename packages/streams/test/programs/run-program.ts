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

/**
 * @param inputs `in <topic> <key> <value> <timestamp>`
 * @param tell gets each line of the description and the run as it comes, for programs that fail on the way
 */
export function runProgram(
  program: readonly string[],
  inputs: readonly string[],
  tell: (line: string) => void = () => undefined,
): ProgramResult {
  const topology = buildProgram(program);
  const description = topology.describe().toString().trimEnd().split('\n');
  for (const line of description) tell(line);
  const driver = new TopologyTestDriver(topology, {
    applicationId: 'app',
    cacheMaxBytes: 0,
    defaultKeySerde: text.key,
    defaultValueSerde: text.value,
  });
  const outputs = program.flatMap((line) => /^[tw]?to \S+ (\S+)$/.exec(line)?.[1] ?? []);
  const run = inputs.flatMap((line) => {
    tell(line);
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
    for (const each of written) tell(each);
    return [line, ...written];
  });
  return {
    description,
    run,
    dropped: Number(driver.metrics().get('dropped-records-total')),
    topicsWritten: [...driver.producedTopicNames].sort(),
  };
}
