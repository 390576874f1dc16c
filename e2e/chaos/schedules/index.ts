// All schedules, in the order in which a run goes through them.
import type { Schedule } from '../schedule.ts';
import * as clocks from './clocks.ts';
import * as disks from './disks.ts';
import * as groups from './groups.ts';
import * as kills from './kills.ts';
import * as partitions from './partitions.ts';
import * as pauses from './pauses.ts';
import * as restarts from './restarts.ts';
import * as systemCalls from './system-calls.ts';
import * as topics from './topics.ts';

export const SCHEDULES: readonly Schedule[] = [
  kills,
  pauses,
  restarts,
  partitions,
  systemCalls,
  disks,
  clocks,
  groups,
  topics,
].flatMap((group): Schedule[] => Object.values(group));
