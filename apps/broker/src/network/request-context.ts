// What a handler knows about the request in its hands: who sent it, over which listener, when, and the lease on the
// bytes it was decoded from. Kafka: RequestContext and RequestChannel.Request.

import type { FrameLease } from './frame-lease.ts';

/** The wire security of a listener. Only `PLAINTEXT` is served by this version. */
export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';

/** What a listener serves: clients and brokers, or the controller's peers. */
export type ListenerRole = 'broker' | 'controller';

/** Who a connection belongs to, in Kafka's notation `type:name`. */
export interface Principal {
  readonly type: string;
  readonly name: string;
}

/** The principal of every connection without authentication. */
export const ANONYMOUS: Principal = { type: 'User', name: 'ANONYMOUS' };

/** One connection as handlers see it. Live for as long as the connection is. */
export interface ConnectionInfo {
  /** Distinct among all connections of this process; never used again. */
  readonly id: number;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost: string;
  readonly localPort: number;
  /** Normalised (upper case) name of the listener that accepted the connection. */
  readonly listenerName: string;
  readonly listenerRole: ListenerRole;
  readonly securityProtocol: SecurityProtocol;
  readonly principal: Principal;
  /** From ApiVersions version 3 on (KIP-511); `unknown` until the client told. */
  readonly clientSoftwareName: string;
  readonly clientSoftwareVersion: string;
  /** Whether the connection is gone; work for its sake can stop. */
  readonly isClosed: boolean;
}

/** One request on its way through the broker. */
export interface RequestContext {
  readonly connection: ConnectionInfo;
  readonly principal: Principal;
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Kafka's form of the client's address in group descriptions: `/127.0.0.1`. */
  readonly clientHost: string;
  /** Wall clock when the frame was complete, milliseconds since 1970. */
  readonly receivedAtMs: number;
  /** Monotonic clock when the frame was complete, milliseconds. */
  readonly receivedMonotonicMs: number;
  /**
   * The bytes that the decoded request's `Buffer` fields are slices of. They stay valid until the handler's response
   * is settled; a handler that keeps slices longer retains the lease, one that needs them no more before a long wait
   * (produce with acks=all, once appended) calls `releaseFrame`.
   */
  readonly frame: FrameLease;
  /** Gives the frame back before the response is settled. Idempotent; without a hold of one's own the slices are dead then. */
  releaseFrame(): void;
}
