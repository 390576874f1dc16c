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
 * Calls `attempt` until it succeeds, fails for good, or `timeoutMs` have passed; then the last error is the cause. An attempt
 * that is under way then is left alone: what it does counts no more.
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
  const late = Promise.withResolvers<typeof LATE>();
  const timer = timers.set(timeoutMs, () => late.resolve(LATE));
  let last: unknown;
  try {
    for (let count = 1; ; count += 1) {
      signal?.throwIfAborted();
      let isLate = false;
      try {
        const outcome = await Promise.race([attempt(count), late.promise]);
        if (outcome !== LATE) return outcome;
        isLate = true;
      } catch (error) {
        if (!isRetriable(error)) throw error;
        last = error;
      }
      const waitMs = backoffMs(policy, count);
      if (isLate || clock.monotonicMs() + waitMs > deadline) throw tooLate(what, timeoutMs, last);
      await timers.sleep(waitMs, signal);
    }
  } finally {
    timer.cancel();
  }
}

const LATE = Symbol('late');

function tooLate(what: string, timeoutMs: number, cause: unknown): TimeoutError {
  const why = cause === undefined ? 'no answer' : (cause as Error).message;
  return new TimeoutError(
    'REQUEST_TIMED_OUT',
    `${what} did not succeed within ${timeoutMs} ms: ${why}`,
    { cause },
  );
}
