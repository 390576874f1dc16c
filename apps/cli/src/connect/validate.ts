// `ottla connect validate`.
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../io.ts';
import { print, printDone, printJson } from '../output/print.ts';
import { type ConnectorInput, connectorInput } from './connector-input.ts';
import type { ValidationAnswer } from './entities.ts';
import { ConnectRest, type WorkerOptions } from './rest-client.ts';

/** Options of the command. */
export type ValidateOptions = WorkerOptions & ConnectorInput;

/** Lets the worker check a configuration without creating anything. @throws CliError when it is not valid */
export async function validateConnector(
  io: CliIo,
  file: string | undefined,
  options: ValidateOptions,
): Promise<void> {
  const rest = new ConnectRest(io, options);
  const { name, config } = await connectorInput(io, file, options);
  const plugin = encodeURIComponent(config['connector.class'] ?? '');
  const answer = await rest
    .call<ValidationAnswer>('PUT', `/connector-plugins/${plugin}/config/validate`, config)
    .catch(async (error: unknown) => {
      throw await rest.explained(name, error);
    });
  const wrong = answer.configs.flatMap(({ value }) =>
    (value?.errors ?? []).map((error) => ({
      key: value?.name,
      // What cannot be read has no value in the answer.
      value: value?.value ?? config[value?.name ?? ''],
      error,
    })),
  );
  if (answer.error_count === 0) {
    await printDone(io, options.json, `The configuration of ${name} is valid.`, answer);
    return;
  }
  if (options.json === true) await printJson(io, answer);
  else
    await print(io, false, {
      json: wrong,
      headings: ['KEY', 'VALUE', 'WHAT IS WRONG'],
      rows: wrong.map(({ key, value, error }) => [key, value, error]),
      whenEmpty: '',
    });
  throw new CliError(
    `the configuration of ${name} is not valid: ${answer.error_count} ${answer.error_count === 1 ? 'error' : 'errors'}`,
    `See what the connector takes with \`ottla connect plugins ${config['connector.class']}\`.`,
  );
}
