// The data directory's lock. Node has no file locks; SQLite's exclusive transaction takes a POSIX
// lock on bytes of the file, which Java's `FileChannel.tryLock` (the whole file) collides with, both
// ways. The file stays empty. DESIGN §4.8 names the traps: a journal file, and that *any* close of
// the file by this process drops the lock, which is why the disk refuses to open a held path.
import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { DiskError } from '../errors.ts';
import type { DiskLock } from '../ports.ts';
import { parentOf } from '../replace-file.ts';

const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** Takes the lock or throws `DiskError`: `ELOCKED` held, `ENOENT` no such folder, `EACCES` not ours to write, `EINVAL` not a lock file. */
export function lockFile(path: string): DiskLock {
  const Database = loadSqlite();
  let database: DatabaseSync | undefined;
  try {
    database = new Database(path, { timeout: 0 });
    database.exec('PRAGMA journal_mode=MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    throw lockError(error, path);
  }
  const held = database;
  let released = false;
  return {
    async release() {
      if (released) return;
      released = true;
      held.exec('ROLLBACK');
      held.close();
    },
  };
}

/** Loads `node:sqlite` at first use, without Node 22's warning that it is experimental. */
function loadSqlite(): typeof DatabaseSync {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite').DatabaseSync;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function lockError(error: unknown, path: string): DiskError {
  const { errcode, message } = error as { errcode?: number; message?: string };
  return new DiskError({
    code: lockErrorCode(errcode, path),
    operation: 'lock',
    path,
    ...(message === undefined ? {} : { detail: message }),
    cause: error,
  });
}

function lockErrorCode(sqliteCode: number | undefined, path: string): string {
  switch (sqliteCode === undefined ? undefined : sqliteCode & 0xff) {
    case SQLITE_BUSY:
      return 'ELOCKED';
    case SQLITE_CANTOPEN:
      return existsSync(parentOf(path)) ? 'EACCES' : 'ENOENT';
    case SQLITE_READONLY:
      return 'EACCES';
    case SQLITE_NOTADB:
      return 'EINVAL';
    default:
      return 'EIO';
  }
}
