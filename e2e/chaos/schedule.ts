// What a schedule is: a name, what its cluster needs, and one round of faults that ends healed.
import type { Random } from '@ottla/platform';
import type { Cluster, ClusterNode, NodeOptions } from '../src/cluster.ts';
import type { Tool } from '../src/toolchain.ts';
import type { ClusterView } from './cluster-view.ts';
import type { ProxiedNetwork } from './network/proxied-network.ts';

/** One thing that was done to the cluster. */
export interface FaultEvent {
  /** On the clock of the history. */
  readonly at: number;
  readonly fault: string;
  readonly node?: number;
  /** With a kill: partitions that the node led. */
  readonly led?: readonly number[];
  readonly wasController?: boolean;
  /** With the kill of an active controller: until another said that it is one. */
  readonly newControllerMs?: number;
}

/** What a round works with. */
export interface Stage {
  readonly cluster: Cluster;
  readonly nodes: readonly ClusterNode[];
  readonly view: ClusterView;
  readonly partitions: number;
  readonly topic: string;
  /** That the members of our client's load are in. */
  readonly group: string;
  /** From the seed of the run. */
  readonly random: Random;
  /** @throws unless the schedule has asked for one */
  readonly network: ProxiedNetwork;
  /** For files of the run. */
  readonly folder: string;
  /** The small disk of a node. @throws unless the schedule has asked for one */
  diskOf(nodeId: number): string;
  node(nodeId: number): ClusterNode;
  sleep(ms: number): Promise<void>;
  /** Notes what is done, when it is done. */
  fault(fault: string, node?: number): void;
  /** kill -9, noted with what the node was, for the recovery figures. Without any wait. */
  kill(nodeId: number, fault?: string): Promise<void>;
  /** Notes that a promise was broken; the run goes on. */
  violation(message: string): void;
  /** From here on the node may end by itself, until it is started again. */
  mayEnd(nodeId: number): void;
  /** Starts whoever does not run; resolves when all are brokers again. */
  restore(): Promise<void>;
  /** Resolves when all replicas are in sync. @returns whether that came in time */
  whole(limitMs?: number): Promise<boolean>;
}

export interface Schedule {
  readonly name: string;
  /** One sentence. */
  readonly what: string;
  readonly needs?: readonly Tool[];
  /** Why it means nothing to the control's nodes; undefined when it does. */
  readonly notOnKafka?: string;
  /** Why it cannot run here; undefined when it can. */
  readonly missing?: () => string | undefined;
  readonly settings?: Readonly<Record<string, string>>;
  /** Of the load's topic. */
  readonly topic?: Readonly<Record<string, string>>;
  /** Of our client's load; two that stay for 20 to 60 s unless told otherwise. */
  readonly members?: { readonly count: number; readonly stayMs: number };
  /** @param folder for files of the run */
  readonly node?: (nodeId: number, folder: string) => NodeOptions;
  /** Proxies between all nodes and in front of clients. */
  readonly hasNetwork?: boolean;
  /** Each node's data on a file system of so many megabytes. */
  readonly diskMb?: number;
  /** Once, before the load starts. */
  readonly prepare?: (stage: Stage) => Promise<void>;
  /** Faults; all healed at its end, but replicas may be behind. */
  readonly round: (stage: Stage) => Promise<void>;
}
