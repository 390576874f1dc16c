// What a range read gives. `for await` works on every store; `for` on those whose entries are in memory, and the type of the
// store's builder does not show which that is, so on the others it throws and says so. Kafka: KeyValueIterator.
import { StreamsError } from '../errors.ts';

/** Entries in order; read once. Leaving a loop early closes it; otherwise `close` does. */
export interface StoreIterator<T> extends AsyncIterable<T>, Iterable<T> {
  /** All that is left. */
  toArray(): T[] | Promise<T[]>;
  /** Frees what it holds. Idempotent. */
  close(): void;
}

/** Entries that are at hand. */
export class MemoryIterator<T> implements StoreIterator<T> {
  readonly #entries: Iterator<T>;

  constructor(entries: Iterable<T>) {
    this.#entries = entries[Symbol.iterator]();
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#entries;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    yield* { [Symbol.iterator]: () => this.#entries };
  }

  toArray(): T[] {
    return [...this];
  }

  close(): void {
    this.#entries.return?.();
  }
}

/** Entries that come from disk. */
export class DiskIterator<T> implements StoreIterator<T> {
  readonly #entries: AsyncGenerator<T>;

  constructor(entries: AsyncGenerator<T>) {
    this.#entries = entries;
  }

  [Symbol.iterator](): Iterator<T> {
    throw new StreamsError(
      'INVALID_STATE',
      'this store is on disk, where a range cannot be read at once: use `for await`, or an in-memory store',
    );
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.#entries;
  }

  async toArray(): Promise<T[]> {
    const all: T[] = [];
    for await (const entry of this) all.push(entry);
    return all;
  }

  close(): void {
    void this.#entries.return(undefined);
  }
}

/** The same entries as something else; `undefined` leaves one out. */
export function mapIterator<T, R>(
  entries: StoreIterator<T>,
  map: (entry: T) => R | undefined,
): StoreIterator<R> {
  if (entries instanceof MemoryIterator) return new MemoryIterator(mapped(entries, map));
  return new DiskIterator(mappedLater(entries, map));
}

function* mapped<T, R>(entries: Iterable<T>, map: (entry: T) => R | undefined): Generator<R> {
  for (const entry of entries) {
    const result = map(entry);
    if (result !== undefined) yield result;
  }
}

async function* mappedLater<T, R>(
  entries: AsyncIterable<T>,
  map: (entry: T) => R | undefined,
): AsyncGenerator<R> {
  for await (const entry of entries) {
    const result = map(entry);
    if (result !== undefined) yield result;
  }
}
