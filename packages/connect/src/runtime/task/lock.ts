// Work that must not overlap, in the order in which it was asked for.

export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after all that was asked for before. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
