// `ottla connect status`.
import type { CliIo } from '../io.ts';
import { print, printJson } from '../output/print.ts';
import type { StateAnswer, StatusAnswer } from './entities.ts';
import { ConnectRest, type WorkerOptions } from './rest-client.ts';

/** Options of the command. */
export interface StatusOptions extends WorkerOptions {
  readonly trace?: boolean;
}

/** Prints the states of a connector and its tasks, and why something failed. */
export async function connectorStatus(
  io: CliIo,
  connector: string,
  options: StatusOptions,
): Promise<void> {
  const rest = new ConnectRest(io, options);
  const status = await rest.about<StatusAnswer>(connector, 'GET', '/status');
  if (options.json === true) {
    await printJson(io, status);
    return;
  }
  const parts: readonly (readonly [string, StateAnswer])[] = [
    ['connector', status.connector],
    ...status.tasks.map((task) => [`task ${task.id}`, task] as const),
  ];
  await print(io, false, {
    json: status,
    headings: ['PART', 'STATE', 'WORKER'],
    rows: parts.map(([part, { state, worker_id }]) => [part, state, worker_id]),
    whenEmpty: '',
  });
  const failed = parts.filter(([, { trace }]) => trace !== undefined);
  for (const [part, { trace = '' }] of failed)
    await io.stdout.write(`\n${part}: ${options.trace === true ? trace.trimEnd() : why(trace)}\n`);
  if (failed.length > 0 && options.trace !== true)
    await io.stderr.write(
      `\nThe whole story: \`ottla connect status ${connector} --trace\`. Another try: \`ottla connect restart ${connector} --only-failed\`.\n`,
    );
}

/** The messages of an error and its causes, without stacks. */
function why(trace: string): string {
  const messages = trace
    .split('\n')
    .filter((line, index) => index === 0 || line.startsWith('Caused by: '))
    .map((line) => line.trim());
  return messages.join('\n  ');
}
