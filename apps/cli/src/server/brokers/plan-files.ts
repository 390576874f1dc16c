// The plan of a cluster on disk: read or made, and one properties file for each node. Who runs the cluster holds a lock
// beside it, and sees when somebody else changes it.
import { randomBytes } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Disk, DiskLock, Platform } from '@ottla/platform';
import { CliError, errorNameOf, usageError } from '../../cli-error.ts';
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

/** Of one broker as well. */
export const DATA_DIR_DEFAULT = './ottla-data';
const PLAN_FILE = 'cluster.json';
/** Its name begins with a dot, as a single broker's folder may hold such files. */
const LOCK_FILE = '.cluster.lock';
/** Of a broker's own data folder. */
const BROKER_LOCK_FILE = '.lock';
const LOOK_EVERY_MS = 200;
const HOST = '127.0.0.1';

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
  const dataDir = await madeDataDir((await io.platform()).disk, folder);
  const before = await planIn(dataDir);
  if (before !== undefined && firstPort !== undefined && before.nodes[0]?.port !== firstPort)
    throw usageError(
      `the cluster in ${dataDir} has its first broker on port ${before.nodes[0]?.port}, not ${firstPort}`,
      'Leave --port out, or start another cluster with another --data.',
    );
  const plan =
    before === undefined
      ? planCluster(randomClusterId(), brokers, firstPort ?? 9092)
      : resizedPlan(before, brokers, await emptyNodes(dataDir, before));
  await refuseTakenPorts(io, plan, before);
  await writeProperties(dataDir, plan);
  if (before === undefined) await formatFirst(io, dataDir, plan);
  // Last: a plan that is there has all its files. Whole: who runs the cluster may read it at any time.
  const file = path.join(dataDir, PLAN_FILE);
  await writeFile(`${file}.tmp`, planText(plan));
  await rename(`${file}.tmp`, file);
  return { plan, dataDir };
}

async function madeDataDir(disk: Disk, folder: string): Promise<string> {
  const dataDir = path.resolve(folder);
  try {
    await disk.mkdir(dataDir);
    return dataDir;
  } catch (error) {
    const code = errorNameOf(error) ?? '';
    throw new CliError(
      `${dataDir} cannot be the data folder: ${WHY_NO_FOLDER[code] ?? (error as Error).message}`,
      'Choose another with --data.',
    );
  }
}

const WHY_NO_FOLDER: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOTDIR: 'a part of the path is a file',
  EACCES: 'this user may not write there',
  EPERM: 'nobody can make a folder there',
  ENOENT: 'nobody can make a folder there',
  EROFS: 'the file system is read-only',
};

/** The plan of the cluster in a folder; undefined where there is none. @throws CliError when it cannot be read */
export async function planIn(folder: string): Promise<ClusterPlan | undefined> {
  const file = path.join(folder, PLAN_FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : parsePlan(text, file);
}

/**
 * Takes the cluster in a folder for this process, until it ends.
 *
 * @returns undefined when another process runs it
 * @throws CliError when the folder holds something else
 */
export async function lockCluster(
  { disk }: Platform,
  folder: string,
): Promise<DiskLock | undefined> {
  const dataDir = await madeDataDir(disk, folder);
  await refuseSingleBroker(dataDir);
  try {
    return await disk.lock(path.join(dataDir, LOCK_FILE));
  } catch (error) {
    if (errorNameOf(error) === 'ELOCKED') return undefined;
    throw error;
  }
}

/**
 * Tells of every plan that is written from now on.
 *
 * @param onError told when what is written is no plan
 * @returns how to stop
 */
export function watchPlan(
  dataDir: string,
  onPlan: (plan: ClusterPlan) => void,
  onError: (error: unknown) => void,
): () => void {
  const file = path.join(dataDir, PLAN_FILE);
  const look = async (): Promise<void> => {
    const plan = await planIn(dataDir);
    // Whoever has removed it means something else than a change.
    if (plan !== undefined) onPlan(plan);
  };
  const listener = (): void => void look().catch(onError);
  watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, listener);
  return () => unwatchFile(file, listener);
}

/**
 * Waits for brokers of the last start whose parent was killed: they end within seconds, and hold their folders until then.
 *
 * @returns who still runs after `limitMs`
 */
export async function untilFree(
  { disk, clock, timers }: Platform,
  { plan, dataDir }: PlanOnDisk,
  limitMs: number,
): Promise<number[]> {
  const deadlineMs = clock.monotonicMs() + limitMs;
  let held = plan.nodes.map(({ nodeId }) => nodeId);
  for (;;) {
    const looked = await Promise.all(held.map((nodeId) => isHeld(disk, dataDir, nodeId)));
    held = held.filter((_, index) => looked[index]);
    if (held.length === 0 || clock.monotonicMs() >= deadlineMs) return held;
    await timers.sleep(LOOK_EVERY_MS);
  }
}

async function isHeld(disk: Platform['disk'], dataDir: string, nodeId: number): Promise<boolean> {
  try {
    const lock = await disk.lock(path.join(dataDir, `broker-${nodeId}`, BROKER_LOCK_FILE));
    await lock.release();
    return false;
  } catch (error) {
    return errorNameOf(error) === 'ELOCKED';
  }
}

/** Before anything is written: a cluster keeps its ports, so new ones must be good ones. */
async function refuseTakenPorts(
  io: CliIo,
  plan: ClusterPlan,
  before: ClusterPlan | undefined,
): Promise<void> {
  const { net } = await io.platform();
  const known = before === undefined ? [] : portsOf(before);
  for (const port of portsOf(plan).filter((one) => !known.includes(one)))
    try {
      const listener = await net.listen({ host: HOST, port }, (connection) => connection.destroy());
      await listener.close();
    } catch (error) {
      const isTaken = errorNameOf(error) === 'EADDRINUSE';
      throw new CliError(
        `${HOST}:${port} ${isTaken ? 'is in use' : `cannot be used: ${String(error)}`}`,
        before === undefined
          ? 'Choose another --port: brokers have the ports from there on, controllers those 10,000 above.'
          : 'Stop the process that has it: a new broker has the port behind the last one.',
      );
    }
}

function portsOf({ nodes }: ClusterPlan): number[] {
  return nodes
    .flatMap(({ port, controllerPort }) => [port, controllerPort])
    .filter((port) => port !== undefined);
}

/** Where a node's properties are. */
export function propertiesPath(dataDir: string, { nodeId }: Pick<PlannedNode, 'nodeId'>): string {
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
  if (!names.includes('meta.properties') || names.includes(PLAN_FILE)) return;
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
