// Creates a directory with its parents. Node's own `recursive` takes ENOENT for a missing parent whatever there is, and tries for
// ever in a file system that takes no directories of one's own, as /proc.
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';

/** No error if it exists. @throws the system's error */
export async function makeDirectory(path: string): Promise<void> {
  const error = await failureOf(path);
  if (error === undefined) return;
  const parent = dirname(path);
  if (error.code !== 'ENOENT' || parent === path) throw error;
  await makeDirectory(parent);
  const again = await failureOf(path);
  if (again !== undefined) throw again;
}

async function failureOf(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await fs.mkdir(path);
    return undefined;
  } catch (error) {
    const isThere = await fs.stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    return isThere ? undefined : (error as NodeJS.ErrnoException);
  }
}
