// A store's part of its task's LevelDB, with what waits to be written in front of it. Knows at every moment how many keys it
// has: what is on disk was counted when it was written, what waits knows whether it is new.
import type { Level } from 'level';
import type { ByteEntry, ByteRange, ByteStore } from './byte-store.ts';
import { mergedLater } from './merged-entries.ts';
import { notOpen } from './not-open.ts';
import { SortedBytes } from './sorted-bytes.ts';
import { DiskIterator, type StoreIterator } from './store-iterator.ts';

export type Database = Level<Buffer, Buffer>;

/** What is written at once. */
export interface Batch {
  put(key: Buffer, value: Buffer): unknown;
  del(key: Buffer): unknown;
}

/** Keys of stores begin with this, the length of the store's name, and the name. */
export const STORE_PREFIX = 1;

export class LevelByteStore implements ByteStore {
  readonly name: string;
  readonly #level: Database;
  readonly #prefix: Buffer;
  /** Null: to be deleted. */
  #waiting = new SortedBytes<Buffer | null>();
  /** On its way to the disk; read until it is there. */
  #writing: SortedBytes<Buffer | null> | undefined;
  #count: number;
  /** The last key that the disk was asked for, and whether it was there: who writes has mostly just read. */
  #asked: { readonly key: Buffer; readonly isThere: boolean } | undefined;
  #isClosed = false;

  /** @param count keys on disk */
  constructor(level: Database, name: string, count: number) {
    this.#level = level;
    this.name = name;
    this.#prefix = prefixOf(name);
    this.#count = count;
  }

  get approximateCount(): number {
    return this.#count;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  get(key: Buffer): Buffer | null {
    const held = this.#held(key);
    if (held !== undefined) return held;
    const found = this.#level.getSync(this.#full(key)) ?? null;
    this.#asked = { key, isThere: found !== null };
    return found;
  }

  put(key: Buffer, value: Buffer | null): void {
    const held = this.#held(key);
    const isThere = held === undefined ? this.#isOnDisk(key) : held !== null;
    this.#count += Number(value !== null) - Number(isThere);
    this.#waiting.set(key, value);
  }

  range(range: ByteRange): StoreIterator<ByteEntry> {
    return new DiskIterator(this.#merged(range));
  }

  /** Adds what waits to a batch. @returns what to call when it is written */
  writeTo(batch: Batch): () => void {
    const writing = this.#waiting;
    this.#writing = writing;
    this.#waiting = new SortedBytes();
    this.#asked = undefined;
    for (const { key, value } of writing.values()) {
      if (value === null) batch.del(this.#full(key));
      else batch.put(this.#full(key), value);
    }
    return () => {
      if (this.#writing === writing) this.#writing = undefined;
    };
  }

  /** Forgets what waits, and what the disk had: somebody removes that. */
  clear(): void {
    this.#waiting.clear();
    this.#writing = undefined;
    this.#asked = undefined;
    this.#count = 0;
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#writing = undefined;
  }

  /** What waits: null when it is to be deleted; undefined when the disk is to be asked. */
  #held(key: Buffer): Buffer | null | undefined {
    const held = this.#waiting.get(key);
    return held === undefined ? this.#writing?.get(key) : held;
  }

  #isOnDisk(key: Buffer): boolean {
    if (this.#asked !== undefined && this.#asked.key.equals(key)) return this.#asked.isThere;
    return this.#level.getSync(this.#full(key)) !== undefined;
  }

  /** What is on disk and what waits, in one order; what waits goes before what it replaces. */
  async *#merged(range: ByteRange): AsyncGenerator<ByteEntry> {
    const held = new SortedBytes<Buffer | null>();
    for (const layer of [this.#writing, this.#waiting])
      for (const { key, value } of layer?.range(range) ?? []) held.set(key, value);
    try {
      yield* mergedLater(held.range(range), this.#onDisk(range), range.reverse === true);
    } catch (error) {
      throw this.#isClosed ? notOpen(this.name, error) : error;
    }
  }

  async *#onDisk(range: ByteRange): AsyncGenerator<ByteEntry> {
    for await (const [fullKey, value] of this.#level.iterator(this.#bounds(range)))
      yield { key: fullKey.subarray(this.#prefix.length), value };
  }

  #bounds({ from, to, before, reverse = false }: ByteRange): object {
    const end = behind(this.#prefix);
    return {
      gte: from === undefined ? this.#prefix : this.#full(from),
      lt: before === undefined ? end : this.#full(before),
      ...(to === undefined ? {} : { lte: this.#full(to) }),
      reverse,
    };
  }

  #full(key: Buffer): Buffer {
    return Buffer.concat([this.#prefix, key]);
  }
}

/** Keys of a store, all of them. */
export function rangeOf(store: string): { readonly from: Buffer; readonly before: Buffer } {
  const from = prefixOf(store);
  return { from, before: behind(from) };
}

/** The store that a key of the database belongs to. */
export function storeOf(fullKey: Buffer): string {
  return fullKey.toString('utf8', 3, 3 + fullKey.readUInt16BE(1));
}

function prefixOf(store: string): Buffer {
  const name = Buffer.from(store);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(name.length);
  return Buffer.concat([Buffer.of(STORE_PREFIX), length, name]);
}

/** Prefixes have a length in them, so the next one begins where the last byte is one higher; names are UTF-8, never 0xff. */
function behind(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1]! += 1;
  return end;
}
