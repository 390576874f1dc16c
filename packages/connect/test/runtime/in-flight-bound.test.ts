import { describe, expect, it } from 'vitest';
import { InFlightBound } from '../../src/runtime/task/in-flight-bound.ts';

const MEGABYTE = 1024 * 1024;

/** Whether the promise has resolved by now. */
async function isOpen(room: Promise<void> | undefined): Promise<boolean> {
  const late = Promise.resolve().then(() => false);
  return Promise.race([room?.then(() => true) ?? true, late]);
}

describe('InFlightBound', () => {
  it('given 4 MB under way, when half of them are through, then there is room again, and not before', async () => {
    const bound = new InFlightBound(new AbortController().signal);
    bound.enter(3 * MEGABYTE);
    expect(bound.room()).toBeUndefined();
    bound.enter(MEGABYTE);
    const room = bound.room();
    bound.leave(MEGABYTE);
    expect(await isOpen(room)).toBe(false);
    bound.leave(MEGABYTE);
    await room;
    expect(bound.room()).toBeUndefined();
  });

  it('given one record larger than the bound, when it is through, then there is room', async () => {
    const bound = new InFlightBound(new AbortController().signal);
    bound.enter(9 * MEGABYTE);
    const room = bound.room();
    bound.leave(9 * MEGABYTE);
    await room;
  });

  it.each(['the task stops', 'what is under way fails'])(
    'given somebody who waits, when %s, then nobody waits any more',
    async (event) => {
      const stopping = new AbortController();
      const bound = new InFlightBound(stopping.signal);
      bound.enter(5 * MEGABYTE);
      const room = bound.room();
      if (event === 'the task stops') stopping.abort();
      else bound.lift();
      await room;
      expect(bound.room()).toBeUndefined();
    },
  );
});
