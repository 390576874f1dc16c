// A snapshot of producers says nothing of a log that has begun anew since: whoever follows a leader that starts further on, and
// then one that ends before, must not know producers from before both.
import { silentLogger } from '@ottla/platform';
import { createSimulation } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const config = { ...LOG_CONFIG_DEFAULT, segmentBytes: 600, retentionMs: -1 };

function batch(baseSequence: number): Buffer {
  const builder = new RecordBatchBuilder({ producerId: 7, producerEpoch: 0, baseSequence });
  builder.append(1_000, null, Buffer.alloc(100));
  return Buffer.from(builder.build());
}

it('given a log that began anew further on, when it is cut to where a segment began before, then nobody wrote to it yet', async () => {
  const simulation = createSimulation({ seed: 1 });
  const { platform } = simulation.node('broker');
  const fill = async (): Promise<PartitionLog> => {
    const logs = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
    const log = await logs.openLog({ topic: 'orders', partition: 0, config });
    for (let sequence = 0; sequence < 8; sequence += 1)
      await log.appendAsLeader(batch(sequence), { leaderEpoch: 0 });
    return log;
  };
  const log = await simulation.settle(fill());
  const names = await simulation.settle(platform.disk.readdir(log.directory));
  expect(names).toContain('00000000000000000003.snapshot');

  await simulation.settle(log.truncateFullyAndStartAt(20));
  await simulation.settle(log.truncateTo(3));

  expect(log.producers.get(7)).toBeUndefined();
  const result = await simulation.settle(log.appendAsLeader(batch(0), { leaderEpoch: 1 }));
  expect(result).toMatchObject({ baseOffset: 3, isDuplicate: false });
});
