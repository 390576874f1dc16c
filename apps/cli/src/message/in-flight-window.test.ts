import { describe, expect, it } from 'vitest';
import { InFlightWindow } from './in-flight-window.ts';

describe('InFlightWindow', () => {
  it('given as many messages as fit, then waits for one of them', async () => {
    const window = new InFlightWindow(2, 100);
    const first = Promise.withResolvers<void>();
    window.add(first.promise, 1, 1);
    expect(window.isFull).toBe(false);
    window.add(new Promise(() => {}), 1, 1);
    expect(window.isFull).toBe(true);
    const room = window.room();
    first.resolve();
    await room;
    expect(window.isFull).toBe(false);
  });

  it('given a message larger than the bound, then it goes alone', () => {
    const window = new InFlightWindow(10, 100);
    window.add(new Promise(() => {}), 1, 1000);
    expect(window.isFull).toBe(true);
  });

  it('given a failure, then the next wait raises it', async () => {
    const window = new InFlightWindow();
    window.add(Promise.reject(new Error('too large')), 1, 1);
    await expect(window.drained()).rejects.toThrow('too large');
    await expect(window.room()).rejects.toThrow('too large');
  });

  it('given nothing on its way, then is drained at once', async () => {
    await new InFlightWindow().drained();
  });
});
