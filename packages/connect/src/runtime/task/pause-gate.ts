// Holds a task's loop while the task is paused.

export class PauseGate {
  #resumed: PromiseWithResolvers<void> | undefined;

  constructor(isPaused: boolean) {
    if (isPaused) this.pause();
  }

  get isPaused(): boolean {
    return this.#resumed !== undefined;
  }

  pause(): void {
    this.#resumed ??= Promise.withResolvers();
  }

  /** Also when the task is to stop: its loop then sees the signal. */
  open(): void {
    this.#resumed?.resolve();
    this.#resumed = undefined;
  }

  /** Resolves when it is open. */
  async passed(): Promise<void> {
    await this.#resumed?.promise;
  }
}
