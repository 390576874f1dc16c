// The life of a server process: start, serve until a signal or a fatal failure, stop.
import type { RunningServer } from '@ottla/broker';
import type { Logger } from '@ottla/platform';
import { CliError, errorNameOf, usageError } from '../cli-error.ts';
import type { CliIo } from '../io.ts';
import { configSource, type ServerOptions } from './server-options.ts';

/** What `dev` and `server` do differently. */
export interface ServerManner {
  readonly logger: Logger;
  /** Broker keys that go behind the file and the options. */
  readonly presets?: Readonly<Record<string, string>>;
  readonly onReady?: (server: RunningServer) => Promise<void> | void;
  readonly onStopping?: () => void;
}

/**
 * Returns when the server was stopped by a signal.
 *
 * @throws StartError, ConfigError when it does not start; CliError when it had to stop by itself
 */
export async function runServer(
  io: CliIo,
  options: ServerOptions,
  manner: ServerManner,
): Promise<void> {
  const interrupted = io.interrupt();
  const { logger } = manner;
  await io.stayFrugal();
  const source = await configSource(io, options);
  const { BrokerConfig, MEMORY_PRESETS, startServer } = await import('@ottla/broker');
  const presets = { ...(options.memory === true ? MEMORY_PRESETS : {}), ...manner.presets };
  const end = Promise.withResolvers<void>();
  let leave = true;
  const noStart = new AbortController();
  const stop = () => {
    noStart.abort();
    end.resolve();
  };
  const orphaned = () => {
    leave = false;
    stop();
  };
  // Who reads the log of a broker among several is its parent, which stops them all, or is gone.
  const interruption = () =>
    interrupted.reason === 'EPIPE' && options.untilStdinEnds === true ? orphaned() : stop();
  if (interrupted.aborted) interruption();
  else interrupted.addEventListener('abort', interruption, { once: true });
  if (options.untilStdinEnds === true) void io.inputEnd().then(orphaned);
  const server = await startServer({
    config: BrokerConfig.load({ ...source, presets, logger }),
    platform: await io.platform(),
    logger,
    onFatal: (error) => end.reject(fatal(error)),
    signal: noStart.signal,
    ...(options.memory === true ? { memory: {} } : {}),
    ...(options.clusterId === undefined ? {} : { clusterId: options.clusterId }),
  }).catch(async (error: unknown) => {
    if (noStart.signal.aborted) return undefined;
    await explainCluster(options, error);
    throw error;
  });
  if (server === undefined) return;
  try {
    await manner.onReady?.(server);
    await end.promise;
    manner.onStopping?.();
  } finally {
    await server.close({ leave });
  }
}

/** @throws CliError when the folder that was refused is that of several brokers */
async function explainCluster({ data, config }: ServerOptions, error: unknown): Promise<void> {
  if (config !== undefined || !(errorNameOf(error) ?? '').startsWith('DIRECTORY_')) return;
  const { DATA_DIR_DEFAULT, planIn } = await import('./brokers/plan-files.ts');
  const folder = data ?? DATA_DIR_DEFAULT;
  const plan = await planIn(folder);
  if (plan === undefined) return;
  throw usageError(
    `${folder} holds a cluster of ${plan.nodes.length} brokers`,
    `Start it with --brokers ${plan.nodes.length}, or one broker with another folder: --data ./ottla-single.`,
  );
}

function fatal(error: unknown): CliError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CliError(
    `the broker had to stop: ${reason}`,
    'Nothing acknowledged is lost; see the log above.',
  );
}
