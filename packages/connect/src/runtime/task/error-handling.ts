// What happens to a record that cannot be converted or transformed: retried while that may help, reported, and then skipped
// or the end of the task. Kafka: RetryWithToleranceOperator, Stage (KIP-298).
import type { Platform } from '@ottla/platform';
import { ConnectError } from '../../errors.ts';

/** Where in a record's way it failed, by Kafka's names. */
export type Stage =
  | 'TASK_PUT'
  | 'TASK_POLL'
  | 'TRANSFORMATION'
  | 'KEY_CONVERTER'
  | 'VALUE_CONVERTER'
  | 'HEADER_CONVERTER'
  | 'KAFKA_PRODUCE'
  | 'KAFKA_CONSUME';

/** How a connector wants errors treated. */
export interface ErrorSettings {
  /** `all`: skip what fails. */
  readonly tolerance: 'none' | 'all';
  /** How long a retriable failure is tried again, milliseconds; −1 for ever, 0 not at all. */
  readonly retryTimeoutMs: number;
  readonly retryDelayMsMax: number;
  readonly logEnabled: boolean;
  /** Whether the log shows the record too. */
  readonly logMessages: boolean;
}

/** The step that is running: set by the work before each of its steps. */
export interface Step {
  stage: Stage;
  /** Of the converter, transform or task that runs, by the name that Kafka gives it. */
  className: string;
}

/** A record that failed for good. */
export interface Failure<R> extends Readonly<Step> {
  readonly record: R;
  readonly error: unknown;
}

/** Somewhere that failures are told to. */
export interface ErrorReporter<R> {
  /** Whoever cares waits for the promise, which rejects when the failure could not be written; nobody has to. */
  report(failure: Failure<R>): Promise<void> | undefined;
  /** Resolves when what was reported is where it should be. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** The task is to stop while a record was being retried: the record is neither done nor failed. */
export class RetriesAbandonedError extends ConnectError {
  override readonly name = 'RetriesAbandonedError';
}

/** First wait before a retry; doubles. */
const RETRY_DELAY_MS_MIN = 300;

export interface ErrorHandlerOptions<R> {
  readonly settings: ErrorSettings;
  readonly platform: Platform;
  readonly reporters: readonly ErrorReporter<R>[];
  /** Ends retries when the task is to stop. */
  readonly stopping: AbortSignal;
}

export class ErrorHandler<R> {
  readonly #options: ErrorHandlerOptions<R>;
  readonly #step: Step = { stage: 'TRANSFORMATION', className: '' };
  skippedCount = 0;

  constructor(options: ErrorHandlerOptions<R>) {
    this.#options = options;
  }

  /**
   * Does the work for a record, at once when nothing fails.
   *
   * @param work sets the step before each thing it does; done again from its start on a retry
   * @returns what the work returns, or undefined when the record is to be skipped
   * @throws ConnectError when the failure is not tolerated; RetriesAbandonedError when the task is to stop first
   */
  run<T>(record: R, work: (step: Step) => T): T | undefined | Promise<T | undefined> {
    try {
      return work(this.#step);
    } catch (error) {
      const { stage, className } = this.#step;
      const failure = { record, error, stage, className };
      if (!isRetriable(error) || this.#options.settings.retryTimeoutMs === 0)
        return this.#settle(failure);
      return this.#retry(failure, work);
    }
  }

  /** Tells the reporters. The promise settles when all have written it; nobody has to wait for it. */
  report(failure: Failure<R>): Promise<void> {
    const reports = this.#options.reporters.map(async (reporter) => reporter.report(failure));
    const all = Promise.all(reports).then(() => undefined);
    all.catch(() => undefined);
    return all;
  }

  get isTolerant(): boolean {
    return this.#options.settings.tolerance === 'all';
  }

  async flush(): Promise<void> {
    await Promise.all(this.#options.reporters.map((reporter) => reporter.flush()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#options.reporters.map((reporter) => reporter.close()));
  }

  async #retry<T>(first: Failure<R>, work: (step: Step) => T): Promise<T | undefined> {
    const { settings, platform, stopping } = this.#options;
    const { clock, timers } = platform;
    const startMs = clock.monotonicMs();
    const deadlineMs =
      settings.retryTimeoutMs < 0 ? Number.POSITIVE_INFINITY : startMs + settings.retryTimeoutMs;
    let failure = first;
    for (let attempt = 0; clock.monotonicMs() < deadlineMs; attempt += 1) {
      const delayMs = Math.min(this.#delayMs(attempt), deadlineMs - clock.monotonicMs());
      await timers.sleep(Math.max(0, delayMs), stopping).catch(() => undefined);
      if (stopping.aborted)
        throw new RetriesAbandonedError('the task stops', { cause: failure.error });
      try {
        return work(this.#step);
      } catch (error) {
        const { stage, className } = this.#step;
        failure = { record: first.record, error, stage, className };
        if (!isRetriable(error)) break;
      }
    }
    return this.#settle(failure);
  }

  #delayMs(attempt: number): number {
    const delayMs = RETRY_DELAY_MS_MIN * 2 ** Math.min(attempt, 30);
    const { retryDelayMsMax } = this.#options.settings;
    if (delayMs <= retryDelayMsMax) return delayMs;
    return this.#options.platform.random.below(Math.max(1, retryDelayMsMax));
  }

  #settle(failure: Failure<R>): undefined {
    void this.report(failure);
    if (!this.isTolerant)
      throw new ConnectError('Tolerance exceeded in error handler', { cause: failure.error });
    this.skippedCount += 1;
  }
}

/** Whether the same call may work later: our own retriable errors, and the client's. */
export function isRetriable(error: unknown): boolean {
  return error instanceof Error && (error as { readonly retriable?: unknown }).retriable === true;
}
