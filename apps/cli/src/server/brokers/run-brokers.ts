// `ottla dev --brokers N` and `ottla server --brokers N`: one cluster of N processes on this machine, watched by this one.
import { readFile } from 'node:fs/promises';
import { CliError, usageError } from '../../cli-error.ts';
import type { CliIo } from '../../io.ts';
import type { ServerOptions } from '../server-options.ts';
import { BrokerGroup, type GroupMember, StartFailure } from './broker-group.ts';
import { BrokerProcess, type LogLine } from './broker-process.ts';
import { BrokerPulse } from './broker-pulse.ts';
import type { ClusterPlan } from './cluster-plan.ts';
import type { NodeHealth } from './health.ts';
import {
  DATA_DIR_DEFAULT,
  lockCluster,
  openPlan,
  type PlanOnDisk,
  propertiesPath,
  untilFree,
  watchPlan,
} from './plan-files.ts';

/** What `dev` and `server` do differently with several brokers. */
export interface BrokersManner {
  readonly onReady: (cluster: RunningBrokers) => void;
  /** A broker's process has changed its state after all were ready. */
  readonly onState: (cluster: RunningBrokers, process: BrokerProcess) => void;
  /** A broker that was ready does not answer any more, or does again. */
  readonly onSilence: (cluster: RunningBrokers, process: BrokerProcess, isSilent: boolean) => void;
  readonly onLine: (process: BrokerProcess, line: LogLine) => void;
  readonly onStopping: () => void;
  readonly onStopped: () => void;
  /** Another process runs the cluster, and has made it what this command asked for. */
  readonly onChanged: (plan: ClusterPlan) => void;
}

/** Brokers that run. */
export interface RunningBrokers {
  readonly plan: ClusterPlan;
  readonly dataDir: string;
  /** In the plan's order. */
  readonly members: readonly GroupMember[];
  /** How each is now. */
  health(): Promise<NodeHealth[]>;
}

type BrokersOptions = ServerOptions & { readonly brokers: number };

/** A broker whose parent is gone ends within 15 s. */
const ORPHANS_END_MS = 20_000;

/**
 * Runs the cluster of a folder; where another process does already, has that one change it.
 *
 * @returns when all were stopped by a signal, or the running cluster is what was asked for
 * @throws CliError when they cannot start
 */
export async function runBrokers(
  io: CliIo,
  options: BrokersOptions,
  manner: BrokersManner,
): Promise<void> {
  refuseWhatCannotBe(options);
  const interrupted = io.interrupt();
  const platform = await io.platform();
  const folder = options.data ?? DATA_DIR_DEFAULT;
  const lock = await lockCluster(platform, folder);
  if (lock === undefined) {
    const { changeRunning } = await import('./change-running.ts');
    manner.onChanged(await changeRunning(io, folder, options));
    return;
  }
  try {
    const opened = await openPlan(io, folder, options.brokers, options.port);
    let held = await untilFree(platform, opened, 0);
    if (held.length > 0) {
      void io.stderr.write(`broker ${held.join(', ')} of an earlier start runs still: waiting …\n`);
      held = await untilFree(platform, opened, ORPHANS_END_MS);
    }
    if (held.length > 0)
      throw new CliError(
        `broker ${held.join(', ')} of ${opened.dataDir} runs already, started by somebody else`,
        'Stop it first.',
      );
    await runPlan(io, opened, options, manner, interrupted);
  } finally {
    await lock.release();
  }
}

async function runPlan(
  io: CliIo,
  opened: PlanOnDisk,
  options: BrokersOptions,
  manner: BrokersManner,
  interrupted: AbortSignal,
): Promise<void> {
  const { dataDir } = opened;
  let { plan } = opened;
  let isReady = false;
  const platform = await io.platform();
  const pulses = new Map<BrokerProcess, BrokerPulse>();
  const group: BrokerGroup = new BrokerGroup((node) => {
    const pulse: BrokerPulse = new BrokerPulse(platform, node.port, () => {
      if (isReady) manner.onSilence(cluster, started, pulse.isSilent);
    });
    const started = new BrokerProcess({
      nodeId: node.nodeId,
      command: commandOf(plan.clusterId, propertiesPath(dataDir, node), options),
      env: io.env,
      timers: platform.timers,
      onState: (process) => {
        if (process.state === 'ready') pulse.start();
        else pulse.stop();
        group.changed();
        if (isReady) manner.onState(cluster, process);
      },
      onLine: manner.onLine,
    });
    pulses.set(started, pulse);
    return started;
  });
  const cluster: RunningBrokers = {
    get plan() {
      return plan;
    },
    dataDir,
    get members() {
      return group.members;
    },
    health: () =>
      Promise.all(
        group.members.map((one) => healthOf(one, pulses.get(one.process)?.isSilent ?? false)),
      ),
  };
  const unwatch = watchPlan(
    dataDir,
    (changed) => {
      if (!isReady || changed.clusterId !== plan.clusterId) return;
      plan = changed;
      void group.follow(changed.nodes);
    },
    (error) => void io.stderr.write(`ottla: ${String(error)}\n`),
  );
  try {
    isReady = await group.start(plan.nodes, interrupted);
    if (isReady) {
      manner.onReady(cluster);
      await untilAborted(interrupted);
    }
    isReady = false;
    manner.onStopping();
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    const properties = propertiesPath(dataDir, error);
    throw new CliError(
      error.message,
      `It starts alone as well, and says more then: \`${io.invokedAs} server --config ${properties}\`.`,
    );
  } finally {
    unwatch();
    await group.stop();
  }
  manner.onStopped();
}

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

async function healthOf({ node, process }: GroupMember, isSilent: boolean): Promise<NodeHealth> {
  return { node, process, isSilent, residentBytes: await residentBytes(process.pid) };
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
