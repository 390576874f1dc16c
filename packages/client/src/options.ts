// What all clients of the package are opened with, and the defaults, written once.
import { type Logger, nodePlatform, type Platform, silentLogger } from '@ottla/platform';
import { UsageError } from './errors.ts';

export interface ClientOptions {
  /** `host:port` of some brokers; the others are learned from them. */
  readonly bootstrapServers: readonly string[] | string;
  /** Named in the brokers' logs and metrics. Default `ottla`. */
  readonly clientId?: string;
  /** Until an answer, milliseconds. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Until a call that retries gives up, milliseconds. Default 60,000. */
  readonly defaultApiTimeoutMs?: number;
  /** First wait before a retry; doubles up to `retryBackoffMsMax`. Default 100. */
  readonly retryBackoffMs?: number;
  /** Default 1,000. */
  readonly retryBackoffMsMax?: number;
  /** Wait before a broker that could not be reached is tried again; doubles up to `reconnectBackoffMsMax`. Default 50. */
  readonly reconnectBackoffMs?: number;
  /** Default 1,000. */
  readonly reconnectBackoffMsMax?: number;
  /** A connection that was not used for so long is closed, milliseconds. Default 540,000. */
  readonly connectionsMaxIdleMs?: number;
  /** Age of cached metadata, milliseconds. Default 300,000. */
  readonly metadataMaxAgeMs?: number;
  /** Without metadata for so long, known brokers are forgotten and the bootstrap servers asked. Default 300,000. */
  readonly rebootstrapTriggerMs?: number;
  readonly logger?: Logger;
  /** Default: Node's. */
  readonly platform?: Platform;
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  readonly bootstrapServers: readonly { readonly host: string; readonly port: number }[];
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  readonly defaultApiTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMsMax: number;
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMsMax: number;
  readonly connectionsMaxIdleMs: number;
  readonly metadataMaxAgeMs: number;
  readonly rebootstrapTriggerMs: number;
  readonly logger: Logger;
  readonly platform: Platform;
}

/** @throws UsageError for an address that is none */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const servers =
    typeof options.bootstrapServers === 'string'
      ? options.bootstrapServers.split(',')
      : options.bootstrapServers;
  if (servers.length === 0)
    throw new UsageError('bootstrapServers is empty: name at least one broker as host:port');
  return {
    bootstrapServers: servers.map(parseAddress),
    clientId: options.clientId ?? 'ottla',
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    defaultApiTimeoutMs: options.defaultApiTimeoutMs ?? 60_000,
    retryBackoffMs: options.retryBackoffMs ?? 100,
    retryBackoffMsMax: options.retryBackoffMsMax ?? 1_000,
    reconnectBackoffMs: options.reconnectBackoffMs ?? 50,
    reconnectBackoffMsMax: options.reconnectBackoffMsMax ?? 1_000,
    connectionsMaxIdleMs: options.connectionsMaxIdleMs ?? 540_000,
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? 300_000,
    rebootstrapTriggerMs: options.rebootstrapTriggerMs ?? 300_000,
    logger: options.logger ?? silentLogger,
    platform: options.platform ?? nodePlatform(),
  };
}

function parseAddress(text: string): { host: string; port: number } {
  const match = /^\s*(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})\s*$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535)
    throw new UsageError(`"${text}" is no broker address: write host:port, such as localhost:9092`);
  return { host: (match[1] ?? match[2])!, port };
}
