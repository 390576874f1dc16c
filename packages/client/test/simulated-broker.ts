// Ottla's own server, whole, on a machine of a simulated world: virtual time, and a network that a seed can break.
import { BrokerConfig, startServer } from '@ottla/broker';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import type { ClientOptions } from '../src/index.ts';

export interface SimulatedBroker {
  readonly simulation: Simulation;
  /** For clients on a machine of that name. */
  clientOn(machine: string): ClientOptions;
  close(): Promise<void>;
}

export async function simulatedBroker(seed: number): Promise<SimulatedBroker> {
  const simulation = createSimulation({ seed });
  const config = BrokerConfig.load({
    presets: {
      'offsets.topic.num.partitions': '1',
      'group.initial.rebalance.delay.ms': '0',
      'group.min.session.timeout.ms': '100',
      listeners: 'PLAINTEXT://broker:9092',
      'log.dirs': '/data',
    },
    overrides: [],
  });
  const { platform } = simulation.node('broker');
  const server = await simulation.settle(startServer({ config, platform }));
  return {
    simulation,
    clientOn: (machine) => ({
      bootstrapServers: 'broker:9092',
      platform: simulation.node(machine).platform,
      requestTimeoutMs: 5_000,
    }),
    close: () => simulation.settle(server.close()),
  };
}
