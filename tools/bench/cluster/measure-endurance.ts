// Whether full load alone makes a cluster take its members for dead: every processor busy with producers and brokers for
// minutes, and nothing else wrong. Each fencing is spurious then.
import type { Cluster, ClusterNode } from '../../../e2e/src/cluster.ts';
import { carry } from './measure-load.ts';
import type { ClusterBenchSettings } from './settings.ts';
import { createTopic, withAdmin } from './topics.ts';

export interface EnduranceResult {
  readonly minutes: number;
  /** Of values, all producers together. */
  readonly megabytes: number;
  /** Brokers that were counted out by the controller. */
  readonly fencings: number;
  /** Times that a controller was elected, the first time left out. */
  readonly elections: number;
}

/** What a broker of ours says. Apache Kafka's processes say nothing here. */
const FENCED = /the controller has fenced this broker/g;

/** Loads a cluster of Ottla that is up until the time is over. */
export async function measureEndurance(
  cluster: Cluster,
  settings: ClusterBenchSettings,
): Promise<EnduranceResult> {
  const { bootstrap, nodes } = cluster;
  const quorumEpoch = (): Promise<number> =>
    withAdmin(bootstrap, async (admin) => (await admin.describeQuorum()).leaderEpoch);
  const retention = { 'retention.bytes': '100000000', 'segment.bytes': '50000000' };
  await createTopic(bootstrap, 'endurance', settings.partitions, retention);
  const fencedBefore = fencings(nodes);
  const epochBefore = await quorumEpoch();
  const startMs = Date.now();
  const batchBytes = settings.batchBytes[0]!;
  const step = settings.megabytes[batchBytes]!;
  let megabytes = 0;
  while (Date.now() - startMs < settings.enduranceMinutes * 60_000) {
    await carry(cluster, settings, 'endurance', batchBytes, step);
    megabytes += step;
  }
  return {
    minutes: (Date.now() - startMs) / 60_000,
    megabytes,
    fencings: fencings(nodes) - fencedBefore,
    elections: (await quorumEpoch()) - epochBefore,
  };
}

function fencings(nodes: readonly ClusterNode[]): number {
  return nodes.reduce((sum, { output }) => sum + [...output.matchAll(FENCED)].length, 0);
}
