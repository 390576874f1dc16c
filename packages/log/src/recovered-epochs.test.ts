// After a crash a log is read from its recovery point on; the epochs that began before stay where they began. A leader that
// takes one for later would let followers keep records of another history (KIP-101).
import { type Platform, silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation, type SimulatedNode } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const CHECKPOINT_MS = 1_000;

function batch(): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(1_000, null, Buffer.alloc(100));
  return Buffer.from(builder.build());
}

const CHECKPOINT = '/data/orders-0/leader-epoch-checkpoint';

let directory: LogDirectory;

async function open(platform: Platform, segmentBytes = 400): Promise<PartitionLog> {
  directory = await LogDirectory.open({
    platform,
    logger: silentLogger,
    path: '/data',
    checkpointMs: CHECKPOINT_MS,
  });
  // By default two batches in a segment.
  const config = { ...LOG_CONFIG_DEFAULT, segmentBytes, retentionMs: -1 };
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

  it('given a log whose start was moved up, when a crash takes that back, then the epochs are known from its start', async () => {
    const simulation = createSimulation({ seed: 1 });
    const node = simulation.node('broker');
    const three = 600;
    const log = await simulation.settle(open(node.platform, three));
    for (let offset = 0; offset < 10; offset += 1)
      await simulation.settle(log.appendAsLeader(batch(), { leaderEpoch: offset < 4 ? 0 : 6 }));
    await simulation.run(2 * CHECKPOINT_MS);
    expect(log.recoveryPoint).toBe(9);
    log.advanceHighWatermark(10);
    await simulation.settle(log.advanceLogStart(5));

    node.crash({ unsynced: 'keep' });
    node.restart();
    const again = await simulation.settle(open(node.platform, three));

    expect([again.logStartOffset, again.logEndOffset]).toEqual([3, 10]);
    expect(again.epochs.entries).toEqual([
      { epoch: 0, startOffset: 3 },
      { epoch: 6, startOffset: 4 },
    ]);
    expect(again.endOffsetForEpoch(0)).toEqual({ epoch: 0, endOffset: 4 });
  });
});

describe('a file of epochs that cannot be read', () => {
  async function closed(): Promise<{ simulation: Simulation; node: SimulatedNode }> {
    const simulation = createSimulation({ seed: 1 });
    const node = simulation.node('broker');
    const log = await simulation.settle(open(node.platform));
    const meta = { clusterId: 'c', nodeId: 1, directoryId: 'd' };
    await simulation.settle(directory.format(meta));
    for (const leaderEpoch of [0, 0, 0, 4, 4, 9])
      await simulation.settle(log.appendAsLeader(batch(), { leaderEpoch }));
    await simulation.settle(directory.close());
    return { simulation, node };
  }

  it('given one that is damaged, when the log is opened, then its batches tell the epochs', async () => {
    const { simulation, node } = await closed();
    const { disk } = node.platform;
    await simulation.settle(disk.replaceFile(CHECKPOINT, Buffer.from('0\n3\n0 0\n')));
    const log = await simulation.settle(open(node.platform));
    expect(log.epochs.entries).toEqual([
      { epoch: 0, startOffset: 0 },
      { epoch: 4, startOffset: 3 },
      { epoch: 9, startOffset: 5 },
    ]);
  });

  it('given a disk that fails to read it, when the log is opened, then that fails', async () => {
    const { simulation, node } = await closed();
    node.disk.inject({
      operation: 'readFile',
      path: CHECKPOINT,
      effect: { kind: 'fail', code: 'EIO' },
    });
    await expect(simulation.settle(open(node.platform))).rejects.toMatchObject({
      code: 'KAFKA_STORAGE_ERROR',
    });
  });
});

it('given a leader of a new epoch, when the disk is full while the start moves up, then nothing of that epoch is written', async () => {
  const simulation = createSimulation({ seed: 1 });
  const node = simulation.node('broker');
  const log = await simulation.settle(open(node.platform));
  await simulation.settle(log.appendAsLeader(batch(), { leaderEpoch: 0 }));
  log.advanceHighWatermark(1);
  log.assignLeaderEpoch(6);
  const full = { kind: 'fail', code: 'ENOSPC' } as const;
  node.disk.inject({ operation: 'write', path: /leader-epoch/, effect: full });
  const code = 'KAFKA_STORAGE_ERROR';
  await expect(simulation.settle(log.advanceLogStart(1))).rejects.toMatchObject({ code });
  const appending = log.appendAsLeader(batch(), { leaderEpoch: 6 });
  await expect(simulation.settle(appending)).rejects.toMatchObject({ code });
  expect(directory.failure).toMatchObject({ code });
});
