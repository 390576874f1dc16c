// Found by the simulator (seed 1 of one broker): a start that failed half-way left the marker of a clean shutdown, so the next
// start trusted logs whose ends nobody had looked at.
import { silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory } from './index.ts';

const MARKER = '/data/.kafka_cleanshutdown';
const META = {
  clusterId: 'AAAAAAAAAAAAAAAAAAAAZA',
  nodeId: 1,
  directoryId: 'AAAAAAAAAAAAAAAAAAAABw',
};

function open(simulation: Simulation): Promise<LogDirectory> {
  const { platform } = simulation.node('broker');
  return simulation.settle(LogDirectory.open({ platform, logger: silentLogger, path: '/data' }));
}

/** A directory that was started with one log. */
async function started(simulation: Simulation): Promise<LogDirectory> {
  const directory = await open(simulation);
  if (directory.meta === undefined) await simulation.settle(directory.format(META));
  await simulation.settle(openLog(directory));
  await simulation.settle(directory.start());
  return directory;
}

function openLog(directory: LogDirectory): Promise<unknown> {
  return directory.openLog({ topic: 'orders', partition: 0, config: LOG_CONFIG_DEFAULT });
}

describe('the marker of a clean shutdown', () => {
  it('given a crash, when the next start closes before all logs were opened, then it is not there', async () => {
    const simulation = createSimulation({ seed: 1 });
    await started(simulation);
    simulation.node('broker').restart();
    const halfway = await open(simulation);
    await simulation.settle(openLog(halfway));
    await simulation.settle(halfway.close());

    expect((await open(simulation)).wasClean).toBe(false);
  });

  it('given a clean shutdown, when the next start closes before all logs were opened, then it is there again', async () => {
    const simulation = createSimulation({ seed: 2 });
    await simulation.settle((await started(simulation)).close());
    const halfway = await open(simulation);
    await simulation.settle(openLog(halfway));
    expect(simulation.node('broker').disk.files()).not.toContain(MARKER);
    await simulation.settle(halfway.close());

    expect((await open(simulation)).wasClean).toBe(true);
  });

  it('given a clean shutdown, when the power is cut after the first log was opened, then it does not come back', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const simulation = createSimulation({ seed });
      await simulation.settle((await started(simulation)).close());
      await simulation.settle(openLog(await open(simulation)));
      simulation.node('broker').restart();

      expect((await open(simulation)).wasClean, `seed ${seed}`).toBe(false);
    }
  });
});
