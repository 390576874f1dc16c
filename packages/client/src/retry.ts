// Trying again, with growing, jittered waits, until a deadline.
import type { Platform, Random } from '@ottla/platform';
import { isRetriable, TimeoutError } from './errors.ts';

export interface RetryPolicy {
  readonly platform: Platform;
  readonly retryBackoffMs: number;
  readonly retryBackoffMsMax: number;
}

/** Milliseconds to wait before attempt `attempt` (1 for the first retry), ± 20 %. */
export function backoffMs(policy: RetryPolicy, attempt: number): number {
  const { retryBackoffMs, retryBackoffMsMax, platform } = policy;
  return exponentialMs(retryBackoffMs, retryBackoffMsMax, attempt, platform.random);
}

/** `firstMs`, doubled with each attempt up to `maxMs`, ± 20 %. */
export function exponentialMs(
  firstMs: number,
  maxMs: number,
  attempt: number,
  random: Random,
): number {
  return Math.min(firstMs * 2 ** (attempt - 1), maxMs) * (0.8 + 0.4 * random.float());
}

/**
 * Calls `attempt` until it succeeds, fails for good, or `timeoutMs` have passed; then the last error is the cause.
 * @throws the signal's reason when aborted
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  what: string,
  timeoutMs: number,
  attempt: (attemptNumber: number) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const { clock, timers } = policy.platform;
  const deadline = clock.monotonicMs() + timeoutMs;
  for (let count = 1; ; count += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt(count);
    } catch (error) {
      if (!isRetriable(error)) throw error;
      const waitMs = backoffMs(policy, count);
      if (clock.monotonicMs() + waitMs > deadline)
        throw new TimeoutError(
          'REQUEST_TIMED_OUT',
          `${what} did not succeed within ${timeoutMs} ms: ${(error as Error).message}`,
          { cause: error },
        );
      await timers.sleep(waitMs, signal);
    }
  }
}
