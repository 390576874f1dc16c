// Node's errors of files as `DiskError`.
import { DiskError } from '../errors.ts';

/** Keeps the code (`ENOENT`, `EIO`, …); `EIO` where Node gives none. */
export function toDiskError(error: unknown, operation: string, path: string): DiskError {
  if (error instanceof DiskError) return error;
  const { code } = error as NodeJS.ErrnoException;
  return new DiskError({
    code: typeof code === 'string' ? code : 'EIO',
    operation,
    path,
    cause: error,
  });
}
