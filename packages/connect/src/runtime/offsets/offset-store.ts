// Where source offsets live: bytes by bytes. Keys are Kafka's `["connector",{partition}]`, values the offset, both JSON.
// Kafka: OffsetBackingStore, FileOffsetBackingStore.
import { type Disk, DiskError } from '@ottla/platform';
import { type ByteEntry, readJavaHashMap, writeJavaHashMap } from './java-hash-map.ts';

/** A key and what is stored for it; null deletes. */
export type OffsetEntry = readonly [key: Buffer, value: Buffer | null];

export interface OffsetStore {
  /** Values by the keys' order; null where there is none. */
  get(keys: readonly Buffer[]): Promise<(Buffer | null)[]>;
  /** Stores all entries, or rejects and stores none durably. */
  set(entries: readonly OffsetEntry[]): Promise<void>;
  /** Every stored entry, in the order of first writing. */
  entries(): Promise<OffsetEntry[]>;
  close(): Promise<void>;
}

/** Offsets in memory, for tests. */
export class MemoryOffsetStore implements OffsetStore {
  readonly #offsets = new Map<string, OffsetEntry>();

  async get(keys: readonly Buffer[]): Promise<(Buffer | null)[]> {
    return keys.map((key) => this.#offsets.get(key.toString('latin1'))?.[1] ?? null);
  }

  async set(entries: readonly OffsetEntry[]): Promise<void> {
    this.put(entries);
  }

  async entries(): Promise<OffsetEntry[]> {
    return this.all();
  }

  async close(): Promise<void> {}

  protected put(entries: readonly OffsetEntry[]): void {
    for (const [key, value] of entries) {
      const id = key.toString('latin1');
      if (value === null) this.#offsets.delete(id);
      else this.#offsets.set(id, [key, value]);
    }
  }

  protected all(): OffsetEntry[] {
    return [...this.#offsets.values()];
  }
}

/** Offsets in one file, in the format of Kafka's standalone worker; each `set` replaces the file as a whole. */
export class FileOffsetStore extends MemoryOffsetStore {
  readonly #disk: Disk;
  readonly #path: string;
  #writing: Promise<void> = Promise.resolve();

  private constructor(disk: Disk, path: string) {
    super();
    this.#disk = disk;
    this.#path = path;
  }

  /** Opens the file, or begins without one. @throws JavaFormatError when it is another kind of file; DiskError */
  static async open(disk: Disk, path: string): Promise<FileOffsetStore> {
    const store = new FileOffsetStore(disk, path);
    const bytes = await readIfThere(disk, path);
    // Kafka takes an empty file for a new one too.
    if (bytes !== undefined && bytes.length > 0) {
      const entries: readonly ByteEntry[] = readJavaHashMap(bytes);
      store.put(entries.filter((entry): entry is OffsetEntry => entry[0] !== null));
    }
    return store;
  }

  override async set(entries: readonly OffsetEntry[]): Promise<void> {
    this.put(entries);
    const written = this.#writing.then(() => this.#write());
    this.#writing = written.catch(() => undefined);
    await written;
  }

  override async close(): Promise<void> {
    await this.#writing;
  }

  #write(): Promise<void> {
    return this.#disk.replaceFile(this.#path, writeJavaHashMap(this.all()));
  }
}

async function readIfThere(disk: Disk, path: string): Promise<Buffer | undefined> {
  try {
    return await disk.readFile(path);
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
