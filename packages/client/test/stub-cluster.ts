// A cluster of three brokers that answers one API from a table: for what the offsets say, without sockets.
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import type { Cluster } from '../src/connection/cluster.ts';
import { resolveOptions } from '../src/options.ts';

export interface StubRequest {
  readonly brokerId: number;
  readonly request: unknown;
}

/** Partition p is led by broker p % 3, groups by broker 0. @param answer the response to a request, or its promise */
export function stubCluster(answer: (request: StubRequest) => unknown): {
  readonly cluster: Cluster;
  readonly requests: StubRequest[];
  /** For what waits. */
  readonly simulation: Simulation;
} {
  const requests: StubRequest[] = [];
  const simulation = createSimulation({ seed: 1 });
  const { platform } = simulation.node('client');
  const broker = (brokerId: number): Promise<unknown> =>
    Promise.resolve({
      send: (_api: unknown, request: unknown) => {
        requests.push({ brokerId, request });
        return Promise.resolve(answer({ brokerId, request }));
      },
    });
  // Only what the code under test touches.
  const cluster = {
    options: { ...resolveOptions({ bootstrapServers: 'b:1', platform }), retryBackoffMs: 0 },
    closing: new AbortController().signal,
    invalidate: () => undefined,
    seeLeaderEpoch: () => undefined,
    leader: (_topic: string, partition: number) =>
      Promise.resolve({ partition, leaderId: partition % 3, leaderEpoch: 4 }),
    broker,
    coordinator: () => broker(0),
    forgetCoordinator: () => undefined,
  } as unknown as Cluster;
  return { cluster, requests, simulation };
}
