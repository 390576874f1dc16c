// Destructive commands ask on a terminal; a script has to say `--yes`.
import { CliError, usageError } from './cli-error.ts';
import type { CliIo } from './io.ts';

/** @throws CliError when the answer is no, or nobody is there to ask */
export async function confirmOrRefuse(
  io: CliIo,
  options: { readonly yes?: boolean },
  question: string,
): Promise<void> {
  if (options.yes === true) return;
  if (!io.stdinIsTty)
    throw usageError('there is no terminal to ask on', 'Add --yes to go on without asking.');
  if (!(await io.confirm(question))) throw new CliError('stopped; nothing was changed');
}
