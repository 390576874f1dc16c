// BrokerSessions: when each broker was last heard of, and how far it has read the metadata log. Soft
// state: known to the active controller only, and begun anew by the next one.
// Kafka: org.apache.kafka.controller.BrokerHeartbeatManager and BrokerHeartbeatTracker.
import type { Uuid } from '@ottla/protocol';
import { type BrokerRegistration, isActiveBroker } from '../image/cluster-image.ts';
import type { MetadataImage } from '../image/metadata-image.ts';

interface Session {
  readonly brokerEpoch: number;
  /** Nobody came yet: another incarnation need not wait until it is over. */
  isPresumed: boolean;
  lastContactMs: number;
  /** Offset up to which the broker has read the metadata log (inclusive). */
  metadataOffset: number;
  /** Offset that all active brokers must reach before it may stop; undefined unless it is shutting down. */
  controlledShutdownOffset: number | undefined;
}

/** One broker, and the epoch of its registration. */
export interface BrokerIdAndEpoch {
  readonly brokerId: number;
  readonly brokerEpoch: number;
}

/** A broker by its id, or a log directory. */
export type Departing = number | Uuid;

/** Sessions of all brokers that were heard of. */
export class BrokerSessions {
  readonly #timeoutMs: number;
  readonly #sessions = new Map<number, Session>();
  /** How many times over a broker, or a log directory, is being taken out of its partitions. */
  readonly #departures = new Map<Departing, number>();

  /** @param timeoutMs silence after which a session has expired */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Begins as the new active controller: every unfenced broker gets a full session from now on. That of the broker in
   * this process is presumed only: after a crash it comes as a new incarnation, which need not wait for the session of a
   * process that is known to be gone.
   */
  restart(image: MetadataImage, nowMs: number, ownNodeId: number): void {
    this.#sessions.clear();
    this.#departures.clear();
    for (const { brokerId, brokerEpoch, fenced } of image.cluster.brokers.values()) {
      if (fenced) continue;
      this.touch(brokerId, brokerEpoch, -1, nowMs);
      const session = this.#sessions.get(brokerId);
      if (session !== undefined) session.isPresumed = brokerId === ownNodeId;
    }
  }

  /** A broker that is known was heard of; nothing else is decided. */
  noteContact(brokerId: number, brokerEpoch: number, nowMs: number): void {
    const session = this.#sessions.get(brokerId);
    if (session?.brokerEpoch === brokerEpoch) session.lastContactMs = nowMs;
  }

  /** Takes note of a heartbeat. */
  touch(brokerId: number, brokerEpoch: number, metadataOffset: number, nowMs: number): void {
    const session = this.#sessions.get(brokerId);
    if (session !== undefined && session.brokerEpoch === brokerEpoch) {
      session.lastContactMs = nowMs;
      session.metadataOffset = metadataOffset;
      session.isPresumed = false;
      return;
    }
    this.#sessions.set(brokerId, {
      brokerEpoch,
      isPresumed: false,
      lastContactMs: nowMs,
      metadataOffset,
      controlledShutdownOffset: undefined,
    });
  }

  /** Forgets a broker. */
  remove(brokerId: number): void {
    this.#sessions.delete(brokerId);
  }

  /** Whether that incarnation was heard of within the timeout. */
  hasValidSession(brokerId: number, brokerEpoch: number, nowMs: number): boolean {
    const session = this.#sessions.get(brokerId);
    if (session?.brokerEpoch !== brokerEpoch || session.isPresumed) return false;
    return !this.#isExpired(session, nowMs);
  }

  /** A broker whose session has expired, or undefined; it is forgotten by `remove`. */
  findExpired(nowMs: number): BrokerIdAndEpoch | undefined {
    for (const [brokerId, session] of this.#sessions) {
      if (this.#isExpired(session, nowMs)) return { brokerId, brokerEpoch: session.brokerEpoch };
    }
    return undefined;
  }

  /** Offset that the cluster must reach before the broker may stop, or undefined when it is not shutting down. */
  controlledShutdownOffset(brokerId: number): number | undefined {
    return this.#sessions.get(brokerId)?.controlledShutdownOffset;
  }

  /** Notes the offset of the latest record that moved something away from a broker that is about to stop. */
  beginControlledShutdown({ brokerId, brokerEpoch }: BrokerIdAndEpoch, offset: number): void {
    const session = this.#sessions.get(brokerId);
    if (session?.brokerEpoch === brokerEpoch) session.controlledShutdownOffset = offset;
  }

  /** A fenced broker is no longer shutting down: its next heartbeat lets it stop at once. */
  endControlledShutdown(brokerId: number): void {
    const session = this.#sessions.get(brokerId);
    if (session !== undefined) session.controlledShutdownOffset = undefined;
  }

  /** From here to `endDeparture` nothing may come to what is being taken out of its partitions. */
  beginDeparture(what: Departing): void {
    this.#departures.set(what, (this.#departures.get(what) ?? 0) + 1);
  }

  /** One departure is through; there may be others of the same. */
  endDeparture(what: Departing): void {
    const others = (this.#departures.get(what) ?? 1) - 1;
    if (others > 0) this.#departures.set(what, others);
    else this.#departures.delete(what);
  }

  /** Whether it is being taken out of its partitions, which takes more than one turn. */
  isDeparting(what: Departing): boolean {
    return this.#departures.has(what);
  }

  /** Lowest offset that an active broker has read up to; Infinity when there is no active broker. */
  lowestActiveOffset(brokers: Iterable<BrokerRegistration>): number {
    let lowest = Infinity;
    for (const broker of brokers) {
      const session = this.#sessions.get(broker.brokerId);
      if (!isActiveBroker(broker) || session?.controlledShutdownOffset !== undefined) continue;
      lowest = Math.min(lowest, session?.metadataOffset ?? -1);
    }
    return lowest;
  }

  #isExpired(session: Session, nowMs: number): boolean {
    return nowMs - session.lastContactMs > this.#timeoutMs;
  }
}
