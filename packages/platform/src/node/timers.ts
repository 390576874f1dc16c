// Timers on Node's event loop. Node fires a timer beyond 2^31−1 ms at once; ours waits in steps.
import type { Timer, Timers } from '../ports.ts';
import { sleep } from '../sleep.ts';

const DELAY_MS_MAX = 0x7fff_ffff;

class NodeTimer implements Timer {
  #handle: NodeJS.Timeout | undefined;

  constructor(delayMs: number, callback: () => void) {
    this.#arm(delayMs, callback);
  }

  #arm(delayMs: number, callback: () => void): void {
    this.#handle =
      delayMs > DELAY_MS_MAX
        ? setTimeout(() => this.#arm(delayMs - DELAY_MS_MAX, callback), DELAY_MS_MAX)
        : setTimeout(callback, delayMs);
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

function set(delayMs: number, callback: () => void): Timer {
  return new NodeTimer(delayMs, callback);
}

export const nodeTimers: Timers = {
  set,
  sleep: (delayMs, signal) => sleep(set, delayMs, signal),
  yield: (callback) => void setImmediate(callback),
};
