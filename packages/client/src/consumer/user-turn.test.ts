// Whose turn it is, and for how long.
import { createSimulation } from '@ottla/platform/simulated';
import { describe, expect, it } from 'vitest';
import { UserTurn } from './user-turn.ts';

function given() {
  const simulation = createSimulation({ seed: 1 });
  const turn = new UserTurn(simulation.node('client').platform, () => undefined);
  return { simulation, turn };
}

/** Whether it was granted by now. */
async function isGranted(hold: Promise<void>): Promise<boolean> {
  let granted = false;
  void hold.then(() => {
    granted = true;
  });
  await Promise.resolve();
  await Promise.resolve();
  return granted;
}

describe('UserTurn', () => {
  it('given a user with something in hand, then a hold waits until it asks for more', async () => {
    const { turn } = given();
    turn.ask();
    turn.give();
    const hold = turn.hold();
    expect(await isGranted(hold)).toBe(false);
    expect(turn.isInterrupted).toBe(true);
    turn.ask();
    expect(turn.isHeld).toBe(true);
    expect(await isGranted(hold)).toBe(true);
    turn.release();
    expect(turn.isInterrupted).toBe(false);
  });

  it('given nobody who iterates, then a hold is granted at once', async () => {
    const { turn } = given();
    expect(await isGranted(turn.hold())).toBe(true);
  });

  it('given two holds, then the second waits for the first to be released', async () => {
    const { turn } = given();
    const [first, second] = [turn.hold(), turn.hold()];
    expect(await isGranted(first)).toBe(true);
    expect(await isGranted(second)).toBe(false);
    turn.release();
    expect(await isGranted(second)).toBe(true);
  });

  it('given a user who works for too long, then tells once; given one who waits, never', async () => {
    const { simulation, turn } = given();
    let stalls = 0;
    turn.watch(800, () => {
      stalls += 1;
    });
    turn.ask();
    await simulation.run(5_000);
    expect(stalls).toBe(0);
    turn.give();
    await simulation.run(700);
    expect(stalls).toBe(0);
    await simulation.run(400);
    expect(stalls).toBe(1);
    await simulation.run(5_000);
    expect(stalls).toBe(1);
    expect(turn.comeBack()).toBe(true);
    expect(turn.comeBack()).toBe(false);
    turn.close();
  });
});
