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

  it('given the epoch of a broker, then the marker keeps it, as Kafka writes it, until another broker epoch comes (KIP-966)', async () => {
    const simulation = createSimulation({ seed: 3 });
    const { disk } = simulation.node('broker').platform;
    const first = await started(simulation);
    expect(first.cleanBrokerEpoch).toBe(-1);
    first.brokerEpoch = () => 42;
    await simulation.settle(first.close());
    const bytes = await simulation.settle(disk.readFile(MARKER));
    expect(bytes.toString()).toBe('{"version":0,"brokerEpoch":42}');

    const unregistered = await open(simulation);
    expect(unregistered.cleanBrokerEpoch).toBe(42);
    await simulation.settle(unregistered.close());

    expect((await open(simulation)).cleanBrokerEpoch).toBe(42);
  });

  it.each(['', 'null', '{}', '{"brokerEpoch":"7"}', 'not json'])(
    'given the marker %j of somebody else, then it is clean, and of no known epoch',
    async (content) => {
      const simulation = createSimulation({ seed: 4 });
      const { disk } = simulation.node('broker').platform;
      await simulation.settle((await started(simulation)).close());
      await simulation.settle(disk.replaceFile(MARKER, Buffer.from(content)));

      const directory = await open(simulation);

      expect(directory.wasClean).toBe(true);
      expect(directory.cleanBrokerEpoch).toBe(-1);
    },
  );

  it('given no marker, then no epoch is known', async () => {
    const simulation = createSimulation({ seed: 5 });
    const crashed = await started(simulation);
    crashed.brokerEpoch = () => 42;
    simulation.node('broker').restart();

    expect((await open(simulation)).cleanBrokerEpoch).toBe(-1);
  });
});
