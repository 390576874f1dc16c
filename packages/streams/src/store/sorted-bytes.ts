// A map from bytes to anything with an order by unsigned bytes: lookups by hash, ranges over a sorted list of keys that is
// put right only when a range is asked for, so that a store that is never scanned never pays for order.

/** A key and what it stands for. */
export interface SortedEntry<T> {
  readonly key: Buffer;
  readonly value: T;
}

export class SortedBytes<T> {
  /** By the key's bytes as latin-1 text, whose order is theirs. */
  readonly #entries = new Map<string, SortedEntry<T>>();
  #sorted: string[] = [];
  readonly #added = new Set<string>();
  #removedCount = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(key: Buffer): T | undefined {
    return this.#entries.get(key.toString('latin1'))?.value;
  }

  has(key: Buffer): boolean {
    return this.#entries.has(key.toString('latin1'));
  }

  set(key: Buffer, value: T): void {
    const text = key.toString('latin1');
    if (!this.#entries.has(text)) this.#added.add(text);
    this.#entries.set(text, { key, value });
  }

  delete(key: Buffer): void {
    const text = key.toString('latin1');
    if (this.#entries.delete(text) && !this.#added.delete(text)) this.#removedCount += 1;
  }

  clear(): void {
    this.#entries.clear();
    this.#added.clear();
    this.#sorted = [];
    this.#removedCount = 0;
  }

  /** In the order in which the keys came. */
  values(): IterableIterator<SortedEntry<T>> {
    return this.#entries.values();
  }

  /** Entries between the bounds, as they are when each is reached. `from` and `to` are inclusive, `before` is not. */
  *range(bounds: {
    readonly from?: Buffer | undefined;
    readonly to?: Buffer | undefined;
    readonly before?: Buffer | undefined;
    readonly reverse?: boolean | undefined;
  }): Generator<SortedEntry<T>> {
    const keys = this.#order();
    const first = bounds.from === undefined ? 0 : lowerBound(keys, bounds.from.toString('latin1'));
    let end =
      bounds.to === undefined ? keys.length : upperBound(keys, bounds.to.toString('latin1'));
    if (bounds.before !== undefined)
      end = Math.min(end, lowerBound(keys, bounds.before.toString('latin1')));
    for (let step = 0; step < end - first; step += 1) {
      const entry = this.#entries.get(
        keys[bounds.reverse === true ? end - 1 - step : first + step]!,
      );
      if (entry !== undefined) yield entry;
    }
  }

  /** The sorted keys; a running range keeps the list that it began with. */
  #order(): readonly string[] {
    if (this.#added.size === 0 && this.#removedCount <= this.#sorted.length >>> 1)
      return this.#sorted;
    const kept =
      this.#removedCount === 0 ? this.#sorted : this.#sorted.filter((key) => this.#isKept(key));
    this.#sorted = merge(kept, [...this.#added].sort());
    this.#added.clear();
    this.#removedCount = 0;
    return this.#sorted;
  }

  /** A key that was removed and came back is in both lists: the added one counts. */
  #isKept(key: string): boolean {
    return this.#entries.has(key) && !this.#added.has(key);
  }
}

function merge(left: readonly string[], right: readonly string[]): string[] {
  const merged: string[] = [];
  let at = 0;
  for (const key of right) {
    while (at < left.length && left[at]! < key) merged.push(left[at++]!);
    if (left[at] === key) at += 1;
    merged.push(key);
  }
  while (at < left.length) merged.push(left[at++]!);
  return merged;
}

function lowerBound(keys: readonly string[], key: string): number {
  return bound(keys, (other) => other < key);
}

function upperBound(keys: readonly string[], key: string): number {
  return bound(keys, (other) => other <= key);
}

function bound(keys: readonly string[], isBefore: (key: string) => boolean): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(keys[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
