// Something that waits for a condition or a deadline, whichever comes first: a produce for its replicas, a fetch for
// its bytes. One event loop owns it, so there are no locks and no races, only order. Kafka: DelayedOperation.

/** What kind of waiting it is, for metrics. */
export type OperationKind =
  | 'Produce'
  | 'Fetch'
  | 'DeleteRecords'
  | 'ElectLeader'
  | 'Topic'
  | 'Heartbeat'
  | 'Other';

/**
 * Subclasses decide in `tryComplete` and answer in `onComplete`. Exactly one of these histories happens:
 * `onComplete` alone (the condition came true), or `onExpire` and then `onComplete` (the deadline came).
 */
export abstract class DelayedOperation {
  abstract readonly kind: OperationKind;
  #isCompleted = false;
  /** Set by the purgatory; called once on completion. */
  #unwatch: (() => void) | undefined;

  get isCompleted(): boolean {
    return this.#isCompleted;
  }

  /**
   * Looks at the condition and calls `complete()` where it holds. Must be cheap: it runs whenever a watched key moved.
   *
   * @param moved the key that did; undefined before the operation waits
   * @returns whether the operation is complete now
   */
  abstract tryComplete(moved?: unknown): boolean;

  /** Answers. Called exactly once. */
  protected abstract onComplete(): void;

  /** Called once before `onComplete` when the deadline ended the wait. */
  protected onExpire(): void {}

  /** Ends the wait. @returns false when it had ended before */
  complete(): boolean {
    if (!this.#finish()) return false;
    this.onComplete();
    return true;
  }

  /** Ends the wait by its deadline. @returns false when it had ended before */
  expire(): boolean {
    if (!this.#finish()) return false;
    this.onExpire();
    this.onComplete();
    return true;
  }

  /** For the purgatory: what to do once when the wait ends, before any answer. */
  whenDone(unwatch: () => void): void {
    this.#unwatch = unwatch;
  }

  #finish(): boolean {
    if (this.#isCompleted) return false;
    this.#isCompleted = true;
    const unwatch = this.#unwatch;
    this.#unwatch = undefined;
    unwatch?.();
    return true;
  }
}
