// What a client on one listener is told of the cluster: brokers by the address they have on that listener, partitions
// by who of their replicas can be reached. Kafka: KRaftMetadataCache.

import { DirectoryId, replicaDirectory } from '@ottla/metadata';
import type { BrokerRegistration, Endpoint, MetadataImage, PartitionImage } from '@ottla/metadata';

/** A broker as a client on one listener reaches it. */
export interface BrokerNode {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
  readonly isFenced: boolean;
}

/** The cluster at one moment, as seen from one listener. */
export class ClusterView {
  readonly image: MetadataImage;
  readonly #listenerName: string;

  constructor(image: MetadataImage, listenerName: string) {
    this.image = image;
    this.#listenerName = listenerName;
  }

  /** All registered brokers with this listener, fenced ones included, by ascending id. */
  nodes(): BrokerNode[] {
    const nodes: BrokerNode[] = [];
    for (const broker of this.image.cluster.brokers.values()) {
      const endPoint = this.#endPointOf(broker);
      if (endPoint === undefined) continue;
      const { brokerId: id, rack, fenced: isFenced } = broker;
      nodes.push({ id, host: endPoint.host, port: endPoint.port, rack, isFenced });
    }
    return nodes.sort((a, b) => a.id - b.id);
  }

  /** What clients are told to be the controller: any broker that lives, for it forwards (KIP-590); −1 when none does. */
  controllerId(random: { below(boundExclusive: number): number }): number {
    const alive = [...this.image.cluster.brokers.values()].filter(({ fenced }) => !fenced);
    return alive[random.below(Math.max(1, alive.length))]?.brokerId ?? -1;
  }

  /** Whether the broker is registered. */
  isRegistered(brokerId: number): boolean {
    return this.image.cluster.brokers.has(brokerId);
  }

  /** The leader, if it can be reached on this listener; otherwise undefined. */
  reachableLeader(partition: PartitionImage): number | undefined {
    const broker = this.image.cluster.brokers.get(partition.leader);
    if (broker === undefined || this.#endPointOf(broker) === undefined) return undefined;
    return broker.brokerId;
  }

  /** Those of `brokerIds` that live and have this listener. */
  alive(brokerIds: readonly number[]): number[] {
    return brokerIds.filter((id) => {
      const broker = this.image.cluster.brokers.get(id);
      return broker !== undefined && !broker.fenced && this.#endPointOf(broker) !== undefined;
    });
  }

  /** Replicas whose broker or whose directory is away. */
  offlineReplicas(partition: PartitionImage): number[] {
    return partition.replicas.filter((id) => {
      const broker = this.image.cluster.brokers.get(id);
      if (broker === undefined || broker.fenced) return true;
      return this.#endPointOf(broker) === undefined || !isDirectoryOnline(broker, partition);
    });
  }

  #endPointOf(broker: BrokerRegistration): Endpoint | undefined {
    return broker.endPoints.find(({ name }) => name === this.#listenerName);
  }
}

/** Whether the broker's directory that holds the replica works, as far as the broker has said. */
function isDirectoryOnline(broker: BrokerRegistration, partition: PartitionImage): boolean {
  const directory = replicaDirectory(partition, broker.brokerId);
  if (directory === undefined || directory === DirectoryId.LOST) return false;
  if (directory === DirectoryId.UNASSIGNED || directory === DirectoryId.MIGRATING) return true;
  return broker.logDirs.length === 0 || broker.logDirs.includes(directory);
}
