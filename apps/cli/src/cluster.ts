// The way from a command to the cluster.
import type { Admin, ClientOptions } from '@ottla/client';
import { usageError } from './cli-error.ts';
import type { CliIo } from './io.ts';
import type { ClusterOptions } from './options.ts';
import { type Address, answeringFirst } from './reachable.ts';
import type { ClusterPlan } from './server/brokers/cluster-plan.ts';

const DEFAULT_BOOTSTRAP = '127.0.0.1:9092';

/** Nobody in front of a terminal waits a minute. */
const API_TIMEOUT_MS = 15_000;
/** Of one broker; another may answer within the rest. */
const REQUEST_TIMEOUT_MS = 7_000;

/** Who wants to know how things are asks most when some of the cluster does not answer. */
export const PATIENCE = { requestTimeoutMs: 2_000, defaultApiTimeoutMs: 8_000 };

/** For who reached nobody. @param folder in place of ./ottla-data */
export async function howToStart(
  io: CliIo,
  options: ClusterOptions,
  folder?: string,
): Promise<string> {
  const plan = givenServers(io, options).length > 0 ? undefined : await ownPlan(folder);
  return plan === undefined
    ? 'Start one with `ottla dev`, or name another with --bootstrap-server.'
    : `Start the cluster in ${folder ?? './ottla-data'} with \`ottla dev --brokers ${plan.nodes.length}\`, or name another with --bootstrap-server.`;
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
  const texts = givenServers(io, options);
  return (texts.length === 0 ? await ownCluster(folder) : texts).map(parseAddress);
}

function givenServers(io: CliIo, options: ClusterOptions): readonly string[] {
  const given = options.bootstrapServer ?? io.env['OTTLA_BOOTSTRAP_SERVERS'] ?? '';
  return given
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '');
}

async function ownCluster(folder: string | undefined): Promise<readonly string[]> {
  const plan = await ownPlan(folder);
  return plan === undefined
    ? [DEFAULT_BOOTSTRAP]
    : plan.nodes.map(({ port }) => `127.0.0.1:${port}`);
}

async function ownPlan(folder: string | undefined): Promise<ClusterPlan | undefined> {
  const { DATA_DIR_DEFAULT, planIn } = await import('./server/brokers/plan-files.ts');
  // A file that is no plan is a matter of whoever starts brokers from it.
  return planIn(folder ?? DATA_DIR_DEFAULT).catch(() => undefined);
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
  const platform = await io.platform();
  const given = await bootstrapServers(io, options);
  const servers = await answeringFirst(platform, given, await howToStart(io, options));
  return {
    bootstrapServers: servers.map(({ text }) => text),
    clientId: 'ottla-cli',
    defaultApiTimeoutMs: API_TIMEOUT_MS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    platform,
  };
}

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
