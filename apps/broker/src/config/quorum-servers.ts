// Where the controllers are: `controller.quorum.voters` and `controller.quorum.bootstrap.servers`.
// Kafka: QuorumConfig.parseVoterConnections, parseBootstrapServers.

import { ConfigError } from './config-error.ts';

const VOTERS = 'controller.quorum.voters';
const SERVERS = 'controller.quorum.bootstrap.servers';
const ADDRESS = /^(\[[0-9a-fA-F:%.]+\]|[^:/\s]+):(\d+)$/;

/** Where a controller is reached. */
export interface QuorumAddress {
  readonly host: string;
  readonly port: number;
}

/** A voter of a quorum whose members are in the configuration (`kraft.version` 0). */
export interface StaticVoter extends QuorumAddress {
  readonly id: number;
}

/** @throws ConfigError in one line, on an entry that is not `id@host:port`, or an id that comes twice */
export function parseStaticVoters(entries: readonly string[]): readonly StaticVoter[] {
  const voters = entries.map((entry) => {
    const [id = '', address = '', ...more] = entry.split('@');
    if (!/^\d+$/.test(id.trim()) || more.length > 0)
      throw refused(VOTERS, `"${entry}" is not id@host:port`);
    return { id: Number(id), ...parseAddress(VOTERS, address) };
  });
  const ids = new Set<number>();
  for (const { id } of voters) {
    if (ids.has(id)) throw refused(VOTERS, `voter ${id} is named twice`);
    ids.add(id);
  }
  return voters;
}

/** @throws ConfigError in one line */
export function parseBootstrapServers(entries: readonly string[]): readonly QuorumAddress[] {
  return entries.map((entry) => parseAddress(SERVERS, entry));
}

function parseAddress(key: string, text: string): QuorumAddress {
  const match = ADDRESS.exec(text.trim());
  const port = Number(match?.[2] ?? 0);
  if (match === null || port < 1 || port > 65_535)
    throw refused(key, `"${text}" is not host:port with a port from 1 to 65535`);
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port };
}

function refused(key: string, reason: string): ConfigError {
  return new ConfigError(`Invalid configuration ${key}: ${reason}`, key);
}
