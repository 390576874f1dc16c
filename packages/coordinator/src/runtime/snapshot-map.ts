// The one map of all coordinator state: writes change the latest state, reads see the latest or the committed one, and the
// registry can take it back when an append fails. Kafka: TimelineHashMap.

import { ABSENT, type Revertible, type SnapshotRegistry, type Undo } from './snapshot-registry.ts';

/** A map whose changes since the registry's snapshots can be undone. Values are not copied: treat them as immutable. */
export class SnapshotMap<K, V> implements Revertible {
  readonly #registry: SnapshotRegistry;
  readonly #latest = new Map<K, V>();

  constructor(registry: SnapshotRegistry) {
    this.#registry = registry;
  }

  /** Number of keys in the latest state. */
  get size(): number {
    return this.#latest.size;
  }

  /** The latest value; undefined when there is none. */
  get(key: K): V | undefined {
    return this.#latest.get(key);
  }

  has(key: K): boolean {
    return this.#latest.has(key);
  }

  set(key: K, value: V): void {
    this.#remember(key);
    this.#latest.set(key, value);
  }

  /** @returns whether there was such a key */
  delete(key: K): boolean {
    if (!this.#latest.has(key)) return false;
    this.#remember(key);
    return this.#latest.delete(key);
  }

  /** The latest entries, in the order of insertion. The map may be changed meanwhile, as a `Map` may. */
  entries(): IterableIterator<[K, V]> {
    return this.#latest.entries();
  }

  /** The committed value; undefined when there is none. */
  getCommitted(key: K): V | undefined {
    for (const undo of this.#registry.undoOf(this)) {
      const previous = undo.get(key);
      if (previous === ABSENT) return undefined;
      if (previous !== undefined || undo.has(key)) return previous as V;
    }
    return this.#latest.get(key);
  }

  /** The committed entries. Keys that were removed since come last. */
  *committedEntries(): Generator<[K, V], void, undefined> {
    const changed: Undo = new Map();
    for (const undo of this.#registry.undoOf(this)) {
      for (const [key, previous] of undo) if (!changed.has(key)) changed.set(key, previous);
    }
    for (const [key, value] of this.#latest) {
      if (!changed.has(key)) {
        yield [key, value];
        continue;
      }
      const previous = changed.get(key);
      changed.delete(key);
      if (previous !== ABSENT) yield [key, previous as V];
    }
    for (const [key, previous] of changed) if (previous !== ABSENT) yield [key as K, previous as V];
  }

  /** For the registry only. */
  restore(undo: Undo): void {
    for (const [key, previous] of undo) {
      if (previous === ABSENT) this.#latest.delete(key as K);
      else this.#latest.set(key as K, previous as V);
    }
  }

  #remember(key: K): void {
    const previous = this.#latest.has(key) ? this.#latest.get(key) : ABSENT;
    this.#registry.record(this, key, previous);
  }
}
