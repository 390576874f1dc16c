// Files beside a segment that is gone: a power cut may bring them back without it. They say nothing of a later segment that begins
// at the same offset.
import { silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation, type SimulatedNode } from '@ottla/platform/simulated';
import {
  buildControlBatch,
  ControlRecordType,
  encodeEndTxnMarker,
  RecordBatchBuilder,
} from '@ottla/protocol/records';
import { expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const SEEDS = 20;
const PRODUCER = { producerId: 7, producerEpoch: 0 };
const config = { ...LOG_CONFIG_DEFAULT, flushMessages: 1, segmentBytes: 1_000, retentionMs: -1 };

async function openLog({ platform }: SimulatedNode): Promise<PartitionLog> {
  const logs = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  return logs.openLog({ topic: 'orders', partition: 0, config });
}

async function fill(
  log: PartitionLog,
  leaderEpoch: number,
  end: 'commit' | 'abort',
): Promise<void> {
  for (let n = log.logEndOffset; n < 14; n += 1) {
    const builder = new RecordBatchBuilder({ ...PRODUCER, transactional: true });
    builder.append(1_000, null, Buffer.alloc(100, n));
    const bytes = Buffer.from(builder.build());
    await log.appendAsLeader(bytes, { leaderEpoch, origin: 'coordinator' });
  }
  const type = end === 'commit' ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
  const value = encodeEndTxnMarker(0);
  const marker = buildControlBatch({ type, value, timestamp: 1_000, ...PRODUCER });
  await log.appendAsLeader(Buffer.from(marker), { leaderEpoch, origin: 'coordinator' });
}

it('given a power cut while a segment with an aborted transaction is cut off, when another begins where it did, then nothing in that is aborted', async () => {
  let leftBehind = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const simulation: Simulation = createSimulation({ seed });
    const node = simulation.node('broker');
    const log = await simulation.settle(openLog(node));
    await simulation.settle(fill(log, 1, 'abort'));
    node.disk.inject({
      operation: 'remove',
      path: /\.txnindex$/,
      effect: { kind: 'crash' },
    });
    void log.truncateTo(3).catch(() => undefined);
    await simulation.run(1_000);
    expect(node.isUp).toBe(false);
    const names = node.disk.files();
    const txnIndex = names.find((name) => name.endsWith('.txnindex'));
    if (txnIndex !== undefined && !names.includes(txnIndex.replace('txnindex', 'log')))
      leftBehind += 1;
    node.restart();
    const again = await simulation.settle(openLog(node));
    await simulation.settle(again.truncateTo(3));
    await simulation.settle(fill(again, 2, 'commit'));
    const aborted = await simulation.settle(Promise.resolve(again.abortedTransactions(0, 15)));
    expect(aborted, `seed ${seed}`).toEqual([]);
  }
  expect(leftBehind).toBeGreaterThan(0);
});
