// What a run has found, and against whom it speaks. With Ottla's nodes all of it speaks against Ottla. With the control's, what the
// cluster did speaks against the control, and what our client alone met, while the Java client did not, against Ottla.
import type { AnomalyKind, Verdict } from '../../tools/history/anomaly.ts';
import type { Operation } from '../../tools/history/operation.ts';

export const OTTLA = 'Ottla';
/** The load by our client, and the one by the Java client. */
export const LOADS = ['ottla', 'java'] as const;

export type LoadName = (typeof LOADS)[number];

/** A promise that was broken, beside the anomalies of the history. */
export interface Violation {
  readonly message: string;
  /** Who met it; nobody: it is the cluster's. */
  readonly load?: LoadName;
}

export interface Finding {
  /** Ottla, or the name of the control. */
  readonly against: string;
  readonly what: string;
}

/** What a client cannot bring about by itself: the brokers' answers, or their logs, contradict each other. */
const OF_THE_CLUSTER: ReadonlySet<AnomalyKind> = new Set([
  'lost-write',
  'unseen',
  'inconsistent-offset',
  'stale-append',
  'committed-went-back',
]);

/** @param cluster its name; @param loads that took part */
export function findingsOf(
  cluster: string,
  loads: readonly LoadName[],
  verdict: Verdict,
  violations: readonly Violation[],
): Finding[] {
  const found = [
    ...verdict.anomalies.map(({ kind, message }) => ({
      what: `${kind}: ${message.slice(0, 300)}`,
      cause: kind,
      metBy: OF_THE_CLUSTER.has(kind) ? [] : loads.filter((load) => names(message, load)),
    })),
    ...violations.map(({ message, load }) => ({
      what: `broken: ${message}`,
      cause: load === undefined ? message : 'load',
      metBy: load === undefined ? [] : [load],
    })),
  ];
  const metByJava = new Set(
    found.filter(({ metBy }) => metBy.includes('java')).map(({ cause }) => cause),
  );
  return found.map(({ what, cause, metBy }) => {
    const isOfOursAlone = metBy.length > 0 && !metBy.includes('java') && !metByJava.has(cause);
    return { against: isOfOursAlone ? OTTLA : cluster, what };
  });
}

/** Whether a checker's message speaks of this load's producers, members or group. */
function names(message: string, load: LoadName): boolean {
  return new RegExp(`\\b${load}-|\\bbilling-${load}\\b`).test(message);
}

/** Records that met errors which retries did not absorb, of each load that had some. */
export function unabsorbed(operations: Iterable<Operation>): Violation[] {
  const sent = new Map<LoadName, number>();
  const acknowledged = new Map<LoadName, number>();
  for (const operation of operations) {
    if (operation.op !== 'send') continue;
    const load = LOADS.find((each) => operation.process.startsWith(`${each}-`));
    if (load === undefined) continue;
    const counts =
      operation.type === 'invoke' ? sent : operation.type === 'ok' ? acknowledged : undefined;
    counts?.set(load, (counts.get(load) ?? 0) + 1);
  }
  return [...sent].flatMap(([load, count]) => {
    const lacking = count - (acknowledged.get(load) ?? 0);
    if (lacking === 0) return [];
    const message = `${lacking} of ${count} records of the load ${load} met errors that retries did not absorb`;
    return [{ message, load }];
  });
}
