// An in-memory file system: folders, files, a capacity and, when it is journaled, the difference
// between what a reader sees and what a power cut leaves. Synchronous and without chance of its own;
// `MemoryDisk` puts the port around it.
import { DiskError } from '../errors.ts';
import type { FileStat, OpenMode, Random } from '../ports.ts';
import { MemoryInode } from './memory-inode.ts';

export interface MemoryVolumeOptions {
  readonly capacityBytes: number;
  /** Keep what `crash` needs; default false. */
  readonly isJournaled?: boolean;
  readonly nowMs: () => number;
}

class Folder {
  readonly kind = 'directory';
  readonly entries: Map<string, Folder | MemoryInode> = new Map();
  modifiedMs: number;

  constructor(nowMs: number) {
    this.modifiedMs = nowMs;
  }
}

/** A change of names that a crash undoes unless each folder it touched was synced since. */
interface NameChange {
  readonly folders: readonly Folder[];
  /** What has another name, or one at all. */
  readonly entry: Folder | MemoryInode;
  undo(): void;
}

export class MemoryVolume {
  capacityBytes: number;
  readonly #isJournaled: boolean;
  readonly #nowMs: () => number;
  readonly #root: Folder;
  #usedBytes = 0;
  #nameChanges: NameChange[] = [];

  constructor(options: MemoryVolumeOptions) {
    this.capacityBytes = options.capacityBytes;
    this.#isJournaled = options.isJournaled ?? false;
    this.#nowMs = options.nowMs;
    this.#root = new Folder(options.nowMs());
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  open(path: string, mode: OpenMode): MemoryInode {
    const { folder, name } = this.#place('open', path);
    const found = name === '' ? folder : folder.entries.get(name);
    if (found instanceof Folder) throw failure('EISDIR', 'open', path);
    if (found === undefined && mode === 'read') throw failure('ENOENT', 'open', path);
    const inode = found ?? new MemoryInode(this.#isJournaled, this.#nowMs());
    if (found === undefined) this.#setEntry(folder, name, inode);
    inode.openCount++;
    return inode;
  }

  close(inode: MemoryInode): void {
    inode.openCount--;
    this.#releaseIfUnused(inode);
  }

  /** Writes what fits; throws `ENOSPC` when that is not all. */
  write(inode: MemoryInode, path: string, source: readonly Uint8Array[], position: number): void {
    let at = position;
    for (const chunk of source) {
      const growth = Math.max(0, at + chunk.length - inode.pages.size);
      const excess = this.#usedBytes + growth - this.capacityBytes;
      const kept = excess <= 0 ? chunk : chunk.subarray(0, Math.max(0, chunk.length - excess));
      const sizeBefore = inode.pages.size;
      if (kept.length > 0) inode.write(kept, at);
      this.#usedBytes += inode.pages.size - sizeBefore;
      if (kept.length < chunk.length) throw failure('ENOSPC', 'write', path);
      at += chunk.length;
    }
    inode.modifiedMs = this.#nowMs();
  }

  truncate(inode: MemoryInode, path: string, size: number): void {
    const growth = size - inode.pages.size;
    if (this.#usedBytes + growth > this.capacityBytes && growth > 0) {
      throw failure('ENOSPC', 'truncate', path);
    }
    inode.truncate(size);
    this.#usedBytes += growth;
    inode.modifiedMs = this.#nowMs();
  }

  mkdir(path: string): void {
    let folder = this.#root;
    for (const name of segmentsOf(path)) {
      let next = folder.entries.get(name);
      if (next instanceof MemoryInode) throw failure('EEXIST', 'mkdir', path);
      if (next === undefined) {
        next = new Folder(this.#nowMs());
        this.#setEntry(folder, name, next);
      }
      folder = next;
    }
  }

  readdir(path: string): string[] {
    return [...this.#folder('readdir', path).entries.keys()].toSorted();
  }

  find(path: string): MemoryInode | undefined {
    const found = this.#lookup(path);
    return found instanceof MemoryInode ? found : undefined;
  }

  stat(path: string): FileStat | undefined {
    const found = this.#lookup(path);
    return found === undefined ? undefined : statOf(found);
  }

  rename(from: string, to: string): void {
    const source = this.#place('rename', from);
    const moved = source.folder.entries.get(source.name);
    if (moved === undefined) throw failure('ENOENT', 'rename', from);
    const target = this.#place('rename', to);
    const replaced = target.folder.entries.get(target.name);
    if (replaced === moved) return;
    if (replaced instanceof Folder) {
      if (moved instanceof MemoryInode) throw failure('EISDIR', 'rename', to);
      if (replaced.entries.size > 0) throw failure('ENOTEMPTY', 'rename', to);
    } else if (replaced !== undefined && moved instanceof Folder) {
      throw failure('ENOTDIR', 'rename', to);
    }
    if (moved instanceof Folder && `${normalise(to)}/`.startsWith(`${normalise(from)}/`)) {
      throw failure('EINVAL', 'rename', to);
    }
    source.folder.entries.delete(source.name);
    target.folder.entries.set(target.name, moved);
    this.#noteNames([source.folder, target.folder], moved, () => {
      putBack(target.folder, target.name, replaced);
      source.folder.entries.set(source.name, moved);
    });
    if (replaced instanceof MemoryInode) this.#unlink(replaced);
  }

  remove(path: string): void {
    const segments = segmentsOf(path);
    const name = segments.at(-1);
    const folder = name === undefined ? undefined : this.#walk(segments, segments.length - 1);
    if (!(folder instanceof Folder) || name === undefined) return;
    const removed = folder.entries.get(name);
    if (removed === undefined) return;
    folder.entries.delete(name);
    this.#noteNames([folder], removed, () => folder.entries.set(name, removed));
    for (const inode of inodesIn(removed)) this.#unlink(inode);
  }

  /** Makes the names in the folder durable, with the earlier changes they rest on. */
  syncDirectory(path: string): void {
    const synced = new Set([this.#folder('syncDirectory', path)]);
    const kept: NameChange[] = [];
    for (const change of this.#nameChanges.toReversed()) {
      if (change.folders.some((folder) => synced.has(folder))) {
        for (const folder of change.folders) synced.add(folder);
      } else {
        kept.push(change);
      }
    }
    this.#nameChanges = kept.toReversed();
  }

  /** How far, from its beginning, a power cut would leave the file of this path as it is: 0 where its name could go. */
  durableBytes(path: string): number {
    let found: Folder | MemoryInode | undefined = this.#root;
    for (const name of segmentsOf(path)) {
      if (!(found instanceof Folder)) return 0;
      found = found.entries.get(name);
      const named = found;
      if (this.#nameChanges.some(({ entry }) => entry === named)) return 0;
    }
    return found instanceof MemoryInode ? found.durableBytes : 0;
  }

  /** Power cut: names fall back to some point since they were synced, and so do the bytes of each file. */
  crash(random: Random): void {
    const survivorCount = random.below(this.#nameChanges.length + 1);
    for (const change of this.#nameChanges.slice(survivorCount).toReversed()) change.undo();
    this.#nameChanges = [];
    for (const { inode } of this.files()) inode.crash(random);
    this.settleHandles();
  }

  /** Every process is gone: no file is open any more. */
  settleHandles(): void {
    this.#usedBytes = 0;
    for (const { inode } of this.files()) {
      inode.openCount = 0;
      inode.linkCount = 1;
      this.#usedBytes += inode.pages.size;
    }
  }

  /** Every file with its path, sorted. */
  files(): { readonly path: string; readonly inode: MemoryInode }[] {
    return filesIn(this.#root, '');
  }

  #setEntry(folder: Folder, name: string, entry: Folder | MemoryInode): void {
    folder.entries.set(name, entry);
    folder.modifiedMs = this.#nowMs();
    if (entry instanceof MemoryInode) entry.linkCount++;
    this.#noteNames([folder], entry, () => folder.entries.delete(name));
  }

  #noteNames(folders: readonly Folder[], entry: Folder | MemoryInode, undo: () => void): void {
    if (this.#isJournaled) this.#nameChanges.push({ folders, entry, undo });
  }

  #unlink(inode: MemoryInode): void {
    inode.linkCount--;
    this.#releaseIfUnused(inode);
  }

  #releaseIfUnused(inode: MemoryInode): void {
    if (inode.linkCount === 0 && inode.openCount === 0) this.#usedBytes -= inode.pages.size;
  }

  #lookup(path: string): Folder | MemoryInode | undefined {
    const segments = segmentsOf(path);
    return this.#walk(segments, segments.length);
  }

  /** Where the first `count` of the names lead to. */
  #walk(names: readonly string[], count: number): Folder | MemoryInode | undefined {
    let found: Folder | MemoryInode | undefined = this.#root;
    for (let index = 0; index < count; index++) {
      if (!(found instanceof Folder)) return undefined;
      found = found.entries.get(names[index]!);
    }
    return found;
  }

  #folder(operation: string, path: string): Folder {
    const found = this.#lookup(path);
    if (found === undefined) throw failure('ENOENT', operation, path);
    if (!(found instanceof Folder)) throw failure('ENOTDIR', operation, path);
    return found;
  }

  #place(operation: string, path: string): { folder: Folder; name: string } {
    const segments = segmentsOf(path);
    const name = segments.at(-1) ?? '';
    const folder = this.#walk(segments, segments.length - 1);
    if (folder === undefined) throw failure('ENOENT', operation, path);
    if (!(folder instanceof Folder)) throw failure('ENOTDIR', operation, path);
    return { folder, name };
  }
}

/** The path from the root, without `.`, `..` and doubled slashes; a relative one starts at the root. */
export function normalise(path: string): string {
  return `/${segmentsOf(path).join('/')}`;
}

/** What `stat` says of a file or folder. */
export function statOf(entry: MemoryInode | Folder): FileStat {
  return {
    kind: entry.kind,
    size: entry instanceof MemoryInode ? entry.pages.size : 0,
    modifiedMs: Math.trunc(entry.modifiedMs),
  };
}

/** Paths are few, and asked for again and again. */
const knownSegments = new Map<string, readonly string[]>();
const KNOWN_PATHS_MAX = 4_096;

function segmentsOf(path: string): readonly string[] {
  let segments = knownSegments.get(path);
  if (segments !== undefined) return segments;
  if (knownSegments.size === KNOWN_PATHS_MAX) knownSegments.clear();
  segments = split(path);
  knownSegments.set(path, segments);
  return segments;
}

function split(path: string): string[] {
  const segments: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') segments.pop();
    else if (name !== '' && name !== '.') segments.push(name);
  }
  return segments;
}

function putBack(folder: Folder, name: string, entry: Folder | MemoryInode | undefined): void {
  if (entry === undefined) folder.entries.delete(name);
  else folder.entries.set(name, entry);
}

function inodesIn(entry: Folder | MemoryInode): MemoryInode[] {
  return entry instanceof MemoryInode ? [entry] : [...entry.entries.values()].flatMap(inodesIn);
}

function filesIn(folder: Folder, path: string): { path: string; inode: MemoryInode }[] {
  return [...folder.entries]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([name, entry]) =>
      entry instanceof MemoryInode
        ? [{ path: `${path}/${name}`, inode: entry }]
        : filesIn(entry, `${path}/${name}`),
    );
}

function failure(code: string, operation: string, path: string): DiskError {
  return new DiskError({ code, operation, path });
}
