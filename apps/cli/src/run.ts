// One command line, from arguments to exit code. Nothing but commander and the command definitions is loaded for help.
import { CommanderError } from 'commander';
import { EXIT } from './cli-error.ts';
import type { CliIo } from './io.ts';
import { buildProgram } from './program.ts';

/**
 * Runs a command line.
 *
 * @param argv arguments without the interpreter and the script
 * @returns the exit code: 0 ok, 2 for a wrong command line, 1 for any other failure
 */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    await buildProgram(io).parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has said what is wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { reportError } = await import('./explain-error.ts');
    return reportError(error, io);
  }
}
