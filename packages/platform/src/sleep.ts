// `Timers.sleep` in terms of `Timers.set`, the same for every implementation.
import type { Timer } from './ports.ts';

/** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
export function sleep(
  set: (delayMs: number, callback: () => void) => Timer,
  delayMs: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const timer = set(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    function onAbort(): void {
      timer.cancel();
      reject(signal?.reason);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
