// From the options of `dev` and `server` to what the broker's configuration is read from.
import type { BrokerConfigSource } from '@ottla/broker';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import type { CliIo } from '../io.ts';

/** Options of both commands. */
export interface ServerOptions {
  readonly config?: string;
  readonly override?: readonly string[];
  readonly data?: string;
  readonly port?: number;
  readonly memory?: boolean;
  readonly allowUnknown?: boolean;
  /** So many processes as one cluster; undefined for one broker in this process. */
  readonly brokers?: number;
  /** The cluster that a new data folder is formatted for. */
  readonly clusterId?: string;
  /** Stop when standard input ends, without asking for leave: the whole cluster stops, or its parent is gone. */
  readonly untilStdinEnds?: boolean;
}

/** Reads the file and puts options into their keys: `--override` goes before `--port` and `--data`, they before the file. */
export async function configSource(io: CliIo, options: ServerOptions): Promise<BrokerConfigSource> {
  const overrides: string[] = [];
  if (options.port !== undefined) overrides.push(`listeners=PLAINTEXT://127.0.0.1:${options.port}`);
  if (options.data !== undefined) overrides.push(`log.dirs=${options.data}`);
  overrides.push(...(options.override ?? []));
  if (options.memory === true && options.data !== undefined)
    throw usageError('--memory and --data exclude each other');
  return {
    ...(options.config === undefined ? {} : { properties: await readText(io, options.config) }),
    overrides,
    allowUnknown: options.allowUnknown ?? false,
  };
}

async function readText(io: CliIo, path: string): Promise<string> {
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of io.readFile(path)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    const code = (error as { readonly code?: string }).code ?? String(error);
    const reason = code === 'ENOENT' ? 'there is no such file' : code;
    throw new CliError(`cannot read --config ${path}: ${reason}`, undefined, EXIT.usage);
  }
}
