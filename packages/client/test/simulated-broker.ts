// Ottla's own server, whole, on a machine of a simulated world: virtual time, and a network that a seed can break.
import { globSync } from 'node:fs';
import path from 'node:path';
import { BrokerConfig, startServer } from '@ottla/broker';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import type { ClientOptions } from '../src/index.ts';

export interface SimulatedBroker {
  readonly simulation: Simulation;
  /** For clients on a machine of that name. */
  clientOn(machine: string): ClientOptions;
  close(): Promise<void>;
}

const brokerSource = path.resolve(import.meta.dirname, '../../../apps/broker/src');
let loaded: Promise<unknown> | undefined;

/**
 * The server loads a request's handler with the first such request. That takes real time, in which virtual time would run through
 * every timeout: so all of them are loaded before a world begins.
 */
function loadHandlers(): Promise<unknown> {
  const files = globSync('{handlers,controller/handlers}/*.ts', { cwd: brokerSource });
  loaded ??= Promise.all(
    files
      .filter((file) => !file.endsWith('.test.ts'))
      .map((file) => import(path.join(brokerSource, file)) as Promise<unknown>),
  );
  return loaded;
}

export async function simulatedBroker(seed: number): Promise<SimulatedBroker> {
  await loadHandlers();
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
