// A log that is deleted before anybody opened it, as that of a topic that is deleted while its broker starts.
import { silentLogger } from '@ottla/platform';
import { createSimulation } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory } from './index.ts';

const WANTED = { topic: 'orders', partition: 0, config: LOG_CONFIG_DEFAULT };

it('given a log on disk that was not opened, when it is deleted, then its folder goes, and the next one of the name is empty', async () => {
  const simulation = createSimulation({ seed: 1 });
  const { platform, disk } = simulation.node('broker');
  const open = (): Promise<LogDirectory> =>
    simulation.settle(LogDirectory.open({ platform, logger: silentLogger, path: '/data' }));
  const before = await open();
  const log = await simulation.settle(before.openLog(WANTED));
  const builder = new RecordBatchBuilder({});
  builder.append(1, null, Buffer.from('old'));
  const append = { leaderEpoch: 1, origin: 'client' } as const;
  await simulation.settle(log.appendAsLeader(builder.build(), append));
  await simulation.settle(before.close());
  const directory = await open();

  await simulation.settle(directory.deleteLog('orders-0'));
  await simulation.settle(directory.deleteLog('never-there-0'));
  await simulation.run(1000);

  expect(disk.files().filter((path) => path.includes('orders'))).toEqual([]);
  const next = await simulation.settle(directory.openLog(WANTED));
  expect(next.logEndOffset).toBe(0);
});
