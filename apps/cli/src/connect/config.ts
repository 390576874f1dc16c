// `ottla connect config`.
import { usageError } from '../cli-error.ts';
import type { CliIo } from '../io.ts';
import { print, printDone } from '../output/print.ts';
import { connectorInput, type Settings } from './connector-input.ts';
import type { ConnectorAnswer } from './entities.ts';
import { ConnectRest, type WorkerOptions } from './rest-client.ts';

/** Options of the command. */
export interface ConnectorConfigOptions extends WorkerOptions {
  readonly set?: Settings;
  readonly unset?: readonly string[];
  readonly file?: string;
}

/** Prints a connector's configuration, or changes it. */
export async function connectorConfig(
  io: CliIo,
  connector: string,
  options: ConnectorConfigOptions,
): Promise<void> {
  const rest = new ConnectRest(io, options);
  const { set = [], unset = [], file } = options;
  if (file !== undefined && unset.length > 0)
    throw usageError('--unset goes with --set, not with --file: the file has what shall be there');
  if (file === undefined && set.length === 0 && unset.length === 0) {
    await show(io, connector, options, rest);
    return;
  }
  const changed =
    file === undefined
      ? await rest.about<ConnectorAnswer>(connector, 'PATCH', '/config', {
          ...Object.fromEntries(unset.map((key) => [key, null])),
          ...Object.fromEntries(set),
        })
      : await replaced(io, connector, file, set, rest);
  await printDone(
    io,
    options.json,
    `Connector ${connector} has its new configuration and was restarted with it.`,
    changed,
  );
}

async function show(
  io: CliIo,
  connector: string,
  options: WorkerOptions,
  rest: ConnectRest,
): Promise<void> {
  const config = await rest.about<Record<string, string>>(connector, 'GET', '/config');
  await print(io, options.json, {
    json: config,
    headings: ['KEY', 'VALUE'],
    rows: Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)),
    whenEmpty: 'Nothing is set.',
  });
}

/** Only for a connector that is there: a name mistyped shall not make a new one. */
async function replaced(
  io: CliIo,
  connector: string,
  file: string,
  set: Settings,
  rest: ConnectRest,
): Promise<ConnectorAnswer> {
  const { config } = await connectorInput(io, file, { name: connector, set });
  await rest.about(connector, 'GET', '');
  return rest.about<ConnectorAnswer>(connector, 'PUT', '/config', config);
}
