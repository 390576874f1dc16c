// The real file system. Bulk reads and writes go through `NodeDiskFile`; what is here is rare.
import { open } from 'node:fs';
import * as fs from 'node:fs/promises';
import { resolve } from 'node:path';
import { DiskError } from '../errors.ts';
import type { Disk, DiskFile, DiskLock, FileStat, OpenMode } from '../ports.ts';
import { FileReplacer } from '../replace-file.ts';
import { toDiskError } from './disk-errors.ts';
import { NodeDiskFile, toFileStat } from './disk-file.ts';
import { lockFile } from './disk-lock.ts';
import { makeDirectory } from './make-directory.ts';

const OPEN_FLAGS: Readonly<Record<OpenMode, number>> = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR | fs.constants.O_CREAT,
};

export class NodeDisk implements Disk {
  readonly #replacer: FileReplacer = new FileReplacer(this);
  /** Absolute paths of the locks held: opening and closing such a file would drop its lock. */
  readonly #locked: Set<string> = new Set();

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    return new Promise((settle, reject) => {
      this.#refuseLocked('open', path);
      open(path, OPEN_FLAGS[mode], 0o644, (error, descriptor) => {
        if (error !== null) reject(toDiskError(error, 'open', path));
        else settle(new NodeDiskFile(path, descriptor));
      });
    });
  }

  readFile(path: string): Promise<Buffer> {
    return attempt('readFile', path, () => {
      this.#refuseLocked('readFile', path);
      return fs.readFile(path);
    });
  }

  replaceFile(path: string, content: Uint8Array): Promise<void> {
    return this.#replacer.replace(path, content);
  }

  async mkdir(path: string): Promise<void> {
    await attempt('mkdir', path, () => makeDirectory(path));
  }

  async readdir(path: string): Promise<string[]> {
    const names = await attempt('readdir', path, () => fs.readdir(path));
    return names.toSorted();
  }

  stat(path: string): Promise<FileStat | undefined> {
    return attempt('stat', path, async () => {
      try {
        return toFileStat(await fs.stat(path));
      } catch (error) {
        if (isNothingThere(error)) return undefined;
        throw error;
      }
    });
  }

  rename(from: string, to: string): Promise<void> {
    return attempt('rename', from, () => fs.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return attempt('remove', path, async () => {
      try {
        await fs.rm(path, { recursive: true, force: true });
      } catch (error) {
        if (!isNothingThere(error)) throw error;
      }
    });
  }

  syncDirectory(path: string): Promise<void> {
    return attempt('syncDirectory', path, async () => {
      if (process.platform === 'win32') return; // NTFS journals names; a folder cannot be opened there
      const directory = await fs.open(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    });
  }

  async lock(path: string): Promise<DiskLock> {
    const absolute = resolve(path);
    if (this.#locked.has(absolute))
      throw new DiskError({ code: 'ELOCKED', operation: 'lock', path });
    const lock = lockFile(path);
    this.#locked.add(absolute);
    return {
      release: async () => {
        await lock.release();
        this.#locked.delete(absolute);
      },
    };
  }

  space(path: string): Promise<{ totalBytes: number; usableBytes: number }> {
    return attempt('space', path, async () => {
      const volume = await fs.statfs(path);
      return {
        totalBytes: volume.blocks * volume.bsize,
        usableBytes: volume.bavail * volume.bsize,
      };
    });
  }

  #refuseLocked(operation: string, path: string): void {
    if (this.#locked.size > 0 && this.#locked.has(resolve(path))) {
      throw new DiskError({ code: 'ELOCKED', operation, path, detail: 'held by this process' });
    }
  }
}

async function attempt<T>(operation: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw toDiskError(error, operation, path);
  }
}

function isNothingThere(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
