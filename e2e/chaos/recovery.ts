// How long partitions stood still: from a kill to the next acknowledged record of each.
import type { Operation } from '../../tools/history/operation.ts';
import type { FaultEvent } from './schedule.ts';

/** After one kill. Milliseconds; undefined: nothing was acknowledged any more. */
export interface Recovery {
  readonly node: number;
  readonly wasController: boolean;
  /** The slowest partition among those that the dead node led. */
  readonly ledMs: number | undefined;
  /** The slowest of all partitions. */
  readonly allMs: number | undefined;
  readonly newControllerMs: number | undefined;
}

interface Answered {
  readonly invokedAt: number;
  readonly at: number;
}

/** @param partitions of the load's topic */
export function recoveries(
  operations: readonly Operation[],
  events: readonly FaultEvent[],
  partitions: number,
): Recovery[] {
  const answered = answeredByPartition(operations, partitions);
  return events.flatMap(({ at, node, led, wasController = false, newControllerMs }) => {
    if (node === undefined || led === undefined) return [];
    const waits = answered.map((each) => waitFrom(at, each));
    const of = (numbers: readonly number[]): number | undefined => slowest(numbers, waits);
    return [
      {
        node,
        wasController,
        ledMs: led.length === 0 ? 0 : of(led),
        allMs: of([...waits.keys()]),
        newControllerMs,
      },
    ];
  });
}

function answeredByPartition(operations: readonly Operation[], partitions: number): Answered[][] {
  const answered: Answered[][] = Array.from({ length: partitions }, () => []);
  const invoked: Map<string, { at: number; partition: number }> = new Map();
  for (const operation of operations) {
    if (operation.op !== 'send') continue;
    const { at, type, value } = operation;
    if (type === 'invoke') invoked.set(value, { at, partition: operation.partition });
    const call = invoked.get(value);
    if (type === 'ok' && call !== undefined)
      answered[call.partition]!.push({ invokedAt: call.at, at });
  }
  return answered;
}

/** To the first acknowledgement of what was sent after the moment. */
function waitFrom(at: number, answered: readonly Answered[]): number | undefined {
  let first = Infinity;
  for (const each of answered) if (each.invokedAt > at) first = Math.min(first, each.at);
  return first === Infinity ? undefined : first - at;
}

function slowest(
  partitions: readonly number[],
  waits: readonly (number | undefined)[],
): number | undefined {
  let most = 0;
  for (const partition of partitions) {
    const wait = waits[partition];
    if (wait === undefined) return undefined;
    most = Math.max(most, wait);
  }
  return most;
}

/** Of some figures; undefined of none. */
export function median(figures: readonly number[]): number | undefined {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];
}
