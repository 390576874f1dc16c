// `ottla connect create`.
import type { CliIo } from '../io.ts';
import { printDone } from '../output/print.ts';
import { type ConnectorInput, connectorInput } from './connector-input.ts';
import type { ConnectorAnswer } from './entities.ts';
import { ConnectRest, type WorkerOptions } from './rest-client.ts';

/** Options of the command. */
export interface CreateConnectorOptions extends WorkerOptions, ConnectorInput {
  readonly paused?: boolean;
  readonly stopped?: boolean;
}

/** Creates one connector. */
export async function createConnector(
  io: CliIo,
  file: string | undefined,
  options: CreateConnectorOptions,
): Promise<void> {
  const rest = new ConnectRest(io, options);
  const { name, config, initial } = await connectorInput(io, file, options);
  const state = stateOf(options, initial);
  const body = { name, config, ...(state === undefined ? {} : { initial_state: state }) };
  const created = await rest
    .call<ConnectorAnswer>('POST', '/connectors', body)
    .catch(async (error: unknown) => {
      throw await rest.explained(name, error);
    });
  await printDone(
    io,
    options.json,
    `Created ${created.type} connector ${name}${state === undefined ? '' : `, ${state.toLowerCase()}`}. Watch it with \`ottla connect status ${name}\`.`,
    created,
  );
}

function stateOf(
  { paused, stopped }: CreateConnectorOptions,
  initial: string,
): 'PAUSED' | 'STOPPED' | undefined {
  if (stopped === true || (paused !== true && initial === 'STOPPED')) return 'STOPPED';
  return paused === true || initial === 'PAUSED' ? 'PAUSED' : undefined;
}
