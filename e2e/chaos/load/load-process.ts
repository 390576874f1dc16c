// The loads of a run, each a process of its own.
import path from 'node:path';
import { Child } from '../../src/processes.ts';
import { kafkaClassPath } from '../../src/toolchain.ts';
import type { LoadName } from '../findings.ts';
import { loadArguments, type LoadOptions } from './load-options.ts';

const folder = import.meta.dirname;
const JVM = ['-Xmx192m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

export interface LoadProcess {
  readonly name: LoadName;
  readonly isRunning: boolean;
  /** What it complained of. */
  readonly complaints: string;
  /** Nothing new is sent; resolves with whether it ended by itself within the limit. */
  stop(limitMs: number): Promise<boolean>;
  /** Ends it, if it still runs. */
  kill(): Promise<void>;
}

/** Our own client. */
export function startOttlaLoad(options: LoadOptions): LoadProcess {
  const main = path.join(folder, 'main.ts');
  return startLoad('ottla', options, process.execPath, ['--conditions=@ottla/source', main]);
}

/** Apache Kafka's Java client. */
export function startJavaLoad(options: LoadOptions): LoadProcess {
  const source = path.join(folder, '../../java/chaos/ChaosLoad.java');
  return startLoad('java', options, 'java', [...JVM, '-cp', kafkaClassPath(), source]);
}

function startLoad(
  name: LoadName,
  options: LoadOptions,
  command: string,
  args: readonly string[],
): LoadProcess {
  const child = new Child(command, [...args, ...loadArguments(options)]);
  return {
    name,
    get isRunning() {
      return child.isRunning;
    },
    get complaints() {
      return child.stderr;
    },
    stop: async (limitMs) => {
      child.feed('');
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        void child.stop('SIGKILL');
      }, limitMs);
      const { code } = await child.finished;
      clearTimeout(timer);
      return !isLate && code === 0;
    },
    kill: async () => {
      if (child.isRunning) await child.stop('SIGKILL');
    },
  };
}
