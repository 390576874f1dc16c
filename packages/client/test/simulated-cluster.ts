// One fake broker and one client machine in a simulated world.
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import type { ClientOptions } from '../src/index.ts';
import { FakeBroker, type FakeBrokerOptions } from './fake-broker.ts';

/** A world with a broker in it. */
export interface SimulatedCluster {
  readonly simulation: Simulation;
  readonly broker: FakeBroker;
  /** For a client on the machine `client`. */
  readonly options: ClientOptions;
}

export async function simulatedCluster(
  settings: Partial<Omit<FakeBrokerOptions, 'platform' | 'host'>> & { readonly seed?: number } = {},
): Promise<SimulatedCluster> {
  const { seed = 1, ...rest } = settings;
  const simulation = createSimulation({ seed });
  const { platform } = simulation.node('broker');
  const broker = await simulation.settle(
    FakeBroker.start({ platform, host: 'broker', topics: { orders: 1 }, ...rest }),
  );
  const options = {
    bootstrapServers: broker.bootstrapServers,
    platform: simulation.node('client').platform,
    requestTimeoutMs: 2_000,
  };
  return { simulation, broker, options };
}
