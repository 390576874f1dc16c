// One LevelDB for all persistent stores of a task. What is written waits in memory, where reads see it, until the commit writes it
// in one batch, together with how far each changelog has been written: after a crash stores and offsets fit each other.
// Kafka: RocksDBStore, ProcessorStateManager's checkpoint.
import { Level } from 'level';
import type { ByteEntry, ByteRange, ByteStore } from './byte-store.ts';
import { SortedBytes } from './sorted-bytes.ts';
import { DiskIterator, type StoreIterator } from './store-iterator.ts';

type Database = Level<Buffer, Buffer>;

const OFFSET_PREFIX = Buffer.from([0]);
/** Keys of stores begin with this, the length of the store's name, and the name. */
const STORE_PREFIX = 1;

export class TaskDatabase {
  readonly #level: Database;
  readonly #stores: LevelByteStore[] = [];

  private constructor(level: Database) {
    this.#level = level;
  }

  /** Opens or makes the database in a folder. @throws Error with code `LEVEL_DATABASE_NOT_OPEN` when another has it */
  static async open(folder: string): Promise<TaskDatabase> {
    const level: Database = new Level(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
    await level.open();
    return new TaskDatabase(level);
  }

  /** The bytes of one store. */
  openBytes(store: string): ByteStore {
    const bytes = new LevelByteStore(this.#level, store);
    this.#stores.push(bytes);
    return bytes;
  }

  /** Changes that wait for the next flush. */
  get waitingCount(): number {
    return this.#stores.reduce((sum, store) => sum + store.waitingCount, 0);
  }

  /** Up to which offset (exclusive) a store contains its changelog; undefined: not known. */
  offsetOf(store: string): number | undefined {
    const found = this.#level.getSync(offsetKey(store));
    return found === undefined ? undefined : Number(found.toString());
  }

  /** Writes what waits, and the offsets with it. */
  async flush(offsets: ReadonlyMap<string, number>): Promise<void> {
    const batch = this.#level.batch();
    const written = this.#stores.map((store) => store.writeTo(batch));
    for (const [store, offset] of offsets) batch.put(offsetKey(store), Buffer.from(String(offset)));
    await batch.write();
    for (const done of written) done();
  }

  /** Removes a store's content and offset. */
  async wipe(store: string): Promise<void> {
    const range = rangeOf(store);
    await this.#level.clear({ gte: range.from, lt: range.before });
    await this.#level.del(offsetKey(store));
  }

  /** Idempotent. What was not flushed is lost. */
  async close(): Promise<void> {
    if (this.#level.status === 'open') await this.#level.close();
  }
}

interface Batch {
  put(key: Buffer, value: Buffer): unknown;
  del(key: Buffer): unknown;
}

/** A store's part of the database, with what waits to be written in front of it. */
class LevelByteStore implements ByteStore {
  readonly #level: Database;
  readonly #prefix: Buffer;
  /** Null: to be deleted. */
  #waiting = new SortedBytes<Buffer | null>();
  /** On its way to the disk; read until it is there. */
  #writing: SortedBytes<Buffer | null> | undefined;
  #count = 0;

  constructor(level: Database, store: string) {
    this.#level = level;
    this.#prefix = prefixOf(store);
  }

  get approximateCount(): number {
    return Math.max(0, this.#count);
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  get(key: Buffer): Buffer | null {
    const held = this.#waiting.get(key) ?? undefined;
    if (held !== undefined) return held;
    if (this.#waiting.has(key)) return null;
    if (this.#writing?.has(key) === true) return this.#writing.get(key) ?? null;
    return this.#level.getSync(this.#full(key)) ?? null;
  }

  put(key: Buffer, value: Buffer | null): void {
    this.#count += value === null ? -1 : 1;
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
    for (const { key, value } of writing.range({})) {
      if (value === null) batch.del(this.#full(key));
      else batch.put(this.#full(key), value);
    }
    return () => {
      if (this.#writing === writing) this.#writing = undefined;
    };
  }

  close(): void {
    this.#waiting.clear();
    this.#writing = undefined;
  }

  /** What is on disk and what waits, in one order; what waits goes before what it replaces. */
  async *#merged(range: ByteRange): AsyncGenerator<ByteEntry> {
    const held = new SortedBytes<Buffer | null>();
    for (const layer of [this.#writing, this.#waiting])
      for (const { key, value } of layer?.range(range) ?? []) held.set(key, value);
    const front = held.range(range);
    const isBefore = (a: Buffer, b: Buffer): boolean =>
      range.reverse === true ? a.compare(b) > 0 : a.compare(b) < 0;
    let next = front.next();
    for await (const [fullKey, value] of this.#level.iterator(this.#bounds(range))) {
      const key = fullKey.subarray(this.#prefix.length);
      while (next.done !== true && isBefore(next.value.key, key)) {
        if (next.value.value !== null) yield { key: next.value.key, value: next.value.value };
        next = front.next();
      }
      if (next.done === true || !next.value.key.equals(key)) {
        yield { key, value };
        continue;
      }
      if (next.value.value !== null) yield { key, value: next.value.value };
      next = front.next();
    }
    for (; next.done !== true; next = front.next())
      if (next.value.value !== null) yield { key: next.value.key, value: next.value.value };
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

function prefixOf(store: string): Buffer {
  const name = Buffer.from(store);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(name.length);
  return Buffer.concat([Buffer.of(STORE_PREFIX), length, name]);
}

function rangeOf(store: string): { readonly from: Buffer; readonly before: Buffer } {
  const from = prefixOf(store);
  return { from, before: behind(from) };
}

/** Prefixes have a length in them, so the next one begins where the last byte is one higher; names are UTF-8, never 0xff. */
function behind(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1]! += 1;
  return end;
}

function offsetKey(store: string): Buffer {
  return Buffer.concat([OFFSET_PREFIX, Buffer.from(store)]);
}
