// How the brokers of one machine are, for people: one table, printed anew when something has changed.
import type { Output } from '../../io.ts';
import { type Cell, formatTable } from '../../output/table.ts';
import type { BrokerProcess, ProcessState } from './broker-process.ts';
import type { PlannedNode } from './cluster-plan.ts';

/** What is known of one node. */
export interface NodeHealth {
  readonly node: PlannedNode;
  readonly process: Pick<BrokerProcess, 'state' | 'pid' | 'restarts' | 'lastEnd'>;
  /** It runs, and does not answer. */
  readonly isSilent: boolean;
  /** Resident memory in bytes; undefined where the system does not tell. */
  readonly residentBytes: number | undefined;
}

const WORDS: Readonly<Record<ProcessState, string>> = {
  stopped: 'stopped',
  starting: 'starting …',
  ready: 'ready',
  waiting: 'down, starts again',
  stopping: 'stopping …',
};

/** The table. */
export function healthTable(nodes: readonly NodeHealth[], output: Output): string {
  return formatTable(
    ['NODE', 'KAFKA', 'ROLES', 'STATE', 'PID', 'MEMORY', 'RESTARTS'],
    nodes.map(row),
    output,
  );
}

function row({ node, process, isSilent, residentBytes }: NodeHealth): Cell[] {
  const { state, pid, restarts, lastEnd } = process;
  const why = state === 'waiting' && lastEnd !== undefined ? ` (${lastEnd})` : '';
  return [
    node.nodeId,
    `127.0.0.1:${node.port}`,
    node.controllerPort === undefined ? 'broker' : 'broker, controller',
    state === 'ready' && isSilent ? 'not answering' : `${WORDS[state]}${why}`,
    pid,
    residentBytes === undefined ? undefined : `${Math.round(residentBytes / 2 ** 20)} MB`,
    restarts,
  ];
}
