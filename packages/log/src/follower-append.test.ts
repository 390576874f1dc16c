// What a follower takes from its leader: batches that continue its log, offsets and epochs as they are.
import { memoryDisk, nodePlatform, silentLogger } from '@ottla/platform';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

let directory: LogDirectory;
let log: PartitionLog;

beforeEach(async () => {
  directory = await LogDirectory.open({
    platform: { ...nodePlatform(), disk: memoryDisk() },
    logger: silentLogger,
    path: '/data',
  });
  log = await directory.openLog({ topic: 'orders', partition: 0, config: LOG_CONFIG_DEFAULT });
});
afterEach(() => directory.close());

/** A batch of two records at an offset. */
function batchAt(baseOffset: number, partitionLeaderEpoch = 0): Buffer {
  const builder = new RecordBatchBuilder({ baseOffset, partitionLeaderEpoch });
  builder.append(1_000, null, Buffer.from('a'));
  builder.append(1_000, null, Buffer.from('b'));
  return Buffer.from(builder.build());
}

describe('an append as a follower', () => {
  it('given batches with gaps, as compaction leaves them, then offsets and epochs are kept', async () => {
    const result = await log.appendAsFollower(Buffer.concat([batchAt(5, 1), batchAt(9, 4)]));
    expect(result).toMatchObject({ baseOffset: 5, lastOffset: 10, isDuplicate: false });
    expect(log.logEndOffset).toBe(11);
    expect(log.epochs.entries).toEqual([
      { epoch: 1, startOffset: 5 },
      { epoch: 4, startOffset: 9 },
    ]);
  });

  it('given batches that overlap the log or each other, then nothing of them is taken', async () => {
    await log.appendAsFollower(batchAt(0));
    const refused = [
      batchAt(1),
      Buffer.concat([batchAt(2), batchAt(3)]),
      Buffer.concat([batchAt(4), batchAt(2)]),
      Buffer.alloc(0),
    ];
    for (const bytes of refused)
      await expect(log.appendAsFollower(bytes)).rejects.toMatchObject({ code: 'INVALID_RECORD' });
    expect(log.logEndOffset).toBe(2);
    expect((await log.appendAsFollower(batchAt(2))).lastOffset).toBe(3);
  });

  it('given one that nobody is to read soon, then memory keeps it not, nor what came before, and files have both', async () => {
    await log.appendAsFollower(batchAt(0));
    expect(directory.context.tailCache.usedBytes).toBeGreaterThan(0);
    await log.appendAsFollower(batchAt(2), { isCached: false });
    expect(directory.context.tailCache.usedBytes).toBe(0);
    const region = await log.read({ offset: 0, maxBytes: 4096, endOffset: 4, minOneBatch: true });
    expect(region.sizeBytes).toBe(batchAt(0).length + batchAt(2).length);
    region.release();
    await log.appendAsFollower(batchAt(4));
    expect(directory.context.tailCache.usedBytes).toBeGreaterThan(0);
  });

  it('given an answer that ends inside a batch, then the whole batches are taken', async () => {
    const [first, second] = [batchAt(0), batchAt(2)];
    const cut = Buffer.concat([first, second.subarray(0, second.length - 1)]);
    expect((await log.appendAsFollower(cut)).lastOffset).toBe(1);
    await expect(log.appendAsFollower(second.subarray(0, 8))).rejects.toMatchObject({
      code: 'INVALID_RECORD',
    });
    expect(log.logEndOffset).toBe(2);
  });

  it('given a batch of a later epoch than was asked, then it and what follows are left out', async () => {
    const bytes = Buffer.concat([batchAt(0, 3), batchAt(2, 4), batchAt(4, 3)]);
    expect((await log.appendAsFollower(bytes, { leaderEpochMax: 3 })).lastOffset).toBe(1);
    expect(log.latestEpoch).toBe(3);
  });

  it('given a damaged batch, then nothing is taken', async () => {
    const damaged = Buffer.concat([batchAt(0), batchAt(2)]);
    damaged[damaged.length - 1]! ^= 1;
    await expect(log.appendAsFollower(damaged)).rejects.toMatchObject({ code: 'CORRUPT_MESSAGE' });
    expect(log.logEndOffset).toBe(0);
  });

  it('given a leader whose log starts inside a batch, then the empty log takes that batch', async () => {
    await log.truncateFullyAndStartAt(7);
    expect(log.highWatermark).toBe(7);
    expect(await log.appendAsFollower(batchAt(6))).toMatchObject({ baseOffset: 6, lastOffset: 7 });
    expect([log.logStartOffset, log.logEndOffset]).toEqual([6, 8]);
  });
});

describe('a truncation', () => {
  it('forgets a leader epoch that began at the end and wrote nothing', async () => {
    await log.appendAsFollower(batchAt(0, 1));
    log.assignLeaderEpoch(5);
    expect(log.latestEpoch).toBe(5);
    await log.truncateTo(2);
    expect(log.latestEpoch).toBe(1);
    expect(log.logEndOffset).toBe(2);
  });

  it('is seen by readers before the files change, and waits for appends under way', async () => {
    const appends = [log.appendAsFollower(batchAt(0)), log.appendAsFollower(batchAt(2))];
    const cut = log.truncateTo(2);
    await Promise.all(appends);
    await cut;
    expect(log.logEndOffset).toBe(2);
    expect((await log.appendAsFollower(batchAt(2, 7))).lastOffset).toBe(3);
    expect(log.epochs.epochAt(2)).toBe(7);
  });
});
