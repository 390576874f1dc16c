import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualTime } from '../../test/virtual-time.ts';
import { TimerWheel } from './timer-wheel.ts';

describe('TimerWheel', () => {
  it('given deadlines near and far, calls each at its time and in order', () => {
    const time = new VirtualTime();
    const wheel = new TimerWheel({ clock: time, timers: time });
    const fired: [number, number][] = [];
    for (const delayMs of [5, 1, 1000, 31, 32, 33, 1023, 1024, 40_000, 86_400_000])
      wheel.set(delayMs, () => fired.push([delayMs, time.monotonicMs()]));
    time.advance(100_000_000);
    expect(fired).toEqual(
      [1, 5, 31, 32, 33, 1000, 1023, 1024, 40_000, 86_400_000].map((delayMs) => [delayMs, delayMs]),
    );
    expect(wheel.size).toBe(0);
    expect(time.pending).toBe(0);
  });

  it('holds one platform timer for any number of deadlines', () => {
    const time = new VirtualTime();
    const wheel = new TimerWheel({ clock: time, timers: time });
    for (let index = 0; index < 10_000; index += 1) wheel.set(1 + (index % 977), () => {});
    expect(wheel.size).toBe(10_000);
    expect(time.pending).toBe(1);
  });

  it('never calls what was cancelled, also by a callback of the same moment', () => {
    const time = new VirtualTime();
    const wheel = new TimerWheel({ clock: time, timers: time });
    const fired: string[] = [];
    const second = { timer: undefined as ReturnType<typeof wheel.set> | undefined };
    wheel.set(10, () => {
      fired.push('first');
      wheel.cancel(second.timer!);
      wheel.cancel(second.timer!);
    });
    second.timer = wheel.set(10, () => fired.push('second'));
    time.advance(20);
    expect(fired).toEqual(['first']);
    expect(wheel.size).toBe(0);
  });

  it('given a callback that throws, keeps the deadlines of the others', () => {
    const time = new VirtualTime();
    const wheel = new TimerWheel({ clock: time, timers: time });
    const fired: number[] = [];
    wheel.set(5, () => {
      throw new Error('broken');
    });
    wheel.set(5, () => fired.push(5));
    wheel.set(9, () => fired.push(9));
    expect(() => time.advance(6)).toThrow('broken');
    time.advance(10);
    expect(fired).toEqual([5, 9]);
  });

  it('spreads a crowd of due callbacks over several turns', () => {
    const time = new VirtualTime();
    const wheel = new TimerWheel({ clock: time, timers: time, callbacksPerTurnMax: 10 });
    let fired = 0;
    for (let index = 0; index < 25; index += 1) wheel.set(3, () => (fired += 1));
    time.advance(2);
    expect(fired).toBe(0);
    time.step();
    expect(fired).toBe(10);
    time.advance(5);
    expect(fired).toBe(25);
  });

  it('after close calls nothing and holds no timer', () => {
    const time = new VirtualTime();
    const wheel = new TimerWheel({ clock: time, timers: time });
    wheel.set(5, () => expect.unreachable());
    wheel.close();
    wheel.set(5, () => expect.unreachable());
    time.advance(100);
    expect(time.pending).toBe(0);
  });

  it('given any mixture of deadlines, cancellations and leaps of time, is never early and forgets nothing', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), ms: fc.integer({ min: 0, max: 200_000 }) }),
      fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 50_000 }) }),
      fc.record({ kind: fc.constant('cancel' as const), ms: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const time = new VirtualTime();
        const wheel = new TimerWheel({ clock: time, timers: time });
        const open: { readonly due: number; readonly timer: ReturnType<typeof wheel.set> }[] = [];
        for (const { kind, ms } of steps) {
          if (kind === 'advance') time.advance(ms);
          else if (kind === 'set') {
            const due = time.monotonicMs() + ms;
            const entry = {
              due,
              timer: wheel.set(ms, () => {
                expect(time.monotonicMs()).toBeGreaterThanOrEqual(due);
                expect(time.monotonicMs()).toBeLessThanOrEqual(due + 1);
                open.splice(open.indexOf(entry), 1);
              }),
            };
            open.push(entry);
          } else if (open[ms] !== undefined) wheel.cancel(open.splice(ms, 1)[0]!.timer);
          expect(wheel.size).toBe(open.length);
        }
        time.advance(1_000_000);
        expect(open).toEqual([]);
      }),
    );
  });
});
