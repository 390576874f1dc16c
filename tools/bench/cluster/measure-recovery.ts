// How long a cluster stands still when a node is killed, and how soon it is there again when all were killed.
import { Admin } from '@ottla/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, ClusterNode } from '../../../e2e/src/cluster.ts';
import { carry } from './measure-load.ts';
import type { ClusterBenchSettings } from './settings.ts';
import { createTopic, restored, withAdmin } from './topics.ts';
import { Trickle } from './trickle.ts';

/** Milliseconds; of repeated kills all figures. */
export interface RecoveryResult {
  /** From a kill -9 to the next acknowledged record on the slowest partition. */
  readonly brokerKilledMs: readonly number[];
  /** The same when the node was the active controller. */
  readonly controllerKilledMs: readonly number[];
  /** From the kill of the active controller until another is. */
  readonly newControllerMs: readonly number[];
  /** From the start of all after all were killed to an acknowledged record on every partition. */
  readonly uncleanStartMs: number;
}

const TOPIC = 'trickle';
const LOOK_EVERY_MS = 10;

/** Kills nodes of a cluster that is up, one after the other, then all. */
export async function measureRecovery(
  cluster: Cluster,
  settings: ClusterBenchSettings,
): Promise<RecoveryResult> {
  const { bootstrap } = cluster;
  await createTopic(bootstrap, TOPIC, settings.partitions);
  const trickle = new Trickle(bootstrap, TOPIC, settings.partitions);
  const brokerKilledMs: number[] = [];
  const controllerKilledMs: number[] = [];
  const newControllerMs: number[] = [];
  try {
    for (let kill = 0; kill < settings.kills; kill += 1) {
      const other = await wholeWithout(cluster, settings);
      brokerKilledMs.push(await killed(other, trickle));
      other.start();
      const active = await activeController(cluster, settings);
      const elected = newController(cluster, active);
      controllerKilledMs.push(await killed(active, trickle, elected.begin));
      newControllerMs.push(await elected.ms);
      active.start();
    }
    await restored(bootstrap, TOPIC);
    await carry(
      cluster,
      settings,
      await filler(bootstrap, settings),
      settings.batchBytes.at(-1)!,
      settings.uncleanMegabytes,
    );
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    const everyPartition = trickle.everyPartitionFromNow();
    for (const node of cluster.nodes) node.start();
    const uncleanStartMs = await everyPartition;
    return { brokerKilledMs, controllerKilledMs, newControllerMs, uncleanStartMs };
  } finally {
    await trickle.stop();
  }
}

async function filler(bootstrap: string, { partitions }: ClusterBenchSettings): Promise<string> {
  await createTopic(bootstrap, 'filler', partitions);
  return 'filler';
}

async function killed(
  node: ClusterNode,
  trickle: Trickle,
  begin: () => void = () => {},
): Promise<number> {
  // The process is gone when the signal is sent; waiting for that would only be late.
  const gone = node.kill();
  begin();
  const ms = await trickle.everyPartitionFromNow();
  await gone;
  return ms;
}

/** Waits until the cluster is whole. @returns a node that leads partitions and is not the active controller */
async function wholeWithout(
  cluster: Cluster,
  settings: ClusterBenchSettings,
): Promise<ClusterNode> {
  const active = await activeController(cluster, settings);
  return cluster.nodes.find((node) => node !== active)!;
}

async function activeController(
  cluster: Cluster,
  settings: ClusterBenchSettings,
): Promise<ClusterNode> {
  await cluster.ready();
  await restored(cluster.bootstrap, TOPIC);
  await sleep(settings.killAfterSeconds * 1000);
  const { leaderId } = await withAdmin(cluster.bootstrap, (admin) => admin.describeQuorum());
  return cluster.nodes.find(({ nodeId }) => nodeId === leaderId)!;
}

/** Asks the other nodes, through clients that are connected already, who is the active controller. */
function newController(
  cluster: Cluster,
  before: ClusterNode,
): { readonly begin: () => void; readonly ms: Promise<number> } {
  const others = cluster.nodes.filter((node) => node !== before);
  const begun = Promise.withResolvers<number>();
  const ask = async (): Promise<number> => {
    const startMs = await begun.promise;
    const seen = others.map(async ({ address }) => {
      const admin = new Admin({
        bootstrapServers: address,
        requestTimeoutMs: 500,
        defaultApiTimeoutMs: 500,
        retryBackoffMs: 10,
        retryBackoffMsMax: 20,
      });
      try {
        for (;;) {
          const quorum = await admin.describeQuorum().catch(() => undefined);
          if (quorum !== undefined && quorum.leaderId >= 0 && quorum.leaderId !== before.nodeId)
            return performance.now() - startMs;
          await sleep(LOOK_EVERY_MS);
        }
      } finally {
        await admin.close();
      }
    });
    return Promise.any(seen);
  };
  return { begin: () => begun.resolve(performance.now()), ms: ask() };
}
