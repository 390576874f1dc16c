// The contracts of `Clock`, `Timers`, `Random`, `Dns` and `Threads`, for every implementation.
import { describe, expect, it } from 'vitest';
import { codeOf } from './disk.ts';
import type { World } from './world.ts';

const WORK = new URL('./thread-work.ts', import.meta.url);

export function describeTimeAndChance(world: World): void {
  describe(`Timers of ${world.name}`, () => describeTimers(world));
  describe(`Random of ${world.name}`, () => describeRandom(world));
  describe(`Dns of ${world.name}`, () => describeDns(world));
  describe(`Threads of ${world.name}`, () => {
    describeThreads(world);
    describeThreadPrograms(world);
  });
}

function describeTimers(world: World): void {
  it('given timers of different delays, when time passes, then they fire in the order of their instants', () =>
    world.play(async ({ platform: { timers, clock } }) => {
      const fired: number[] = [];
      const from = clock.monotonicMs();
      timers.set(30, () => fired.push(30));
      timers.set(5, () => fired.push(5));
      timers.set(15, () => fired.push(15));

      await timers.sleep(60);

      expect(fired).toEqual([5, 15, 30]);
      // Node's timers may fire up to a millisecond early by the finer clock.
      expect(clock.monotonicMs() - from).toBeGreaterThanOrEqual(59);
      expect(Number.isInteger(clock.nowMs())).toBe(true);
    }));

  it('given a timer, when cancelled twice, then it never fires', () =>
    world.play(async ({ platform: { timers } }) => {
      let fired = false;
      const timer = timers.set(5, () => (fired = true));
      timer.cancel();
      timer.cancel();

      await timers.sleep(20);

      expect(fired).toBe(false);
    }));

  it('given a delay beyond 2^31 ms, when set, then it does not fire at once', () =>
    world.play(async ({ platform: { timers } }) => {
      let fired = false;
      const timer = timers.set(2 ** 40, () => (fired = true));

      await timers.sleep(10);
      timer.cancel();

      expect(fired).toBe(false);
    }));

  it('given a sleeper, when its signal is aborted, then it wakes with the reason', () =>
    world.play(async ({ platform: { timers } }) => {
      const controller = new AbortController();
      const sleeper = timers.sleep(1_000_000, controller.signal);
      controller.abort(new Error('wake up'));

      await expect(sleeper).rejects.toThrow('wake up');
      await expect(timers.sleep(1, controller.signal)).rejects.toThrow('wake up');
    }));

  it('given a yield, when promises are pending, then they go first', () =>
    world.play(async ({ platform: { timers } }) => {
      const order: string[] = [];
      const yielded = new Promise<void>((resolve) =>
        timers.yield(() => {
          order.push('yield');
          resolve();
        }),
      );
      void Promise.resolve().then(() => order.push('promise'));
      order.push('caller');

      await yielded;

      expect(order).toEqual(['caller', 'promise', 'yield']);
    }));
}

function describeRandom(world: World): void {
  it('given many draws, when counted, then they are in range and cover it', () =>
    world.play(async ({ platform: { random } }) => {
      const seen = new Set<number>();
      for (let count = 0; count < 1000; count++) {
        seen.add(random.below(10));
        expect(random.float()).toBeLessThan(1);
        expect(random.float()).toBeGreaterThanOrEqual(0);
        const word = random.uint32();
        expect(Number.isInteger(word) && word >= 0 && word < 2 ** 32).toBe(true);
      }

      expect(seen).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
      expect(random.below(1)).toBe(0);
      expect(random.below(2 ** 50)).toBeLessThan(2 ** 50);
      expect(() => random.below(0)).toThrow(RangeError);
      expect(random.bytes(33)).toHaveLength(33);
      expect(random.bytes(16).equals(random.bytes(16))).toBe(false);
    }));
}

function describeDns(world: World): void {
  it('given localhost, when resolved, then a loopback address; an unknown name is a NetError', () =>
    world.play(async ({ platform: { dns } }) => {
      const addresses = await dns.resolve('localhost');

      expect(addresses.some((address) => address === '127.0.0.1' || address === '::1')).toBe(true);
      expect(dns.hostname().length).toBeGreaterThan(0);
    }));
}

function describeThreads(world: World): void {
  it('given a function of bytes, when run, then its result comes back and the input is untouched', () =>
    world.play(async ({ platform: { threads } }) => {
      const input = Uint8Array.from([1, 2, 3]);

      const results = await Promise.all(
        [1, 2, 3].map((factor) => threads.run(WORK, 'multiply', { input, factor })),
      );

      expect(results).toEqual([
        Uint8Array.from([1, 2, 3]),
        Uint8Array.from([2, 4, 6]),
        Uint8Array.from([3, 6, 9]),
      ]);
      expect([...input]).toEqual([1, 2, 3]);
      await threads.close();
    }));

  it('given a function that throws or is not there, when run, then ETASK; after close ECLOSED', () =>
    world.play(async ({ platform: { threads } }) => {
      expect(await codeOf(threads.run(WORK, 'fail', undefined))).toBe('ETASK');
      expect(await codeOf(threads.run(WORK, 'nothing', undefined))).toBe('ETASK');
      await expect(threads.run(WORK, 'fail', undefined)).rejects.toThrow('as asked');
      await threads.close();
      expect(await codeOf(threads.run(WORK, 'multiply', undefined))).toBe('ECLOSED');
    }));
}

function describeThreadPrograms(world: World): void {
  it('given a program, when messages are posted, then they come back in order; its return is its exit', () =>
    world.play(async ({ platform: { threads } }) => {
      const heard = new Audience();
      const thread = threads.start({ ...ECHO, input: 'hello', ...heard.handlers });
      thread.post({ bytes: Uint8Array.of(1) });
      thread.post(2);
      thread.post('stop');

      expect(await heard.exit).toBeUndefined();
      expect(heard.messages).toEqual([
        'hello, ready',
        { greeting: 'hello', message: { bytes: Uint8Array.of(1) } },
        { greeting: 'hello', message: 2 },
      ]);
      thread.post('nobody there');
      await thread.terminate();
      expect(heard.exitCount).toBe(1);
      await threads.close();
    }));

  it('given a program that throws or is not there, when it ends, then its exit tells ETASK and why', () =>
    world.play(async ({ platform: { threads } }) => {
      const throwing = new Audience();
      threads.start({ ...ECHO, input: '', ...throwing.handlers }).post('throw');
      expect(await throwing.exit).toMatchObject({
        code: 'ETASK',
        cause: { message: 'as asked' },
      });

      const missing = new Audience();
      threads.start({ ...ECHO, exportName: 'nothing', input: '', ...missing.handlers });
      expect(await missing.exit).toMatchObject({ code: 'ETASK' });
      await threads.close();
    }));

  it('given running programs, when the threads are closed, then each exits without an error and none starts', () =>
    world.play(async ({ platform: { threads } }) => {
      const heard = new Audience();
      const thread = threads.start({ ...ECHO, input: '', ...heard.handlers });
      expect(() => thread.post(() => 1)).toThrow('cannot be copied');

      await threads.close();

      expect(await heard.exit).toBeUndefined();
      expect(() => threads.start({ ...ECHO, input: '', ...heard.handlers })).toThrow('closed');
    }));
}

const ECHO = { module: WORK, exportName: 'echo', name: 'echo' };

/** Hears what a program says, and its end. */
class Audience {
  readonly messages: unknown[] = [];
  readonly #exit = Promise.withResolvers<Error | undefined>();
  exitCount = 0;

  get exit(): Promise<Error | undefined> {
    return this.#exit.promise;
  }

  get handlers(): { onMessage(message: unknown): void; onExit(error?: Error): void } {
    return {
      onMessage: (message) => void this.messages.push(message),
      onExit: (error) => {
        this.exitCount += 1;
        this.#exit.resolve(error);
      },
    };
  }
}
