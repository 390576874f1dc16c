// A write or a sync that fails: nobody is told that it worked, the directory takes no more, and after the restart only
// what was acknowledged before counts. A failed fsync is never asked again: the system may have dropped the bytes.
import { type Platform, silentLogger } from '@ottla/platform';
import { createSimulation, type DiskFault, type Simulation } from '@ottla/platform/simulated';
import { decodeRecords, RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it, vi } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type LogError, type PartitionLog } from './index.ts';

const CONFIG = { ...LOG_CONFIG_DEFAULT, flushMessages: 1 };
const MARK = '/data/.ottla_disk_failed';
const SEGMENT = /orders-0\/0+\.log$/;

interface Opened {
  readonly directory: LogDirectory;
  readonly log: PartitionLog;
  readonly failures: LogError[];
}

function batch(value: string): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(1_000, null, Buffer.from(value));
  return Buffer.from(builder.build());
}

async function open(platform: Platform, config = CONFIG): Promise<Opened> {
  const failures: LogError[] = [];
  const directory = await LogDirectory.open({
    platform,
    logger: silentLogger,
    path: '/data',
    onFailure: (error) => failures.push(error),
  });
  await platform.disk.syncDirectory('/');
  await directory.start();
  const log = await directory.openLog({ topic: 'orders', partition: 0, config });
  return { directory, log, failures };
}

function append(log: PartitionLog, value: string): Promise<string> {
  return log.appendAsLeader(batch(value), { leaderEpoch: 0 }).then(
    () => 'acknowledged',
    (error: LogError) => error.code,
  );
}

async function valuesOf(log: PartitionLog): Promise<string[]> {
  const request = { offset: 0, maxBytes: 1 << 20, endOffset: Infinity, minOneBatch: true };
  const region = await log.read(request);
  const chunks: Buffer[] = [];
  for (let size = 0; size < region.sizeBytes;) {
    const chunk = await region.next(1 << 20);
    chunks.push(Buffer.from(chunk.bytes));
    size += chunk.bytes.length;
    chunk.release();
  }
  region.release();
  return Array.from(decodeRecords(Buffer.concat(chunks)), (record) => String(record.value));
}

const faults: readonly (readonly [string, DiskFault])[] = [
  [
    'a datasync that fails with EIO',
    { operation: 'datasync', path: SEGMENT, effect: { kind: 'fail', code: 'EIO' } },
  ],
  [
    'a write that fails with EIO',
    { operation: 'write', path: SEGMENT, effect: { kind: 'fail', code: 'EIO' } },
  ],
  [
    'a disk that is full',
    { operation: 'write', path: SEGMENT, effect: { kind: 'fail', code: 'ENOSPC' } },
  ],
  ['a write torn in the middle', { operation: 'write', path: SEGMENT, effect: { kind: 'tear' } }],
];

/** Two records are safe; then the fault hits a group of three appends, of which none may be acknowledged. */
async function hit(simulation: Simulation, fault: DiskFault): Promise<Opened> {
  const node = simulation.node('broker');
  const opened = await simulation.settle(open(node.platform));
  for (const value of ['safe 1', 'safe 2'])
    expect(await simulation.settle(append(opened.log, value))).toBe('acknowledged');
  node.disk.inject(fault);
  const lost = ['lost 1', 'lost 2', 'lost 3'].map((value) => append(opened.log, value));
  const outcomes = await simulation.settle(Promise.all(lost));
  expect(outcomes).toEqual(Array.from({ length: 3 }, () => 'KAFKA_STORAGE_ERROR'));
  return opened;
}

describe('a disk that fails while small appends are written in place', () => {
  it.each(faults.slice(1))(
    'given %s, then the append and all after it are refused, and the directory fails once',
    async (_name, fault) => {
      const simulation = createSimulation({ seed: 10 });
      const node = simulation.node('broker');
      const { directory, log, failures } = await simulation.settle(
        open(node.platform, LOG_CONFIG_DEFAULT),
      );
      for (const value of ['safe 1', 'safe 2'])
        expect(await simulation.settle(append(log, value))).toBe('acknowledged');
      node.disk.inject(fault);
      for (const value of ['lost 1', 'lost 2'])
        expect(await simulation.settle(append(log, value))).toBe('KAFKA_STORAGE_ERROR');
      expect(await simulation.settle(valuesOf(log))).toEqual(['safe 1', 'safe 2']);
      expect(failures).toHaveLength(1);
      expect(directory.failure?.code).toBe('KAFKA_STORAGE_ERROR');
    },
  );
});

describe('a disk that fails under flush.messages=1', () => {
  it.each(faults)(
    'given %s, then no append of the group is acknowledged or visible, and the directory fails once',
    async (_name, fault) => {
      const simulation = createSimulation({ seed: 11 });
      const { directory, log, failures } = await hit(simulation, fault);
      expect(log.logEndOffset).toBe(2);
      expect(log.recoveryPoint).toBe(2);
      expect(await simulation.settle(valuesOf(log))).toEqual(['safe 1', 'safe 2']);
      expect(failures).toHaveLength(1);
      expect(directory.failure?.code).toBe('KAFKA_STORAGE_ERROR');
    },
  );

  it.each(faults)(
    'given %s, when the disk would work again, then nothing more is taken and nothing is synced again',
    async (_name, fault) => {
      const simulation = createSimulation({ seed: 12 });
      const { directory, log } = await hit(simulation, fault);
      const node = simulation.node('broker');
      const syncs = vi.spyOn(directory.context.syncs, 'datasync');
      expect(await simulation.settle(append(log, 'later'))).toBe('KAFKA_STORAGE_ERROR');
      await expect(simulation.settle(log.flush())).rejects.toMatchObject({
        code: 'KAFKA_STORAGE_ERROR',
      });
      await simulation.settle(directory.close());
      expect(syncs).not.toHaveBeenCalled();
      // Not a clean shutdown: the next start must check the tail.
      expect(node.disk.files()).not.toContain('/data/.kafka_cleanshutdown');
    },
  );

  // Found by the simulator (seed 20370 of three brokers): the log went on, and built upon what the sync had lost.
  it.each(['truncateTo', 'truncateFullyAndStartAt'] as const)(
    'given a cut by %s that fails, then the log takes no more',
    async (cut) => {
      const simulation = createSimulation({ seed: 1 });
      const node = simulation.node('broker');
      const { log, failures } = await simulation.settle(open(node.platform));
      for (const value of ['a', 'b', 'c']) await simulation.settle(append(log, value));
      node.disk.inject({
        operation: cut === 'truncateTo' ? 'datasync' : 'remove',
        path: SEGMENT,
        effect: { kind: 'fail', code: 'EIO' },
      });
      const outcome = simulation.settle(log[cut](1));
      await expect(outcome).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
      expect(failures).toHaveLength(1);
      expect(await simulation.settle(append(log, 'd'))).toBe('KAFKA_STORAGE_ERROR');
    },
  );

  it('given a flush by time whose sync fails, then appends that wait behind it are not acknowledged', async () => {
    const simulation = createSimulation({ seed: 13 });
    const node = simulation.node('broker');
    const { log, failures } = await simulation.settle(open(node.platform));
    expect(await simulation.settle(append(log, 'safe'))).toBe('acknowledged');
    const syncFails: DiskFault = {
      operation: 'datasync',
      path: SEGMENT,
      effect: { kind: 'fail', code: 'EIO' },
    };
    node.disk.inject(syncFails);
    const flushed = log.flush().then(
      () => 'flushed',
      (error: LogError) => error.code,
    );
    const appended = append(log, 'lost');
    expect(await simulation.settle(flushed)).toBe('KAFKA_STORAGE_ERROR');
    expect(await simulation.settle(appended)).toBe('KAFKA_STORAGE_ERROR');
    expect([log.logEndOffset, failures.length]).toEqual([1, 1]);
  });

  it.each(faults)(
    'given %s, when the machine restarts, then what was acknowledged is there and the log goes on',
    async (_name, fault) => {
      for (let seed = 0; seed < 20; seed += 1) {
        const simulation = createSimulation({ seed });
        await hit(simulation, fault);
        const node = simulation.node('broker');
        node.crash();
        node.disk.clearFaults();
        const { log } = await simulation.settle(open(node.restart()));
        const kept = await simulation.settle(valuesOf(log));
        const sent = ['safe 1', 'safe 2', 'lost 1', 'lost 2', 'lost 3'];
        expect(kept.length, `seed ${seed}`).toBeGreaterThanOrEqual(2);
        expect(kept, `seed ${seed}`).toEqual(sent.slice(0, kept.length));
        expect(await simulation.settle(append(log, 'after'))).toBe('acknowledged');
      }
    },
  );
});

describe('a process that starts again on the same machine after its disk failed', () => {
  const syncFails: DiskFault = {
    operation: 'datasync',
    path: SEGMENT,
    effect: { kind: 'fail', code: 'EIO' },
  };

  /** Dies after a failed sync; the machine stays up, and shows bytes that the disk has not got. */
  async function failAndRestart(seed: number): Promise<Simulation> {
    const simulation = createSimulation({ seed });
    const { directory } = await hit(simulation, syncFails);
    const node = simulation.node('broker');
    await simulation.settle(directory.close());
    expect(node.disk.files()).toContain(MARK);
    node.crash({ unsynced: 'keep' });
    node.restart();
    return simulation;
  }

  it('given a power cut later, then what it has built upon what it saw is still there', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const simulation = await failAndRestart(seed);
      const node = simulation.node('broker');
      const second = await simulation.settle(open(node.platform));
      expect(node.disk.files()).not.toContain(MARK);
      const seen = await simulation.settle(valuesOf(second.log));
      expect(seen.slice(0, 2)).toEqual(['safe 1', 'safe 2']);
      expect(await simulation.settle(append(second.log, 'after'))).toBe('acknowledged');
      node.crash();
      const third = await simulation.settle(open(node.restart()));
      expect(await simulation.settle(valuesOf(third.log)), `seed ${seed}`).toEqual([
        ...seen,
        'after',
      ]);
    }
  });

  it('given a cut whose sync had failed, when the power is cut later, then it was cut, and what came behind is there', async () => {
    const simulation = createSimulation({ seed: 5 });
    const node = simulation.node('broker');
    const { directory, log } = await simulation.settle(open(node.platform));
    for (const value of ['a', 'b', 'c', 'd'])
      expect(await simulation.settle(append(log, value))).toBe('acknowledged');
    node.disk.inject(syncFails);
    const cut = simulation.settle(log.truncateTo(2));
    await expect(cut).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
    await simulation.settle(directory.close());
    node.crash({ unsynced: 'keep' });
    const { log: again } = await simulation.settle(open(node.restart()));
    expect(await simulation.settle(valuesOf(again))).toEqual(['a', 'b']);
    expect(await simulation.settle(append(again, 'e'))).toBe('acknowledged');
    node.crash();
    const { log: third } = await simulation.settle(open(node.restart()));
    expect(await simulation.settle(valuesOf(third))).toEqual(['a', 'b', 'e']);
  });

  it('given a disk that fails again meanwhile, then it does not start, and the next start tries again', async () => {
    const simulation = await failAndRestart(3);
    const node = simulation.node('broker');
    node.disk.inject(syncFails);
    await expect(simulation.settle(open(node.platform))).rejects.toThrow('EIO');
    expect(node.disk.files()).toContain(MARK);
    const { log } = await simulation.settle(open(node.restart()));
    expect(await simulation.settle(append(log, 'after'))).toBe('acknowledged');
    expect(node.disk.files()).not.toContain(MARK);
  });

  it('given a disk on which nothing failed, then nothing is written again', async () => {
    const simulation = createSimulation({ seed: 4 });
    const node = simulation.node('broker');
    const { log } = await simulation.settle(open(node.platform, LOG_CONFIG_DEFAULT));
    expect(await simulation.settle(append(log, 'not synced'))).toBe('acknowledged');
    node.crash({ unsynced: 'keep' });
    node.disk.inject({ ...syncFails, operation: 'write' });
    const { log: again } = await simulation.settle(open(node.restart(), LOG_CONFIG_DEFAULT));
    expect(await simulation.settle(valuesOf(again))).toEqual(['not synced']);
  });
});
