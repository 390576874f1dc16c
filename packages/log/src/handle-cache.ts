// Open files are bounded from the first day: 10,000 partitions have 30,000 files. Least recently used handles that
// nobody holds are closed first. DESIGN §4.3.
import type { Disk, DiskFile, OpenMode } from '@ottla/platform';

/** A hold on an open file; the cache does not close it before `release`. */
export interface FileHandle {
  readonly file: DiskFile;
  release(): void;
}

interface Entry {
  readonly path: string;
  readonly mode: OpenMode;
  readonly opening: Promise<DiskFile>;
  file: DiskFile | undefined;
  holds: number;
  /** Close it with the last hold: it was evicted, renamed or removed. */
  isDoomed: boolean;
}

const HANDLES_MAX_DEFAULT = 1024;

/** Shares open files between all logs of a process. */
export class HandleCache {
  readonly #disk: Disk;
  readonly #max: number;
  /** In the order of last use, oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();

  /** @param handlesMax open files kept, `log.handles.max`; those in use count and may exceed it */
  constructor(disk: Disk, handlesMax: number = HANDLES_MAX_DEFAULT) {
    this.#disk = disk;
    this.#max = handlesMax;
  }

  get openCount(): number {
    return this.#entries.size;
  }

  get limit(): number {
    return this.#max;
  }

  /** Opens `path` or takes it from the cache. A handle opened to write serves readers too. */
  async acquire(path: string, mode: OpenMode): Promise<FileHandle> {
    let entry = this.#entries.get(path);
    if (entry !== undefined && entry.mode === 'read' && mode === 'write') {
      this.#doom(entry);
      entry = undefined;
    }
    if (entry === undefined) entry = this.#open(path, mode);
    else this.#touch(entry);
    entry.holds += 1;
    const held = entry;
    try {
      held.file = await held.opening;
    } catch (error) {
      held.holds -= 1;
      if (this.#entries.get(path) === held) this.#entries.delete(path);
      throw error;
    }
    return new CachedHandle(held.file, () => this.#release(held));
  }

  /** The file when it is open for `mode` already, for a call that is over when it returns; nothing is held. */
  openFile(path: string, mode: OpenMode): DiskFile | undefined {
    const entry = this.#entries.get(path);
    if (entry?.file === undefined || (mode === 'write' && entry.mode === 'read')) return undefined;
    return entry.file;
  }

  /** Runs `use` with the open file. */
  async use<T>(path: string, mode: OpenMode, use: (file: DiskFile) => Promise<T>): Promise<T> {
    const handle = await this.acquire(path, mode);
    try {
      return await use(handle.file);
    } finally {
      handle.release();
    }
  }

  /** Forgets a file that is renamed or removed; its holders keep theirs open until they release. */
  forget(path: string): void {
    const entry = this.#entries.get(path);
    if (entry !== undefined) this.#doom(entry);
  }

  /** Closes everything that nobody holds and waits for it. */
  async close(): Promise<void> {
    for (const entry of this.#entries.values()) this.#doom(entry);
    await Promise.all(this.#closing);
  }

  #open(path: string, mode: OpenMode): Entry {
    const entry: Entry = {
      path,
      mode,
      opening: this.#disk.open(path, mode),
      file: undefined,
      holds: 0,
      isDoomed: false,
    };
    this.#entries.set(path, entry);
    this.#evict();
    return entry;
  }

  #touch(entry: Entry): void {
    this.#entries.delete(entry.path);
    this.#entries.set(entry.path, entry);
  }

  #evict(): void {
    if (this.#entries.size <= this.#max) return;
    for (const entry of this.#entries.values()) {
      if (entry.holds > 0 || entry.file === undefined) continue;
      this.#doom(entry);
      if (this.#entries.size <= this.#max) return;
    }
  }

  #doom(entry: Entry): void {
    if (this.#entries.get(entry.path) === entry) this.#entries.delete(entry.path);
    entry.isDoomed = true;
    if (entry.holds === 0) this.#close(entry);
  }

  #release(entry: Entry): void {
    entry.holds -= 1;
    if (entry.isDoomed && entry.holds === 0) this.#close(entry);
    else this.#evict();
  }

  #close(entry: Entry): void {
    const closing = (async () => {
      // A failed open has nothing to close; its caller got the error. A failed close of a handle that was only
      // read, or whose writes were synced, loses nothing.
      const file = await entry.opening.catch(() => undefined);
      await file?.close().catch(() => undefined);
    })();
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }
}

class CachedHandle implements FileHandle {
  readonly file: DiskFile;
  #give: (() => void) | undefined;

  constructor(file: DiskFile, give: () => void) {
    this.file = file;
    this.#give = give;
  }

  release(): void {
    const give = this.#give;
    this.#give = undefined;
    give?.();
  }
}
