// Where requests wait (DESIGN §4.6): watchers by key, deadlines on the one timer wheel, and a bound on how many wait.
// A key is anything that moves: a partition object, a group, a string. An operation that completes leaves all its keys
// at once, so nothing has to be purged later. Kafka: DelayedOperationPurgatory.

import type { DelayedOperation, OperationKind } from './delayed-operation.ts';
import type { TimerWheel } from './timer-wheel.ts';

export interface PurgatoryOptions {
  readonly wheel: TimerWheel;
  /** Most operations that wait at once (`ottla.purgatory.operations.max`); one more is expired at once. */
  readonly operationsMax: number;
  /** What to do with an error that an operation raised while a key or the clock moved it. It is complete by then. */
  readonly onError: (error: unknown, operation: DelayedOperation) => void;
}

/** One purgatory for all kinds of waiting. */
export class Purgatory {
  readonly #wheel: TimerWheel;
  readonly #operationsMax: number;
  readonly #onError: (error: unknown, operation: DelayedOperation) => void;
  readonly #watchers = new Map<unknown, Set<DelayedOperation>>();
  readonly #sizes = new Map<OperationKind, number>();
  readonly #operations = new Set<DelayedOperation>();
  #expiredTotal = 0;
  #rejectedTotal = 0;
  #isClosed = false;

  constructor(options: PurgatoryOptions) {
    this.#wheel = options.wheel;
    this.#operationsMax = options.operationsMax;
    this.#onError = options.onError;
  }

  /** How many operations wait. */
  get size(): number {
    return this.#operations.size;
  }

  /** How many keys are watched. */
  get watchedKeys(): number {
    return this.#watchers.size;
  }

  /** How many ended by their deadline, since the start. */
  get expiredTotal(): number {
    return this.#expiredTotal;
  }

  /** How many were expired at once because the purgatory was full, since the start. */
  get rejectedTotal(): number {
    return this.#rejectedTotal;
  }

  /** How many of this kind wait. */
  sizeOf(kind: OperationKind): number {
    return this.#sizes.get(kind) ?? 0;
  }

  /**
   * Completes the operation if its condition holds, else lets it wait for one of its keys or for the deadline.
   *
   * @param timeoutMs from now; 0 or less expires it at once
   * @param keys what to watch; identity decides, as in a `Map`
   * @returns whether it is complete now
   */
  tryCompleteElseWatch(
    operation: DelayedOperation,
    timeoutMs: number,
    keys: Iterable<unknown>,
  ): boolean {
    if (operation.isCompleted || operation.tryComplete()) return true;
    if (timeoutMs <= 0 || this.#isClosed) return operation.expire();
    if (this.#operations.size >= this.#operationsMax) {
      this.#rejectedTotal += 1;
      return operation.expire();
    }
    this.#watch(operation, timeoutMs, [...keys]);
    return false;
  }

  /**
   * Gives every operation that watches the key another try. Call it after the state has moved.
   *
   * @returns how many completed
   */
  checkAndComplete(key: unknown): number {
    const watchers = this.#watchers.get(key);
    if (watchers === undefined) return 0;
    let completed = 0;
    // A copy: completing one may add and remove others, and each that was there gets one try.
    for (const operation of Array.from(watchers)) {
      if (operation.isCompleted) continue;
      completed += this.#guard(operation, () => operation.tryComplete(key)) ? 1 : 0;
    }
    return completed;
  }

  /** Expires everything that watches the key, as its deadline would (the partition has gone, the group was deleted). */
  expireAll(key: unknown): void {
    for (const operation of this.#watchers.get(key) ?? [])
      this.#guard(operation, () => operation.expire());
  }

  /** Expires everything and takes in nothing more. */
  close(): void {
    this.#isClosed = true;
    for (const operation of Array.from(this.#operations))
      this.#guard(operation, () => operation.expire());
  }

  #watch(operation: DelayedOperation, timeoutMs: number, keys: readonly unknown[]): void {
    const { kind } = operation;
    this.#operations.add(operation);
    this.#sizes.set(kind, this.sizeOf(kind) + 1);
    for (const key of keys) {
      const watchers = this.#watchers.get(key);
      if (watchers === undefined) this.#watchers.set(key, new Set([operation]));
      else watchers.add(operation);
    }
    const timer = this.#wheel.set(timeoutMs, () => {
      this.#expiredTotal += 1;
      this.#guard(operation, () => operation.expire());
    });
    operation.whenDone(() => {
      this.#wheel.cancel(timer);
      this.#operations.delete(operation);
      this.#sizes.set(kind, this.sizeOf(kind) - 1);
      for (const key of keys) this.#unwatch(key, operation);
    });
  }

  #unwatch(key: unknown, operation: DelayedOperation): void {
    const watchers = this.#watchers.get(key);
    if (watchers === undefined) return;
    watchers.delete(operation);
    if (watchers.size === 0) this.#watchers.delete(key);
  }

  #guard(operation: DelayedOperation, move: () => boolean): boolean {
    try {
      return move();
    } catch (error) {
      this.#onError(error, operation);
      return operation.isCompleted;
    }
  }
}
