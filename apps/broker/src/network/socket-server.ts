// All listeners of a broker and the connections on them. Kafka: SocketServer, here without its threads.

import type { Connection, Listener, Logger, Platform } from '@ottla/platform';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { EndPoint, ListenerEndPoint } from '../config/listeners.ts';
import type { TimerWheel } from '../purgatory/timer-wheel.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { ConnectionSession } from './connection-session.ts';
import type { SessionMetrics, SessionSurroundings } from './connection-session.ts';
import { BufferPool } from '@ottla/log';
import { LineLimit } from './line-limit.ts';
import type { ListenerRole } from './request-context.ts';
import { RequestMemory } from './request-memory.ts';
import type { RequestPipeline } from './request-pipeline.ts';

export interface SocketServerOptions {
  readonly platform: Pick<Platform, 'clock' | 'net' | 'dns'>;
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly metrics: SessionMetrics;
  /** The broker's one wheel; the owner closes it. */
  readonly wheel: TimerWheel;
  /** One for each role that has listeners. */
  // oxlint-disable-next-line typescript/no-explicit-any -- the server does not look into the services
  readonly pipelines: Readonly<Partial<Record<ListenerRole, RequestPipeline<any>>>>;
  readonly buffers?: BufferPool;
}

/** Accepts connections. A constructed server does nothing before `start`. */
export class SocketServer {
  /** The account of request memory, for metrics. */
  readonly memory: RequestMemory;
  readonly buffers: BufferPool;
  readonly #options: SocketServerOptions;
  readonly #limits: Readonly<Record<ListenerRole, ConnectionLimits>>;
  readonly #surroundings: SessionSurroundings;
  readonly #sessions = new Set<ConnectionSession>();
  readonly #listeners = new Map<string, Listener>();
  /** Their listeners are open, but whoever comes is turned away. */
  readonly #closedRoles = new Set<ListenerRole>();
  #nextId = 1;
  #isClosed = false;

  constructor(options: SocketServerOptions) {
    const { config, platform, wheel, logger } = options;
    this.#options = options;
    this.#limits = {
      broker: new ConnectionLimits(config, 'broker'),
      controller: new ConnectionLimits(config, 'controller'),
    };
    this.buffers = options.buffers ?? new BufferPool();
    this.memory = requestMemory(config, wheel);
    this.#surroundings = {
      clock: platform.clock,
      wheel,
      memory: this.memory,
      buffers: this.buffers,
      metrics: options.metrics,
      lines: new LineLimit(logger, platform.clock),
      limits: {
        frameBytesMax: config.number('socket.request.max.bytes'),
        requestsInFlightMax: config.number('ottla.connection.requests.inflight.max'),
        requestBytesMax: config.number('ottla.connection.request.bytes.max'),
        responseBufferBytes: config.number('ottla.connection.response.buffer.bytes'),
        idleMsMax: config.number('connections.max.idle.ms'),
        receiveGraceMs: config.number('ottla.request.receive.grace.ms'),
        receiveBytesPerSecondMin: config.number('ottla.request.receive.min.bytes.per.second'),
      },
    };
  }

  /** Open connections. */
  get sessions(): ReadonlySet<ConnectionSession> {
    return this.#sessions;
  }

  /**
   * Opens the listeners, all or only those of one role (the controller's come first when a broker starts).
   *
   * @throws NetError when a port is taken or an address is not this machine's; what was opened is closed again
   */
  async start(role?: ListenerRole): Promise<void> {
    try {
      for (const endPoint of this.#options.config.listeners)
        if (
          (role === undefined || endPoint.role === role) &&
          !this.#listeners.has(endPoint.listenerName)
        )
          await this.#listen(endPoint);
    } catch (error) {
      await this.#stopListening();
      throw error;
    }
  }

  /** Until `admit`, whoever connects to listeners of this role is turned away, and so looks for another broker. */
  turnAway(role: ListenerRole): void {
    this.#closedRoles.add(role);
  }

  /** Serves who connects to listeners of this role from now on. */
  admit(role: ListenerRole): void {
    this.#closedRoles.delete(role);
  }

  /** Where a listener of the configuration really listens; its port is the chosen one. Undefined before `start`. */
  bound(listenerName: string): { readonly host: string; readonly port: number } | undefined {
    const listener = this.#listeners.get(listenerName);
    return listener && { host: listener.host, port: listener.port };
  }

  /** What clients are told: `advertised.listeners`, with chosen ports and this machine's name filled in. */
  advertised(): readonly EndPoint[] {
    return this.#options.config.advertisedListeners.map((endPoint) => this.#fillIn(endPoint));
  }

  /** The controller's listeners, filled in the same way. */
  controllerEndPoints(): readonly EndPoint[] {
    return this.#options.config.advertisedControllerListeners.map((endPoint) =>
      this.#fillIn(endPoint),
    );
  }

  /** Serves a connection that did not come through a listener: one end of a pipe inside this process. */
  adopt(connection: Connection, listenerName: string): ConnectionSession {
    const endPoint = this.#options.config.listeners.find(
      (one) => one.listenerName === listenerName,
    );
    if (endPoint === undefined) throw new Error(`no listener ${listenerName}`);
    return this.#open(connection, endPoint, () => {});
  }

  /**
   * The first half of a graceful stop: accepts and reads nothing more, and resolves when every request in flight is
   * answered, or after `timeoutMs`. Complete what waits (`Purgatory.close`) before; call `close` after.
   *
   * @returns how many requests were left without an answer
   */
  async drain(timeoutMs: number): Promise<number> {
    const { platform, wheel } = this.#options;
    this.#isClosed = true;
    await this.#stopListening();
    for (const session of this.#sessions) session.drain();
    const deadlineMs = platform.clock.monotonicMs() + timeoutMs;
    while (this.#requestsInFlight() > 0 && platform.clock.monotonicMs() < deadlineMs)
      await new Promise<void>((resolve) => wheel.set(DRAIN_CHECK_MS, resolve));
    return this.#requestsInFlight();
  }

  /** Stops accepting, cuts every connection, and resolves when no listener is open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const stopped = this.#stopListening();
    for (const session of Array.from(this.#sessions)) session.close('shutdown');
    await stopped;
  }

  #requestsInFlight(): number {
    let count = 0;
    for (const session of this.#sessions) count += session.requestsInFlight;
    return count;
  }

  async #listen(endPoint: ListenerEndPoint): Promise<void> {
    const backlog = this.#options.config.number('socket.listen.backlog.size');
    const { host, port, listenerName } = endPoint;
    const accept = (connection: Connection): void => this.#accept(connection, endPoint);
    const listener = await this.#options.platform.net.listen(
      { host: host || '0.0.0.0', port, backlog },
      accept,
    );
    this.#listeners.set(listenerName, listener);
    const isLoopback = /^(127\.|::1$|localhost$)/.test(host);
    if (!isLoopback)
      this.#options.logger.warn(
        `listener ${listenerName} is open on ${host || 'all interfaces'}:${listener.port} without authentication: whoever reaches it can do anything`,
      );
  }

  #accept(connection: Connection, endPoint: ListenerEndPoint): void {
    if (this.#closedRoles.has(endPoint.role)) {
      connection.destroy();
      return;
    }
    const address = connection.remoteHost;
    const { listenerName, role } = endPoint;
    const limits = this.#limits[role];
    const refusal = this.#isClosed
      ? 'the broker is shutting down'
      : limits.tryAdd(address, listenerName);
    if (refusal === undefined) {
      this.#open(connection, endPoint, () => limits.remove(address, listenerName));
      return;
    }
    connection.destroy();
    if (!this.#isClosed)
      this.#surroundings.lines.warn(`refusing a connection of ${address}: ${refusal}`, {
        listener: listenerName,
      });
  }

  #open(
    connection: Connection,
    endPoint: ListenerEndPoint,
    onClosed: () => void,
  ): ConnectionSession {
    const pipeline = this.#options.pipelines[endPoint.role];
    if (pipeline === undefined) throw new Error(`listener ${endPoint.listenerName} serves nothing`);
    const session = new ConnectionSession({
      id: this.#nextId,
      connection,
      listenerName: endPoint.listenerName,
      listenerRole: endPoint.role,
      securityProtocol: endPoint.securityProtocol,
      pipeline,
      surroundings: this.#surroundings,
      onClosed: (closed) => {
        this.#sessions.delete(closed);
        onClosed();
      },
    });
    this.#nextId += 1;
    this.#sessions.add(session);
    session.start();
    return session;
  }

  #fillIn(endPoint: EndPoint): EndPoint {
    const bound = this.#listeners.get(endPoint.listenerName);
    return {
      ...endPoint,
      host: endPoint.host === '' ? this.#options.platform.dns.hostname() : endPoint.host,
      port: endPoint.port === 0 ? (bound?.port ?? 0) : endPoint.port,
    };
  }

  async #stopListening(): Promise<void> {
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    await Promise.all(listeners.map((listener) => listener.close()));
  }
}

function requestMemory(config: BrokerConfig, wheel: TimerWheel): RequestMemory {
  const configured = config.number('queued.max.request.bytes');
  // Kafka's -1 means no bound; here there always is one.
  const boundBytes = configured > 0 ? configured : DEFAULT_REQUEST_MEMORY_BYTES;
  return new RequestMemory({
    boundBytes,
    largestFrameBytes: BufferPool.capacityFor(config.number('socket.request.max.bytes')),
    schedule: (delayMs, callback) => {
      const timer = wheel.set(delayMs, callback);
      return () => wheel.cancel(timer);
    },
  });
}

/** How often `drain` looks whether all is answered. */
const DRAIN_CHECK_MS = 5;
const DEFAULT_REQUEST_MEMORY_BYTES = 256 * 1024 * 1024;
