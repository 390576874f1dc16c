// The plan of a cluster on disk: read or made, and one properties file for each node.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { usageError } from '../../cli-error.ts';
import type { CliIo } from '../../io.ts';
import {
  type ClusterPlan,
  parsePlan,
  planCluster,
  type PlannedNode,
  planText,
  propertiesOf,
  resizedPlan,
} from './cluster-plan.ts';

const PLAN_FILE = 'cluster.json';

/** A plan whose files are in place. */
export interface PlanOnDisk {
  readonly plan: ClusterPlan;
  readonly dataDir: string;
}

/**
 * The cluster in a folder: that of the last start, with more brokers where more are asked for, without those that were drained
 * where fewer are, or a new one. The first node of a new one is formatted as its only voter; the others join it.
 *
 * @param firstPort undefined: the plan's, or 9092 for a new one
 * @throws CliError when the folder holds something else, or the options contradict the plan
 */
export async function openPlan(
  io: CliIo,
  folder: string,
  brokers: number,
  firstPort: number | undefined,
): Promise<PlanOnDisk> {
  const dataDir = path.resolve(folder);
  await mkdir(dataDir, { recursive: true });
  const file = path.join(dataDir, PLAN_FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) await refuseSingleBroker(dataDir);
  const before = text === undefined ? undefined : parsePlan(text, file);
  if (before !== undefined && firstPort !== undefined && before.nodes[0]?.port !== firstPort)
    throw usageError(
      `the cluster in ${dataDir} has its first broker on port ${before.nodes[0]?.port}, not ${firstPort}`,
      'Leave --port out, or start another cluster with another --data.',
    );
  const plan =
    before === undefined
      ? planCluster(randomClusterId(), brokers, firstPort ?? 9092)
      : resizedPlan(before, brokers, await emptyNodes(dataDir, before));
  await writeProperties(dataDir, plan);
  if (before === undefined) await formatFirst(io, dataDir, plan);
  // Last: a plan that is there has all its files.
  await writeFile(file, planText(plan));
  return { plan, dataDir };
}

/** Where a node's properties are. */
export function propertiesPath(dataDir: string, { nodeId }: PlannedNode): string {
  return path.join(dataDir, `broker-${nodeId}.properties`);
}

async function writeProperties(dataDir: string, plan: ClusterPlan): Promise<void> {
  for (const node of plan.nodes)
    await writeFile(propertiesPath(dataDir, node), propertiesOf(plan, node, dataDir));
}

/** Once in the life of a cluster: formatted again, the node would be a second cluster with the same name. */
async function formatFirst(io: CliIo, dataDir: string, plan: ClusterPlan): Promise<void> {
  const { BrokerConfig, formatStorage } = await import('@ottla/broker');
  const properties = propertiesOf(plan, plan.nodes[0]!, dataDir);
  await formatStorage({
    platform: await io.platform(),
    config: BrokerConfig.load({ properties }),
    clusterId: plan.clusterId,
    voters: 'standalone',
    print: () => {},
  });
}

/** Nodes that were drained: their folders hold no partitions but the cluster's metadata. */
async function emptyNodes(dataDir: string, { nodes }: ClusterPlan): Promise<Set<number>> {
  const empty = new Set<number>();
  for (const { nodeId } of nodes) {
    const names = await readdir(path.join(dataDir, `broker-${nodeId}`)).catch(() => []);
    if (!names.some(isPartition)) empty.add(nodeId);
  }
  return empty;
}

/** Not the metadata, and not what is being deleted. */
function isPartition(name: string): boolean {
  return /-\d+$/.test(name) && !name.startsWith('__cluster_metadata');
}

/** The folder of one broker is not that of several: its data would lie there unseen. */
async function refuseSingleBroker(dataDir: string): Promise<void> {
  const names = await readdir(dataDir);
  if (!names.includes('meta.properties')) return;
  throw usageError(
    `${dataDir} holds the data of one broker, not of a cluster`,
    'Start several with another folder: --data ./ottla-cluster.',
  );
}

/** 16 random bytes, as Kafka writes them; none that begins with a dash, which tools would take for an option. */
function randomClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
