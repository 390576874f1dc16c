import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NodeDisk } from './disk.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ottla-disk-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('NodeDisk.mkdir', () => {
  it.skipIf(process.platform !== 'linux')(
    "given a file system that takes no directories of one's own, then fails at once",
    async () => {
      const disk = new NodeDisk();
      for (const where of ['/proc/ottla', '/proc/ottla/data'])
        await expect(disk.mkdir(where)).rejects.toMatchObject({ code: 'ENOENT' });
    },
    2_000,
  );

  it('given a link to a directory, then there is nothing to do', async () => {
    const link = path.join(folder, 'link');
    symlinkSync(folder, link);
    await new NodeDisk().mkdir(link);
  });

  it('given a file on the way or in its place, then says so', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    const disk = new NodeDisk();
    await expect(disk.mkdir(file)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(disk.mkdir(path.join(file, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(disk.mkdir(path.join(file, 'a/b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
