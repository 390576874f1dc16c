// Faults in the system calls of a running process, by strace: errors, delays, death at the n-th call.
import { Child, until } from '../../src/processes.ts';

export interface SystemCallFault {
  /** Names, separated by commas. */
  readonly calls: string;
  /** What strace does, e.g. `error=EIO`, `delay_enter=200000`, `signal=SIGKILL`. */
  readonly action: string;
  /** Which calls: `3` the third, `2+` from the second on. Default all. */
  readonly when?: string;
  /** Only calls on these files. */
  readonly files?: readonly string[];
}

/** What writes a log, and what makes it durable. */
export const WRITES = 'write,writev,pwrite64,pwritev';
export const SYNCS = 'fdatasync,fsync';

/** Attaches to a process; faults happen from when this resolves until the returned function is called. */
export async function injectFault(
  pid: number,
  { calls, action, when, files = [] }: SystemCallFault,
): Promise<() => Promise<void>> {
  const inject = `inject=${calls}:${action}${when === undefined ? '' : `:when=${when}`}`;
  const paths = files.flatMap((file) => ['-P', file]);
  const args = ['-f', '-p', String(pid), '-o', '/dev/null', '-e', `trace=${calls}`, '-e', inject];
  const strace = new Child('strace', [...args, ...paths]);
  await until(
    `strace is attached to ${pid}`,
    () => {
      if (!strace.isRunning) throw new Error(`strace ended: ${strace.stderr.slice(-500)}`);
      return strace.stderr.includes('attached');
    },
    10_000,
  );
  return async () => {
    await strace.stop('SIGINT', 5_000);
  };
}
