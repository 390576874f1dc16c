// A standalone Connect worker: the herder, its offsets and the REST API, started and closed as one.
import {
  ConfigError,
  ConfigProviders,
  FileOffsetStore,
  Loggers,
  type OffsetStore,
  parseWorkerConfig,
  StandaloneHerder,
  type WorkerConfig,
} from '@ottla/connect/runtime';
import { type Logger, nodePlatform, type Platform, silentLogger } from '@ottla/platform';
import type { FastifyInstance } from 'fastify';
import type { Readable } from 'node:stream';
import type { ConnectorRequest } from './connector-file.ts';
import { restServer } from './rest/rest-server.ts';
import { WorkerInput } from './worker-input.ts';

/** How to start a worker. */
export interface ConnectWorkerOptions {
  /** The worker's configuration, as a connect-standalone.properties holds it. */
  readonly properties: Readonly<Record<string, string>>;
  /** Created in this order before the worker counts as ready. */
  readonly connectors?: readonly ConnectorRequest[];
  /** Let unknown keys of the configuration pass. Default false. */
  readonly allowUnknown?: boolean;
  /** Default: says nothing. */
  readonly logger?: Logger;
  /** Default: Node's. */
  readonly platform?: Platform;
  /** Where `${env:NAME}` looks. Default: nowhere. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What a file source without a `file` reads; asked for when the first one does. Default: nothing. */
  readonly standardInput?: () => Readable;
  /** Keeps offsets elsewhere than in the configured file. For tests. */
  readonly offsets?: OffsetStore;
}

/** A worker at work. */
export interface RunningConnectWorker extends AsyncDisposable {
  readonly config: WorkerConfig;
  readonly herder: StandaloneHerder;
  /** The REST API, `http://host:port`. */
  readonly url: string;
  /** For requests without a socket. */
  readonly rest: FastifyInstance;
  readonly clusterId: string;
  /** Stops connectors in order, commits what they have done, closes the REST API. Later calls do nothing. */
  close(): Promise<void>;
}

/**
 * Starts a worker; returns when it answers and every connector given was created.
 *
 * @throws ConfigError for a configuration that is wrong; RemoteError with the code of a KafkaError when the cluster cannot be reached; ConnectError when a
 *   connector cannot be created (the worker is closed again then)
 */
export async function startConnectWorker(
  options: ConnectWorkerOptions,
): Promise<RunningConnectWorker> {
  const { logger = silentLogger, platform = nodePlatform(), allowUnknown = false } = options;
  const providers = await ConfigProviders.open(
    options.properties,
    platform.disk,
    options.env ?? {},
  );
  const { config: properties } = await providers.resolve(options.properties);
  const config = parseWorkerConfig(properties, { allowUnknown, logger });
  const address = restAddress(config);
  const offsets = options.offsets ?? (await FileOffsetStore.open(platform.disk, config.offsetFile));
  const loggers = new Loggers(logger, platform.clock);
  const open = options.standardInput;
  const standardInput = open === undefined ? undefined : new WorkerInput(open);
  const worker = new Worker({
    config,
    platform,
    loggers,
    offsets,
    address,
    providers,
    standardInput,
  });
  try {
    await worker.start(options.connectors ?? []);
  } catch (error) {
    await worker.close();
    throw error;
  }
  return worker;
}

interface Address {
  /** Empty: all interfaces. */
  readonly host: string;
  readonly port: number;
}

interface WorkerParts {
  readonly config: WorkerConfig;
  readonly platform: Platform;
  readonly loggers: Loggers;
  readonly offsets: OffsetStore;
  readonly address: Address;
  readonly providers: ConfigProviders;
  readonly standardInput: WorkerInput | undefined;
}

class Worker implements RunningConnectWorker {
  readonly config: WorkerConfig;
  readonly herder: StandaloneHerder;
  readonly rest: FastifyInstance;
  clusterId = '';
  readonly #parts: WorkerParts;
  readonly #logger: Logger;
  /** Known in full when it listens. */
  #port: number;
  #isReady = false;
  #closed: Promise<void> | undefined;

  constructor(parts: WorkerParts) {
    const { config, platform, loggers, offsets, address, providers, standardInput } = parts;
    this.#parts = parts;
    this.config = config;
    this.#port = address.port;
    this.#logger = loggers.named('org.apache.kafka.connect.runtime.Connect');
    this.herder = new StandaloneHerder({
      config,
      platform,
      loggers,
      offsets,
      providers,
      standardInput,
      workerId: () => `${this.#advertisedHost}:${this.#advertisedPort}`,
    });
    this.rest = restServer({
      herder: this.herder,
      config,
      loggers,
      platform,
      logger: loggers.named('org.apache.kafka.connect.runtime.rest.RestServer'),
      clusterId: () => this.clusterId,
      isLoopback: isLoopback(address.host),
      isReady: () => this.#isReady,
    });
  }

  get url(): string {
    const host = this.#parts.address.host || 'localhost';
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  get #advertisedHost(): string {
    const { config, address, platform } = this.#parts;
    return (
      config.parsed.stringOrNull('rest.advertised.host.name') ||
      address.host ||
      platform.dns.hostname()
    );
  }

  get #advertisedPort(): number {
    return this.config.parsed.numberOrNull('rest.advertised.port') ?? this.#port;
  }

  async start(connectors: readonly ConnectorRequest[]): Promise<void> {
    const { host, port } = this.#parts.address;
    this.clusterId = await this.herder.clusterId();
    await this.rest.listen({ host: host === '' ? '::' : host, port });
    const bound = this.rest.server.address();
    if (bound !== null && typeof bound === 'object') this.#port = bound.port;
    this.#logger.info(`REST API at ${this.url}`);
    for (const { name, config, initial } of connectors) {
      await this.herder.putConnector(name, config, { allowReplace: false, initial });
      this.#logger.info(`Created connector ${name}`);
    }
    this.#isReady = true;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.rest.close();
    await this.herder.close();
    this.#parts.standardInput?.close();
    await this.#parts.offsets.close();
  }
}

/** @throws ConfigError for listeners that are not there yet */
function restAddress(config: WorkerConfig): Address {
  const listeners = config.parsed.list('listeners');
  if (listeners.length > 1)
    throw new ConfigError(`listeners: one listener can be served, not ${listeners.length}`);
  const [listener = ''] = listeners;
  const match = /^http:\/\/(?:\[([^\]]*)\]|([^:/[\]]*)):(\d{1,5})$/i.exec(listener);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new ConfigError(
      `listeners: ${listener} cannot be served; write http://host:port (https is not there yet)`,
    );
  return { host: match[1] ?? match[2] ?? '', port };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
