// What a broker that died knows again of its high watermarks: what was checkpointed, never more than the log holds.
import { memoryDisk, nodePlatform, type Platform, silentLogger } from '@ottla/platform';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory } from './index.ts';

function batch(): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(1_000, null, Buffer.from('a'));
  return Buffer.from(builder.build());
}

/** Timers that go off when told, by their delay. */
function manualTimers(): Platform['timers'] & { fire(delayMs: number): void } {
  const waiting = new Map<number, () => void>();
  return {
    ...nodePlatform().timers,
    set(delayMs, callback) {
      waiting.set(delayMs, callback);
      return { cancel: () => waiting.delete(delayMs) };
    },
    fire(delayMs) {
      waiting.get(delayMs)?.();
    },
  };
}

describe('the checkpoint of high watermarks', () => {
  it('given its own interval, is written when it has passed, and read by the next process', async () => {
    const disk = memoryDisk();
    const timers = manualTimers();
    const options = {
      platform: { ...nodePlatform(), disk, timers },
      logger: silentLogger,
      path: '/data',
      highWatermarkCheckpointMs: 5_000,
    };
    const open = { topic: 'orders', partition: 0, config: LOG_CONFIG_DEFAULT };
    const directory = await LogDirectory.open(options);
    const log = await directory.openLog(open);
    await directory.start();
    for (let n = 0; n < 3; n += 1) await log.appendAsLeader(batch(), { leaderEpoch: 0 });
    log.advanceHighWatermark(2);
    timers.fire(5_000);
    await directory.closeLog('none');
    const path = '/data/replication-offset-checkpoint';
    for (let turn = 0; turn < 50 && (await disk.stat(path)) === undefined; turn += 1)
      await Promise.resolve();
    expect((await disk.readFile(path)).toString()).toBe('0\n1\norders 0 2\n');
    await directory.close();
    const next = await LogDirectory.open(options);
    expect((await next.openLog(open)).highWatermark).toBe(2);
    await next.close();
  });
});
