// The assignors that come with the client.
import type { Assignor } from './assignor.ts';
import { rangeAssignor } from './range-assignor.ts';
import { roundRobinAssignor } from './round-robin-assignor.ts';

export { rangeAssignor } from './range-assignor.ts';
export { roundRobinAssignor } from './round-robin-assignor.ts';

/** What a consumer offers by default, preferred first. */
export const ASSIGNORS: readonly Assignor[] = [rangeAssignor, roundRobinAssignor];
