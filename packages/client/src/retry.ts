// Trying again, with growing, jittered waits, until a deadline.
import type { Platform } from '@ottla/platform';
import { isRetriable, TimeoutError } from './errors.ts';

export interface RetryPolicy {
  readonly platform: Platform;
  readonly retryBackoffMs: number;
  readonly retryBackoffMsMax: number;
}

/** Milliseconds to wait before attempt `attempt` (1 for the first retry), ± 20 %. */
export function backoffMs(policy: RetryPolicy, attempt: number): number {
  const base = Math.min(policy.retryBackoffMs * 2 ** (attempt - 1), policy.retryBackoffMsMax);
  return base * (0.8 + 0.4 * policy.platform.random.float());
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
