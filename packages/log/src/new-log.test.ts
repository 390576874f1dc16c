// Found by the simulator (seed 7159 of nine brokers): a controller lost its whole metadata log with a power cut, records that it
// had acknowledged and its vote included, because somebody else had made the folder and nobody synced the folder's name.
import { silentLogger } from '@ottla/platform';
import { createSimulation, type SimulatedNode } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const SEEDS = 20;
const config = { ...LOG_CONFIG_DEFAULT, flushMessages: 1 };

function openDirectory({ platform }: SimulatedNode): Promise<LogDirectory> {
  return LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
}

async function openLog(node: SimulatedNode): Promise<PartitionLog> {
  const logs = await openDirectory(node);
  return logs.openLog({ topic: 'orders', partition: 0, config });
}

async function appendOne(log: PartitionLog): Promise<void> {
  const builder = new RecordBatchBuilder({});
  builder.append(1, null, Buffer.from('acknowledged'));
  await log.appendAsLeader(builder.build(), { leaderEpoch: 1, origin: 'client' });
}

it('given a log in a folder that was there before, when the power is cut after a synced append, then the record is still there', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const simulation = createSimulation({ seed });
    const node = simulation.node('broker');
    const live = async (): Promise<void> => {
      const logs = await openDirectory(node);
      await node.platform.disk.mkdir('/data/orders-0');
      await appendOne(await logs.openLog({ topic: 'orders', partition: 0, config }));
    };
    await simulation.settle(live());
    node.crash();
    node.restart();
    const { logEndOffset } = await simulation.settle(openLog(node));
    expect(logEndOffset, `seed ${seed}`).toBe(1);
  }
});

it('given a process that was killed while it made a log, when the power is cut after the next one appended, then the record is still there', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const simulation = createSimulation({ seed });
    const node = simulation.node('broker');
    const logs = await simulation.settle(openDirectory(node));
    node.disk.inject({ operation: 'syncDirectory', effect: { kind: 'delay', delayMs: 60_000 } });
    void logs.openLog({ topic: 'orders', partition: 0, config });
    await simulation.run(30_000);
    node.crash({ unsynced: 'keep' });
    node.restart();
    await simulation.settle(openLog(node).then(appendOne));
    node.crash();
    node.restart();
    const { logEndOffset } = await simulation.settle(openLog(node));
    expect(logEndOffset, `seed ${seed}`).toBe(1);
  }
});
