// What clients did, one operation after another: a line of JSON each, so that processes append to files of their own
// and a run is the files put together. Shaped after Jepsen's histories: invoke, then ok, fail or info.

/** `ok`: it happened. `fail`: it surely did not. `info`: nobody knows (a lost answer, a time-out). */
export type Outcome = 'ok' | 'fail' | 'info';

interface Base {
  /** Milliseconds on a clock that all processes of the history share. */
  readonly at: number;
  /** One client; what one client does to a partition is in the order of its calls. */
  readonly process: string;
}

/** Topic, partition, offset, value. */
export type ReadRecord = readonly [topic: string, partition: number, offset: number, value: string];
export type OffsetOf = readonly [topic: string, partition: number, offset: number];
export type PartitionName = readonly [topic: string, partition: number];

export interface SendInvoke extends Base {
  readonly op: 'send';
  readonly type: 'invoke';
  readonly topic: string;
  readonly partition: number;
  /** Unique in the whole history. */
  readonly value: string;
}

export interface SendOutcome extends Base {
  readonly op: 'send';
  readonly type: Outcome;
  readonly value: string;
  /** With `ok`: where the broker says it is. Of a batch that was there already it may not know. */
  readonly offset?: number;
}

export interface Poll extends Base {
  readonly op: 'poll';
  readonly type: 'ok';
  readonly group?: string;
  /** In the order in which they were handed out. */
  readonly records: readonly ReadRecord[];
}

/** All that a member owns from here on; its positions begin anew in partitions that it did not own before. */
export interface Assign extends Base {
  readonly op: 'assign';
  readonly type: 'ok';
  readonly group: string;
  readonly generation: number;
  readonly partitions: readonly PartitionName[];
}

export interface CommitInvoke extends Base {
  readonly op: 'commit';
  readonly type: 'invoke';
  readonly group: string;
  /** Of the next record to read. */
  readonly offsets: readonly OffsetOf[];
}

export interface CommitOutcome extends Base {
  readonly op: 'commit';
  readonly type: Outcome;
  readonly group: string;
}

export interface CommittedInvoke extends Base {
  readonly op: 'committed';
  readonly type: 'invoke';
  readonly group: string;
}

/** The group's offsets as the coordinator tells them; −1 stands for none. */
export interface CommittedOutcome extends Base {
  readonly op: 'committed';
  readonly type: Outcome;
  readonly group: string;
  readonly offsets?: readonly OffsetOf[];
}

export type Operation =
  | SendInvoke
  | SendOutcome
  | Poll
  | Assign
  | CommitInvoke
  | CommitOutcome
  | CommittedInvoke
  | CommittedOutcome;

export class HistoryError extends Error {
  override readonly name = 'HistoryError';
}

export function formatOperation(operation: Operation): string {
  return JSON.stringify(operation);
}

const TYPES: Readonly<Record<string, readonly string[]>> = {
  send: ['invoke', 'ok', 'fail', 'info'],
  poll: ['ok'],
  assign: ['ok'],
  commit: ['invoke', 'ok', 'fail', 'info'],
  committed: ['invoke', 'ok', 'fail', 'info'],
};

/** @throws HistoryError when the line is no operation */
export function parseOperation(line: string): Operation {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch (error) {
    throw new HistoryError(`no JSON: ${line.slice(0, 200)}`, { cause: error });
  }
  if (!isOperation(read)) throw new HistoryError(`no operation: ${line.slice(0, 200)}`);
  return read;
}

function isOperation(read: unknown): read is Operation {
  if (typeof read !== 'object' || read === null) return false;
  const fields = read as Record<string, unknown>;
  const { op, type } = fields;
  if (typeof op !== 'string' || typeof type !== 'string') return false;
  if (TYPES[op]?.includes(type) !== true) return false;
  if (typeof fields['at'] !== 'number' || typeof fields['process'] !== 'string') return false;
  if (op === 'poll') return Array.isArray(fields['records']);
  if (op !== 'send') return typeof fields['group'] === 'string';
  const isPlaced = typeof fields['topic'] === 'string' && typeof fields['partition'] === 'number';
  if (typeof fields['value'] !== 'string') return false;
  const { offset } = fields;
  return type === 'invoke' ? isPlaced : offset === undefined || Number(offset) >= 0;
}
