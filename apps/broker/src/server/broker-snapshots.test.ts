// A node that is only a broker keeps the metadata log too: it has to sum it up by itself, or the log grows with the age of
// the cluster, and every start with the log. In virtual time.
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { afterEach, expect, it } from 'vitest';
import { startCluster, type TestCluster } from '../../test/cluster.ts';

const BROKER = 1;
const CONTROLLER = 101;
const SNAPSHOT = /__cluster_metadata-0\/0*([1-9]\d*)-\d+\.checkpoint$/;

let cluster: TestCluster | undefined;
afterEach(() => cluster?.close());

/** Where a node's snapshots end. */
function snapshots(simulation: Simulation, nodeId: number): number[] {
  return simulation
    .node(`node-${nodeId}`)
    .disk.files()
    .flatMap((file) => SNAPSHOT.exec(file)?.[1] ?? [])
    .map(Number);
}

it('given a log of the metadata that grows, when it is long enough, then also a node without a controller sums it up, lets older sums go, and starts from what is left', async () => {
  const simulation = createSimulation({ seed: 1 });
  cluster = await simulation.settle(
    startCluster({
      controllers: 1,
      combined: false,
      brokers: 1,
      machine: (nodeId) => simulation.node(`node-${nodeId}`),
      properties: {
        'metadata.log.max.record.bytes.between.snapshots': '2000',
        'metadata.max.retention.bytes': '8000',
        'metadata.max.idle.interval.ms': '100',
      },
    }),
  );
  for (const nodeId of [BROKER, CONTROLLER])
    await simulation.runUntil(() => snapshots(simulation, nodeId).length > 1, 60_000);
  // Kafka's cleaner looks once a minute.
  await simulation.run(180_000);
  const [first] = snapshots(simulation, BROKER).toSorted((a, b) => a - b);
  expect(first).toBeGreaterThan(300);
  await simulation.settle(cluster.stop(BROKER));
  await simulation.settle(cluster.restart(BROKER));
});
