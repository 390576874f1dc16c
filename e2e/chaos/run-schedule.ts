// One schedule from an empty cluster to a verdict: load on, faults in rounds, all healed, read to the end, checked.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@ottla/client';
import { seededRandom } from '@ottla/platform/simulated';
import { checkHistory } from '../../tools/history/history-checker.ts';
import type { Verdict } from '../../tools/history/anomaly.ts';
import type { ClusterKind } from '../src/cluster.ts';
import { type Finding, findingsOf, type LoadName, unabsorbed } from './findings.ts';
import { mountSmallDisk, unmountSmallDisk } from './faults/small-disk.ts';
import { readToTheEnd } from './load/final-reader.ts';
import { readHistories, untilFlowing } from './load/histories.ts';
import { type LoadProcess, startJavaLoad, startOttlaLoad } from './load/load-process.ts';
import type { LoadOptions } from './load/load-options.ts';
import { ProxiedNetwork } from './network/proxied-network.ts';
import { recoveries, type Recovery } from './recovery.ts';
import { differingReplicas } from './replica-bytes.ts';
import { RunStage } from './run-stage.ts';
import type { FaultEvent, Schedule } from './schedule.ts';
import { hasTimeFor, type Share } from './time-shares.ts';

const TOPIC = 'orders';
const PARTITIONS = 12;
const RATE = 100;
const MEMBERS = { count: 2, stayMs: 20_000 };
/** After the last fault, until everything that was sent has an answer. */
const DRAIN_LIMIT_MS = 90_000;
const READ_LIMIT_MS = 60_000;

export interface RunOptions {
  readonly schedule: Schedule;
  readonly kind: ClusterKind;
  /** All of it, from the empty cluster to the verdict; one round is played in any case. */
  readonly share: Share;
  readonly seed: number;
  readonly hasJavaLoad: boolean;
  /** Where the histories go; they stay. */
  readonly folder: string;
}

export interface RunReport {
  readonly schedule: string;
  readonly cluster: string;
  readonly seed: number;
  readonly rounds: number;
  readonly faults: number;
  readonly verdict: Verdict;
  /** Anomalies of the history, and promises that are not about it: a node that died by itself, replicas that stay behind. */
  readonly findings: readonly Finding[];
  readonly recoveries: readonly Recovery[];
  /** From all healed to all replicas in sync, of each round. */
  readonly wholeAfterMs: readonly number[];
  readonly events: readonly FaultEvent[];
  /** What the loads complained of, shortened. */
  readonly complaints: readonly string[];
  readonly histories: readonly string[];
  /** All of it, milliseconds. */
  readonly tookMs: number;
  /** Of it, behind the last round. */
  readonly closingMs: number;
}

/** @throws only when the cluster does not start; everything else is in the report */
export async function runSchedule(options: RunOptions): Promise<RunReport> {
  const { schedule, kind } = options;
  const startedMs = performance.now();
  mkdirSync(options.folder, { recursive: true });
  const scratch = mkdtempSync(path.join(tmpdir(), 'chaos-run-'));
  const network = schedule.hasNetwork === true ? new ProxiedNetwork() : undefined;
  const disks = mountDisks(schedule, scratch);
  const cluster = await kind.start({
    ...(schedule.settings === undefined ? {} : { settings: schedule.settings }),
    ...(network === undefined ? {} : { network }),
    node: (nodeId) => ({
      ...schedule.node?.(nodeId, scratch),
      ...(disks.has(nodeId) ? { dataDir: path.join(disks.get(nodeId)!, 'data') } : {}),
    }),
  });
  const random = seededRandom(options.seed);
  const stage = new RunStage({
    cluster,
    network,
    disks,
    random,
    folder: scratch,
    topic: TOPIC,
    group: groupOf('ottla'),
    partitions: PARTITIONS,
  });
  try {
    await cluster.ready();
    await createTopic(cluster.bootstrap, schedule);
    return await play(options, stage, startedMs);
  } finally {
    await stage.close();
    for (const { nodeId, output } of stage.nodes)
      writeFileSync(fileOf(options, `node-${nodeId}.log`), output);
    await cluster.stop();
    await network?.close();
    for (const folder of disks.values()) unmountSmallDisk(folder);
    rmSync(scratch, { recursive: true, force: true });
  }
}

function mountDisks({ diskMb }: Schedule, scratch: string): Map<number, string> {
  const disks = new Map<number, string>();
  if (diskMb === undefined) return disks;
  for (const nodeId of [1, 2, 3]) {
    const folder = path.join(scratch, `disk-${nodeId}`);
    mountSmallDisk(folder, diskMb);
    disks.set(nodeId, folder);
  }
  return disks;
}

async function createTopic(bootstrapServers: string, { topic = {} }: Schedule): Promise<void> {
  await using admin = new Admin({ bootstrapServers });
  await admin.createTopics([
    { name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 3, configs: topic },
  ]);
}

async function play(options: RunOptions, stage: RunStage, startedMs: number): Promise<RunReport> {
  const histories = [fileOf(options, 'reader.ndjson')];
  const loads = startLoads(options, stage.cluster.bootstrap, histories);
  try {
    return await playUnder(loads, histories, options, stage, startedMs);
  } finally {
    await Promise.all(loads.map((load) => load.kill()));
  }
}

async function playUnder(
  loads: readonly LoadProcess[],
  histories: readonly string[],
  options: RunOptions,
  stage: RunStage,
  startedMs: number,
): Promise<RunReport> {
  for (const history of histories.slice(1)) await untilFlowing(history);
  const rounds = await playRounds(options, stage);
  const playedMs = performance.now();
  for (const load of loads) {
    if (!load.isRunning)
      stage.violation(`the load ${load.name} ended: ${load.complaints.slice(-600)}`, load.name);
    else if (!(await load.stop(DRAIN_LIMIT_MS)))
      stage.violation(
        `the load ${load.name} did not come to its end: ${load.complaints.slice(-600)}`,
        load.name,
      );
  }
  await read(options, stage, histories[0]!);
  for (const message of await differingReplicas(stage.nodes, TOPIC, PARTITIONS))
    stage.violation(message);
  await stage.close();
  const operations = readHistories(histories);
  const verdict = checkHistory(operations);
  for (const { message, load } of unabsorbed(operations)) stage.violation(message, load);
  const names = loads.map(({ name }) => name);
  return {
    schedule: options.schedule.name,
    cluster: stage.cluster.name,
    seed: options.seed,
    rounds,
    faults: stage.events.length,
    verdict,
    findings: findingsOf(stage.cluster.name, names, verdict, stage.violations),
    recoveries: recoveries(operations, stage.events, PARTITIONS),
    wholeAfterMs: stage.wholeAfterMs,
    events: stage.events,
    complaints: loads.map(({ complaints }) => complaints.slice(-2_000)),
    histories,
    tookMs: Math.round(performance.now() - startedMs),
    closingMs: Math.round(performance.now() - playedMs),
  };
}

async function playRounds({ schedule, share }: RunOptions, stage: RunStage): Promise<number> {
  let rounds = 0;
  let longestMs = 0;
  let roundMs = performance.now();
  try {
    await schedule.prepare?.(stage);
    do {
      await schedule.round(stage);
      await stage.restore();
      rounds++;
      if (!(await stage.whole())) {
        stage.violation('not all replicas were in sync in time after all was healed');
        break;
      }
      await sleep(500 + stage.random.below(1_000));
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - roundMs);
      roundMs = nowMs;
    } while (hasTimeFor(longestMs, share, roundMs) && stage.violations.length === 0);
  } catch (error) {
    stage.violation(`round ${rounds + 1} did not go through: ${String(error)}`);
    // What it has left undone, so that at least what is there can be judged.
    await stage.restore().catch((again: unknown) => stage.violation(String(again)));
  }
  return rounds;
}

function startLoads(
  { hasJavaLoad, ...options }: RunOptions,
  bootstrap: string,
  histories: string[],
): LoadProcess[] {
  const load = (name: LoadName, producers: number, members = MEMBERS): LoadOptions => {
    const history = fileOf(options, `${name}.ndjson`);
    histories.push(history);
    return {
      bootstrap,
      topic: TOPIC,
      partitions: PARTITIONS,
      group: groupOf(name),
      history,
      name,
      producers,
      consumers: members.count,
      stay: members.stayMs,
      rate: RATE,
    };
  };
  const own = startOttlaLoad(load('ottla', 2, options.schedule.members));
  return hasJavaLoad ? [own, startJavaLoad(load('java', 1))] : [own];
}

function groupOf(load: string): string {
  return `billing-${load}`;
}

/** A file of this run, removed if an earlier one has left it. */
function fileOf(
  { folder, schedule, kind, seed }: Omit<RunOptions, 'hasJavaLoad'>,
  name: string,
): string {
  const cluster = kind.name.split(' ')[0]!.toLowerCase();
  const file = path.join(folder, `${schedule.name}-${cluster}-${seed}-${name}`);
  rmSync(file, { force: true });
  return file;
}

async function read({ hasJavaLoad }: RunOptions, stage: RunStage, history: string): Promise<void> {
  try {
    await readToTheEnd({
      bootstrap: stage.cluster.bootstrap,
      topic: TOPIC,
      partitions: PARTITIONS,
      groups: ['ottla', ...(hasJavaLoad ? ['java'] : [])].map(groupOf),
      history,
      limitMs: READ_LIMIT_MS,
    });
  } catch (error) {
    stage.violation(`what was acknowledged could not be read to the end: ${String(error)}`);
  }
}
