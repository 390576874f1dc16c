// The way from a command to the cluster.
import type { Admin, ClientOptions } from '@ottla/client';
import { CliError, errorNameOf, usageError } from './cli-error.ts';
import type { CliIo } from './io.ts';
import type { ClusterOptions } from './options.ts';

const DEFAULT_BOOTSTRAP = '127.0.0.1:9092';

/** Nobody in front of a terminal waits a minute. */
const API_TIMEOUT_MS = 15_000;
/** Of one broker; another may answer within the rest. */
const REQUEST_TIMEOUT_MS = 7_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Who wants to know how things are asks most when some of the cluster does not answer. */
export const PATIENCE = { requestTimeoutMs: 2_000, defaultApiTimeoutMs: 8_000 };

interface Address {
  readonly text: string;
  readonly host: string;
  readonly port: number;
}

/**
 * `--bootstrap-server`, else OTTLA_BOOTSTRAP_SERVERS, else all brokers of the cluster in ./ottla-data, whichever of them runs, else
 * this machine.
 *
 * @param folder in place of ./ottla-data
 */
export async function bootstrapServers(
  io: CliIo,
  options: ClusterOptions,
  folder?: string,
): Promise<readonly Address[]> {
  const given = options.bootstrapServer ?? io.env['OTTLA_BOOTSTRAP_SERVERS'] ?? '';
  const texts = given
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '');
  return (texts.length === 0 ? await ownCluster(folder) : texts).map(parseAddress);
}

async function ownCluster(folder: string | undefined): Promise<readonly string[]> {
  const { DATA_DIR_DEFAULT, planIn } = await import('./server/brokers/plan-files.ts');
  // A file that is no plan is a matter of whoever starts brokers from it.
  const plan = await planIn(folder ?? DATA_DIR_DEFAULT).catch(() => undefined);
  return plan === undefined
    ? [DEFAULT_BOOTSTRAP]
    : plan.nodes.map(({ port }) => `127.0.0.1:${port}`);
}

function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535)
    throw usageError(
      `"${text}" is no broker address`,
      'Write host:port, several separated by commas.',
    );
  return { text, host: (match[1] ?? match[2])!, port };
}

/** What producers, consumers and admins are opened with. @throws CliError when no broker can be reached */
export async function clientOptions(io: CliIo, options: ClusterOptions): Promise<ClientOptions> {
  const servers = await bootstrapServers(io, options);
  const platform = await io.platform();
  await checkReachable(platform, servers);
  return {
    bootstrapServers: servers.map(({ text }) => text),
    clientId: 'ottla-cli',
    defaultApiTimeoutMs: API_TIMEOUT_MS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    platform,
  };
}

/** Clients try again and again; a person wants to hear at once that nobody is there. */
async function checkReachable(
  { net }: Awaited<ReturnType<CliIo['platform']>>,
  servers: readonly Address[],
): Promise<void> {
  const failures: string[] = [];
  for (const { host, port, text } of servers)
    try {
      const connection = await net.connect({ host, port, timeoutMs: CONNECT_TIMEOUT_MS });
      connection.destroy();
      return;
    } catch (error) {
      failures.push(`${text}: ${REASONS[errorNameOf(error) ?? ''] ?? (error as Error).message}`);
    }
  throw new CliError(
    `no broker can be reached at ${failures.join('; ')}`,
    'Start one with `ottla dev`, or name another with --bootstrap-server.',
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the host name cannot be resolved',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'the host cannot be reached',
};

/**
 * Opens an admin, uses it and closes it whatever happens.
 *
 * @param own settings of this command alone
 */
export async function withAdmin<T>(
  io: CliIo,
  options: ClusterOptions,
  use: (admin: Admin) => Promise<T>,
  own: Partial<ClientOptions> = {},
): Promise<T> {
  const settings = { ...(await clientOptions(io, options)), ...own };
  const { Admin } = await import('@ottla/client');
  await using admin = new Admin(settings);
  return await use(admin);
}
