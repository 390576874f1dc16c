// Every error the ports can raise. Codes are stable: those of the operating system as Node spells
// them (`ENOENT`, `ECONNRESET`), plus the few of our own that the README lists.

export interface DiskErrorOptions {
  /** Node's code (`ENOENT`, `ENOSPC`, `EIO`, …) or `ELOCKED`. */
  readonly code: string;
  /** What was asked of the disk: `open`, `write`, `datasync`, … */
  readonly operation: string;
  readonly path: string;
  readonly detail?: string;
  readonly cause?: unknown;
}

/** A call to the disk failed; `code` says why, `path` and `operation` where. */
export class DiskError extends Error {
  override readonly name: string = 'DiskError';
  readonly code: string;
  readonly operation: string;
  readonly path: string;

  constructor(options: DiskErrorOptions) {
    const detail = options.detail === undefined ? '' : ` (${options.detail})`;
    super(`${options.code}: ${options.operation} ${options.path}${detail}`, {
      cause: options.cause,
    });
    this.code = options.code;
    this.operation = options.operation;
    this.path = options.path;
  }
}

/** A connection, a listener or a name look-up failed; `code` is Node's (`ECONNREFUSED`, `ETIMEDOUT`, …). */
export class NetError extends Error {
  override readonly name: string = 'NetError';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(`${code}: ${message}`, { cause });
    this.code = code;
  }
}

/** A task of `Threads` did not finish: it threw, its worker died, the pool is full or closed. */
export class ThreadError extends Error {
  override readonly name: string = 'ThreadError';
  /** `ETASK` the function threw, `EWORKER` the worker died, `EBUSY` too many tasks wait, `ECLOSED` the pool is closed. */
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(`${code}: ${message}`, { cause });
    this.code = code;
  }
}

/** A simulated run went wrong: a limit passed, nothing was left to happen, or real effects were used. */
export class SimulationError extends Error {
  override readonly name: string = 'SimulationError';
  readonly code = 'ESIMULATION';
  readonly seed: number;
  readonly elapsedMs: number;

  constructor(message: string, seed: number, elapsedMs: number) {
    super(`${message} (seed ${seed}, at ${elapsedMs.toFixed(3)} ms of virtual time)`);
    this.seed = seed;
    this.elapsedMs = elapsedMs;
  }
}
