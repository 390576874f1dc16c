// A directory that was closed is somebody else's: nothing of it is opened, written or looked at any more.
import { memoryDisk, nodePlatform, type Platform, silentLogger, type Timer } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory } from './index.ts';

/** A directory, and how many timers it has set. */
async function opened(): Promise<{ directory: LogDirectory; pending: Set<Timer> }> {
  const node = nodePlatform();
  const pending = new Set<Timer>();
  const set = (delayMs: number, callback: () => void): Timer => {
    const inner = node.timers.set(delayMs, callback);
    const timer = { cancel: () => (pending.delete(timer), inner.cancel()) };
    pending.add(timer);
    return timer;
  };
  const platform: Platform = { ...node, disk: memoryDisk(), timers: { ...node.timers, set } };
  const directory = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  return { directory, pending };
}

describe('a directory that was closed', () => {
  it('is not started any more, whether the close came before or meanwhile', async () => {
    const before = await opened();
    await before.directory.close();
    await before.directory.start();
    expect(before.pending.size).toBe(0);

    const meanwhile = await opened();
    const starting = meanwhile.directory.start();
    await meanwhile.directory.close();
    await starting;
    expect(meanwhile.pending.size).toBe(0);
  });

  it('opens no log', async () => {
    const { directory } = await opened();
    await directory.close();
    const wanted = { topic: 'orders', partition: 0, config: LOG_CONFIG_DEFAULT };
    await expect(directory.openLog(wanted)).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await directory.listLogs()).toEqual([]);
  });
});
