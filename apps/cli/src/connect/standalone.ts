// `ottla connect standalone`: a worker until Ctrl-C.
import { Readable } from 'node:stream';
import type { ConnectorRequest } from '@ottla/connect-worker';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import type { CliIo } from '../io.ts';
import { jsonLogger } from '../server/json-logger.ts';
import { prettyLogger } from '../server/pretty-logger.ts';
import { readText } from './connector-input.ts';

/** Options of the command. */
export interface StandaloneOptions {
  readonly override?: readonly string[];
  readonly allowUnknown?: boolean;
}

/** Runs until a signal. @throws CliError exit code 2 for wrong files and configurations, 1 for any other failure */
export async function standalone(
  io: CliIo,
  workerFile: string,
  connectorFiles: readonly string[],
  options: StandaloneOptions,
): Promise<void> {
  const interrupted = io.interrupt();
  const { parseConnectorFile, parseProperties, startConnectWorker } =
    await import('@ottla/connect-worker');
  const properties = Object.fromEntries(parseProperties(await readText(io, workerFile)));
  Object.assign(properties, overrides(options.override ?? []));
  const connectors: ConnectorRequest[] = [];
  for (const path of connectorFiles)
    connectors.push(parseConnectorFile(path, await readText(io, path)));
  const worker = await startConnectWorker({
    properties,
    connectors,
    allowUnknown: options.allowUnknown ?? false,
    logger: io.stdout.isTty ? prettyLogger(io.stderr) : jsonLogger({ ...io, stdout: io.stderr }),
    platform: await io.platform(),
    env: io.env,
    standardInput: () => (io.stdin instanceof Readable ? io.stdin : Readable.from(io.stdin)),
  }).catch((error: unknown) => {
    throw explained(error);
  });
  try {
    await io.stdout.write(`ottla connect ready at ${worker.url}\n`);
    const end = Promise.withResolvers<void>();
    if (interrupted.aborted) end.resolve();
    else interrupted.addEventListener('abort', () => end.resolve(), { once: true });
    await end.promise;
  } finally {
    await worker.close();
  }
  await io.stdout.write('stopped\n');
}

function overrides(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw usageError(`--override ${text}: it must be key=value`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** A wrong configuration is the user's; what failed beneath a start tells more than that it failed. */
function explained(error: unknown): unknown {
  const { code, cause, message } = error as Error & { readonly code?: unknown };
  if (code === 'BAD_REQUEST' || code === 'INVALID_CONFIG')
    return new CliError(message, undefined, EXIT.usage);
  if (cause instanceof Error) return new CliError(`${message}: ${cause.message}`);
  return error;
}
