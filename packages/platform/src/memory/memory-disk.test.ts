import { describe, expect, it } from 'vitest';
import { DiskError } from '../errors.ts';
import { memoryDisk } from './memory-disk.ts';

describe('memoryDisk', () => {
  it('given a cap, when a write would pass it, then ENOSPC; what is removed can be used again', async () => {
    const disk = memoryDisk({ capacityBytes: 1000 });
    const file = await disk.open('/log', 'write');
    await file.write([Buffer.alloc(900)], 0);

    await expect(file.write([Buffer.alloc(200)], 900)).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(file.truncate(1001)).rejects.toBeInstanceOf(DiskError);
    expect(await disk.space('/')).toEqual({ totalBytes: 1000, usableBytes: 0 });

    await disk.remove('/log');
    expect((await disk.space('/')).usableBytes).toBe(0);
    await file.close();
    expect((await disk.space('/')).usableBytes).toBe(1000);
  });

  it('given a file renamed over another, when space is asked for, then the replaced one is given back', async () => {
    const disk = memoryDisk({ capacityBytes: 1000 });
    await disk.replaceFile('/a', Buffer.alloc(100));
    await disk.replaceFile('/a', Buffer.alloc(300));

    expect((await disk.space('/')).usableBytes).toBe(700);
    expect(await disk.readdir('/')).toEqual(['a']);
  });

  it('given a relative path, when opened by its absolute one, then it is the same file', async () => {
    const disk = memoryDisk();
    await disk.mkdir('./ottla-data/topic-0');
    await disk.replaceFile('ottla-data/topic-0/../x', Buffer.from('same'));

    expect(String(await disk.readFile('/ottla-data//x'))).toBe('same');
  });

  it('given a folder, when renamed into itself, then EINVAL and nothing is lost', async () => {
    const disk = memoryDisk();
    await disk.mkdir('/a/b');

    await expect(disk.rename('/a', '/a/b/c')).rejects.toMatchObject({ code: 'EINVAL' });
    expect(await disk.readdir('/a')).toEqual(['b']);
  });
});
