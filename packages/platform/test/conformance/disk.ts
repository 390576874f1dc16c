// The contract of `Disk`, `DiskFile` and `DiskLock`, for every implementation.
import { DiskError, type Disk } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import type { World } from './world.ts';

type DiskScenario = (disk: Disk, directory: string) => Promise<void>;

export function describeDisk(world: World): void {
  const on = (scenario: DiskScenario) => () =>
    world.play(({ platform, directory }) => scenario(platform.disk, directory));
  describe(`Disk of ${world.name}`, () => {
    describeFiles(on);
    describeNames(on);
    describeReplacement(on);
    describeLock(on);
  });
}

type On = (scenario: DiskScenario) => () => Promise<void>;

function describeFiles(on: On): void {
  it(
    'given several chunks, when written at a position, then they are read back as one range',
    on(async (disk, directory) => {
      const file = await disk.open(`${directory}/log`, 'write');

      await file.write([Buffer.from('abc'), Buffer.alloc(0), Buffer.from('defg')], 2);

      expect(await readAll(disk, `${directory}/log`)).toBe('\0\0abcdefg');
      expect((await file.stat()).size).toBe(9);
      await file.close();
    }),
  );

  it(
    'given several chunks, when written now, then they are there when the call returns',
    on(async (disk, directory) => {
      const chunks = Array.from({ length: 2500 }, (_, index) => Buffer.from(`${index},`));
      const file = await disk.open(`${directory}/log`, 'write');

      file.writeNow([Buffer.from('abc'), Buffer.alloc(0), Buffer.from('defg')], 2);
      file.writeNow(chunks, 9);
      file.writeNow([], 0);

      expect(await readAll(disk, `${directory}/log`)).toBe(
        `\0\0abcdefg${Buffer.concat(chunks).toString()}`,
      );
      await file.close();
      expect(() => file.writeNow([Buffer.from('late')], 0)).toThrow(
        expect.objectContaining({ code: 'EBADF' }),
      );
    }),
  );

  it(
    'given a file, when read now, then the bytes are there when the call returns, and 0 at the end',
    on(async (disk, directory) => {
      await disk.replaceFile(`${directory}/log`, Buffer.from('hello'));
      const file = await disk.open(`${directory}/log`, 'read');
      const target = Buffer.alloc(16);

      expect(file.readNow(target, 2)).toBe(3);
      expect(target.subarray(0, 3).toString()).toBe('llo');
      expect(file.readNow(target, 5)).toBe(0);
      await file.close();
      expect(() => file.readNow(target, 0)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    }),
  );

  it(
    'given a target larger than the rest, when read, then only what is there is counted, and 0 at the end',
    on(async (disk, directory) => {
      await disk.replaceFile(`${directory}/log`, Buffer.from('hello'));
      const file = await disk.open(`${directory}/log`, 'read');
      const target = Buffer.alloc(16);

      expect(await file.read(target, 3)).toBe(2);
      expect(target.toString('utf8', 0, 2)).toBe('lo');
      expect(await file.read(target, 5)).toBe(0);
      expect(await file.read(target, 500)).toBe(0);
      await file.close();
    }),
  );

  it(
    'given more chunks than one vectored write takes, when written, then all arrive in order',
    on(async (disk, directory) => {
      const chunks = Array.from({ length: 2500 }, (_, index) => Buffer.from(`${index},`));
      const file = await disk.open(`${directory}/log`, 'write');

      await file.write(chunks, 0);
      await file.close();

      expect(await readAll(disk, `${directory}/log`)).toBe(Buffer.concat(chunks).toString());
    }),
  );

  it(
    'given a large file, when parts of it are overwritten, then the rest stays',
    on(async (disk, directory) => {
      const content = Buffer.alloc(300_000, 'abcdefghij');
      const file = await disk.open(`${directory}/log`, 'write');
      await file.write([content], 0);

      await file.write([Buffer.alloc(100_000, 'X')], 65_000);
      content.fill('X', 65_000, 165_000);

      expect((await disk.readFile(`${directory}/log`)).equals(content)).toBe(true);
      await file.close();
    }),
  );

  it(
    'given a file, when truncated and extended, then the cut bytes are gone and new ones are zero',
    on(async (disk, directory) => {
      const file = await disk.open(`${directory}/log`, 'write');
      await file.write([Buffer.from('abcdef')], 0);

      await file.truncate(2);
      await file.truncate(4);

      expect(await readAll(disk, `${directory}/log`)).toBe('ab\0\0');
      await file.datasync();
      await file.close();
    }),
  );

  it(
    'given a file that is not there, when opened to read, then ENOENT with path and operation',
    on(async (disk, directory) => {
      const error = await disk.open(`${directory}/none`, 'read').catch((reason: unknown) => reason);

      expect(error).toBeInstanceOf(DiskError);
      expect(error).toMatchObject({
        code: 'ENOENT',
        operation: 'open',
        path: `${directory}/none`,
      });
      expect(await disk.stat(`${directory}/none`)).toBeUndefined();
    }),
  );

  it(
    'given an existing file, when opened to write, then its content is kept',
    on(async (disk, directory) => {
      await disk.replaceFile(`${directory}/log`, Buffer.from('kept'));
      const file = await disk.open(`${directory}/log`, 'write');
      await file.write([Buffer.from('!')], 4);
      await file.close();

      expect(await readAll(disk, `${directory}/log`)).toBe('kept!');
    }),
  );

  it(
    'given a file opened to read, when written, then EBADF',
    on(async (disk, directory) => {
      await disk.replaceFile(`${directory}/log`, Buffer.from('x'));
      const file = await disk.open(`${directory}/log`, 'read');

      expect(await codeOf(file.write([Buffer.from('y')], 0))).toBe('EBADF');
      await file.close();
    }),
  );

  it(
    'given a closed file, when used, then EBADF; closing again is no error',
    on(async (disk, directory) => {
      const file = await disk.open(`${directory}/log`, 'write');
      const write = file.write([Buffer.from('under way')], 0);
      await file.close();
      await write;

      expect(await codeOf(file.read(Buffer.alloc(1), 0))).toBe('EBADF');
      expect(await codeOf(file.datasync())).toBe('EBADF');
      await file.close();
      expect(await readAll(disk, `${directory}/log`)).toBe('under way');
    }),
  );

  it(
    'given an open file, when it is removed, then the handle still reads it',
    on(async (disk, directory) => {
      await disk.replaceFile(`${directory}/log`, Buffer.from('still here'));
      const file = await disk.open(`${directory}/log`, 'read');

      await disk.remove(`${directory}/log`);

      const target = Buffer.alloc(10);
      expect(await file.read(target, 0)).toBe(10);
      expect(target.toString()).toBe('still here');
      await file.close();
    }),
  );
}

function describeNames(on: On): void {
  it(
    'given nested folders, when made twice, then no error; names come sorted',
    on(async (disk, directory) => {
      await disk.mkdir(`${directory}/a/b`);
      await disk.mkdir(`${directory}/a/b`);
      for (const name of ['z', 'b', 'c']) {
        await disk.replaceFile(`${directory}/a/${name}`.replace('/b', '/bb'), Buffer.from(name));
      }

      expect(await disk.readdir(`${directory}/a`)).toEqual(['b', 'bb', 'c', 'z']);
      expect((await disk.stat(`${directory}/a`))?.kind).toBe('directory');
      expect((await disk.stat(`${directory}/a/z`))?.kind).toBe('file');
      expect(await codeOf(disk.readdir(`${directory}/none`))).toBe('ENOENT');
      expect(await codeOf(disk.readdir(`${directory}/a/z`))).toBe('ENOTDIR');
      await disk.syncDirectory(`${directory}/a`);
    }),
  );

  it(
    'given two files, when one is renamed over the other, then it replaces it',
    on(async (disk, directory) => {
      await disk.replaceFile(`${directory}/from`, Buffer.from('new'));
      await disk.replaceFile(`${directory}/to`, Buffer.from('old'));

      await disk.rename(`${directory}/from`, `${directory}/to`);

      expect(await disk.readdir(directory)).toEqual(['to']);
      expect(await readAll(disk, `${directory}/to`)).toBe('new');
      expect(await codeOf(disk.rename(`${directory}/from`, `${directory}/x`))).toBe('ENOENT');
    }),
  );

  it(
    'given a folder with files, when renamed and removed, then it goes with all it holds',
    on(async (disk, directory) => {
      await disk.mkdir(`${directory}/topic-0/sub`);
      await disk.replaceFile(`${directory}/topic-0/log`, Buffer.from('x'));
      await disk.rename(`${directory}/topic-0`, `${directory}/topic-0-delete`);

      expect(await disk.readdir(`${directory}/topic-0-delete`)).toEqual(['log', 'sub']);
      await disk.remove(`${directory}/topic-0-delete`);
      await disk.remove(`${directory}/topic-0-delete`);

      expect(await disk.readdir(directory)).toEqual([]);
    }),
  );

  it(
    'given a parent that is a file or missing, when something is made in it, then it is refused',
    on(async (disk, directory) => {
      await disk.replaceFile(`${directory}/file`, Buffer.from('x'));

      expect(await codeOf(disk.open(`${directory}/none/log`, 'write'))).toBe('ENOENT');
      expect(await codeOf(disk.open(`${directory}/file/log`, 'write'))).toBe('ENOTDIR');
      expect(await codeOf(disk.open(directory, 'write'))).toBe('EISDIR');
      expect(await disk.stat(`${directory}/file/log`)).toBeUndefined();
    }),
  );

  it(
    'given a volume, when asked for its space, then usable is positive and at most the total',
    on(async (disk, directory) => {
      const { totalBytes, usableBytes } = await disk.space(directory);

      expect(usableBytes).toBeGreaterThan(0);
      expect(usableBytes).toBeLessThanOrEqual(totalBytes);
    }),
  );
}

function describeReplacement(on: On): void {
  it(
    'given a file, when replaced by a shorter one, then exactly the new content, nothing beside it',
    on(async (disk, directory) => {
      await disk.replaceFile(`${directory}/checkpoint`, Buffer.from('0\n1\nlonger content'));
      await disk.replaceFile(`${directory}/checkpoint`, Buffer.from('0\n'));

      expect(await readAll(disk, `${directory}/checkpoint`)).toBe('0\n');
      expect(await disk.readdir(directory)).toEqual(['checkpoint']);
    }),
  );

  it(
    'given replacements of one file at once, when all are done, then the last one stands',
    on(async (disk, directory) => {
      const path = `${directory}/checkpoint`;
      await Promise.all(
        ['a', 'bb', 'ccc'].map((text) => disk.replaceFile(path, Buffer.from(text))),
      );

      expect(await readAll(disk, path)).toBe('ccc');
      expect(await disk.readdir(directory)).toEqual(['checkpoint']);
    }),
  );
}

function describeLock(on: On): void {
  it(
    'given a held lock, when taken again, then ELOCKED; after the release it can be had',
    on(async (disk, directory) => {
      const path = `${directory}/.lock`;
      const lock = await disk.lock(path);

      expect(await codeOf(disk.lock(path))).toBe('ELOCKED');
      expect(await codeOf(disk.open(path, 'read'))).toBe('ELOCKED');
      expect(await codeOf(disk.readFile(path))).toBe('ELOCKED');
      await lock.release();
      await lock.release();
      const again = await disk.lock(path);
      await again.release();
      expect(await disk.readdir(directory)).toEqual(['.lock']);
      expect((await disk.stat(path))?.size).toBe(0);
    }),
  );

  it(
    'given no such folder, when a lock in it is taken, then ENOENT',
    on(async (disk, directory) => {
      expect(await codeOf(disk.lock(`${directory}/none/.lock`))).toBe('ENOENT');
    }),
  );
}

/** The code of the error that `promise` rejects with, undefined when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

async function readAll(disk: Disk, path: string): Promise<string> {
  return (await disk.readFile(path)).toString();
}
