// One LevelDB for all persistent stores of a task. What is written waits in memory, where reads see it, until the commit writes it
// in one batch, together with how far each changelog has been written: after a crash stores and offsets fit each other.
// Kafka: RocksDBStore, ProcessorStateManager's checkpoint.
import { Level } from 'level';
import type { ByteStore } from './byte-store.ts';
import {
  type Database,
  LevelByteStore,
  rangeOf,
  STORE_PREFIX,
  storeOf,
} from './level-byte-store.ts';

const OFFSET_PREFIX = Buffer.from([0]);
/** One row with the number of keys of each store. */
const COUNTS_KEY = Buffer.from([STORE_PREFIX + 1]);
/** Instead of an offset: the content is being removed, and what is left of it means nothing. */
const WIPED = -1;

export class TaskDatabase {
  readonly #level: Database;
  readonly #stores = new Map<string, LevelByteStore>();
  /** Keys on disk, by store; of stores that are not open too. */
  readonly #counts: Map<string, number>;

  private constructor(level: Database, counts: Map<string, number>) {
    this.#level = level;
    this.#counts = counts;
  }

  /** Opens or makes the database in a folder. @throws Error with code `LEVEL_DATABASE_NOT_OPEN` when another has it */
  static async open(folder: string): Promise<TaskDatabase> {
    const level: Database = new Level(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
    await level.open();
    try {
      return new TaskDatabase(level, await countsOf(level));
    } catch (error) {
      await level.close();
      throw error;
    }
  }

  /** The bytes of one store. */
  openBytes(store: string): ByteStore {
    const bytes = new LevelByteStore(this.#level, store, this.#counts.get(store) ?? 0);
    this.#stores.set(store, bytes);
    return bytes;
  }

  /** Changes that wait for the next flush. */
  get waitingCount(): number {
    let sum = 0;
    for (const store of this.#stores.values()) sum += store.waitingCount;
    return sum;
  }

  /** Up to which offset (exclusive) a store contains its changelog; undefined: not known; below 0: its content means nothing. */
  offsetOf(store: string): number | undefined {
    const found = this.#level.getSync(offsetKey(store));
    return found === undefined ? undefined : Number(found.toString());
  }

  /** Writes what waits, and the offsets with it. */
  async flush(offsets: ReadonlyMap<string, number>): Promise<void> {
    const batch = this.#level.batch();
    const written = [...this.#stores.values()].map((store) => store.writeTo(batch));
    for (const [store, offset] of offsets) batch.put(offsetKey(store), Buffer.from(String(offset)));
    for (const [name, store] of this.#stores) this.#counts.set(name, store.approximateCount);
    batch.put(COUNTS_KEY, Buffer.from(JSON.stringify([...this.#counts])));
    await batch.write();
    for (const done of written) done();
  }

  /** Removes a store's content and offset; what is left by a crash in between is not taken for content. */
  async wipe(store: string): Promise<void> {
    await this.#level.put(offsetKey(store), Buffer.from(String(WIPED)));
    this.#stores.get(store)?.clear();
    this.#counts.set(store, 0);
    const range = rangeOf(store);
    await this.#level.clear({ gte: range.from, lt: range.before });
    await this.#level
      .batch()
      .del(offsetKey(store))
      .put(COUNTS_KEY, Buffer.from(JSON.stringify([...this.#counts])))
      .write();
  }

  /** Idempotent. What was not flushed is lost. */
  async close(): Promise<void> {
    if (this.#level.status === 'open') await this.#level.close();
  }
}

/** As they were last written; a database without them is counted through. */
async function countsOf(level: Database): Promise<Map<string, number>> {
  const known = level.getSync(COUNTS_KEY);
  if (known !== undefined) return new Map(JSON.parse(known.toString()) as [string, number][]);
  const counts = new Map<string, number>();
  for await (const key of level.keys({ gte: Buffer.of(STORE_PREFIX), lt: COUNTS_KEY })) {
    const store = storeOf(key);
    counts.set(store, (counts.get(store) ?? 0) + 1);
  }
  return counts;
}

function offsetKey(store: string): Buffer {
  return Buffer.concat([OFFSET_PREFIX, Buffer.from(store)]);
}
