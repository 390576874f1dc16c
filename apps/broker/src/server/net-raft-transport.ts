// How the members of the metadata quorum reach each other: one connection to each controller endpoint.
// Kafka: KafkaNetworkChannel.

import { NetError } from '@ottla/platform';
import type { Platform } from '@ottla/platform';
import type { RaftTransport, RequestKind, Voter } from '@ottla/raft';
import { connectTo, Peer } from './peer.ts';

export interface NetRaftTransportOptions {
  readonly platform: Pick<Platform, 'net' | 'timers'>;
  readonly clientId: string;
  /** First of `controller.listener.names`: of a node's endpoints, the one to use. */
  readonly listenerName: string;
  /** `socket.connection.setup.timeout.ms`. */
  readonly setupTimeoutMs: number;
}

/** Connections that are kept; the one that was used least lately makes room. */
const PEERS_MAX = 64;

/** Close it after the quorum node. */
export class NetRaftTransport implements RaftTransport {
  readonly #options: NetRaftTransportOptions;
  /** By address, the one used last at the end. */
  readonly #peers = new Map<string, Peer>();
  #isClosed = false;

  constructor(options: NetRaftTransportOptions) {
    this.#options = options;
  }

  async send<Request, Response>(
    to: Voter,
    { request, response }: RequestKind<Request, Response>,
    body: Request,
    timeoutMs: number,
  ): Promise<Response> {
    return await this.#peer(to).request(request, response, body, { timeoutMs });
  }

  /** Cuts all connections. */
  close(): void {
    this.#isClosed = true;
    for (const peer of this.#peers.values()) peer.close();
    this.#peers.clear();
  }

  #peer({ id, endpoints }: Voter): Peer {
    const { platform, clientId, listenerName, setupTimeoutMs } = this.#options;
    const endpoint = endpoints.find(({ name }) => name === listenerName) ?? endpoints[0];
    if (endpoint === undefined || this.#isClosed)
      throw new NetError('EHOSTUNREACH', `it is not known where node ${id} listens`);
    const key = `${endpoint.host}:${endpoint.port}`;
    const peer =
      this.#peers.get(key) ??
      new Peer({
        platform,
        clientId,
        connect: connectTo(platform, endpoint, setupTimeoutMs),
        setupTimeoutMs,
      });
    this.#peers.delete(key);
    this.#peers.set(key, peer);
    this.#makeRoom();
    return peer;
  }

  #makeRoom(): void {
    const [oldest] = this.#peers.keys();
    if (this.#peers.size <= PEERS_MAX || oldest === undefined) return;
    this.#peers.get(oldest)?.close();
    this.#peers.delete(oldest);
  }
}
