// Random programs of the DSL: the same outputs, record for record, and the same description as Kafka Streams 4.3.1 gives. More than
// 1,200 were compared when these were chosen; among them are those that found something.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildProgram } from './build-program.ts';
import { runProgram } from './run-program.ts';

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

describe.each(programs.map((program, index) => [index, program] as const))(
  'program %i',
  (_index, { program, description, run, dropped, topicsWritten }) => {
    it('is described as Kafka Streams describes it', () => {
      const shown = buildProgram(program).describe().toString().trimEnd();

      expect(shown.split('\n')).toEqual(description);
    });

    it('writes record for record what Kafka Streams writes', () => {
      const inputs = run.filter((line) => line.startsWith('in '));
      const result = runProgram(program, inputs);

      expect(result.run).toEqual(run);
      expect(result.dropped).toBe(dropped);
      expect(result.topicsWritten).toEqual(topicsWritten);
    });
  },
);
