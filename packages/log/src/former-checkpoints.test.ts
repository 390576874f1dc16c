// What the checkpoint files say of a log that was cut since, or of another log of the same name, must not be believed after
// a crash: the files are written once a minute.
import { silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation, type SimulatedNode } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { beforeEach, describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const CHECKPOINT_MS = 60_000;

let simulation: Simulation;
let node: SimulatedNode;
let directory: LogDirectory;
let log: PartitionLog;

async function openDirectory(): Promise<void> {
  const { platform } = node;
  const options = { platform, logger: silentLogger, path: '/data', checkpointMs: CHECKPOINT_MS };
  directory = await simulation.settle(LogDirectory.open(options));
}

async function openLog(): Promise<void> {
  const config = { ...LOG_CONFIG_DEFAULT, retentionMs: -1 };
  log = await simulation.settle(directory.openLog({ topic: 'orders', partition: 0, config }));
}

async function append(count: number, leaderEpoch = 0): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const builder = new RecordBatchBuilder({});
    builder.append(1_000, null, Buffer.from(`record ${n}`));
    await simulation.settle(log.appendAsLeader(Buffer.from(builder.build()), { leaderEpoch }));
  }
}

async function crash(): Promise<void> {
  node.crash({ unsynced: 'keep' });
  node.restart();
  await openDirectory();
}

/** A log of ten records that are durable and committed, the first four deleted; the checkpoints say so. */
beforeEach(async () => {
  simulation = createSimulation({ seed: 1 });
  node = simulation.node('broker');
  await openDirectory();
  await openLog();
  await simulation.settle(directory.start());
  await append(10);
  log.advanceHighWatermark(10);
  await simulation.settle(log.advanceLogStart(4));
  await simulation.settle(log.flush());
  await simulation.run(CHECKPOINT_MS + 1_000);
});

/** What a new log of two records must look like. */
function expectNew(): void {
  expect([log.logStartOffset, log.logEndOffset, log.highWatermark]).toEqual([0, 2, 0]);
}

describe('checkpoints of former logs', () => {
  it('given another log of the same name, when the machine crashes soon, then nothing is said of it', async () => {
    await simulation.settle(directory.deleteLog('orders-0'));
    await openLog();
    await append(2);
    expectNew();
    await crash();
    await openLog();
    expectNew();
  });

  it('given a crash between the deletion and another log of the same name, then nothing is said of it either', async () => {
    await simulation.settle(directory.deleteLog('orders-0'));
    await crash();
    await openLog();
    await append(2);
    expectNew();
  });

  /** The last batch is damaged, and the log opened again. */
  async function crashWithDamagedEnd(): Promise<void> {
    const path = '/data/orders-0/00000000000000000000.log';
    const end = node.disk.peek(path)!.length;
    await crash();
    node.disk.flipBit(path, end - 1, 0);
    await openLog();
  }

  it('given a log that is cut and goes on, when a crash damages what it wrote since, then that is not taken for durable', async () => {
    await simulation.settle(log.truncateTo(5));
    await append(3, 1);
    await crashWithDamagedEnd();
    expect(log.logEndOffset).toBe(7);
  });

  it('given a power cut between a cut and the checkpoints, when a crash damages what was written since, then that is not taken for durable', async () => {
    node.disk.inject({ operation: 'open', path: /recovery-point/, effect: { kind: 'crash' } });
    void log.truncateTo(5);
    await simulation.run(1_000);
    node.restart();
    await openDirectory();
    await openLog();
    expect(log.logEndOffset).toBe(5);
    await append(3, 1);
    await crashWithDamagedEnd();
    expect(log.logEndOffset).toBe(7);
  });

  it('given a log whose start was moved up and then cut below it, when a crash comes soon, then it starts at the cut', async () => {
    await simulation.settle(directory.deleteLog('orders-0'));
    await openLog();
    await append(10);
    log.advanceHighWatermark(10);
    await simulation.settle(log.advanceLogStart(4));
    await simulation.run(CHECKPOINT_MS + 1_000);
    expect(log.recoveryPoint).toBe(0);
    await simulation.settle(log.truncateTo(2));
    await append(8, 1);
    await crash();
    await openLog();
    expect([log.logStartOffset, log.logEndOffset, log.highWatermark]).toEqual([2, 10, 2]);
  });
});
