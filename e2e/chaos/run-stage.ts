// The stage of one run: a cluster, who may be down, and the book of what was done to it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@ottla/platform';
import type { Cluster, ClusterNode } from '../src/cluster.ts';
import { until } from '../src/processes.ts';
import { nowMs } from './clock.ts';
import { ClusterView } from './cluster-view.ts';
import type { LoadName, Violation } from './findings.ts';
import type { ProxiedNetwork } from './network/proxied-network.ts';
import type { FaultEvent, Stage } from './schedule.ts';

const WATCH_EVERY_MS = 100;
/** From all healed to all replicas in sync. */
const WHOLE_LIMIT_MS = 60_000;
const NEW_CONTROLLER_LIMIT_MS = 30_000;

export interface RunStageOptions {
  readonly cluster: Cluster;
  readonly network: ProxiedNetwork | undefined;
  readonly disks: ReadonlyMap<number, string>;
  readonly topic: string;
  readonly group: string;
  readonly partitions: number;
  readonly random: Random;
  readonly folder: string;
}

export class RunStage implements Stage {
  readonly cluster: Cluster;
  readonly view: ClusterView;
  readonly topic: string;
  readonly group: string;
  readonly partitions: number;
  readonly random: Random;
  readonly folder: string;
  readonly events: FaultEvent[] = [];
  readonly violations: Violation[] = [];
  /** Of each time that all was healed. */
  readonly wholeAfterMs: number[] = [];
  readonly #network: ProxiedNetwork | undefined;
  readonly #disks: ReadonlyMap<number, string>;
  /** Nodes that are down because we wanted it, or may be. */
  readonly #excused = new Set<number>();
  readonly #noticed = new Set<number>();
  readonly #watch: NodeJS.Timeout;
  readonly #measuring: Promise<void>[] = [];

  constructor(options: RunStageOptions) {
    this.cluster = options.cluster;
    this.topic = options.topic;
    this.group = options.group;
    this.partitions = options.partitions;
    this.random = options.random;
    this.folder = options.folder;
    this.#network = options.network;
    this.#disks = options.disks;
    this.view = new ClusterView(options.cluster, options.topic);
    this.#watch = setInterval(() => this.#look(), WATCH_EVERY_MS);
  }

  get nodes(): readonly ClusterNode[] {
    return this.cluster.nodes;
  }

  get network(): ProxiedNetwork {
    if (this.#network === undefined) throw new Error('the schedule has not asked for a network');
    return this.#network;
  }

  diskOf(nodeId: number): string {
    const folder = this.#disks.get(nodeId);
    if (folder === undefined) throw new Error('the schedule has not asked for small disks');
    return folder;
  }

  node(nodeId: number): ClusterNode {
    const node = this.nodes.find((each) => each.nodeId === nodeId);
    if (node === undefined) throw new Error(`no node ${nodeId}`);
    return node;
  }

  async sleep(ms: number): Promise<void> {
    await sleep(ms);
  }

  fault(fault: string, node?: number): void {
    this.#note({ at: nowMs(), fault, ...(node === undefined ? {} : { node }) });
  }

  async kill(nodeId: number, fault = 'kill'): Promise<void> {
    const [partitions, quorum] = await Promise.all([this.view.partitions(), this.view.quorum()]);
    const led = partitions
      .filter(({ leaderId }) => leaderId === nodeId)
      .map(({ partition }) => partition);
    const wasController = quorum.leaderId === nodeId;
    this.mayEnd(nodeId);
    const at = nowMs();
    const killed = this.node(nodeId).kill();
    const event: FaultEvent = { at, fault, node: nodeId, led, wasController };
    this.#note(event);
    await killed;
    if (wasController) this.#measuring.push(this.#measureController(event, quorum.leaderEpoch));
  }

  mayEnd(nodeId: number): void {
    this.#excused.add(nodeId);
  }

  violation(message: string, load?: LoadName): void {
    this.violations.push({ message, ...(load === undefined ? {} : { load }) });
  }

  async restore(): Promise<void> {
    this.#network?.heal();
    for (const node of this.nodes) {
      node.resume();
      if (!node.isRunning) {
        this.#noticed.delete(node.nodeId);
        node.start();
      }
      this.#excused.delete(node.nodeId);
    }
    await this.cluster.ready();
  }

  async whole(limitMs = WHOLE_LIMIT_MS): Promise<boolean> {
    const startedMs = performance.now();
    try {
      await until('all replicas are in sync', () => this.view.isWhole(), limitMs);
      this.wholeAfterMs.push(Math.round(performance.now() - startedMs));
      return true;
    } catch {
      return false;
    }
  }

  /** Resolves when all figures are taken. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    await Promise.all(this.#measuring);
  }

  #note(event: FaultEvent): void {
    this.events.push(event);
  }

  async #measureController(event: FaultEvent, epoch: number): Promise<void> {
    const newControllerMs = await this.view.nextController(epoch, NEW_CONTROLLER_LIMIT_MS);
    if (newControllerMs === undefined)
      this.violation(`no new controller within ${NEW_CONTROLLER_LIMIT_MS} ms of a kill`);
    else this.events[this.events.indexOf(event)] = { ...event, newControllerMs };
  }

  /** A node that ends without having been asked is news, once. */
  #look(): void {
    for (const { nodeId, isRunning, output } of this.nodes) {
      if (isRunning || this.#excused.has(nodeId) || this.#noticed.has(nodeId)) continue;
      this.#noticed.add(nodeId);
      this.violation(`node ${nodeId} ended by itself: ${output.trim().slice(-600)}`);
    }
  }
}
