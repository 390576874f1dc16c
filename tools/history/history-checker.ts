// A history in, a verdict out. Takes one operation after another, in the order of time, and keeps what it needs of them.
import type { Anomaly, AnomalyKind, Verdict } from './anomaly.ts';
import { Groups } from './groups.ts';
import type { Operation } from './operation.ts';
import { Reads } from './reads.ts';
import { Writes } from './writes.ts';

/** Of each kind, to be told; all are counted. */
const ANOMALIES_TOLD_MAX = 10;

/**
 * The load's part: values are unique, a process sends to a partition one call after the other and without leaving the order to
 * chance (idempotent, or one in flight), commits one at a time and seeks back only in what was assigned anew, and after all is
 * healed a reader goes from the start to the end of every partition.
 */
export class HistoryChecker {
  readonly #counts: Partial<Record<AnomalyKind, number>> = {};
  readonly #anomalies: Anomaly[] = [];
  readonly #writes: Writes;
  readonly #reads: Reads;
  readonly #groups: Groups;

  constructor() {
    const report = (kind: AnomalyKind, message: string): void => this.#note(kind, message);
    this.#writes = new Writes(report);
    this.#reads = new Reads(report, this.#writes);
    this.#groups = new Groups(report, this.#writes);
  }

  /** @throws HistoryError when it cannot follow what came before */
  add(operation: Operation): void {
    switch (operation.op) {
      case 'send':
        if (operation.type === 'invoke') this.#writes.invoke(operation);
        else this.#writes.end(operation);
        break;
      case 'poll':
        this.#reads.poll(operation);
        this.#groups.poll(operation);
        break;
      case 'assign':
        this.#reads.assign(operation);
        this.#groups.assign(operation);
        break;
      case 'commit':
        if (operation.type === 'invoke') this.#groups.invokeCommit(operation);
        else this.#groups.endCommit(operation);
        break;
      case 'committed':
        if (operation.type === 'invoke') this.#groups.invokeCommitted(operation);
        else this.#groups.endCommitted(operation);
    }
  }

  get acknowledged(): number {
    return this.#writes.counts.acknowledged;
  }

  /** Call it once, after the last operation. */
  finish(): Verdict {
    this.#writes.finish();
    this.#reads.finish();
    this.#groups.finish();
    const { sent, acknowledged, failed, read } = this.#writes.counts;
    return {
      isClean: this.#anomalies.length === 0,
      counts: this.#counts,
      anomalies: this.#anomalies,
      sent,
      acknowledged,
      failed,
      unknown: sent - acknowledged - failed,
      read,
      commits: this.#groups.commits,
    };
  }

  #note(kind: AnomalyKind, message: string): void {
    const count = (this.#counts[kind] ?? 0) + 1;
    this.#counts[kind] = count;
    if (count <= ANOMALIES_TOLD_MAX) this.#anomalies.push({ kind, message });
  }
}

/** The verdict on a whole history. @throws HistoryError */
export function checkHistory(operations: Iterable<Operation>): Verdict {
  const checker = new HistoryChecker();
  for (const operation of operations) checker.add(operation);
  return checker.finish();
}
