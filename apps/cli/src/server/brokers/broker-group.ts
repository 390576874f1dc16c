// The brokers of one machine together: they start at once, find each other by themselves, and stop at once.
import type { BrokerProcess } from './broker-process.ts';

export class BrokerGroup {
  readonly #processes: readonly BrokerProcess[];
  #waiting: (() => void) | undefined;

  constructor(processes: readonly BrokerProcess[]) {
    this.#processes = processes;
  }

  /** Call when a process has changed its state. */
  changed(): void {
    this.#waiting?.();
  }

  /** Starts all and waits. @returns false when `signal` was aborted before all were ready @throws StartFailure */
  async start(signal: AbortSignal): Promise<boolean> {
    for (const process of this.#processes) process.start();
    const stop = () => this.#waiting?.();
    signal.addEventListener('abort', stop);
    try {
      for (;;) {
        if (signal.aborted) return false;
        if (this.#processes.every(({ state }) => state === 'ready')) return true;
        const failed = this.#processes.find(({ state }) => state === 'waiting');
        if (failed !== undefined) throw new StartFailure(failed);
        await new Promise<void>((resolve) => (this.#waiting = resolve));
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.#waiting = undefined;
    }
  }

  /** Stops all at once: nobody is left to lead anything, so nobody asks for leave. */
  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop({ leave: false })));
  }
}

/** A broker ended before it was ready. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';

  constructor({ nodeId, lastEnd, complaint }: BrokerProcess) {
    super(`broker ${nodeId} did not start (${lastEnd}): ${complaint.replace(/^ottla: /, '')}`);
  }
}
