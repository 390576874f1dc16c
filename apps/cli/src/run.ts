// One command line, from arguments to exit code. Nothing but commander and the command definitions is loaded for help.
import { type Command, CommanderError } from 'commander';
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
    const program = buildProgram(io);
    await program.parseAsync([...withoutHelpWord(argv, program)], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has said what is wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { reportError } = await import('./explain-error.ts');
    return reportError(error, io);
  }
}

/** `ottla help topic create` and `ottla topic help create` are `ottla topic create --help`. */
function withoutHelpWord(argv: readonly string[], program: Command): readonly string[] {
  const [first, second] = argv;
  if (first === 'help') return [...argv.slice(1), '--help'];
  const group = program.commands.find((command) => command.name() === first);
  const isHelp = second === 'help' && group !== undefined && group.commands.length > 0;
  return isHelp ? [first!, ...argv.slice(2), '--help'] : argv;
}
