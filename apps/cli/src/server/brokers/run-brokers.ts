// `ottla dev --brokers N` and `ottla server --brokers N`: one cluster of N processes on this machine, watched by this one.
import { readFile } from 'node:fs/promises';
import { CliError, usageError } from '../../cli-error.ts';
import type { CliIo } from '../../io.ts';
import type { ServerOptions } from '../server-options.ts';
import { BrokerGroup, StartFailure } from './broker-group.ts';
import { BrokerProcess, type LogLine } from './broker-process.ts';
import { type ClusterPlan, type PlannedNode } from './cluster-plan.ts';
import type { NodeHealth } from './health.ts';
import { openPlan, propertiesPath } from './plan-files.ts';

/** What `dev` and `server` do differently with several brokers. */
export interface BrokersManner {
  readonly onReady: (cluster: RunningBrokers) => void;
  /** A broker's process has changed its state after all were ready. */
  readonly onState: (cluster: RunningBrokers, process: BrokerProcess) => void;
  readonly onLine: (process: BrokerProcess, line: LogLine) => void;
  readonly onStopping: () => void;
}

/** Brokers that run. */
export interface RunningBrokers {
  readonly plan: ClusterPlan;
  readonly dataDir: string;
  /** How each is now. */
  health(): Promise<NodeHealth[]>;
}

export const DATA_DIR_DEFAULT = './ottla-data';

/** Returns when all were stopped by a signal. @throws CliError when they cannot start */
export async function runBrokers(
  io: CliIo,
  options: ServerOptions & { readonly brokers: number },
  manner: BrokersManner,
): Promise<void> {
  refuseWhatCannotBe(options);
  const interrupted = io.interrupt();
  const { plan, dataDir } = await openPlan(
    io,
    options.data ?? DATA_DIR_DEFAULT,
    options.brokers,
    options.port,
  );
  let isReady = false;
  const processes = plan.nodes.map(
    (node) =>
      new BrokerProcess({
        nodeId: node.nodeId,
        command: commandOf(plan.clusterId, propertiesPath(dataDir, node), options),
        env: io.env,
        onState: (process) => {
          group.changed();
          if (isReady) manner.onState(cluster, process);
        },
        onLine: manner.onLine,
      }),
  );
  const group = new BrokerGroup(processes);
  const cluster: RunningBrokers = {
    plan,
    dataDir,
    health: () => Promise.all(plan.nodes.map((node, index) => healthOf(node, processes[index]!))),
  };
  try {
    isReady = await group.start(interrupted);
    if (isReady) {
      manner.onReady(cluster);
      await untilAborted(interrupted);
    }
    isReady = false;
    manner.onStopping();
  } catch (error) {
    if (error instanceof StartFailure) throw new CliError(error.message, NEXT_STEP);
    throw error;
  } finally {
    await group.stop();
  }
}

const NEXT_STEP =
  'Each broker starts alone as well, and says more then: `ottla server --config <data>/broker-1.properties`.';

function refuseWhatCannotBe(options: ServerOptions): void {
  if (options.config !== undefined)
    throw usageError(
      '--brokers makes a configuration for each broker, --config is that of one',
      'Give keys for all of them with --override key=value.',
    );
  if (options.memory === true)
    throw usageError(
      '--brokers and --memory exclude each other',
      'Several brokers keep their data on disk, so that one can come back.',
    );
  if (options.port === 0)
    throw usageError('--brokers needs a port: brokers keep theirs from one start to the next');
}

/** This program again, as a server that ends when its standard input does. */
function commandOf(
  clusterId: string,
  properties: string,
  { override = [], allowUnknown = false }: ServerOptions,
): readonly [string, ...string[]] {
  return [
    process.execPath,
    ...process.execArgv,
    process.argv[1]!,
    'server',
    '--until-stdin-ends',
    '--cluster-id',
    clusterId,
    '--config',
    properties,
    ...override.flatMap((pair) => ['--override', pair]),
    ...(allowUnknown ? ['--allow-unknown'] : []),
  ];
}

async function healthOf(node: PlannedNode, process: BrokerProcess): Promise<NodeHealth> {
  return { node, process, residentBytes: await residentBytes(process.pid) };
}

/** From /proc, so on Linux only. */
async function residentBytes(pid: number | undefined): Promise<number | undefined> {
  if (pid === undefined) return undefined;
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
