// Every command carries examples: they end its help, and a test counts them.
import type { Command } from 'commander';

/** What the line does, and the line. */
export type Example = readonly [purpose: string, line: string];

const known = new WeakMap<Command, readonly Example[]>();

/** Puts examples at the end of the command's help. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  known.set(command, examples);
  const lines = examples.map(([purpose, line]) => `  # ${purpose}\n  ${line}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** The examples given to `addExamples`; empty for none. */
export function examplesOf(command: Command): readonly Example[] {
  return known.get(command) ?? [];
}
