// A process is killed between a write and its sync, and started again on the same running machine: what it reads then may
// still go with the power. Whoever is told of it would count on it.
import { type Platform, silentLogger } from '@ottla/platform';
import { createSimulation } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const SEGMENT = '/data/orders-0/00000000000000000000.log';

function batch(value: string): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(1_000, null, Buffer.from(value));
  return Buffer.from(builder.build());
}

async function open(platform: Platform): Promise<PartitionLog> {
  const directory = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  await directory.start();
  const config = { ...LOG_CONFIG_DEFAULT, flushMessages: 1 };
  return directory.openLog({ topic: 'orders', partition: 0, config });
}

describe('a log that was killed before a sync', () => {
  it('given a batch that was written and not synced, when the log is opened again, then what it shows is durable', async () => {
    const simulation = createSimulation({ seed: 1 });
    const node = simulation.node('broker');
    const log = await simulation.settle(open(node.platform));
    await simulation.settle(log.appendAsLeader(batch('synced'), { leaderEpoch: 0 }));
    node.disk.conditions = { ...node.disk.conditions, syncMs: { min: 1_000, max: 1_000 } };
    void log.appendAsLeader(batch('written'), { leaderEpoch: 0 });
    await simulation.run(500);
    expect(node.disk.durableBytes(SEGMENT)).toBeLessThan(node.disk.peek(SEGMENT)!.length);

    node.crash({ unsynced: 'keep' });
    node.restart();
    const again = await simulation.settle(open(node.platform));

    expect(again.logEndOffset).toBe(2);
    expect(node.disk.durableBytes(SEGMENT)).toBe(node.disk.peek(SEGMENT)!.length);
  });
});
