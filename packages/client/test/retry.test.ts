// Trying again until a deadline, in virtual time.
import { createSimulation } from '@ottla/platform/simulated';
import { describe, expect, it } from 'vitest';
import { ConnectionError, UsageError } from '../src/errors.ts';
import { withRetries } from '../src/retry.ts';

const NOBODY = new ConnectionError('ECONNREFUSED', 'nobody listens');

function world(): {
  retried: <T>(attempt: (count: number) => Promise<T>) => Promise<T>;
  nowMs: () => number;
} {
  const simulation = createSimulation({ seed: 1 });
  const { platform } = simulation.node('client');
  const policy = { platform, retryBackoffMs: 100, retryBackoffMsMax: 1_000 };
  return {
    retried: (attempt) => simulation.settle(withRetries(policy, 'asking', 15_000, attempt)),
    nowMs: () => platform.clock.monotonicMs(),
  };
}

describe('withRetries', () => {
  it('tries again after what may pass, and returns the first success', async () => {
    const { retried } = world();
    const attempt = (count: number): Promise<number> =>
      count < 3 ? Promise.reject(NOBODY) : Promise.resolve(count);
    expect(await retried(attempt)).toBe(3);
  });

  it('does not try again what cannot succeed', async () => {
    const { retried } = world();
    await expect(retried(() => Promise.reject(new UsageError('no')))).rejects.toThrow('no');
  });

  it('given failures until the deadline, then the last one is the cause', async () => {
    const { retried, nowMs } = world();
    const startedMs = nowMs();
    await expect(retried(() => Promise.reject(NOBODY))).rejects.toMatchObject({
      code: 'REQUEST_TIMED_OUT',
      message: 'asking did not succeed within 15000 ms: nobody listens',
      cause: NOBODY,
    });
    expect(nowMs() - startedMs).toBeLessThanOrEqual(15_000);
  });

  it('given an attempt that nobody answers, then the deadline holds all the same', async () => {
    const { retried, nowMs } = world();
    const startedMs = nowMs();
    const silence = new Promise<never>(() => {});
    await expect(retried(() => silence)).rejects.toThrow('within 15000 ms: no answer');
    expect(nowMs() - startedMs).toBe(15_000);
    await expect(
      retried((count) => (count === 1 ? Promise.reject(NOBODY) : silence)),
    ).rejects.toThrow('within 15000 ms: nobody listens');
  });
});
