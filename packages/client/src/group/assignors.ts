// The assignors that come with the client.
import type { Assignor } from './assignor.ts';
import { cooperativeStickyAssignor } from './cooperative-sticky-assignor.ts';
import { rangeAssignor } from './range-assignor.ts';
import { roundRobinAssignor } from './round-robin-assignor.ts';
import { stickyAssignor } from './sticky-assignor.ts';

export { cooperativeStickyAssignor } from './cooperative-sticky-assignor.ts';
export { rangeAssignor } from './range-assignor.ts';
export { roundRobinAssignor } from './round-robin-assignor.ts';
export { stickyAssignor } from './sticky-assignor.ts';

/** Kafka's names for them. */
export type AssignorName = 'range' | 'roundrobin' | 'sticky' | 'cooperative-sticky';

const MAKERS: Readonly<Record<AssignorName, () => Assignor>> = {
  range: () => rangeAssignor,
  roundrobin: () => roundRobinAssignor,
  sticky: stickyAssignor,
  'cooperative-sticky': cooperativeStickyAssignor,
};

/** One assignor of each, for one consumer. */
export function resolveAssignors(wanted: readonly (Assignor | AssignorName)[]): Assignor[] {
  return wanted.map((each) => (typeof each === 'string' ? MAKERS[each]() : each));
}

/** Those without a memory. Kept for those who list what there is. */
export const ASSIGNORS: readonly Assignor[] = [rangeAssignor, roundRobinAssignor];
