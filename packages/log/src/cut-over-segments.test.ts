// Found by the simulator (seed 400246 of three brokers at adec7aa, `segments`): a follower cut its log two segments back and lost
// power. The cut of the older segment was durable, the removal of the newer one was not: it came back behind a gap.
import { silentLogger } from '@ottla/platform';
import { createSimulation, type SimulatedNode } from '@ottla/platform/simulated';
import { LOG_OVERHEAD_BYTES, RecordBatchBuilder } from '@ottla/protocol/records';
import { expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const SEEDS = 30;
const RECORDS = 40;
const config = { ...LOG_CONFIG_DEFAULT, flushMessages: 1, segmentBytes: 1_000 };

async function openLog({ platform }: SimulatedNode): Promise<PartitionLog> {
  const logs = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  return logs.openLog({ topic: 'orders', partition: 0, config });
}

async function fill(log: PartitionLog): Promise<void> {
  for (let record = 0; record < RECORDS; record += 1) {
    const builder = new RecordBatchBuilder({});
    builder.append(1, null, Buffer.alloc(100, record));
    await log.appendAsLeader(builder.build(), { leaderEpoch: 1, origin: 'client' });
  }
}

/** Where batches begin, from the log's start to its end; a batch here is one record. */
async function offsetsOf(log: PartitionLog): Promise<number[]> {
  const offsets: number[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const one = { offset, maxBytes: 1, endOffset: log.logEndOffset, minOneBatch: true };
    const region = await log.read(one);
    if (region.sizeBytes === 0) break;
    const { bytes, release } = await region.next(LOG_OVERHEAD_BYTES);
    offset = Number(Buffer.from(bytes).readBigInt64BE(0));
    release();
    region.release();
    offsets.push(offset);
    offset += 1;
  }
  return offsets;
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, offset) => offset);

it('given a log of several segments, when it was cut and the power is cut, then it ends at the cut', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const simulation = createSimulation({ seed });
    const node = simulation.node('broker');
    const log = await simulation.settle(openLog(node));
    await simulation.settle(fill(log));
    await simulation.settle(log.truncateTo(10));
    node.crash();
    node.restart();
    const again = await simulation.settle(openLog(node));
    expect(await simulation.settle(offsetsOf(again)), `seed ${seed}`).toEqual(upTo(10));
  }
});

it('given a log of several segments, when the power is cut while it is cut, then it has no gap', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const simulation = createSimulation({ seed });
    const node = simulation.node('broker');
    const log = await simulation.settle(openLog(node));
    await simulation.settle(fill(log));
    void log.truncateTo(10);
    await simulation.run(seed / 10);
    node.crash();
    node.restart();
    const again = await simulation.settle(openLog(node));
    const end = again.logEndOffset;
    expect(end, `seed ${seed}`).toBeGreaterThanOrEqual(10);
    expect(await simulation.settle(offsetsOf(again)), `seed ${seed}`).toEqual(upTo(end));
  }
});

// An empty log is in sync with an empty one: it may be the last in sync, and lead.
it('given a log that began anew at an offset, when the power is cut before anything is written, then it begins there', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const simulation = createSimulation({ seed });
    const node = simulation.node('broker');
    const log = await simulation.settle(openLog(node));
    await simulation.settle(log.truncateFullyAndStartAt(1_000));
    node.crash();
    node.restart();
    const again = await simulation.settle(openLog(node));
    const range = [again.logStartOffset, again.logEndOffset];
    expect(range, `seed ${seed}`).toEqual([1_000, 1_000]);
  }
});
