// The errors that commands raise themselves. What clients and servers raise is put into words by `explain-error.ts`.

/** Exit codes, the same for every command. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** What happened and why, and what to do next; one line each. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** The next step, where there is one. */
  readonly next: string | undefined;
  readonly exitCode: number;

  constructor(message: string, next?: string, exitCode: number = EXIT.failed) {
    super(message);
    this.next = next;
    this.exitCode = exitCode;
  }
}

/** The command line itself is wrong: exit code 2. */
export function usageError(message: string, next?: string): CliError {
  return new CliError(message, next, EXIT.usage);
}

/** Kafka's name of a broker's error (`TOPIC_ALREADY_EXISTS`), or the system's code; undefined for any other. */
export function errorNameOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, cause } = error as Error & { readonly code?: unknown };
  // A call that was tried until its time was up: what failed each time says more.
  if (code === 'REQUEST_TIMED_OUT' && cause !== undefined) return errorNameOf(cause);
  return typeof code === 'string' ? code : undefined;
}
