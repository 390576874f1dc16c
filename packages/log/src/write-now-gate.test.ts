import { createSimulation } from '@ottla/platform/simulated';
import { expect, it } from 'vitest';
import { WriteNowGate } from './write-now-gate.ts';

const never = (): void => expect.unreachable();

it('given a small append, when the disk is quick, then it is written in place', () => {
  const { platform } = createSimulation({ seed: 1 }).node('broker');
  const gate = new WriteNowGate(platform.clock, { bytesMax: 100 });
  let writes = 0;
  for (let i = 0; i < 10; i += 1) expect(gate.run(100, () => (writes += 1))).toBe(true);
  expect(writes).toBe(10);
});

it('given an append above the bound, then it is left to the thread pool', () => {
  const { platform } = createSimulation({ seed: 1 }).node('broker');
  expect(new WriteNowGate(platform.clock, { bytesMax: 100 }).run(101, never)).toBe(false);
  expect(new WriteNowGate(platform.clock, { bytesMax: 0 }).run(1, never)).toBe(false);
});

it('given a write that had to wait, then for a while the event loop does not wait again', () => {
  let nowMs = 5;
  const clock = { nowMs: () => 0, monotonicMs: () => nowMs };
  const gate = new WriteNowGate(clock, { slowMs: 2, restFactor: 20 });
  expect(gate.run(1, () => (nowMs += 3))).toBe(true);
  expect(gate.run(1, never)).toBe(false);
  nowMs += 59;
  expect(gate.run(1, never)).toBe(false);
  nowMs += 1;
  expect(gate.run(1, () => undefined)).toBe(true);
});

it('given a write that fails, then the failure is the caller’s', () => {
  const { platform } = createSimulation({ seed: 1 }).node('broker');
  const failing = (): void => {
    throw new Error('full');
  };
  expect(() => new WriteNowGate(platform.clock).run(1, failing)).toThrow('full');
});
