// Bytes in memory: for in-memory stores, for tests, for the simulator.
import type { ByteEntry, ByteRange, ByteStore } from './byte-store.ts';
import { SortedBytes } from './sorted-bytes.ts';
import { MemoryIterator, type StoreIterator } from './store-iterator.ts';

export class MemoryByteStore implements ByteStore {
  readonly #entries = new SortedBytes<Buffer>();

  get approximateCount(): number {
    return this.#entries.size;
  }

  get(key: Buffer): Buffer | null {
    return this.#entries.get(key) ?? null;
  }

  put(key: Buffer, value: Buffer | null): void {
    if (value === null) this.#entries.delete(key);
    else this.#entries.set(key, value);
  }

  range(range: ByteRange): StoreIterator<ByteEntry> {
    return new MemoryIterator(this.#entries.range(range));
  }

  /** Forgets everything; it stays open. */
  clear(): void {
    this.#entries.clear();
  }

  close(): void {
    this.clear();
  }
}
