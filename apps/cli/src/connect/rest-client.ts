// The way from a command to a Connect worker: its REST API, which is the same for Kafka Connect's workers.
import { CliError, usageError } from '../cli-error.ts';
import type { CliIo } from '../io.ts';
import { nearestNames } from '../nearest-names.ts';
import { UNREACHABLE } from '../unreachable.ts';

const DEFAULT_URL = 'http://127.0.0.1:8083';
/** A worker ends a request of its own after 90 s. */
const ANSWER_MS_MAX = 100_000;

/** What every command that talks to a worker can be told. */
export interface WorkerOptions {
  readonly url?: string;
  readonly json?: boolean;
}

/** An answer that says no. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class ConnectRest {
  readonly url: string;

  /** `--url`, else OTTLA_CONNECT_URL, else this machine. @throws CliError when that is no URL */
  constructor(io: CliIo, options: WorkerOptions) {
    const text = options.url ?? (io.env['OTTLA_CONNECT_URL'] || DEFAULT_URL);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol))
      throw usageError(`"${text}" is no URL of a worker`, 'Write http://host:port.');
    this.url = url.href.replace(/\/+$/, '');
  }

  /** @param path already encoded. @throws RestError for an answer of 400 and more; CliError when no worker answers */
  async call<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.#fetch(method, path, body);
    const text = await answer.text();
    const value = parsed(text);
    const looksRight = text === '' || value !== undefined;
    if (answer.ok && looksRight) return value as T;
    const { message } = (value ?? {}) as { readonly message?: unknown };
    if (typeof message !== 'string')
      throw new CliError(
        `what answers at ${this.url} is no Connect worker: ${method} ${path} gave ${answer.status}${looksRight ? '' : ' and no JSON'}`,
        'Name the REST API of a worker with --url.',
      );
    throw new RestError(answer.status, message);
  }

  /** A call about one connector. @throws CliError that says what to do, when the worker says no */
  async about<T = unknown>(
    connector: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<T> {
    try {
      return await this.call<T>(
        method,
        `/connectors/${encodeURIComponent(connector)}${path}`,
        body,
      );
    } catch (error) {
      throw await this.explained(connector, error);
    }
  }

  /** A refusal in words, with the next step; other errors as they are. */
  async explained(connector: string, error: unknown): Promise<unknown> {
    if (!(error instanceof RestError)) return error;
    const { status, message } = error;
    if (status === 404 && /connector|status/i.test(message)) {
      const names = await this.call<string[]>('GET', '/connectors');
      if (!names.includes(connector)) return unknownConnector(connector, names);
    }
    return new CliError(message, nextStep(connector, status, message));
  }

  async #fetch(method: string, path: string, body: unknown): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, {
        method,
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
    } catch (error) {
      const { cause, name, message } = error as Error & {
        readonly cause?: { code?: string; message?: string };
      };
      const code = cause?.code ?? '';
      const reason =
        name === 'TimeoutError' ? 'no answer' : (UNREACHABLE[code] ?? cause?.message ?? message);
      throw new CliError(
        `no Connect worker can be reached at ${this.url}: ${reason}`,
        'Start one with `ottla connect standalone worker.properties`, or name another with --url.',
      );
    }
  }
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unknownConnector(connector: string, names: readonly string[]): CliError {
  const near = nearestNames(connector, names);
  return new CliError(
    `there is no connector "${connector}"`,
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : 'See what there is with `ottla connect list`.',
  );
}

function nextStep(connector: string, status: number, message: string): string | undefined {
  if (status === 409 && /exists/.test(message))
    return `Change it with \`ottla connect config ${connector} --file <file>\`, or delete it first.`;
  if (status === 409) return 'The workers are dividing their work; try again in a moment.';
  if (/STOPPED state/.test(message)) return `Stop it with \`ottla connect stop ${connector}\`.`;
  if (/Failed to find any class|contains no connector type/.test(message))
    return 'See what the worker has with `ottla connect plugins`.';
  if (status === 500) return "The worker's log says more.";
  return undefined;
}
