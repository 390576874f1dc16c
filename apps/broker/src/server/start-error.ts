// Why a broker did not start: one line for whoever started it, and the exit code of a process.

import { ConfigError } from '../config/config-error.ts';

/** Stable code of a {@link StartError}. */
export type StartErrorCode =
  | 'CONFIG'
  | 'DIRECTORY_LOCKED'
  | 'DIRECTORY_FOREIGN'
  | 'DIRECTORY_INVALID'
  | 'DIRECTORY_UNUSABLE'
  | 'LISTENER'
  | 'NOT_READY'
  | 'FAILED';

/** The broker did not start; nothing of it is left running. The message is one line that says what to do. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  /** What a process exits with: 2 when it was told wrongly, otherwise 1. */
  get exitCode(): 1 | 2 {
    return this.code === 'CONFIG' ? 2 : 1;
  }
}

/** What somebody who started a broker is told of any error on the way. */
export function toStartError(error: unknown): StartError {
  if (error instanceof StartError) return error;
  if (error instanceof ConfigError) return new StartError('CONFIG', error.message, error);
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  if (code === 'DIRECTORY_LOCKED' || code === 'DIRECTORY_FOREIGN' || code === 'DIRECTORY_INVALID')
    return new StartError(code, message ?? code, error);
  if (code === 'KAFKA_STORAGE_ERROR' || (error as Error).name === 'DiskError')
    return new StartError('DIRECTORY_UNUSABLE', message ?? 'the data directory failed', error);
  return new StartError('FAILED', `the broker did not start: ${message ?? String(error)}`, error);
}

/** What somebody is told whose listener could not be opened. */
export function listenerError(key: string, address: string, error: unknown): StartError {
  const { code } = error as { readonly code?: unknown };
  const why = LISTENER_REASONS[String(code)] ?? `cannot be opened (${String(code)})`;
  return new StartError('LISTENER', `${key}: ${address} ${why}`, error);
}

const LISTENER_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use: stop the process that has it, or choose another port',
  EACCES: 'is not allowed to this user: choose a port above 1023',
  EADDRNOTAVAIL: 'is no address of this machine: choose one that is, or 127.0.0.1',
  ENOTFOUND: 'is not a known host: choose an address of this machine',
};
