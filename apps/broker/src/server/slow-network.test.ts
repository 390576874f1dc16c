// Three controllers over a way so slow that a first answer takes longer than a vote may wait: connecting and asking for
// versions come before it. In virtual time.
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { afterEach, it } from 'vitest';
import { startCluster, type TestCluster } from '../../test/cluster.ts';

const NAMES = ['node-1', 'node-2', 'node-3'];
/** As `ottla server --brokers` writes them. */
const TIMES = {
  'broker.session.timeout.ms': '2000',
  'broker.heartbeat.interval.ms': '500',
  'controller.quorum.fetch.timeout.ms': '1000',
  'controller.quorum.election.timeout.ms': '500',
};
const RECOVERY_MS_MAX = 20_000;

let cluster: TestCluster | undefined;
afterEach(() => cluster?.close());

async function start(simulation: Simulation): Promise<TestCluster> {
  const machine = (nodeId: number) => simulation.node(`node-${nodeId}`);
  return startCluster({ controllers: 3, machine, properties: TIMES });
}

it('given a round trip of 200 ms, then a controller is elected, and another one after its death', async () => {
  const simulation = createSimulation({ seed: 1, network: { latencyMs: { min: 95, max: 105 } } });
  cluster = await simulation.settle(start(simulation), RECOVERY_MS_MAX);
  await simulation.runUntil(() => cluster!.activeController() !== undefined, RECOVERY_MS_MAX);
  const first = cluster.activeController()!;
  cluster.kill(first);
  const hasAnother = (): boolean => ![undefined, first].includes(cluster!.activeController());
  await simulation.runUntil(hasAnother, RECOVERY_MS_MAX);
});

it.each(['all of them', 'one way'])(
  'given a slow network that is cut (%s) until every connection was given up, when it heals, then a controller is elected',
  async (cut) => {
    const simulation = createSimulation({ seed: 2 });
    cluster = await simulation.settle(start(simulation), RECOVERY_MS_MAX);
    await simulation.runUntil(() => cluster!.activeController() !== undefined, RECOVERY_MS_MAX);
    const { net } = simulation;
    net.conditions = { ...net.conditions, latencyMs: { min: 95, max: 105 } };
    for (const from of NAMES)
      for (const to of NAMES) {
        if (from === to || (cut === 'one way' && from > to)) continue;
        net.block(from, to);
      }
    await simulation.run(8_000);
    net.heal();
    await simulation.runUntil(() => cluster!.activeController() !== undefined, RECOVERY_MS_MAX);
  },
);
