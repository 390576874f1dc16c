// A whole Ottla process: broker, controller or both on one event loop (`process.roles`). `startServer` resolves when
// clients are served (a controller alone: when it takes part); `close` stops in the order in which nobody loses an
// answer. Kafka: KafkaRaftServer, SharedServer.
//
//   lock, format ─▶ metadata log ─▶ listeners ─▶ quorum ─▶ registered ─▶ logs open: clients let in ─▶ unfenced: ready

import { nodePlatform, silentLogger } from '@ottla/platform';
import type { Logger, Platform } from '@ottla/platform';
import { BufferArena, BufferPool, type LogDirectory } from '@ottla/log';
import { SnapshotGenerator } from '@ottla/metadata';
import type { Uuid } from '@ottla/protocol';
import { BrokerConfig } from '../config/broker-config.ts';
import type { EndPoint } from '../config/listeners.ts';
import { CONTROLLER_API_TABLE } from '../controller/controller-api-table.ts';
import { BROKER_API_TABLE } from '../handlers/api-table.ts';
import { registerNetworkMetrics, registerPurgatoryMetrics } from '../metrics/bounds.ts';
import { BrokerMetrics } from '../metrics/broker-metrics.ts';
import type { ListenerRole } from '../network/request-context.ts';
import { RequestPipeline } from '../network/request-pipeline.ts';
import { SocketServer } from '../network/socket-server.ts';
import { Purgatory } from '../purgatory/purgatory.ts';
import { TimerWheel } from '../purgatory/timer-wheel.ts';
import { BrokerRole } from './broker-role.ts';
import { ClosingStack } from './closing-stack.ts';
import { ControllerChannels } from './controller-channels.ts';
import { registerController } from './controller-registration.ts';
import { ControllerRole } from './controller-role.ts';
import { openHttp } from './http-listener.ts';
import { MEMORY_BYTES_DEFAULT, MEMORY_PRESETS, memoryPlatform } from './memory-mode.ts';
import { QuorumMember } from './quorum-member.ts';
import { registerServerMetrics } from './server-metrics.ts';
import type { ServerParts } from './server-parts.ts';
import { listenerError, StartError, toStartError } from './start-error.ts';
import { snapshotThresholds } from './snapshot-thresholds.ts';
import { openStorage } from './storage.ts';
import type { Storage } from './storage.ts';

/** How to start. */
export interface StartOptions {
  /** Default: every key at its default, in memory mode with `MEMORY_PRESETS`. */
  readonly config?: BrokerConfig;
  /** Default: Node's. */
  readonly platform?: Platform;
  /** Default: says nothing. */
  readonly logger?: Logger;
  /** Keeps everything in memory; the oldest segments go when the logs of all topics together exceed this many bytes. */
  readonly memory?: {
    readonly bytesMax?: number;
    /** The platform's disk is in memory already, and outlives this server; default false: a new one. */
    readonly isDiskGiven?: boolean;
  };
  /** The cluster's id when the data directory has to be formatted; default: a random one. */
  readonly clusterId?: Uuid;
  /** How long to wait until clients can be served, in milliseconds; default: `server.max.startup.time.ms`, without end. */
  readonly readyTimeoutMs?: number;
  /** Aborted, a start ends with a StartError; no effect on a server that is ready. */
  readonly signal?: AbortSignal;
  /** The server had to stop by itself, because its disk failed or its metadata contradicts itself. It is closed by then. */
  readonly onFatal?: (error: unknown) => void;
  /**
   * Shown what the server is made of, before anything of it moves: for who watches over a whole cluster in one process.
   * What that is (`ServerParts`) may change with any version.
   */
  readonly onAssembled?: (parts: unknown) => void;
}

/** A server that serves. */
export interface RunningServer {
  readonly clusterId: Uuid;
  readonly nodeId: number;
  readonly config: BrokerConfig;
  /** What clients are told, ports filled in; the first is a good bootstrap server. Empty without the role of a broker. */
  readonly endpoints: readonly EndPoint[];
  /** Where the controller listens; without that role there is no such place, and asking throws. */
  readonly controllerEndpoint: EndPoint;
  /** Where /metrics, /healthz and /readyz are; undefined when off. */
  readonly http: { readonly host: string; readonly port: number } | undefined;
  /** Whether the data directory was new and has been formatted. */
  readonly wasFormatted: boolean;
  /** From the call of `startServer` to ready, in milliseconds. */
  readonly readyMs: number;
  /** Node id of the active controller, as far as this node knows. */
  activeController(): number | undefined;
  /**
   * Stops gracefully; no handle, socket or timer is left. Later calls return the same promise.
   *
   * @param options `leave`: whether others shall first lead what this broker leads; default true, of no use when all stop
   */
  close(options?: { readonly leave?: boolean }): Promise<void>;
}

/** Longer ones are without end: no timer takes them. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
/** For requests in flight when the server stops. */
const DRAIN_TIMEOUT_MS = 2_000;
/** For the controller to move leaderships away, as long as it answers: Kafka's. */
const CONTROLLED_SHUTDOWN_TIMEOUT_MS = 5 * 60_000;

/** @throws StartError: one line on what to do, and the exit code of a process; nothing is left running */
export async function startServer(options: StartOptions = {}): Promise<RunningServer> {
  let server: Server | undefined;
  try {
    server = new Server(options);
    return await server.start();
  } catch (error) {
    await server?.abandon();
    throw toStartError(error);
  }
}

class Server {
  readonly #options: StartOptions;
  readonly #logger: Logger;
  readonly #platform: Platform;
  readonly #config: BrokerConfig;
  readonly #closing: ClosingStack;
  readonly #metrics = new BrokerMetrics();
  readonly #wheel: TimerWheel;
  /** One for requests, answers of other servers and cold reads, so that what lies ready is bounded once. */
  readonly #buffers = new BufferPool({ arena: new BufferArena() });
  readonly #purgatory: Purgatory;
  /** Rejected when the server has to stop by itself. */
  readonly #fatal = Promise.withResolvers<never>();
  #storage: Storage | undefined;
  #sockets: SocketServer | undefined;
  #broker: BrokerRole | undefined;
  #member: QuorumMember | undefined;
  #isReady = false;
  #closed: Promise<void> | undefined;

  constructor(options: StartOptions) {
    const { memory, logger = silentLogger, platform = nodePlatform() } = options;
    this.#options = options;
    this.#logger = logger;
    this.#platform =
      memory === undefined || memory.isDiskGiven === true
        ? platform
        : memoryPlatform(platform, memory.bytesMax);
    this.#config =
      options.config ?? BrokerConfig.load(memory === undefined ? {} : { presets: MEMORY_PRESETS });
    this.#closing = new ClosingStack(logger);
    this.#wheel = new TimerWheel(this.#platform);
    this.#closing.add('the timer wheel', () => this.#wheel.close());
    this.#purgatory = new Purgatory({
      wheel: this.#wheel,
      operationsMax: this.#config.number('ottla.purgatory.operations.max'),
      onError: (error, { kind }) => logger.error(`a waiting ${kind} failed`, { error }),
    });
    this.#fatal.promise.catch((error: unknown) => this.#stopByItself(error));
  }

  async start(): Promise<RunningServer> {
    const startedMs = this.#platform.clock.monotonicMs();
    const storage = await this.#openStorage();
    const parts = {
      platform: this.#platform,
      config: this.#config,
      logger: this.#logger,
      closing: this.#closing,
      storage,
      metrics: this.#metrics,
      onFatal: (error: unknown) => this.#fatal.reject(error),
    };
    const member = await QuorumMember.open(parts);
    this.#member = member;
    const controller = this.#config.roles.has('controller')
      ? new ControllerRole({ ...parts, member })
      : undefined;
    const channels = this.#createChannels(member);
    const broker = this.#config.roles.has('broker')
      ? new BrokerRole({
          ...parts,
          wheel: this.#wheel,
          purgatory: this.#purgatory,
          controller: channels.open('broker'),
          heartbeats: channels.open('heartbeats'),
          partitions: channels.open('partitions'),
          kraftVersion: () => member.node.kraftVersion,
          isDeserted: () => member.isDeserted(),
          snapshots: controller === undefined ? this.#createSnapshots(member) : undefined,
          advertised: () => this.#sockets?.advertised() ?? [],
          onLoaded: () => this.#sockets?.admit('broker'),
        })
      : undefined;
    this.#broker = broker;
    this.#options.onAssembled?.({ quorum: member.node, broker } satisfies ServerParts);
    const sockets = this.#createSockets(controller, broker);
    if (broker !== undefined) member.listen(broker.listener);
    await this.#listen(sockets, 'controller');
    member.start(sockets.controllerEndPoints());
    // The port must be known to register; what this broker has read of the metadata so far is nothing to tell.
    sockets.turnAway('broker');
    await this.#listen(sockets, 'broker');
    const notReady = (): string | undefined => (this.#isReady ? undefined : 'starting');
    const http = await openHttp(
      this.#platform,
      this.#config,
      this.#metrics,
      this.#closing,
      notReady,
    );
    const registered =
      controller === undefined ? undefined : this.#registerController(channels, sockets);
    if (broker !== undefined) {
      await this.#untilServing(broker);
      await Promise.race([registered, this.#fatal.promise]);
    }
    // It had to stop while the last step was done: nobody is told of that any more, and nobody would close it.
    if (this.#closed !== undefined) await this.#fatal.promise;
    this.#isReady = true;
    return {
      clusterId: storage.clusterId,
      nodeId: this.#config.nodeId,
      config: this.#config,
      endpoints: sockets.advertised(),
      get controllerEndpoint() {
        const [endPoint] = sockets.controllerEndPoints();
        if (endPoint === undefined) throw new Error('this node is no controller');
        return endPoint;
      },
      http,
      wasFormatted: storage.wasFormatted,
      readyMs: this.#platform.clock.monotonicMs() - startedMs,
      activeController: () => member.node.core.leaderId,
      close: ({ leave = true } = {}) => (this.#closed ??= this.#close(leave)),
    };
  }

  /** Closes what a failed start has opened. */
  abandon(): Promise<void> {
    return (this.#closed ??= this.#closing.close());
  }

  async #openStorage(): Promise<Storage> {
    const { clusterId, memory } = this.#options;
    return (this.#storage = await openStorage({
      platform: this.#platform,
      config: this.#config,
      logger: this.#logger,
      closing: this.#closing,
      buffers: this.#buffers,
      onFailure: (directory, error) => this.#directoryFailed(directory, error),
      ...(clusterId === undefined ? {} : { clusterId }),
      ...(memory === undefined ? {} : { logBytesMax: memory.bytesMax ?? MEMORY_BYTES_DEFAULT }),
    }));
  }

  /** Without the metadata log there is nothing to go on with; without another directory there are fewer partitions. */
  #directoryFailed(directory: LogDirectory, error: unknown): void {
    if (directory === this.#storage?.directories[0]) this.#fatal.reject(error);
    else this.#broker?.replicas.directoryFailed(directory);
  }

  /** To the controller in this process: a pipe, on which the same bytes travel as on a socket. */
  #createChannels(member: QuorumMember): ControllerChannels {
    const channels = new ControllerChannels({
      platform: this.#platform,
      logger: this.#logger,
      nodeId: this.#config.nodeId,
      member,
      connectHere: () => {
        const [near, far] = this.#platform.net.pipe();
        const [listenerName] = this.#config.controllerListenerNames;
        this.#sockets?.adopt(far, listenerName ?? '');
        return near;
      },
    });
    this.#closing.add('the ways to the controller', () => channels.close());
    return channels;
  }

  /** As every node of the quorum, one that does not vote makes its own. */
  #createSnapshots(member: QuorumMember): SnapshotGenerator {
    const snapshots = new SnapshotGenerator({
      quorum: member.adapter,
      clock: this.#platform.clock,
      logger: this.#logger,
      ...snapshotThresholds(this.#config),
    });
    this.#closing.add('the snapshots of the metadata', () => snapshots.idle());
    return snapshots;
  }

  #registerController(channels: ControllerChannels, sockets: SocketServer): Promise<void> {
    const closing = new AbortController();
    const registered = registerController({
      platform: this.#platform,
      logger: this.#logger,
      controller: channels.open('controller'),
      nodeId: this.#config.nodeId,
      endPoints: sockets.controllerEndPoints(),
      signal: closing.signal,
    });
    this.#closing.add('the registration of the controller', () => closing.abort());
    return registered;
  }

  #createSockets(
    controller: ControllerRole | undefined,
    broker: BrokerRole | undefined,
  ): SocketServer {
    const shared = { logger: this.#logger, metrics: this.#metrics };
    const pipelines = {
      ...(broker === undefined
        ? {}
        : {
            broker: new RequestPipeline({
              ...shared,
              services: broker.services,
              table: BROKER_API_TABLE,
            }),
          }),
      ...(controller === undefined
        ? {}
        : {
            controller: new RequestPipeline({
              ...shared,
              services: controller.services,
              table: CONTROLLER_API_TABLE,
            }),
          }),
    };
    const sockets = new SocketServer({
      ...shared,
      platform: this.#platform,
      config: this.#config,
      wheel: this.#wheel,
      buffers: this.#buffers,
      pipelines,
    });
    this.#sockets = sockets;
    this.#closing.add('the listeners', () => sockets.close());
    registerNetworkMetrics(this.#metrics, sockets);
    registerPurgatoryMetrics(this.#metrics, this.#purgatory, this.#wheel);
    registerServerMetrics(this.#metrics, controller, broker);
    return sockets;
  }

  async #listen(sockets: SocketServer, role: ListenerRole): Promise<void> {
    try {
      await sockets.start(role);
    } catch (error) {
      const address = this.#config.listeners
        .filter((endPoint) => endPoint.role === role)
        .map(({ host, port }) => `${host || '*'}:${port}`)
        .join(', ');
      throw listenerError('listeners', address, error);
    }
  }

  async #untilServing(broker: BrokerRole): Promise<void> {
    const timeoutMs =
      this.#options.readyTimeoutMs ?? this.#config.number('server.max.startup.time.ms');
    const late = Promise.withResolvers<never>();
    const isLate = (): void =>
      late.reject(
        new StartError('NOT_READY', `the broker did not become ready within ${timeoutMs} ms`),
      );
    // Logs to recover may take any time.
    const timer = timeoutMs > TIMEOUT_MS_MAX ? undefined : this.#wheel.set(timeoutMs, isLate);
    const { signal } = this.#options;
    const abort = () => late.reject(new StartError('NOT_READY', 'stopped before it was ready'));
    signal?.addEventListener('abort', abort);
    if (signal?.aborted === true) abort();
    try {
      await Promise.race([broker.start(), late.promise, this.#fatal.promise]);
    } finally {
      signal?.removeEventListener('abort', abort);
      if (timer !== undefined) this.#wheel.cancel(timer);
    }
  }

  async #close(leave: boolean): Promise<void> {
    this.#isReady = false;
    const hasLeave = leave
      ? await this.#broker?.lifecycle.controlledShutdown(CONTROLLED_SHUTDOWN_TIMEOUT_MS)
      : undefined;
    if (hasLeave === false) this.#logger.warn('stopping without the leave of the controller');
    this.#member?.resign();
    await this.#broker?.groups.close();
    this.#purgatory.close();
    const left = await this.#sockets?.drain(DRAIN_TIMEOUT_MS);
    if (left !== undefined && left > 0)
      this.#logger.warn(`${left} requests were left without an answer`);
    await this.#closing.close();
  }

  /** Nothing graceful: what could be asked for leave is what failed. */
  #stopByItself(error: unknown): void {
    if (this.#closed !== undefined) return;
    this.#logger.error('the server cannot go on and stops', { error });
    this.#closed = this.#closing.close();
    if (this.#isReady) void this.#closed.then(() => this.#options.onFatal?.(error));
  }
}
