// Found by the simulator (seeds 19 and 57 of one broker): a log that could not be opened because the disk failed stayed closed
// for as long as the process lived, and nobody tried again.
import { silentLogger } from '@ottla/platform';
import { createSimulation } from '@ottla/platform/simulated';
import { expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type LogError } from './index.ts';

it.each(['open', 'datasync', 'readdir'] as const)(
  'given a log whose opening fails on %s, then the directory has failed, as with any later write',
  async (operation) => {
    const simulation = createSimulation({ seed: 1 });
    const { platform, disk } = simulation.node('broker');
    const failures: LogError[] = [];
    const directory = await simulation.settle(
      LogDirectory.open({
        platform,
        logger: silentLogger,
        path: '/data',
        onFailure: (error) => failures.push(error),
      }),
    );
    disk.inject({ operation, effect: { kind: 'fail', code: 'EIO' }, times: Infinity });
    const opening = directory.openLog({
      topic: 'orders',
      partition: 0,
      config: { ...LOG_CONFIG_DEFAULT, flushMessages: 1 },
    });

    await expect(simulation.settle(opening)).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' });
    expect(failures.map(({ code }) => code)).toEqual(['KAFKA_STORAGE_ERROR']);
  },
);

// The next log of that name would have its records.
it('given a log whose folder cannot be renamed when it is deleted, then the directory has failed', async () => {
  const simulation = createSimulation({ seed: 1 });
  const { platform, disk } = simulation.node('broker');
  const directory = await simulation.settle(
    LogDirectory.open({ platform, logger: silentLogger, path: '/data' }),
  );
  const config = LOG_CONFIG_DEFAULT;
  await simulation.settle(directory.openLog({ topic: 'orders', partition: 0, config }));
  disk.inject({ operation: 'rename', path: /orders/, effect: { kind: 'fail', code: 'EIO' } });
  const code = 'KAFKA_STORAGE_ERROR';

  await expect(simulation.settle(directory.deleteLog('orders-0'))).rejects.toMatchObject({ code });
  expect(directory.failure).toMatchObject({ code });
});
