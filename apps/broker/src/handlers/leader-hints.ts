// What a response says of a partition's present leader, so that a client need not ask for metadata first (KIP-951).
import { type MetadataImage, partitionOf } from '@ottla/metadata';

/** Fields of `CurrentLeader` in responses. */
export interface CurrentLeader {
  leaderId: number;
  leaderEpoch: number;
}

/** Fields of `NodeEndpoints` in responses. */
export interface NodeEndpoint {
  nodeId: number;
  host: string;
  port: number;
  rack: string | null;
}

/** Gathers leaders for one response; each node once. */
export class LeaderHints {
  readonly #image: MetadataImage;
  readonly #listenerName: string;
  readonly #nodes = new Map<number, NodeEndpoint>();

  /** @param listenerName that the client came by: it is told addresses of the same */
  constructor(image: MetadataImage, listenerName: string) {
    this.#image = image;
    this.#listenerName = listenerName;
  }

  /** Nodes that were named so far. */
  get nodes(): NodeEndpoint[] {
    return [...this.#nodes.values()];
  }

  /** The leader as the metadata says, −1 where there is none. */
  leaderOf(topic: string, partition: number): CurrentLeader {
    const image = partitionOf(this.#image, topic, partition);
    if (image === undefined) return { leaderId: -1, leaderEpoch: -1 };
    this.#addNode(image.leader);
    return { leaderId: image.leader, leaderEpoch: image.leaderEpoch };
  }

  #addNode(id: number): void {
    const node = nodeEndpoint(this.#image, id, this.#listenerName);
    if (node !== undefined) this.#nodes.set(id, node);
  }
}

/** Where clients of a listener reach a broker; undefined when it is fenced or has no such listener. */
export function nodeEndpoint(
  image: MetadataImage,
  brokerId: number,
  listenerName: string,
): NodeEndpoint | undefined {
  const broker = image.cluster.brokers.get(brokerId);
  const endPoint = broker?.endPoints.find(({ name }) => name.toUpperCase() === listenerName);
  if (broker === undefined || broker.fenced || endPoint === undefined) return undefined;
  const { host, port } = endPoint;
  return { nodeId: brokerId, host, port, rack: broker.rack };
}
