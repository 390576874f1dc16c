// What a cluster carries: its start, memory, and Java producers to partitions with three replicas, without and with a flush
// before every acknowledgement.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../../e2e/src/cluster.ts';
import { produce } from '../load.ts';
import { cpuSeconds, peakResidentMiB } from '../process-facts.ts';
import type { ClusterBenchSettings } from './settings.ts';
import { createTopic } from './topics.ts';

/** One load. */
export interface Carried {
  /** Of all producers together, MiB of values. */
  readonly mibPerSecond: number;
  /** Of the three nodes together, for each GB that was produced. */
  readonly cpuSecondsPerGB: number;
}

export interface LoadResult {
  /** Of the three nodes together, as are all figures of memory: the most that each ever had, summed. */
  readonly idleMiB: number;
  readonly loadedMiB: number;
  /** By `batch.size`. */
  readonly cases: Readonly<Record<string, Carried>>;
  readonly flushed: Carried;
}

/** Measures a cluster that is up. */
export async function measureLoad(
  cluster: Cluster,
  settings: ClusterBenchSettings,
): Promise<LoadResult> {
  const { bootstrap } = cluster;
  const { partitions } = settings;
  await sleep(settings.idleSeconds * 1000);
  const idleMiB = residentMiB(cluster);
  await createTopic(bootstrap, 'warm-up', partitions);
  await carry(cluster, settings, 'warm-up', settings.batchBytes[0]!, settings.warmupMegabytes);
  const cases: Record<string, Carried> = {};
  for (const batchBytes of settings.batchBytes) {
    const topic = `batch-${batchBytes}`;
    await createTopic(bootstrap, topic, partitions);
    const megabytes = settings.megabytes[batchBytes]!;
    cases[batchBytes] = await carry(cluster, settings, topic, batchBytes, megabytes);
  }
  const loadedMiB = residentMiB(cluster);
  await createTopic(bootstrap, 'flushed', partitions, { 'flush.messages': '1' });
  const flushed = await carry(
    cluster,
    settings,
    'flushed',
    settings.flushBatchBytes,
    settings.megabytes[settings.flushBatchBytes]!,
  );
  return { idleMiB, loadedMiB, cases, flushed };
}

/** All producers at once, each with its share. */
export async function carry(
  cluster: Cluster,
  settings: ClusterBenchSettings,
  topic: string,
  batchBytes: number,
  megabytes: number,
): Promise<Carried> {
  const { recordBytes, partitions, producers } = settings;
  const records = Math.floor((megabytes * 1e6) / recordBytes / producers);
  const load = { partitions, recordBytes, batchBytes };
  const before = clusterCpuSeconds(cluster);
  const rates = await Promise.all(
    Array.from({ length: producers }, () =>
      produce(settings, cluster.bootstrap, topic, load, records),
    ),
  );
  const cpu = clusterCpuSeconds(cluster) - before;
  return {
    mibPerSecond: rates.reduce((sum, rate) => sum + rate, 0),
    cpuSecondsPerGB: cpu / ((records * producers * recordBytes) / 1e9),
  };
}

function clusterCpuSeconds({ nodes }: Cluster): number {
  return nodes.reduce((sum, { pid }) => sum + cpuSeconds(pid!), 0);
}

function residentMiB({ nodes }: Cluster): number {
  return nodes.reduce((sum, { pid }) => sum + peakResidentMiB(pid!), 0);
}
