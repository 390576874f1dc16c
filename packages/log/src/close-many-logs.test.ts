// A directory with thousands of logs has to be closed before whoever stops the process loses patience: what is killed
// meanwhile is recovered by the next start.
import { silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory } from './index.ts';

const META = {
  clusterId: 'AAAAAAAAAAAAAAAAAAAAZA',
  nodeId: 1,
  directoryId: 'AAAAAAAAAAAAAAAAAAAABw',
};

function batch(): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(1_000, null, Buffer.from('a'));
  return Buffer.from(builder.build());
}

async function openedWith(simulation: Simulation, logs: number): Promise<LogDirectory> {
  const { platform } = simulation.node('broker');
  const directory = await simulation.settle(
    LogDirectory.open({ platform, logger: silentLogger, path: '/data' }),
  );
  await simulation.settle(directory.format(META));
  for (let partition = 0; partition < logs; partition += 1) {
    const wanted = { topic: 'orders', partition, config: LOG_CONFIG_DEFAULT };
    const log = await simulation.settle(directory.openLog(wanted));
    await simulation.settle(log.appendAsLeader(batch(), { leaderEpoch: 0 }));
  }
  return directory;
}

async function closingMs(logs: number): Promise<number> {
  const simulation = createSimulation({ seed: 7 });
  const directory = await openedWith(simulation, logs);
  const startMs = simulation.elapsedMs;
  await simulation.settle(directory.close());
  return simulation.elapsedMs - startMs;
}

describe('a directory with many logs', () => {
  it('given many times the logs, when it is closed, then it takes far from so many times as long', async () => {
    const [few, many] = [await closingMs(2), await closingMs(80)];
    expect(many).toBeLessThan(20 * few);
  });

  it.each([
    ['is not durable', 'datasync', '00000000000000000000.log'],
    ['has no snapshot of its producers', 'rename', '00000000000000000001.snapshot.tmp'],
  ] as const)(
    'given one that %s, when the directory is closed, then the others are, it is free, and not taken for clean',
    async (_what, operation, file) => {
      const simulation = createSimulation({ seed: 8 });
      const directory = await openedWith(simulation, 3);
      const logs = [...directory.logs.values()];
      const { disk, platform } = simulation.node('broker');
      const path = `/data/orders-1/${file}`;
      disk.inject({ operation, path, effect: { kind: 'fail', code: 'EIO' } });
      await expect(simulation.settle(directory.close())).rejects.toThrow();
      expect(logs.map(({ recoveryPoint }) => recoveryPoint)).toEqual([
        1,
        operation === 'datasync' ? 0 : 1,
        1,
      ]);
      const next = LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
      expect((await simulation.settle(next)).wasClean).toBe(false);
    },
  );
});
