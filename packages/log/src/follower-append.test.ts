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
});
