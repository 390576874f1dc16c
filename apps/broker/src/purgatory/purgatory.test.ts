import { describe, expect, it } from 'vitest';
import { VirtualTime } from '../../test/virtual-time.ts';
import { DelayedOperation } from './delayed-operation.ts';
import { Purgatory } from './purgatory.ts';
import { TimerWheel } from './timer-wheel.ts';

/** Waits until the counter it looks at reaches a number. */
class WaitsFor extends DelayedOperation {
  readonly kind = 'Fetch' as const;
  readonly history: string[] = [];
  tries = 0;
  readonly #state: { value: number };
  readonly #wanted: number;

  constructor(state: { value: number }, wanted: number) {
    super();
    this.#state = state;
    this.#wanted = wanted;
  }

  tryComplete(): boolean {
    this.tries += 1;
    return this.#state.value >= this.#wanted && this.complete();
  }

  protected override onComplete(): void {
    this.history.push('complete');
  }

  protected override onExpire(): void {
    this.history.push('expire');
  }
}

function setUp(operationsMax = 100) {
  const time = new VirtualTime();
  const wheel = new TimerWheel({ clock: time, timers: time });
  const errors: unknown[] = [];
  const purgatory = new Purgatory({ wheel, operationsMax, onError: (error) => errors.push(error) });
  return { time, wheel, purgatory, errors, state: { value: 0 } };
}

describe('Purgatory', () => {
  it('given a condition that holds already, completes at once and watches nothing', () => {
    const { purgatory, state, wheel } = setUp();
    const operation = new WaitsFor(state, 0);
    expect(purgatory.tryCompleteElseWatch(operation, 100, ['a'])).toBe(true);
    expect(operation.history).toEqual(['complete']);
    expect([purgatory.size, purgatory.watchedKeys, wheel.size]).toEqual([0, 0, 0]);
  });

  it('given several keys, completes by any of them and leaves them all', () => {
    const { purgatory, state, wheel } = setUp();
    const operation = new WaitsFor(state, 1);
    const [a, b] = [{}, {}];
    purgatory.tryCompleteElseWatch(operation, 100, [a, b]);
    expect([purgatory.size, purgatory.watchedKeys, purgatory.sizeOf('Fetch')]).toEqual([1, 2, 1]);
    expect(purgatory.checkAndComplete(a)).toBe(0);
    state.value = 1;
    expect(purgatory.checkAndComplete(b)).toBe(1);
    expect(purgatory.checkAndComplete(a)).toBe(0);
    expect(operation.history).toEqual(['complete']);
    expect([purgatory.size, purgatory.watchedKeys, purgatory.sizeOf('Fetch'), wheel.size]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('at the deadline expires and then completes, once', () => {
    const { purgatory, state, time } = setUp();
    const operation = new WaitsFor(state, 1);
    purgatory.tryCompleteElseWatch(operation, 100, ['a']);
    time.advance(99);
    expect(operation.history).toEqual([]);
    time.advance(1);
    state.value = 1;
    purgatory.checkAndComplete('a');
    expect(operation.history).toEqual(['expire', 'complete']);
    expect(purgatory.expiredTotal).toBe(1);
  });

  it('does not try operations of other keys', () => {
    const { purgatory, state } = setUp();
    const operation = new WaitsFor(state, 1);
    purgatory.tryCompleteElseWatch(operation, 100, ['a']);
    purgatory.checkAndComplete('b');
    expect(operation.tries).toBe(1);
  });

  it('when it is full, answers a new operation as if its time were up', () => {
    const { purgatory, state } = setUp(1);
    purgatory.tryCompleteElseWatch(new WaitsFor(state, 1), 100, ['a']);
    const second = new WaitsFor(state, 1);
    expect(purgatory.tryCompleteElseWatch(second, 100, ['a'])).toBe(true);
    expect(second.history).toEqual(['expire', 'complete']);
    expect([purgatory.size, purgatory.rejectedTotal]).toEqual([1, 1]);
  });

  it('given an operation that throws, goes on with the others and tells', () => {
    const { purgatory, state, errors } = setUp();
    const broken = new WaitsFor(state, 1);
    const sound = new WaitsFor(state, 1);
    purgatory.tryCompleteElseWatch(broken, 100, ['a']);
    purgatory.tryCompleteElseWatch(sound, 100, ['a']);
    broken.tryComplete = () => {
      throw new Error('broken');
    };
    state.value = 1;
    expect(purgatory.checkAndComplete('a')).toBe(1);
    expect(sound.history).toEqual(['complete']);
    expect(errors).toHaveLength(1);
  });

  it('on close expires what waits and takes in nothing more', () => {
    const { purgatory, state, time } = setUp();
    const operation = new WaitsFor(state, 1);
    purgatory.tryCompleteElseWatch(operation, 100, ['a']);
    purgatory.close();
    const late = new WaitsFor(state, 1);
    purgatory.tryCompleteElseWatch(late, 100, ['a']);
    expect(operation.history).toEqual(['expire', 'complete']);
    expect(late.history).toEqual(['expire', 'complete']);
    expect(time.pending).toBe(0);
  });
});
