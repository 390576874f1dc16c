// The `Disk` port on an in-memory volume: Ottla's `--memory` mode, and the body of the simulated
// disk, which passes a gate of its own through which every call goes.
import { DiskError } from '../errors.ts';
import type { Disk, DiskFile, DiskLock, FileStat, OpenMode } from '../ports.ts';
import { FileReplacer } from '../replace-file.ts';
import type { MemoryInode } from './memory-inode.ts';
import { MemoryVolume, normalise, statOf } from './memory-volume.ts';

export interface MemoryDiskOptions {
  /** `ENOSPC` beyond; default 256 MiB. Sizes of files count, holes included. */
  readonly capacityBytes?: number;
  /** Time of modification; default the system's clock. */
  readonly nowMs?: () => number;
}

/** A disk that keeps everything in memory and forgets it with the process. */
export function memoryDisk(options: MemoryDiskOptions = {}): Disk {
  const capacityBytes = options.capacityBytes ?? 256 * 1024 * 1024;
  const volume = new MemoryVolume({ capacityBytes, nowMs: options.nowMs ?? Date.now });
  return new MemoryDisk(volume, OPEN_GATE);
}

/** One call on its way to the volume. */
export interface DiskCall {
  readonly operation: string;
  readonly path: string;
  /** Bytes to read or write, 0 for other calls. */
  readonly lengthBytes: number;
  /** The file of a call on an open one. */
  readonly inode?: MemoryInode;
  /** Where a read goes to. */
  readonly target?: Uint8Array;
}

/** Decides when, whether and with what bytes a call reaches the volume. */
export interface DiskGate {
  pass<T>(call: DiskCall, effect: () => T): Promise<T>;
  passWrite(
    call: DiskCall,
    source: readonly Uint8Array[],
    effect: (source: readonly Uint8Array[]) => void,
  ): Promise<void>;
  passNow<T>(call: DiskCall, effect: () => T): T;
  passWriteNow(
    call: DiskCall,
    source: readonly Uint8Array[],
    effect: (source: readonly Uint8Array[]) => void,
  ): void;
}

const OPEN_GATE: DiskGate = {
  pass: async (_call, effect) => effect(),
  passWrite: async (_call, source, effect) => effect(source),
  passNow: (_call, effect) => effect(),
  passWriteNow: (_call, source, effect) => effect(source),
};

export class MemoryDisk implements Disk {
  readonly #volume: MemoryVolume;
  readonly #gate: DiskGate;
  readonly #replacer: FileReplacer = new FileReplacer(this);
  readonly #locked: Set<string> = new Set();

  constructor(volume: MemoryVolume, gate: DiskGate) {
    this.#volume = volume;
    this.#gate = gate;
  }

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.#pass('open', path, () => {
      this.#refuseLocked('open', path);
      const inode = this.#volume.open(path, mode);
      return new MemoryFile({ path, mode, inode, volume: this.#volume, gate: this.#gate });
    });
  }

  readFile(path: string): Promise<Buffer> {
    const lengthBytes = this.#volume.find(path)?.pages.size ?? 0;
    return this.#gate.pass({ operation: 'readFile', path, lengthBytes }, () => {
      this.#refuseLocked('readFile', path);
      const inode = this.#volume.open(path, 'read');
      const content = inode.pages.slice(0, inode.pages.size);
      this.#volume.close(inode);
      return content;
    });
  }

  replaceFile(path: string, content: Uint8Array): Promise<void> {
    return this.#replacer.replace(path, content);
  }

  mkdir(path: string): Promise<void> {
    return this.#pass('mkdir', path, () => this.#volume.mkdir(path));
  }

  readdir(path: string): Promise<string[]> {
    return this.#pass('readdir', path, () => this.#volume.readdir(path));
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.#pass('stat', path, () => this.#volume.stat(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#pass('rename', from, () => this.#volume.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#pass('remove', path, () => this.#volume.remove(path));
  }

  syncDirectory(path: string): Promise<void> {
    return this.#pass('syncDirectory', path, () => this.#volume.syncDirectory(path));
  }

  lock(path: string): Promise<DiskLock> {
    return this.#pass('lock', path, () => {
      this.#refuseLocked('lock', path);
      this.#volume.close(this.#volume.open(path, 'write'));
      const held = normalise(path);
      this.#locked.add(held);
      return {
        release: async () => {
          this.#locked.delete(held);
        },
      };
    });
  }

  space(path: string): Promise<{ totalBytes: number; usableBytes: number }> {
    return this.#pass('space', path, () => {
      const { capacityBytes, usedBytes } = this.#volume;
      return { totalBytes: capacityBytes, usableBytes: Math.max(0, capacityBytes - usedBytes) };
    });
  }

  #pass<T>(operation: string, path: string, effect: () => T): Promise<T> {
    return this.#gate.pass({ operation, path, lengthBytes: 0 }, effect);
  }

  /** As on the real disk, where closing the file a second time would drop the lock. */
  #refuseLocked(operation: string, path: string): void {
    if (this.#locked.has(normalise(path)))
      throw new DiskError({ code: 'ELOCKED', operation, path });
  }
}

interface MemoryFileOptions {
  readonly path: string;
  readonly mode: OpenMode;
  readonly inode: MemoryInode;
  readonly volume: MemoryVolume;
  readonly gate: DiskGate;
}

class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #mode: OpenMode;
  readonly #inode: MemoryInode;
  readonly #volume: MemoryVolume;
  readonly #gate: DiskGate;
  #isClosed = false;

  constructor(options: MemoryFileOptions) {
    this.path = options.path;
    this.#mode = options.mode;
    this.#inode = options.inode;
    this.#volume = options.volume;
    this.#gate = options.gate;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    const call = { ...this.#call('read', target.length), target };
    return this.#pass(call, () => this.#inode.pages.read(target, position));
  }

  readNow(target: Uint8Array, position: number): number {
    const call = { ...this.#call('read', target.length), target };
    if (this.#isClosed) throw badHandle(call);
    return this.#gate.passNow(call, () => this.#inode.pages.read(target, position));
  }

  async write(source: readonly Uint8Array[], position: number): Promise<void> {
    return this.#gate.passWrite(this.#writeCall(source), source, (bytes) =>
      this.#volume.write(this.#inode, this.path, bytes, position),
    );
  }

  writeNow(source: readonly Uint8Array[], position: number): void {
    this.#gate.passWriteNow(this.#writeCall(source), source, (bytes) =>
      this.#volume.write(this.#inode, this.path, bytes, position),
    );
  }

  #writeCall(source: readonly Uint8Array[]): DiskCall {
    let lengthBytes = 0;
    for (const chunk of source) lengthBytes += chunk.length;
    const call = this.#call('write', lengthBytes);
    if (this.#isClosed || this.#mode === 'read') throw badHandle(call);
    return call;
  }

  datasync(): Promise<void> {
    return this.#pass(this.#call('datasync'), () => this.#inode.sync());
  }

  async truncate(sizeBytes: number): Promise<void> {
    const call = this.#call('truncate');
    if (this.#mode === 'read') throw badHandle(call);
    return this.#pass(call, () => this.#volume.truncate(this.#inode, this.path, sizeBytes));
  }

  stat(): Promise<FileStat> {
    return this.#pass(this.#call('stat'), () => statOf(this.#inode));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    const closing = this.#pass(this.#call('close'), () => this.#volume.close(this.#inode));
    this.#isClosed = true;
    return closing;
  }

  #call(operation: string, lengthBytes: number = 0): DiskCall {
    return { operation, path: this.path, lengthBytes, inode: this.#inode };
  }

  async #pass<T>(call: DiskCall, effect: () => T): Promise<T> {
    if (this.#isClosed) throw badHandle(call);
    return this.#gate.pass(call, effect);
  }
}

function badHandle(call: DiskCall): DiskError {
  const { operation, path } = call;
  return new DiskError({ code: 'EBADF', operation, path, detail: 'closed or read only' });
}
