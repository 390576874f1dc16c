// `ottla dev --brokers N`: a cluster with a welcome, and a table of its health whenever that changes.
import path from 'node:path';
import type { CliIo } from '../../io.ts';
import { bold, dim } from '../../output/table.ts';
import { version } from '../../version.ts';
import type { ServerOptions } from '../server-options.ts';
import type { BrokerProcess, LogLine } from './broker-process.ts';
import { healthTable } from './health.ts';
import { DATA_DIR_DEFAULT } from './plan-files.ts';
import { runBrokers, type RunningBrokers } from './run-brokers.ts';

/** Runs the brokers until Ctrl-C. */
export async function devBrokers(
  io: CliIo,
  options: ServerOptions & { readonly brokers: number },
): Promise<void> {
  const startedMs = performance.now();
  // Brokers that start at once complain of each other until they have met; nobody has to read that when they have.
  const complaints: string[] = [];
  const said = new Complaints();
  let isReady = false;
  try {
    await runBrokers(io, options, {
      onReady: (cluster) => {
        isReady = true;
        void welcome(io, cluster, performance.now() - startedMs);
      },
      onState: (cluster, { state }) => {
        if (state !== 'starting') void sayHealth(io, cluster);
      },
      onSilence: (cluster) => void sayHealth(io, cluster),
      onLine: (process, line) => {
        const text = complaintOf(io, process, line);
        if (text === undefined || said.isRepeated(process.nodeId, text)) return;
        if (isReady) void io.stdout.write(text);
        else complaints.push(text);
      },
      onStopping: () => void io.stdout.write('stopping …\n'),
      onStopped: () => void io.stdout.write('stopped\n'),
      onChanged: ({ nodes }) =>
        void io.stdout.write(
          `The cluster that runs already has ${nodes.length} ${nodes.length === 1 ? 'broker' : 'brokers'} now: ${nodes
            .map(({ port }) => `127.0.0.1:${port}`)
            .join(', ')}\n`,
        ),
    });
  } catch (error) {
    if (!isReady) await io.stdout.write(complaints.slice(-COMPLAINTS_MAX).join(''));
    throw error;
  }
}

async function welcome(io: CliIo, cluster: RunningBrokers, readyMs: number): Promise<void> {
  const { nodes } = cluster.plan;
  const first = `127.0.0.1:${nodes[0]!.port}`;
  const isDefault = path.resolve(DATA_DIR_DEFAULT) === cluster.dataDir;
  // Commands find the cluster in the default folder by themselves.
  const target = isDefault || first === '127.0.0.1:9092' ? '' : ` --bootstrap-server ${first}`;
  const data = isDefault ? '' : ` --data ${cluster.dataDir}`;
  const ottla = io.invokedAs;
  const lines = [
    `${bold(`ottla ${version}`, io.stdout)}: ${nodes.length} ${nodes.length === 1 ? 'broker' : 'brokers'} ready in ${Math.round(readyMs)} ms, data in ${cluster.dataDir}`,
    '',
    healthTable(await cluster.health(), io.stdout),
    `  ${ottla} cluster status${target}`,
    `  ${ottla} topic create greetings --partitions 6${target}`,
    `  kill -9 <pid>      and see it come back, nothing lost`,
    `  kill <pid>         stops one; \`${ottla} dev --brokers ${nodes.length}${data}\` in a second terminal starts it again`,
    '',
    dim('Ctrl-C stops all.', io.stdout),
  ];
  await io.stdout.write(`${lines.join('\n')}\n`);
}

async function sayHealth(io: CliIo, cluster: RunningBrokers): Promise<void> {
  await io.stdout.write(`\n${healthTable(await cluster.health(), io.stdout)}`);
}

/** Warnings and errors, with whose they are and why. */
function complaintOf(
  io: CliIo,
  { nodeId }: BrokerProcess,
  { level, msg, err, reason: said }: LogLine,
): string | undefined {
  if (level !== 'warn' && level !== 'error') return undefined;
  const why =
    typeof said === 'string' ? said : (err as { readonly message?: string } | undefined)?.message;
  const reason = why === undefined ? '' : `: ${why}`;
  return `${dim(`[broker ${nodeId}]`, io.stdout)} ${level}: ${msg}${reason}\n`;
}

/** What each broker complained of last, and when: the same once more within a while is no news. */
class Complaints {
  readonly #last = new Map<number, { readonly text: string; readonly atMs: number }>();

  isRepeated(nodeId: number, text: string): boolean {
    const last = this.#last.get(nodeId);
    const atMs = performance.now();
    if (last?.text === text && atMs - last.atMs < REPEATED_AFTER_MS) return true;
    this.#last.set(nodeId, { text, atMs });
    return false;
  }
}

const REPEATED_AFTER_MS = 30_000;

/** Of those before a start that failed. */
const COMPLAINTS_MAX = 10;
