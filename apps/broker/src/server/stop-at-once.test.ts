// Three nodes, each broker and controller, that are all told to stop at the same time: the last ones have no majority left that
// could let them go. In virtual time.
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { afterEach, expect, it } from 'vitest';
import { startCluster, type TestCluster } from '../../test/cluster.ts';

const IDS = [1, 2, 3];
/** As `ottla server --brokers` writes them. */
const TIMES = {
  'broker.session.timeout.ms': '2000',
  'broker.heartbeat.interval.ms': '500',
  'controller.quorum.fetch.timeout.ms': '1000',
  'controller.quorum.election.timeout.ms': '500',
};
/** An election and a second of hope; without the latter each would wait for a session at least. */
const STOPPED_MS_MAX = 3_000;

let cluster: TestCluster | undefined;
afterEach(() => cluster?.close());

function start(simulation: Simulation): Promise<TestCluster> {
  const machine = (nodeId: number) => simulation.node(`node-${nodeId}`);
  return startCluster({ controllers: 3, machine, properties: TIMES });
}

it.each([1, 2, 3])(
  'given seed %i, when all stop, then each has soon left everything in order',
  async (seed) => {
    const simulation = createSimulation({ seed });
    cluster = await simulation.settle(start(simulation));
    await simulation.runUntil(() => cluster!.activeController() !== undefined, 10_000);
    const startedMs = simulation.elapsedMs;
    await simulation.settle(Promise.all(IDS.map((id) => cluster!.stop(id))));
    expect(simulation.elapsedMs - startedMs).toBeLessThan(STOPPED_MS_MAX);
    for (const id of IDS) {
      const files = simulation.node(`node-${id}`).disk.files();
      expect(files.some((file) => file.endsWith('/.kafka_cleanshutdown'))).toBe(true);
    }
    await simulation.settle(Promise.all(IDS.map((id) => cluster!.restart(id))));
    await simulation.runUntil(() => cluster!.activeController() !== undefined, 10_000);
  },
);
