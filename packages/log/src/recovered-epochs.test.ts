// After a crash a log is read from its recovery point on; the epochs that began before stay where they began. A leader that
// takes one for later would let followers keep records of another history (KIP-101).
import { type Platform, silentLogger } from '@ottla/platform';
import { createSimulation } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const CHECKPOINT_MS = 1_000;

function batch(): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(1_000, null, Buffer.alloc(100));
  return Buffer.from(builder.build());
}

async function open(platform: Platform): Promise<PartitionLog> {
  const directory = await LogDirectory.open({
    platform,
    logger: silentLogger,
    path: '/data',
    checkpointMs: CHECKPOINT_MS,
  });
  // Two batches in a segment.
  const config = { ...LOG_CONFIG_DEFAULT, segmentBytes: 400, retentionMs: -1 };
  const log = await directory.openLog({ topic: 'orders', partition: 0, config });
  await directory.start();
  return log;
}

describe('the epochs of a log that crashed', () => {
  it('given an epoch that began before the recovery point, when the log is opened again, then all epochs are where they were', async () => {
    const simulation = createSimulation({ seed: 1 });
    const node = simulation.node('broker');
    const log = await simulation.settle(open(node.platform));
    const append = async (leaderEpoch: number, count: number) => {
      for (let left = count; left > 0; left -= 1)
        await simulation.settle(log.appendAsLeader(batch(), { leaderEpoch }));
    };
    await append(0, 3);
    await append(6, 4);
    await simulation.run(2 * CHECKPOINT_MS);
    await append(8, 1);
    const before = log.epochs.entries;
    expect(before).toEqual([
      { epoch: 0, startOffset: 0 },
      { epoch: 6, startOffset: 3 },
      { epoch: 8, startOffset: 7 },
    ]);
    expect(log.recoveryPoint).toBe(6);

    node.crash({ unsynced: 'keep' });
    node.restart();
    const again = await simulation.settle(open(node.platform));

    expect(again.logEndOffset).toBe(8);
    expect(again.epochs.entries).toEqual(before);
  });
});
