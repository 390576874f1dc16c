import type { Connection, ConnectionHandlers, Platform } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { BrokerPulse } from './broker-pulse.ts';

/** A pulse in a time of its own, of a broker that answers as it is told. */
function bench() {
  let nowMs = 0;
  let due: { readonly atMs: number; readonly callback: () => void } | undefined;
  const broker = { answers: true, listens: true, open: 0, unanswered: 0 };
  let handlers: ConnectionHandlers | undefined;
  const answer = (): void => {
    broker.unanswered = 0;
    handlers?.onData(Buffer.alloc(4));
  };
  const connection = {
    start: (given: ConnectionHandlers) => (handlers = given),
    write: () => {
      broker.unanswered += 1;
      if (broker.answers) queueMicrotask(answer);
      return true;
    },
    destroy: () => {
      broker.open -= 1;
      handlers?.onClose();
    },
  } as unknown as Connection;
  const platform = {
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    timers: {
      set: (delayMs: number, callback: () => void) => {
        due = { atMs: nowMs + delayMs, callback };
        return { cancel: () => (due = undefined) };
      },
    },
    net: {
      connect: async () => {
        if (!broker.listens) throw new Error('ECONNREFUSED');
        broker.open += 1;
        return connection;
      },
    },
  } as unknown as Platform;
  const changes: string[] = [];
  const pulse: BrokerPulse = new BrokerPulse(platform, 9092, () =>
    changes.push(`${nowMs / 1000} s: ${pulse.isSilent ? 'silent' : 'answers'}`),
  );
  pulse.start();
  return {
    pulse,
    broker,
    changes,
    answer,
    /** Lets time pass, in turns of the event loop. */
    async pass(seconds: number): Promise<void> {
      const endMs = nowMs + seconds * 1000;
      while (due !== undefined && due.atMs <= endMs) {
        nowMs = Math.max(nowMs, due.atMs);
        due.callback();
        await new Promise((resolve) => setImmediate(resolve));
      }
      nowMs = endMs;
    },
    /** This process stands still: nothing runs. */
    stall: (seconds: number) => void (nowMs += seconds * 1000),
  };
}

describe('BrokerPulse', () => {
  it('given a broker that answers, then there is nothing to tell, over one connection', async () => {
    const { broker, changes, pass } = bench();
    await pass(20);
    expect(changes).toEqual([]);
    expect(broker.open).toBe(1);
  });

  it('given a process that hangs, then tells after seconds, and again when it answers', async () => {
    const { broker, changes, pass, answer } = bench();
    await pass(2);
    broker.answers = false;
    await pass(8);
    expect(changes).toEqual(['6 s: silent']);
    expect(broker.unanswered).toBe(1);
    broker.answers = true;
    answer();
    await pass(5);
    expect(changes).toEqual(['6 s: silent', '10 s: answers']);
  });

  it('given that this process itself stood still, then nobody is accused', async () => {
    const { broker, changes, pass, stall, answer } = bench();
    broker.answers = false;
    await pass(1.5);
    stall(60);
    await pass(1);
    answer();
    broker.answers = true;
    await pass(5);
    expect(changes).toEqual([]);
  });

  it('given a broker that is gone or refuses, then that is not silence', async () => {
    const { broker, changes, pass } = bench();
    broker.listens = false;
    await pass(10);
    expect(changes).toEqual([]);
  });

  it('given a stop, then leaves no connection and no timer, and does not count as silent', async () => {
    const { pulse, broker, changes, pass } = bench();
    broker.answers = false;
    await pass(6);
    pulse.stop();
    expect(broker.open).toBe(0);
    expect(pulse.isSilent).toBe(false);
    await pass(10);
    expect(changes).toEqual(['4 s: silent']);
  });
});
