// PeriodicTasks: what the active controller does again and again, with a pause after each run however long that took; and
// what it does once, in a while.
// Kafka: org.apache.kafka.controller.PeriodicTaskControlManager.
import type { Timer, Timers } from '@ottla/platform';

/** Does something; the promise is there when that takes more than one turn. */
export type PeriodicTask = () => Promise<void> | undefined;

/** Tasks of one controller; they run from `repeat` or `once` to `cancelAll`. */
export class PeriodicTasks {
  readonly #timers: Pick<Timers, 'set'>;
  readonly #failed: (error: unknown) => void;
  /** By the name of the task. */
  readonly #pending = new Map<string, Timer>();
  /** Grows with every `cancelAll`: what began before it does not come again. */
  #generation = 0;

  /** @param failed told of the error of a task, which runs again all the same unless all are cancelled */
  constructor(timers: Pick<Timers, 'set'>, failed: (error: unknown) => void) {
    this.#timers = timers;
    this.#failed = failed;
  }

  /** @param intervalMs pause before the first run and after each; nothing runs at 0 */
  repeat(name: string, intervalMs: number, task: PeriodicTask): void {
    if (intervalMs <= 0) return;
    const generation = this.#generation;
    const schedule = (): void => {
      if (generation === this.#generation)
        this.#pending.set(name, this.#timers.set(intervalMs, run));
    };
    const run = (): void => {
      try {
        const turns = task();
        if (turns !== undefined) return void turns.catch(this.#failed).then(schedule);
      } catch (error) {
        this.#failed(error);
      }
      schedule();
    };
    schedule();
  }

  /** Runs a task in a while; what waits under the same name is put off until then. @param delayMs nothing runs at 0 */
  once(name: string, delayMs: number, task: PeriodicTask): void {
    if (delayMs <= 0) return;
    this.#pending.get(name)?.cancel();
    const run = (): void => {
      this.#pending.delete(name);
      try {
        void task()?.catch(this.#failed);
      } catch (error) {
        this.#failed(error);
      }
    };
    this.#pending.set(name, this.#timers.set(delayMs, run));
  }

  /** No task runs any more; one that takes more turns may end by itself. */
  cancelAll(): void {
    this.#generation++;
    for (const timer of this.#pending.values()) timer.cancel();
    this.#pending.clear();
  }
}
