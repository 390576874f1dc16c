// One operation from its run to its answer. Whatever happens (commit, failed append, timeout, unload) it is settled once.

import type { Logger } from '@ottla/platform';
import type { CoordinatorError } from './coordinator-error.ts';
import type { CoordinatorResult } from './coordinator-shard.ts';

/** An operation whose answer waits for the log. The first `settle` counts, the others do nothing. */
export interface PendingOperation {
  readonly isSettled: boolean;
  /** Gives the answer, or the error. */
  settle(error?: CoordinatorError): void;
}

/** A pending operation that has its result already. */
export class ResultPending<R, T> implements PendingOperation {
  readonly #result: CoordinatorResult<R, T>;
  readonly #answer: (response: T) => void;
  readonly #fail: (error: CoordinatorError) => void;
  readonly #logger: Logger;
  #isSettled = false;

  constructor(
    result: CoordinatorResult<R, T>,
    answer: (response: T) => void,
    fail: (error: CoordinatorError) => void,
    logger: Logger,
  ) {
    this.#result = result;
    this.#answer = answer;
    this.#fail = fail;
    this.#logger = logger;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  settle(error?: CoordinatorError): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    try {
      this.#result.whenSettled?.(error);
    } catch (failure) {
      this.#logger.error('an operation failed after its records were settled', { failure });
    }
    if (error === undefined) this.#answer(this.#result.response);
    else this.#fail(error);
  }
}
