import { silentLogger } from '@ottla/platform';
import { createSimulation } from '@ottla/platform/simulated';
import { expect, it } from 'vitest';
import { LogDirectory } from './index.ts';

it('given a new data directory in new folders, when the power is cut after it was formatted, then it is still there', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const simulation = createSimulation({ seed });
    const node = simulation.node('broker');
    const open = (platform = node.platform): Promise<LogDirectory> =>
      LogDirectory.open({ platform, logger: silentLogger, path: '/var/ottla/data' });
    const meta = {
      clusterId: 'AAAAAAAAAAAAAAAAAAAAZA',
      nodeId: 1,
      directoryId: 'AAAAAAAAAAAAAAAAAAAABw',
    };
    const logs = await simulation.settle(open());
    await simulation.settle(logs.format(meta));
    node.crash();
    const again = await simulation.settle(open(node.restart()));
    expect(again.meta, `seed ${seed}`).toMatchObject(meta);
    await simulation.settle(again.close());
  }
});
