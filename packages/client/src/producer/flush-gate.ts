// Lets a flush wait for the batches of its time, and not for those that come later: batches are counted by generation, and
// each flush starts a new one.

export class FlushGate {
  #generation = 0;
  /** Batches that are not done, by generation. */
  readonly #open = new Map<number, number>();
  readonly #waiting: { readonly generation: number; readonly resolve: () => void }[] = [];

  /** For a batch that is created now. */
  get generation(): number {
    return this.#generation;
  }

  /** How many batches are not done. */
  get openCount(): number {
    let count = 0;
    for (const each of this.#open.values()) count += each;
    return count;
  }

  enter(generation: number, count = 1): void {
    this.#open.set(generation, (this.#open.get(generation) ?? 0) + count);
  }

  leave(generation: number): void {
    const left = this.#open.get(generation)! - 1;
    if (left > 0) {
      this.#open.set(generation, left);
      return;
    }
    this.#open.delete(generation);
    if (this.#waiting.length > 0) this.#release();
  }

  /** Resolves when all batches of this and earlier generations are done. The caller has closed those that fill. */
  pass(): Promise<void> {
    const generation = this.#generation;
    this.#generation += 1;
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ generation, resolve }));
  }

  #release(): void {
    const oldest = Math.min(...this.#open.keys());
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (oldest <= next.generation) return;
      this.#waiting.shift();
      next.resolve();
    }
  }
}
