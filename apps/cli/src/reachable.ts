// Which of the given brokers a command starts from. A client asks the first one and waits; a person wants to hear at once that
// nobody is there, and not to wait for one that hangs while others answer.
import type { Platform } from '@ottla/platform';
import { CliError, errorNameOf } from './cli-error.ts';
import { UNREACHABLE } from './unreachable.ts';
import { VERSIONS_QUESTION } from './versions-question.ts';

/** Where a broker is reached. */
export interface Address {
  readonly text: string;
  readonly host: string;
  readonly port: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** For the first answer, when all that are reached are silent. */
const ANSWER_TIMEOUT_MS = 2_000;

/**
 * @param next what to do when nobody is there
 * @returns the addresses, one that answers in front; as they are where nobody does, for the client knows better why
 * @throws CliError when none can be reached
 */
export async function answeringFirst(
  { net, timers }: Pick<Platform, 'net' | 'timers'>,
  servers: readonly Address[],
  next: string,
): Promise<readonly Address[]> {
  const end = new AbortController();
  const failures = new Map<Address, string>();
  const knock = async (server: Address): Promise<Address> => {
    const { host, port, text } = server;
    const { signal } = end;
    try {
      const connection = await net.connect({ host, port, timeoutMs: CONNECT_TIMEOUT_MS, signal });
      signal.addEventListener('abort', () => connection.destroy(), { once: true });
      // A single one is asked by the client itself.
      if (servers.length === 1) return server;
      return await new Promise((resolve, reject) => {
        connection.start({ onData: () => resolve(server), onClose: () => reject(new Error()) });
        connection.write([VERSIONS_QUESTION]);
        void timers.sleep(ANSWER_TIMEOUT_MS, signal).then(reject, () => {});
      });
    } catch (error) {
      const code = errorNameOf(error);
      if (error instanceof Error && code !== undefined)
        failures.set(server, `${text}: ${UNREACHABLE[code] ?? error.message}`);
      throw error;
    }
  };
  try {
    const first = await Promise.any(servers.map(knock));
    return [first, ...servers.filter((server) => server !== first)];
  } catch {
    if (failures.size < servers.length)
      return servers.toSorted((a, b) => Number(failures.has(a)) - Number(failures.has(b)));
    const why = servers.map((server) => failures.get(server)).join('; ');
    throw new CliError(`no broker can be reached at ${why}`, next);
  } finally {
    end.abort();
  }
}
