// A flush waits for what was there before it, and for nothing else.
import { expect, it } from 'vitest';
import { FlushGate } from './flush-gate.ts';

function watch(promise: Promise<void>): { isOpen: boolean } {
  const state = { isOpen: false };
  void promise.then(() => {
    state.isOpen = true;
  });
  return state;
}

const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve));

it('given nothing open, then passes at once', async () => {
  await new FlushGate().pass();
});

it('given batches that come later, then does not wait for them', async () => {
  const gate = new FlushGate();
  const before = gate.generation;
  gate.enter(before, 2);
  const flush = watch(gate.pass());
  gate.enter(gate.generation);
  gate.leave(before);
  await turn();
  expect(flush.isOpen).toBe(false);
  gate.leave(before);
  await turn();
  expect(flush.isOpen).toBe(true);
  expect(gate.openCount).toBe(1);
});

it('given a later flush whose batches are done first, then it waits for the earlier ones too', async () => {
  const gate = new FlushGate();
  const first = gate.generation;
  gate.enter(first);
  const one = watch(gate.pass());
  const second = gate.generation;
  gate.enter(second);
  const two = watch(gate.pass());
  gate.leave(second);
  await turn();
  expect([one.isOpen, two.isOpen]).toEqual([false, false]);
  gate.leave(first);
  await turn();
  expect([one.isOpen, two.isOpen]).toEqual([true, true]);
});
