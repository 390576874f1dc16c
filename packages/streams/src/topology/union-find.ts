// Which nodes hang together. Kafka: QuickUnion.

/** Sets that only ever merge. */
export class UnionFind {
  readonly #parents = new Map<string, string>();

  /** A set of its own. */
  add(id: string): void {
    this.#parents.set(id, id);
  }

  /** The one that stands for the set of `id`, which must have been added. */
  root(id: string): string {
    let current = id;
    for (;;) {
      const parent = this.#parents.get(current);
      if (parent === undefined) throw new RangeError(`${current} was never added`);
      if (parent === current) return current;
      const grandparent = this.#parents.get(parent)!;
      this.#parents.set(current, grandparent);
      current = grandparent;
    }
  }

  /** Makes one set of the two. */
  unite(a: string, b: string): void {
    this.#parents.set(this.root(a), this.root(b));
  }
}
