// The real clock.
import { performance } from 'node:perf_hooks';
import type { Clock } from '../ports.ts';

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
