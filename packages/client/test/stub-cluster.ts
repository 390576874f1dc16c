// A cluster of three brokers that answers one API from a table: for what the offsets say, without sockets.
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import type { Cluster } from '../src/connection/cluster.ts';
import { resolveOptions } from '../src/options.ts';

export interface StubRequest {
  readonly brokerId: number;
  readonly request: unknown;
}

/** Partition p is led by broker p % 3. @param answer the response to a request */
export function stubCluster(answer: (request: StubRequest) => unknown): {
  readonly cluster: Cluster;
  readonly requests: StubRequest[];
  /** For what waits. */
  readonly simulation: Simulation;
} {
  const requests: StubRequest[] = [];
  const simulation = createSimulation({ seed: 1 });
  const { platform } = simulation.node('client');
  // Only what the code under test touches.
  const cluster = {
    options: { ...resolveOptions({ bootstrapServers: 'b:1', platform }), retryBackoffMs: 0 },
    closing: new AbortController().signal,
    invalidate: () => undefined,
    seeLeaderEpoch: () => undefined,
    leader: (_topic: string, partition: number) =>
      Promise.resolve({ partition, leaderId: partition % 3, leaderEpoch: 4 }),
    broker: (brokerId: number) =>
      Promise.resolve({
        send: (_api: unknown, request: unknown) => {
          requests.push({ brokerId, request });
          return Promise.resolve(answer({ brokerId, request }));
        },
      }),
  } as unknown as Cluster;
  return { cluster, requests, simulation };
}
