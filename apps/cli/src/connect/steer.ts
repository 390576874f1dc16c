// `ottla connect pause|resume|stop|delete|restart`.
import { usageError } from '../cli-error.ts';
import { confirmOrRefuse } from '../confirm.ts';
import type { CliIo } from '../io.ts';
import { printDone } from '../output/print.ts';
import { ConnectRest, type WorkerOptions } from './rest-client.ts';

/** What is done to connectors by name. */
export interface Action {
  readonly method: 'PUT' | 'DELETE';
  readonly path: string;
  /** Of the outcome, for programs. */
  readonly outcome: string;
  readonly line: (connector: string) => string;
}

export const ACTIONS: Readonly<Record<'pause' | 'resume' | 'stop' | 'delete', Action>> = {
  pause: {
    method: 'PUT',
    path: '/pause',
    outcome: 'pausing',
    line: (name) => `Pausing ${name}; its tasks keep what they have.`,
  },
  resume: {
    method: 'PUT',
    path: '/resume',
    outcome: 'resuming',
    line: (name) => `Resuming ${name}.`,
  },
  stop: {
    method: 'PUT',
    path: '/stop',
    outcome: 'stopped',
    line: (name) => `Stopped ${name}; its tasks are gone until it is resumed.`,
  },
  delete: {
    method: 'DELETE',
    path: '',
    outcome: 'deleted',
    line: (name) => `Deleted ${name}; its offsets are kept.`,
  },
};

/** Options of the commands. */
export interface SteerOptions extends WorkerOptions {
  readonly yes?: boolean;
}

/** One connector after the other, so that a failure names the one it is about. */
export async function steerConnectors(
  io: CliIo,
  action: Action,
  connectors: readonly string[],
  options: SteerOptions,
): Promise<void> {
  const rest = new ConnectRest(io, options);
  if (action.method === 'DELETE')
    await confirmOrRefuse(io, options, `Delete ${connectors.join(', ')}?`);
  for (const connector of connectors) await rest.about(connector, action.method, action.path);
  await printDone(
    io,
    options.json,
    connectors.map(action.line).join('\n'),
    connectors.map((connector) => ({ connector, outcome: action.outcome })),
  );
}

/** Options of `restart`. */
export interface RestartOptions extends WorkerOptions {
  readonly task?: readonly number[];
  readonly includeTasks?: boolean;
  readonly onlyFailed?: boolean;
}

/** Restarts a connector, its tasks too, or single tasks. */
export async function restartConnector(
  io: CliIo,
  connector: string,
  options: RestartOptions,
): Promise<void> {
  const rest = new ConnectRest(io, options);
  const { task: tasks = [], includeTasks = false, onlyFailed = false } = options;
  if (tasks.length > 0 && (includeTasks || onlyFailed))
    throw usageError('--task names what is restarted; leave out --include-tasks and --only-failed');
  for (const task of tasks) await rest.about(connector, 'POST', `/tasks/${task}/restart`);
  if (tasks.length === 0) {
    const all = includeTasks || onlyFailed;
    const query = all ? `?includeTasks=true&onlyFailed=${onlyFailed}` : '';
    await rest.about(connector, 'POST', `/restart${query}`);
  }
  await printDone(
    io,
    options.json,
    `${lineOf(connector, options)} Watch it with \`ottla connect status ${connector}\`.`,
    {
      connector,
      outcome: 'restarting',
      tasks: tasks.length > 0 ? tasks : includeTasks || onlyFailed ? 'all' : 'none',
      onlyFailed,
    },
  );
}

function lineOf(
  connector: string,
  { task = [], includeTasks, onlyFailed }: RestartOptions,
): string {
  if (task.length > 0)
    return `Restarted ${task.map((each) => `task ${each}`).join(', ')} of ${connector}.`;
  if (onlyFailed === true) return `Restarting what has failed of ${connector}.`;
  if (includeTasks === true) return `Restarting ${connector} and its tasks.`;
  return `Restarted ${connector} itself; its tasks went on.`;
}
