// An open file by its descriptor. Callback API inside, one promise for each call; a write goes on
// until the system took everything.
import {
  close,
  fdatasync,
  fstat,
  ftruncate,
  read,
  readSync,
  write,
  writeSync,
  writev,
  writevSync,
  type Stats,
} from 'node:fs';
import { DiskError } from '../errors.ts';
import type { DiskFile, FileStat } from '../ports.ts';
import { toDiskError } from './disk-errors.ts';

/** IOV_MAX of Linux and macOS: so many buffers one vectored write takes. */
const VECTOR_LENGTH_MAX = 1024;

export class NodeDiskFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;
  #callsUnderWay = 0;
  #closed = false;
  /** Set while `close` waits: a descriptor closed under a running call could meanwhile be another file's. */
  #onIdle: (() => void) | undefined;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#call('read', (settle) => {
      const attempt = (): void =>
        read(this.#descriptor, target, 0, target.length, position, (error, count) => {
          if (error !== null && isInterrupted(error)) attempt();
          else settle(error, count);
        });
      attempt();
    });
  }

  readNow(target: Uint8Array, position: number): number {
    if (this.#closed) throw closedError('read', this.path);
    for (;;) {
      try {
        return readSync(this.#descriptor, target, 0, target.length, position);
      } catch (error) {
        if (!isInterrupted(error as NodeJS.ErrnoException))
          throw toDiskError(error as NodeJS.ErrnoException, 'read', this.path);
      }
    }
  }

  write(source: readonly Uint8Array[], position: number): Promise<void> {
    return this.#call('write', (settle) => {
      writeAll(this.#descriptor, withoutEmpty(source), position, settle);
    });
  }

  writeNow(source: readonly Uint8Array[], position: number): void {
    if (this.#closed) throw closedError('write', this.path);
    let rest = withoutEmpty(source);
    let end = position;
    while (rest.length > 0) {
      try {
        const count =
          rest.length === 1
            ? writeSync(this.#descriptor, rest[0]!, 0, rest[0]!.length, end)
            : writevSync(this.#descriptor, rest.slice(0, VECTOR_LENGTH_MAX), end);
        rest = dropBytes(rest, count);
        end += count;
      } catch (error) {
        if (!isInterrupted(error as NodeJS.ErrnoException))
          throw toDiskError(error as NodeJS.ErrnoException, 'write', this.path);
      }
    }
  }

  datasync(): Promise<void> {
    return this.#call('datasync', (settle) => fdatasync(this.#descriptor, settle));
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#call('truncate', (settle) => ftruncate(this.#descriptor, sizeBytes, settle));
  }

  stat(): Promise<FileStat> {
    return this.#call('stat', (settle) => {
      fstat(this.#descriptor, (error, stats) =>
        error === null ? settle(null, toFileStat(stats)) : settle(error),
      );
    });
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve, reject) => {
      const closeNow = (): void =>
        close(this.#descriptor, (error) =>
          error ? reject(toDiskError(error, 'close', this.path)) : resolve(),
        );
      if (this.#callsUnderWay === 0) closeNow();
      else this.#onIdle = closeNow;
    });
  }

  #call<T>(
    operation: string,
    start: (settle: (error: NodeJS.ErrnoException | null, value?: T) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(closedError(operation, this.path));
        return;
      }
      this.#callsUnderWay++;
      start((error, value) => {
        this.#callsUnderWay--;
        if (error) reject(toDiskError(error, operation, this.path));
        else resolve(value as T); // `start` settles with a value, or T is void
        if (this.#callsUnderWay === 0) this.#onIdle?.();
      });
    });
  }
}

function closedError(operation: string, path: string): DiskError {
  return new DiskError({ code: 'EBADF', operation, path, detail: 'closed' });
}

/** Node's stat in the port's words. */
export function toFileStat(stats: Stats): FileStat {
  return {
    kind: stats.isDirectory() ? 'directory' : 'file',
    size: stats.size,
    modifiedMs: Math.trunc(stats.mtimeMs),
  };
}

function withoutEmpty(source: readonly Uint8Array[]): readonly Uint8Array[] {
  for (const chunk of source) {
    if (chunk.length === 0) return source.filter((each) => each.length > 0);
  }
  return source;
}

/** Writes vector by vector; after a short write it goes on where the system stopped. */
function writeAll(
  descriptor: number,
  source: readonly Uint8Array[],
  position: number,
  done: (error: NodeJS.ErrnoException | null) => void,
): void {
  if (source.length === 0) {
    process.nextTick(done, null);
    return;
  }
  const vector = source.length > VECTOR_LENGTH_MAX ? source.slice(0, VECTOR_LENGTH_MAX) : source;
  const onWritten = (error: NodeJS.ErrnoException | null, written: number): void => {
    if (error !== null && !isInterrupted(error)) {
      done(error);
      return;
    }
    const count = error === null ? written : 0;
    const rest = dropBytes(source, count);
    if (rest.length === 0) done(null);
    else writeAll(descriptor, rest, position + count, done);
  };
  const only = vector[0];
  if (vector.length === 1 && only !== undefined) {
    write(descriptor, only, 0, only.length, position, onWritten);
  } else {
    writev(descriptor, vector, position, onWritten);
  }
}

/** What remains of `source` after its first `count` bytes. */
export function dropBytes(source: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let remaining = count;
  for (let index = 0; index < source.length; index++) {
    const chunk = source[index];
    if (chunk === undefined) break;
    if (remaining < chunk.length) {
      const rest = source.slice(index);
      if (remaining > 0) rest[0] = chunk.subarray(remaining);
      return rest;
    }
    remaining -= chunk.length;
  }
  return [];
}

function isInterrupted(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EINTR' || error.code === 'EAGAIN';
}
