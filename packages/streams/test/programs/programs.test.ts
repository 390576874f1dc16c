// Random programs of the DSL: the same outputs, record for record, and the same description as Kafka Streams 4.3.1 gives. More than
// 1,200 were compared when these were chosen; among them are those that found something.
import { readFileSync } from 'node:fs';
import { string, topic } from '@ottla/serdes';
import { describe, expect, it } from 'vitest';
import { TopologyTestDriver } from '../../src/index.ts';
import { buildProgram } from './build-program.ts';

interface GoldenProgram {
  readonly program: readonly string[];
  readonly description: readonly string[];
  readonly run: readonly string[];
  readonly dropped: number;
  readonly topicsWritten: readonly string[];
}

const golden = new URL('../golden/dsl-programs.json', import.meta.url);
const { programs } = JSON.parse(readFileSync(golden, 'utf8')) as {
  programs: readonly GoldenProgram[];
};
const text = { key: string(), value: string() };
const orNull = (shown: string | undefined): string | null => (shown === '~' ? null : shown!);

describe.each(programs.map((program, index) => [index, program] as const))(
  'program %i',
  (_index, { program, description, run, dropped, topicsWritten }) => {
    it('is described as Kafka Streams describes it', () => {
      const shown = buildProgram(program).describe().toString().trimEnd();

      expect(shown.split('\n')).toEqual(description);
    });

    it('writes record for record what Kafka Streams writes', () => {
      const driver = new TopologyTestDriver(buildProgram(program), {
        applicationId: 'app',
        cacheMaxBytes: 0,
        defaultKeySerde: text.key,
        defaultValueSerde: text.value,
      });
      const outputs = program.flatMap((line) => /^t?to \S+ (\S+)$/.exec(line)?.[1] ?? []);
      const inputs = run.filter((line) => line.startsWith('in '));
      const lines = inputs.flatMap((line) => {
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

      expect(lines).toEqual(run);
      expect(driver.metrics().get('dropped-records-total')).toBe(dropped);
      expect([...driver.producedTopicNames].sort()).toEqual(topicsWritten);
    });
  },
);
