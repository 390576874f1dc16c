// A request that waits until each of its partitions is decided, and answers then, or when its time is up, for all of them.
import { DelayedOperation } from '../purgatory/delayed-operation.ts';

/** `One` is a partition that waits, with the part of the answer that is its own. */
export abstract class DelayedPartitions<One> extends DelayedOperation {
  #waiting: readonly One[];
  readonly #answer: () => void;

  constructor(waiting: readonly One[], answer: () => void) {
    super();
    this.#waiting = waiting;
    this.#answer = answer;
  }

  tryComplete(): boolean {
    this.#waiting = this.#waiting.filter((one) => !this.isDecided(one));
    return this.#waiting.length === 0 && this.complete();
  }

  /** Whether it need not wait any more; its part of the answer says then how it ended. */
  protected abstract isDecided(one: One): boolean;

  /** The time is up before it was decided. */
  protected abstract timedOut(one: One): void;

  protected override onExpire(): void {
    for (const one of this.#waiting) this.timedOut(one);
  }

  protected onComplete(): void {
    this.#answer();
  }
}
