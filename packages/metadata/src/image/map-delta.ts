// MapDelta: changes on top of a PersistentMap, gathered first and applied at once.
import type { PersistentMap } from '../persistent-map.ts';

/** Changes of the entries of `base`. */
export class MapDelta<K extends string | number, V> {
  readonly base: PersistentMap<K, V>;
  /** Undefined means deleted. */
  readonly #changes = new Map<K, V | undefined>();

  constructor(base: PersistentMap<K, V>) {
    this.base = base;
  }

  /** Number of keys that were set or deleted. */
  get size(): number {
    return this.#changes.size;
  }

  /** The value after the changes. */
  get(key: K): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.base.get(key);
  }

  /** Whether `key` was set or deleted. */
  isTouched(key: K): boolean {
    return this.#changes.has(key);
  }

  set(key: K, value: V): void {
    this.#changes.set(key, value);
  }

  delete(key: K): void {
    this.#changes.set(key, undefined);
  }

  /** Deletes every entry of the base that was not touched. */
  keepTouchedOnly(): void {
    for (const key of this.base.keys()) {
      if (!this.#changes.has(key)) this.#changes.set(key, undefined);
    }
  }

  /** Changed entries: key and new value, undefined when deleted. */
  changes(): IterableIterator<[K, V | undefined]> {
    return this.#changes.entries();
  }

  /** The base with all changes. */
  apply(): PersistentMap<K, V> {
    let map = this.base;
    for (const [key, value] of this.#changes) {
      map = value === undefined ? map.delete(key) : map.set(key, value);
    }
    return map;
  }
}
