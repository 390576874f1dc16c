// Seeds over several processes, one seed at a time in each: a world uses one core.
import { fork } from 'node:child_process';
import path from 'node:path';
import type { SeedSummary } from './digest.ts';

/** Most of what a world makes is forgotten before this is full. */
const YOUNG_MEMORY = '--max-semi-space-size=64';

export interface WorkersOptions {
  readonly jobs: number;
  readonly args: readonly string[];
  readonly takeSeed: () => number | undefined;
  readonly onSummary: (summary: SeedSummary) => void;
}

export async function runInProcesses(options: WorkersOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.jobs }, () => runWorker(options)));
}

function runWorker({ args, takeSeed, onSummary }: WorkersOptions): Promise<void> {
  const main = path.join(import.meta.dirname, 'main.ts');
  const execArgv = [...process.execArgv, YOUNG_MEMORY];
  const child = fork(main, ['--worker', ...args], { execArgv });
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const seed = takeSeed();
      if (seed === undefined) child.disconnect();
      else child.send(seed);
    };
    child.on('message', (summary: SeedSummary) => {
      onSummary(summary);
      next();
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`a worker ended with ${code}`));
    });
    next();
  });
}
